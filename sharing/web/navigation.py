"""The site's menu: the chain in its order, from what exists to what is decided. Everyone has the same entries, since
every sector both owns and asks; what is behind them differs."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Label, and the name of the page it leads to.
ENTRIES: tuple[tuple[str | Promise, str], ...] = (
    (_("Home"), "web:home"),
    (_("Catalog"), "web:assets"),
    (_("Demand lists"), "web:demand-lists"),
    (_("Matches"), "web:matches"),
)


@dataclass(frozen=True)
class Entry:
    label: str | Promise
    url: str
    current: bool


def navigation(request: HttpRequest) -> dict[str, Callable[[], list[Entry]]]:
    """For templates: `navigation`, made only where it is shown. The entry below whose address the page lies is
    current."""

    def entries() -> list[Entry]:
        made = []
        for label, name in ENTRIES:
            url = reverse(name)
            made.append(Entry(label, url, request.path == url or (url != "/" and request.path.startswith(url))))
        return made

    return {"navigation": entries}
