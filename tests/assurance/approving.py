"""A client of the registry at work: it has one match after the other requested, consented and approved, and keeps its
own log of what it was told is done. A program of its own, so that a test can take the database away from under it.

    python -m tests.assurance.approving LOG HOW_MANY
"""

import os
import sys
from pathlib import Path

import django


def main(log: Path, how_many: int) -> None:
    """Appends the number of each agreement to `log` once its approval has been committed; ends after `how_many`, or by
    the error that the database gives."""
    # Only now is Django ready for what has models.
    from tests.sharing.scene import Scene  # noqa: PLC0415

    scene = Scene()
    scene.near.capacity = 2 * how_many
    scene.near.save()
    with log.open("a", encoding="utf-8") as told:
        for number in range(how_many):
            agreement = scene.approved(_another_match(scene, number))
            told.write(f"{agreement.number}\n")
            told.flush()
            os.fsync(told.fileno())


def _another_match(scene, number: int):
    from tests import factories  # noqa: PLC0415

    demand = factories.demand(scene.list, name=f"Site {number}", line=100 + number, quantity=2)
    return factories.match(demand, [scene.near])


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    main(Path(sys.argv[1]), int(sys.argv[2]))
