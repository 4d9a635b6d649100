"""A file of demands into a draft list of a party."""

import time
from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import DecimalField
from django.utils.translation import gettext as _

from registry.importing.assets import SCHEME_EXTENTS
from registry.importing.coordinates import from_ordinates, to_wgs84
from registry.importing.fields import ImportField, import_field
from registry.importing.intake import Intake, Options, open_intake
from registry.importing.places import PLACE_TARGETS, check_extent, conform, ordinates, raw_places
from registry.importing.report import ImportReport, new_report, rejected_rows
from registry.importing.table import Cells, UnreadableFile
from registry.kinds import KINDS
from registry.models import Organization, User
from sharing.importing.headings import KNOWN
from sharing.models import Demand, DemandList, ListStatus
from sharing.refusals import SENTENCES
from sharing.workflow import lists
from sharing.workflow.locks import lock_list

FIELDS = (
    "name",
    "kind",
    "quantity",
    "splittable",
    "priority",
    "budget_per_year",
    "weight_kg",
    "wind_area_m2",
    "power_kw",
    "radius_m",
    "max_detour",
    "disjoint_by",
    "apart_m",
    "mounting_height_m",
    "max_earthing_ohm",
    "min_backup_h",
    "cable_outer_diameter_mm",
    "accepts_hazardous_co_use",
    "fiber_type",
    "max_attenuation_db",
    "wavelength_nm",
    "min_floor_load_kn_m2",
    "min_feeds",
    "min_security_class",
)
COMPARED = (*FIELDS, "period", "location", "origin", "destination", "disjoint_from_id")
# What each row says as a whole, by its kind.
PLACED = ("kind", "radius_m", "location", "origin", "destination")
MERGE_LOCK = 0x1DE3A  # the first half of the advisory lock that imports for one party queue on
PLACE_DIGITS = 9  # of degrees: 0.1 mm


@dataclass(slots=True)
class _Places:
    """location: whatever geometry a row has. origin, destination: of routes. None where a row has none."""

    location: Cells
    origin: Cells
    destination: Cells
    crs: str


@dataclass(slots=True)
class _Row:
    """demand: the line that the row makes by itself. stated: the columns that it says something of; of the period it
    says the first day, and the end where it has one. twin: the name of the line that it must be disjoint from, or
    None."""

    demand: Demand
    stated: frozenset[str]
    twin: str | None

    def says_else(self, line: Demand) -> dict[str, Any]:
        """What the row says otherwise than the line; of the rest the line stays as it is."""
        period = self.demand.period
        said = {name: getattr(self.demand, name) for name in self.stated}
        said["period"] = DateRange(period.lower, line.period.upper if period.upper is None else period.upper)
        return {name: value for name, value in said.items() if _comparable(value) != _comparable(getattr(line, name))}

    def names_else(self, line: Demand) -> bool:
        """Whether the row names another twin than the line has."""
        return self.twin is not None and self.twin != _twin_name(line)


def import_demands(
    path: Path,
    *,
    party: Organization,
    title: str,
    options: Options,
    actor: User | None,
    dry_run: bool = False,
    into: DemandList | None = None,
) -> tuple[ImportReport, DemandList | None]:
    """Put the file's good rows into the draft `into`, else that of `party` with this title, made when there is none;
    not for a file without a good row, of which then None is returned.

    A row that the list has already changes nothing; a row with the name of one line of it changes of that line what it
    says. Raises UnreadableFile when the file cannot be used or the list is no draft any more, and the workflow's
    refusals.
    """
    started = time.perf_counter()
    intake = open_intake(path, KNOWN, options)
    report = new_report(intake)
    report.dry_run = dry_run
    places = _read_places(intake, party)
    report.crs = places.crs
    rows = _read_rows(intake, places)
    with transaction.atomic():
        _await_turn(party)
        demand_list = into or _found(party, title)
        if rows and not demand_list:
            demand_list = lists.create(party, title=title, actor=actor)
        if demand_list:
            demand_list = lock_list(demand_list.pk)
            report.created, report.updated, report.unchanged = _merge(intake, demand_list, rows, actor)
        transaction.set_rollback(dry_run)
    report.headings, report.rejects = rejected_rows(intake)
    report.warnings = intake.warnings
    report.seconds = time.perf_counter() - started
    return report, demand_list


def _read_places(intake: Intake, party: Organization) -> _Places:
    geometry, srids, target = raw_places(intake)
    location = to_wgs84(geometry, srids, intake.options.crs, intake.table.crs)
    ends = []
    for prefix in ("origin_", "destination_"):
        pairs = ordinates(intake, prefix)
        points = np.full(len(intake.table), None, dtype=object) if pairs is None else from_ordinates(*pairs)
        none = np.zeros(len(points), dtype=np.int64)
        ends.append((prefix, to_wgs84(points, none, intake.options.crs, intake.table.crs)))
    for name, places in ((target, location), *((f"{prefix}lon", places) for prefix, places in ends)):
        for index, reason in places.errors.items():
            intake.refuse(index, name, reason)
        if party.region.scheme in SCHEME_EXTENTS:
            check_extent(intake, places.geometry, SCHEME_EXTENTS[party.region.scheme])
    lines = shapely.get_type_id(location.geometry) == shapely.GeometryType.LINESTRING
    origin = np.where(lines, shapely.get_point(location.geometry, 0), ends[0][1].geometry)
    destination = np.where(lines, shapely.get_point(location.geometry, -1), ends[1][1].geometry)
    return _Places(location.geometry, origin, destination, location.crs)


def _read_rows(intake: Intake, places: _Places) -> dict[int, _Row]:
    """The good rows by index."""
    columns = {name: intake.values(import_field(Demand, name)) for name in FIELDS}
    days = {name: intake.values(ImportField(name, "date")) for name in ("start", "end")}
    twin_names = intake.texts("disjoint_from")
    located, wrong = conform(places.location, "Point")
    rows: dict[int, _Row] = {}
    for index in range(len(intake.table)):
        cells = {name: values[index] for name, values in columns.items() if values is not None}
        said = {name: _stored(name, value) for name, value in cells.items() if value is not None}
        demand = Demand(**said)
        _set_period(intake, index, demand, days)
        _set_place(intake, index, demand, places, located[index], wrong.get(index, ""))
        _check(intake, index, demand)
        if index not in intake.problems:
            stated = frozenset([*said, *PLACED, *(["apart_m"] if "disjoint_by" in said else [])])
            rows[index] = _Row(demand, stated, None if twin_names is None else twin_names[index])
    return rows


def _stored(name: str, value: Any) -> Any:
    """A number as its column keeps it: 0.3 as a float has more decimals than any decimal column holds."""
    column = Demand._meta.get_field(name)
    if isinstance(column, DecimalField) and isinstance(value, float):
        return round(Decimal(repr(value)), column.decimal_places)
    return value


def _set_period(intake: Intake, index: int, demand: Demand, days: dict[str, Cells | None]) -> None:
    if intake.at_fault(index, "start") or intake.at_fault(index, "end"):
        return
    start, end = (None if cells is None else cells[index] for cells in (days["start"], days["end"]))
    if start is None:
        intake.refuse(index, "start", _("The demand has no first day."))
    elif end is not None and end <= start:
        intake.refuse(index, "end", _("The period ends before it begins."))
    else:
        demand.period = DateRange(start, end)


def _set_place(
    intake: Intake, index: int, demand: Demand, places: _Places, location: shapely.Point | None, wrong: str
) -> None:
    if intake.at_fault(index, "kind"):
        return
    if demand.kind not in KINDS:
        intake.refuse(index, "kind", _("The demand has no kind."))
    elif demand.is_route:
        demand.radius_m = None
        demand.origin, demand.destination = _point(places.origin[index]), _point(places.destination[index])
        for name, place in (("origin_lon", demand.origin), ("destination_lon", demand.destination)):
            if place is None and not intake.at_fault(index, name):
                intake.refuse(index, name, _("A route needs both ends."))
    else:
        demand.location = _point(location)
        if demand.location is None and not any(intake.at_fault(index, name) for name in PLACE_TARGETS):
            intake.refuse(index, "lon", wrong or _("The row has no geometry."))
        if not demand.radius_m or demand.radius_m <= 0:
            intake.refuse(index, "radius_m", _("The demand has no radius to look in."))


def _check(intake: Intake, index: int, demand: Demand) -> None:
    """What the model's validators and the database's checks would refuse, with the column at fault."""
    checked = [name for name in FIELDS if name != "kind" and not intake.at_fault(index, name)]
    try:
        demand.clean_fields(exclude={f.name for f in Demand._meta.fields} - set(checked))
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            intake.refuse(index, name, " ".join(messages))
    for name in ("weight_kg", "wind_area_m2", "power_kw"):
        if getattr(demand, name) < 0:
            intake.refuse(index, name, _("A load cannot be negative."))
    if not demand.suits_apart:
        intake.refuse(index, "apart_m", str(SENTENCES["demand_distance_apart_suits"]))
    if demand.max_detour < 1:
        intake.refuse(index, "max_detour", _("No route is shorter than the straight line: at least 1."))


def _await_turn(party: Organization) -> None:
    """Until the transaction ends no other file of the party looks for its list."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [MERGE_LOCK, party.pk])


def _found(party: Organization, title: str) -> DemandList | None:
    return DemandList.objects.filter(party=party, title=title.strip()).order_by("-pk").first()


def _merge(intake: Intake, demand_list: DemandList, rows: dict[int, _Row], actor: User | None) -> tuple[int, int, int]:
    """Into a locked list; returns how many lines were added, changed, and there already."""
    stored = list(demand_list.demands.select_related("disjoint_from"))
    there: dict[tuple[Any, ...], list[Demand]] = {}
    for line in stored:
        there.setdefault(_key(line, _twin_name(line)), []).append(line)
    rest: dict[int, _Row] = {}
    for index, row in rows.items():
        same = there.get(_key(row.demand, row.twin or ""))
        if same:
            same.pop()
        else:
            rest[index] = row
    named = _named(rest, [line for lines in there.values() for line in lines])
    new = {index: row for index, row in rest.items() if index not in named}
    names = {line.name for line in stored} | {row.demand.name for row in rows.values()}
    changes = {index: rest[index].says_else(line) for index, line in named.items()}
    for index in [index for index, change in changes.items() if _ends_before(change)]:
        intake.refuse(index, "start", _("The period ends before it begins."))
        del named[index]
    changed = [
        index
        for index, line in named.items()
        if changes[index] or (rest[index].names_else(line) and rest[index].twin in names - {line.name})
    ]
    if (changed or new) and demand_list.status != ListStatus.DRAFT:
        raise UnreadableFile(
            _("The list “%(title)s” is no draft any more: give another title.") % {"title": demand_list}
        )
    _change_named(named, changes, actor)
    if new:
        lists.add_demands(demand_list, [row.demand for row in new.values()], actor=actor)
    _set_twins(intake, demand_list, rest, named | {index: row.demand for index, row in new.items()}, actor)
    return len(new), len(changed), len(rows) - len(rest) + len(named) - len(changed)


def _named(rows: dict[int, _Row], lines: list[Demand]) -> dict[int, Demand]:
    """The line of each row that carries the name of exactly one, and is the only one to."""
    of_rows = Counter(row.demand.name for row in rows.values())
    of_lines = Counter(line.name for line in lines)
    by_name = {line.name: line for line in lines if line.name and of_lines[line.name] == 1}
    return {
        index: by_name[row.demand.name]
        for index, row in rows.items()
        if row.demand.name in by_name and of_rows[row.demand.name] == 1
    }


def _change_named(named: dict[int, Demand], changes: dict[int, dict[str, Any]], actor: User | None) -> None:
    for index, line in named.items():
        for name, value in changes[index].items():
            setattr(line, name, value)
        if changes[index]:
            lists.change_demand(line, actor=actor)


def _ends_before(change: dict[str, Any]) -> bool:
    period = change.get("period")
    return period is not None and period.upper is not None and period.upper <= period.lower


def _set_twins(
    intake: Intake, demand_list: DemandList, rows: dict[int, _Row], lines: dict[int, Demand], actor: User | None
) -> None:
    wanted = {index: line for index, line in lines.items() if rows[index].names_else(line)}
    named = {line.name: line for line in demand_list.demands.exclude(name="")} if wanted else {}
    for index, line in wanted.items():
        name = str(rows[index].twin)
        twin = named.get(name)
        if twin is None or twin.pk == line.pk:
            intake.warn(_("There is no other line named %(name)s.") % {"name": name}, index, "disjoint_from")
        else:
            line.disjoint_from = twin
            lists.change_demand(line, actor=actor)


def _twin_name(line: Demand) -> str:
    return line.disjoint_from.name if line.disjoint_from else ""


def _key(demand: Demand, twin: str) -> tuple[Any, ...]:
    """Everything a file says of a line, so that equal keys are equal lines."""
    return (*(_comparable(getattr(demand, name)) for name in COMPARED[:-1]), twin)


def _comparable(value: Any) -> Any:
    if isinstance(value, Point):
        return round(value.x, PLACE_DIGITS), round(value.y, PLACE_DIGITS)
    if isinstance(value, Decimal | float | int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, DateRange):
        return _day(value.lower), _day(value.upper)
    return value


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _point(point: shapely.Point | None) -> Point | None:
    return None if point is None or point.is_empty else Point(point.x, point.y, srid=4326)
