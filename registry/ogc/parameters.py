"""The parameters of a request for features. One that does not exist, or makes no sense, is refused (17-069r4, 7.6)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet, Value
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, IsNull, LessThanOrEqual
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.api.problems import Problem, bad_parameter
from registry.filters import compared
from registry.ogc.collection import Collection
from registry.ogc.crs import CRS84, Crs, box_of, system_of
from registry.ogc.filtering import conditions, reading
from registry.ogc.filtering.scope import Scope
from registry.ogc.properties import Property
from registry.ogc.values import boolean, day, moment, number, plain
from registry.search import are_few, id_to_sort_by

DEFAULT_LIMIT, MOST = 100, 5000
NARROW_DEG2 = 0.01
"""Of a box that holds few features in the densest city: about 10 km by 10 km."""
FORMAT, LIMIT, AFTER, BBOX, BBOX_CRS, DATETIME, CRS, FILTER, FILTER_LANG, FILTER_CRS = (
    "f", "limit", "after", "bbox", "bbox-crs", "datetime", "crs", "filter", "filter-lang", "filter-crs",
)  # fmt: skip
OF_ITEMS = (FORMAT, LIMIT, AFTER, BBOX, BBOX_CRS, DATETIME, CRS, FILTER, FILTER_LANG, FILTER_CRS)
# By the format or type of a property.
READ: dict[str, Callable[[str], Any]] = {
    "boolean": boolean, "integer": number, "number": number, "date": day, "date-time": moment,
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What a request asks of a collection. limit: features of a page. after: the id that the page begins behind.
    crs: of the answer. condition: what rows fulfil; boxes: each met by the place of every such row."""

    limit: int = DEFAULT_LIMIT
    after: int | None = None
    crs: Crs = CRS84
    condition: Q = field(default_factory=Q)
    boxes: tuple[Any, ...] = ()
    # The parameter that may have to look at every row, since no index answers it; empty where there is none.
    costly: str = ""

    def of(self, rows: QuerySet[Any], collection: Collection) -> QuerySet[Any]:
        """The rows that are asked for, in the order of their ids."""
        for box in self.boxes:
            rows = collection.indexed(rows, box)
        rows = rows.filter(self.condition)
        few = any(box.area <= NARROW_DEG2 for box in self.boxes) or (bool(self.boxes) and are_few(rows))
        if self.after is not None:
            rows = rows.filter(Q(GreaterThan(id_to_sort_by(), self.after)) if few else Q(pk__gt=self.after))
        return rows.order_by(id_to_sort_by() if few else "pk")


def asked(query: QueryDict, collection: Collection) -> Asked:
    """The parameters, read. Raises the problem 400 that names the one at fault."""
    properties = {name: known for name, known in collection.properties.items() if known.is_simple}
    given = check_names(query, (*OF_ITEMS, *properties))
    condition, boxes = Q(), list[Any]()
    box_crs = system_of(BBOX_CRS, given.get(BBOX_CRS))
    if BBOX in given:
        box = box_of(given[BBOX], box_crs)
        boxes.append(box)
        condition &= Q(compared(Q(place__intersects=box)))
    if DATETIME in given:
        condition &= _during(_days(given[DATETIME]), collection)
    for name in given:
        if name in properties:
            condition &= _equal(properties[name], given[name])
    scope = Scope(collection, system_of(FILTER_CRS, given.get(FILTER_CRS)))
    language = _language(given)
    if FILTER in given:
        tree = reading.read(given[FILTER], language)
        condition &= conditions.condition(tree, scope)
        boxes += conditions.boxes(tree, scope)
    costly = next((name for name in (FILTER, DATETIME, *properties) if name in given), "")
    return Asked(_limit(given), _after(given), system_of(CRS, given.get(CRS)), condition, tuple(boxes), costly)


def check_names(query: QueryDict, known: Iterable[str]) -> dict[str, str]:
    """The parameters, once each. Raises the problem 400 where one does not exist, or is given twice."""
    strange = sorted(set(query) - set(known))
    if strange:
        detail = _("There is no such parameter here.")
        faults = [{"parameter": name, "code": "unknown_parameter", "detail": detail} for name in strange]
        raise Problem("bad_input", detail, errors=faults)
    for name in query:
        if len(query.getlist(name)) > 1:
            raise bad_parameter(name, _("Give it once only; a filter can name several values."))
    return {name: str(query[name]) for name in query}


def _limit(given: Mapping[str, str]) -> int:
    """Features of a page; more than the most is the most (/req/core/fc-limit-response-1 C)."""
    text = given.get(LIMIT, str(DEFAULT_LIMIT))
    if not (text.isascii() and text.isdecimal() and len(text) < 19 and int(text) >= 1):
        raise bad_parameter(LIMIT, _("A number from 1 to %(most)d.") % {"most": MOST})
    return min(int(text), MOST)


def _after(given: Mapping[str, str]) -> int | None:
    text = given.get(AFTER)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise bad_parameter(AFTER, _("Follow the link to the next page as it stands."))
    return int(text)


def _language(given: Mapping[str, str]) -> str:
    language = given.get(FILTER_LANG, reading.TEXT)
    if language not in reading.LANGUAGES:
        raise bad_parameter(FILTER_LANG, _("One of: %(names)s.") % {"names": ", ".join(reading.LANGUAGES)})
    return language


def _days(text: str) -> tuple[date | None, date | None]:
    """First and last day of `datetime`: an instant, or an interval with a slash, open where a side is .. or empty."""
    start, slash, end = text.partition("/")
    if not slash:
        return _day(start), _day(start)
    first, last = (None if side in ("", "..") else _day(side) for side in (start, end))
    if first and last and first > last:
        raise bad_parameter(DATETIME, _("An interval starts before it ends."))
    return first, last


def _day(text: str) -> date:
    """The registry's day of an RFC 3339 date-time; or a date as it stands."""
    try:
        return timezone.localdate(moment(text)) if "T" in text.upper() else day(text)
    except (ValueError, OverflowError) as error:
        raise bad_parameter(
            DATETIME, _("Write 2027-01-31T12:00:00Z, or an interval with a slash between; .. leaves a side open.")
        ) from error


def _during(days: tuple[date | None, date | None], collection: Collection) -> Q:
    """There on some day between the two, ends included; what has no date is there always."""
    first, last = days
    condition = Q()
    if collection.begins and last is not None:
        begins = collection.properties[collection.begins].expression
        condition &= Q(IsNull(begins, True)) | Q(LessThanOrEqual(begins, last))
    if collection.ends and first is not None:
        ends = collection.properties[collection.ends].expression
        condition &= Q(IsNull(ends, True)) | Q(GreaterThanOrEqual(ends, first))
    return condition


def _equal(known: Property, text: str) -> Q:
    """The property has this value. Raises the problem 400 where it cannot."""
    try:
        value = READ.get(known.format or known.type, plain)(text)
    except ValueError as error:
        raise bad_parameter(known.name, str(error)) from error
    if known.values and value not in known.values:
        names = ", ".join(map(str, known.values))
        raise bad_parameter(known.name, _("One of: %(names)s.") % {"names": names}, "choice")
    return Q(Exact(known.expression, Value(value)))
