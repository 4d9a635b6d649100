"""Step five, written down: matches, legs and outcomes of a run, in a few statements whatever their number."""

import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from django.db import connection
from django.utils import timezone

from registry.columns import copy_lines, write_lines, write_rows
from registry.kinds import LOADS
from sharing.matching.demands import over_demands
from sharing.matching.explanation import Json
from sharing.matching.unmet_reason import UnmetReason
from sharing.models import Match, MatchLeg, MatchRun, MatchStatus, Outcome

Place = tuple[float, float]
_WITH_SRID = 0x20000000


@dataclass(frozen=True, slots=True)
class LegAnswer:
    """A leg to save. asset is None for a gap to be built; place: one longitude and latitude of a point, several of a
    line, None where it stays hidden. terrain: metres of a gap by class, where it is known."""

    asset: int | None
    quantity: int
    cost_cents: int
    loads: Sequence[float]  # by registry.kinds.LOADS
    place: Sequence[Place] | None
    length_m: float | None = None
    terrain: Mapping[str, float | int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MatchAnswer:
    """One way to meet a demand. rank 1 is the run's answer."""

    demand: int
    rank: int
    score: float
    score_parts: str  # JSON
    cost_cents: int
    legs: Sequence[LegAnswer]
    distance_m: float | None = None
    length_m: float | None = None


@dataclass(frozen=True, slots=True)
class OutcomeAnswer:
    demand: int
    met: bool
    reason: str
    funnel: Json
    nearest_miss: Json
    change: Json
    other_changes: Sequence[Json] = ()

    @classmethod
    def over(cls, demand: int) -> "OutcomeAnswer":
        """Nothing is sought for a demand whose period is over."""
        return cls(demand, False, UnmetReason.OVER.value, {}, {}, {})


MATCH_COLUMNS = (
    "id",
    "run_id",
    "demand_id",
    "rank",
    "status",
    "score",
    "score_parts",
    "cost_per_year",
    "distance_m",
    "length_m",
    "status_at",
    "created_at",
)
LEG_COLUMNS = (
    "match_id",
    "position",
    "asset_id",
    "reference",
    "quantity",
    "geometry",
    "length_m",
    "terrain",
    "cost_per_year",
    *LOADS,
)
OUTCOME_COLUMNS = ("run_id", "demand_id", "met", "reason", "funnel", "nearest_miss", "change", "other_changes")
Row = tuple[object, ...]


def save(run: MatchRun, matches: Sequence[MatchAnswer], outcomes: Sequence[OutcomeAnswer]) -> None:
    """Writes the answers of a run, and of the list's demands that have none which are over.

    The caller holds the transaction, and has made sure that no other attempt at the run has written. That earlier
    proposals give way is the workflow's to do.
    """
    now = timezone.now().isoformat()
    ids = _new_ids(Match._meta.db_table, len(matches))
    write_rows(Match._meta.db_table, MATCH_COLUMNS, ((*row, now, now) for row in _match_rows(run.pk, ids, matches)))
    write_rows(MatchLeg._meta.db_table, LEG_COLUMNS, _leg_rows(ids, matches))
    write_rows(Outcome._meta.db_table, OUTCOME_COLUMNS, _outcome_rows(run.pk, outcomes))
    over = over_demands(run.list_id)
    # One may have been answered before midnight, and be over by now.
    answered = set(run.outcomes.filter(demand__in=over).values_list("demand", flat=True))
    ended = [OutcomeAnswer.over(demand) for demand in over if demand not in answered]
    write_rows(Outcome._meta.db_table, OUTCOME_COLUMNS, _outcome_rows(run.pk, ended))


@dataclass(frozen=True, slots=True)
class Lines:
    """Answers as COPY takes them, to be written later; those of matches without their times, which they get then."""

    matches: bytes
    legs: bytes
    outcomes: bytes

    @classmethod
    def of(cls, run_id: int, matches: Sequence[MatchAnswer], outcomes: Sequence[OutcomeAnswer]) -> "Lines":
        ids = _new_ids(Match._meta.db_table, len(matches))
        return cls(
            b"".join(copy_lines(_match_rows(run_id, ids, matches))),
            b"".join(copy_lines(_leg_rows(ids, matches))),
            b"".join(copy_lines(_outcome_rows(run_id, outcomes))),
        )

    def write(self, now: datetime) -> None:
        """In the caller's transaction, as `save` does."""
        time = now.isoformat().encode()
        matches = self.matches.replace(b"\n", b"\t%b\t%b\n" % (time, time))
        write_lines(Match._meta.db_table, MATCH_COLUMNS, [matches])
        write_lines(MatchLeg._meta.db_table, LEG_COLUMNS, [self.legs])
        write_lines(Outcome._meta.db_table, OUTCOME_COLUMNS, [self.outcomes])


def _match_rows(run_id: int, ids: Sequence[int], matches: Sequence[MatchAnswer]) -> Iterator[Row]:
    """Without their times."""
    for match_id, match in zip(ids, matches, strict=True):
        yield (
            match_id, run_id, match.demand, match.rank, MatchStatus.PROPOSED.value, round(match.score, 4),
            match.score_parts, _money(match.cost_cents), match.distance_m, match.length_m,
        )  # fmt: skip


def _leg_rows(ids: Sequence[int], matches: Sequence[MatchAnswer]) -> Iterator[Row]:
    for match_id, match in zip(ids, matches, strict=True):
        for position, leg in enumerate(match.legs, start=1):
            yield (
                match_id, position, leg.asset, uuid4(), leg.quantity, _ewkb(leg.place), leg.length_m,
                json.dumps(leg.terrain) if leg.terrain else "{}", _money(leg.cost_cents), *leg.loads,
            )  # fmt: skip


def _outcome_rows(run_id: int, outcomes: Sequence[OutcomeAnswer]) -> Iterator[Row]:
    for outcome in outcomes:
        yield (
            run_id, outcome.demand, outcome.met, outcome.reason,
            *(json.dumps(one) if one else "{}" for one in (outcome.funnel, outcome.nearest_miss, outcome.change)),
            json.dumps(list(outcome.other_changes)) if outcome.other_changes else "[]",
        )  # fmt: skip


def _ewkb(place: Sequence[Place] | None) -> str | None:
    """Hexadecimal extended well-known binary in EPSG:4326, as PostGIS reads it: a point, or a line of several."""
    if place is None:
        return None
    head = struct.pack("<BII", 1, (1 if len(place) == 1 else 2) | _WITH_SRID, 4326)
    count = b"" if len(place) == 1 else struct.pack("<I", len(place))
    return (head + count + b"".join(struct.pack("<dd", *point) for point in place)).hex()


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def _new_ids(table: str, count: int) -> list[int]:
    """Ids from the table's sequence, so that legs can be written without reading the matches back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count])
        return [row[0] for row in cursor.fetchall()]
