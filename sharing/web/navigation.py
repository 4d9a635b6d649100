"""The site's menu: the chain in its order, from what exists to what is decided. Everyone has the same entries, since
every sector both owns and asks; what is behind them differs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registry.models import User
from sharing import waiting_for

# Label, and the name of the page it leads to.
ENTRIES: tuple[tuple[str | Promise, str], ...] = (
    (_("Home"), "web:home"),
    (_("Catalog"), "web:assets"),
    (_("Demand lists"), "web:demand-lists"),
    (_("Matches"), "web:matches"),
    (_("Consents"), "web:consents"),
    (_("Agreements"), "web:agreements"),
    (_("Co-build"), "web:cobuild-groups"),
    (_("Monitoring"), "web:monitoring"),
)


@dataclass(frozen=True)
class Entry:
    label: str | Promise
    url: str
    current: bool


@dataclass(frozen=True)
class Inbox:
    url: str
    unread: int


def navigation(request: HttpRequest) -> dict[str, Callable[[], Any]]:
    """For templates, made only where they are shown: `navigation`, the entry below whose address the page lies being
    current; `inbox`, with the number of unread messages; `search_url`, where the search field asks."""

    def entries() -> list[Entry]:
        made = []
        for label, name in ENTRIES:
            url = reverse(name)
            made.append(Entry(label, url, request.path == url or (url != "/" and request.path.startswith(url))))
        return made

    def inbox() -> Inbox | None:
        user = request.user
        return Inbox(reverse("web:inbox"), waiting_for.to_read(user).count()) if isinstance(user, User) else None

    return {"navigation": entries, "inbox": inbox, "search_url": lambda: reverse("web:search")}
