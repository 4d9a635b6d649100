"""What waits for one person, the first of each kind at hand. `page` gives the path of the page of a noun's row behind
the door that asks; `all_at`, where all of them are listed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registry.models import User
from sharing import waiting_for

SHOWN = 5
Page = Callable[[str, int], str]


@dataclass(frozen=True)
class Row:
    """One thing that waits: text, address, and until when if there is a deadline."""

    text: str
    url: str
    deadline: datetime | None = None


@dataclass(frozen=True)
class Waiting:
    """A heading with its number, where to see all, and the first few."""

    title: str | Promise
    count: int
    url: str
    rows: Sequence[Row]

    @property
    def deadline(self) -> datetime | None:
        """The nearest of what is shown, which is the nearest of all."""
        return min((row.deadline for row in self.rows if row.deadline), default=None)


def decisions(user: User, page: Page, all_at: str) -> Waiting:
    found = waiting_for.to_decide(user)
    rows = [
        Row(f"{match.demand} · {match.demand.list.party}", page("match", match.pk), match.deadline)
        for match in found.select_related("demand__list__party")[:SHOWN]
    ]
    return Waiting(_("Matches to decide"), found.count(), all_at, rows)


def answers(user: User, page: Page, all_at: str) -> Waiting:
    found = waiting_for.to_answer(user)
    rows = [
        Row(
            f"{consent.match.demand} · {consent.match.demand.list.party}",
            page("consent", consent.pk),
            consent.deadline,
        )
        for consent in found.select_related("match__demand__list__party")[:SHOWN]
    ]
    return Waiting(_("Consents to answer"), found.count(), all_at, rows)


def requests(user: User, page: Page, all_at: str) -> Waiting:
    found = waiting_for.to_request(user)
    rows = [
        Row(f"{match.demand} · {match.demand.list}", page("match", match.pk))
        for match in found.select_related("demand__list")[:SHOWN]
    ]
    return Waiting(_("Proposals to request"), found.count(), all_at, rows)


def drafts(user: User, page: Page, all_at: str) -> Waiting:
    found = waiting_for.to_submit(user)
    rows = [
        Row(f"{draft} · {draft.party}", page("demandlist", draft.pk))
        for draft in found.select_related("party")[:SHOWN]
    ]
    return Waiting(_("Lists in draft"), found.count(), all_at, rows)
