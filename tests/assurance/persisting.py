"""A client of the registry that does not give up: it has one match after the other requested, consented and approved,
and where the database is taken from under it, it looks what came of the last deed once the database is back, and does
it again where nothing did. A program of its own.

    python -m tests.assurance.persisting LOG

Each line of the log: begun, told, or unknown (what the database last said is an error); the deed; the match. It ends
after HOW_MANY matches, or once there is a file beside the log that ends in .enough.
"""

import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import django

T = TypeVar("T")
HOW_MANY = 20_000
PAUSE_S = 0.05
PATIENCE_S = 120.0


def persist(deed: Callable[[], T], lost: Callable[[], None] = lambda: None) -> T:
    """Does it until the database says that it is done. lost: told of each error of the database."""
    from django.db import Error, connection  # noqa: PLC0415

    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            return deed()
        except Error:
            if time.monotonic() > until:
                raise
            lost()
            connection.close()
            time.sleep(PAUSE_S)


def _act(deed: Callable[[Any], None], pk: int) -> None:
    from sharing.models import Match  # noqa: PLC0415

    deed(Match.objects.get(pk=pk))


def main(log: Path) -> None:
    # Only now is Django ready for what has models.
    from django.db import transaction  # noqa: PLC0415

    from sharing.models import Agreement, ConsentStatus, Match, MatchStatus  # noqa: PLC0415
    from sharing.notifications import outbox  # noqa: PLC0415
    from sharing.workflow import approvals, consents, matches  # noqa: PLC0415
    from sharing.workflow.fingerprint import fingerprint_of  # noqa: PLC0415
    from tests import factories  # noqa: PLC0415
    from tests.sharing.scene import Scene  # noqa: PLC0415

    scene = Scene()
    scene.near.capacity = 2 * HOW_MANY
    scene.near.save()

    @transaction.atomic
    def another(number: int) -> Match:
        found = Match.objects.filter(demand__name=f"Place {number}").first()
        return found or factories.match(
            factories.demand(scene.list, name=f"Place {number}", line=100 + number, quantity=2), [scene.near]
        )

    def request(match: Match) -> None:
        if match.status == MatchStatus.PROPOSED:
            matches.request(match, actor=scene.asker)

    def grant(match: Match) -> None:
        for consent in match.consents.exclude(status=ConsentStatus.GRANTED):
            consents.grant(consent, actor=scene.metro_manager)

    def approve(match: Match) -> None:
        if not Agreement.objects.filter(match=match).exists():
            approvals.approve(match, fingerprint=fingerprint_of(match), actor=scene.officer)

    with log.open("a", encoding="utf-8") as told:

        def note(word: str, deed: str, pk: int) -> None:
            told.write(f"{word} {deed} {pk}\n")
            told.flush()
            os.fsync(told.fileno())

        for number in range(HOW_MANY):
            if log.with_suffix(".enough").exists():
                break
            pk = persist(partial(another, number)).pk
            for deed in (request, grant, approve):
                note("begun", deed.__name__, pk)
                persist(partial(_act, deed, pk), lost=partial(note, "unknown", deed.__name__, pk))
                note("told", deed.__name__, pk)
    persist(outbox.dispatch)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    main(Path(sys.argv[1]))
