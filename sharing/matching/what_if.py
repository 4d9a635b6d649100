"""A list matched again with other wishes, prices or assets, and nothing of it saved.

The changes are written into a savepoint, the engine runs on it as on anything else, and the savepoint is undone. So
there is one engine, and what it shows of restricted assets is what a saved run would show. Core ones do not count,
neither before nor after: a trial leaves nothing behind, and by enough of them prices would name the owner and radii
the place. Prices of others' assets are changed in memory only: nobody waits for a lock on them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import uuid4

from django.contrib.gis.geos import GEOSGeometry
from django.contrib.postgres.fields import DateRangeField
from django.db import DataError, IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import F, Func, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from registry.kinds import POINT_KINDS, ROUTE_KINDS
from registry.models import Asset, Duct, EquipmentRoom, Fiber, Organization, Sector, Tower
from registry.refusals import explained
from sharing.errors import BadInput
from sharing.matching import engine
from sharing.matching.comparing import LineAnswer, LineDifference, compare, of_answers
from sharing.matching.demands import over_demands
from sharing.matching.saving import OutcomeAnswer
from sharing.models import Demand, DemandList
from sharing.refusals import SENTENCES

DETAILS: dict[str, Any] = {"tower": Tower, "duct": Duct, "fiber": Fiber, "equipment_room": EquipmentRoom}
ONLY_POINTS, ONLY_ROUTES = ("radius_m",), ("max_detour", "disjoint_by", "apart_m")
"""Columns of one sort of demand: what all lines are changed by passes the others over."""


@dataclass(frozen=True)
class LineChange:
    """What some lines (all where none is named) would ask instead: columns set, multiplied, and the period later."""

    lines: Sequence[int] = ()
    to: Mapping[str, Any] = field(default_factory=dict)
    times: Mapping[str, float] = field(default_factory=dict)
    later_days: int = 0


@dataclass(frozen=True)
class AddedAsset:
    """An asset that is not there. values: columns of Asset; details: of its kind."""

    kind: str
    geometry: GEOSGeometry
    values: Mapping[str, Any]
    details: Mapping[str, Any]


@dataclass(frozen=True)
class WhatIf:
    """prices: owner (an id, or None for all) and times. route_terms: as in a run's parameters."""

    lines: Sequence[LineChange] = ()
    prices: Sequence[Mapping[str, Any]] = ()
    assets: Sequence[AddedAsset] = ()
    route_terms: Mapping[str, Any] = field(default_factory=dict)


def of_change(demand: Demand, change: Mapping[str, Any]) -> WhatIf | None:
    """The trial of a single change that a run found for a demand (Outcome.change); None for one that splits it in
    two."""
    column, to = change["field"], change["to"]
    if column == "halves":
        return None
    if column == "max_gap_share":
        return WhatIf(route_terms={demand.kind: {"max_gap_share": to}})
    if column == "period":
        later = date.fromisoformat(to) - demand.period.lower
        return WhatIf(lines=[LineChange(lines=(demand.line,), later_days=later.days)])
    if column == "period_end":
        to = DateRange(demand.period.lower, date.fromisoformat(to))
    values = {"period" if column == "period_end" else column: None if column == "disjoint_from" else to}
    return WhatIf(lines=[LineChange(lines=(demand.line,), to=values)])


@dataclass(frozen=True)
class Tried:
    """The list as it is and as it would be. added: numbers of the added assets, by the ids that they had."""

    before: engine.Figures
    after: engine.Figures
    differences: list[LineDifference]
    added: dict[int, int]


@transaction.atomic
def try_out(demand_list: DemandList, what_if: WhatIf) -> Tried:
    """Matches the list's open demands as they are and as `what_if` says. Raises BadInput for what cannot be."""
    before, before_figures = _matched(demand_list, {})
    with transaction.atomic():
        added = _apply(demand_list, what_if)
        parameters = {"prices": list(what_if.prices), "route_terms": dict(what_if.route_terms)}
        after, after_figures = _matched(demand_list, parameters)
        transaction.set_rollback(True)
    return Tried(before_figures, after_figures, compare(before, after), added)


def _matched(demand_list: DemandList, parameters: dict[str, Any]) -> tuple[dict[int, LineAnswer], engine.Figures]:
    answers = engine.answer(demand_list, {**parameters, "core": False})
    outcomes = [*map(OutcomeAnswer.over, over_demands(demand_list.pk)), *engine.outcomes(answers)]
    return of_answers(engine.matches(answers), outcomes), engine.figures(answers)


def _apply(demand_list: DemandList, what_if: WhatIf) -> dict[int, int]:
    try:
        with transaction.atomic():
            for change in what_if.lines:
                _change_lines(demand_list, change)
            return _add(demand_list, what_if.assets)
    except (IntegrityError, DataError) as error:
        raise BadInput(_("What is to be tried cannot be: %(why)s") % {"why": explained(error, SENTENCES)}) from error


def _change_lines(demand_list: DemandList, change: LineChange) -> None:
    chosen = demand_list.demands.all()
    if change.lines:
        chosen = chosen.filter(line__in=change.lines)
        missing = set(change.lines) - set(chosen.values_list("line", flat=True))
        if missing:
            raise BadInput(_("The list has no line %(line)d.") % {"line": min(missing)}, "lines")
    # What goes together is set together: a distance apart belongs to being disjoint by one.
    of_routes = {column: value for column, value in change.to.items() if column in ONLY_ROUTES}
    if of_routes:
        chosen.filter(kind__in=ROUTE_KINDS).update(**of_routes)
    for column, value in change.to.items():
        if column not in of_routes:
            _those_with(column, chosen).update(**{column: value})
    for column, factor in change.times.items():
        _those_with(column, chosen).update(**{column: F(column) * factor})
    if change.later_days:
        chosen.update(period=_Later(RawSQL(str(int(change.later_days)), ()), output_field=DateRangeField()))


def _those_with(column: str, demands: QuerySet[Demand]) -> QuerySet[Demand]:
    if column in ONLY_POINTS:
        return demands.filter(kind__in=POINT_KINDS)
    return demands.filter(kind__in=ROUTE_KINDS) if column in ONLY_ROUTES else demands


class _Later(Func):
    """A period moved by some days; one without end stays so."""

    template = "daterange(lower(period) + (%(expressions)s)::int, upper(period) + (%(expressions)s)::int)"


def _add(demand_list: DemandList, assets: Sequence[AddedAsset]) -> dict[int, int]:
    """The assets, owned by an organization that is not there either and shared with everyone."""
    if not assets:
        return {}
    region = demand_list.party.region
    code = f"what-if-{uuid4().hex[:24]}"
    owner = Organization.objects.create(code=code, name=code, sector=Sector.OTHER, region=region)
    made = Asset.objects.bulk_create(
        [
            Asset(
                owner=owner, region=region, code=f"{number}", kind=one.kind, geometry=one.geometry,
                open_to_sectors=list(Sector.values), **one.values,
            )
            for number, one in enumerate(assets, start=1)
        ]
    )  # fmt: skip
    for asset, one in zip(made, assets, strict=True):
        DETAILS[one.kind]._default_manager.create(asset=asset, **one.details)
    return {asset.pk: number for number, asset in enumerate(made, start=1)}
