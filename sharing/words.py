"""What the engine and the verbs record as codes and numbers, in words for people."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from registry.kinds import KINDS, Kind
from registry.models import TerrainClass
from registry.tags import days
from sharing import seen
from sharing.matching.describing import PARTS, describe, unit_name
from sharing.matching.supply_near import Near
from sharing.matching.terrain import ORDINARY
from sharing.models import Demand, Event, Match, Outcome

Fact = tuple[str | Promise, str]

STAGES: dict[str, str | Promise] = {
    "near": gettext_lazy("within reach"),
    "open": gettext_lazy("open to the party"),
    "fit": gettext_lazy("technically fit"),
    "free": gettext_lazy("free in the period"),
    "left": gettext_lazy("left after higher priorities"),
}
# The technical limits that a demand for each kind may set, in the order of forms and pages.
LIMITS: dict[str, tuple[str, ...]] = {
    Kind.TOWER: ("mounting_height_m", "max_earthing_ohm", "min_backup_h"),
    Kind.DUCT: ("cable_outer_diameter_mm", "accepts_hazardous_co_use"),
    Kind.FIBER: ("fiber_type", "max_attenuation_db", "wavelength_nm"),
    Kind.EQUIPMENT_ROOM: ("min_floor_load_kn_m2", "min_feeds", "min_backup_h", "min_security_class"),
}


def number(value: Any) -> str:
    """A number as short as it can be said, with thousands set apart; other values as they are."""
    if value is None:
        return _("not known")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, str):
        return value
    text = f"{float(value):,.2f}"
    return text.rstrip("0").rstrip(".")


def units(kind: str, quantity: int) -> str:
    """A number of the kind's unit: 1 bore, 3 bores."""
    facts = KINDS[kind]
    return f"{quantity} {facts.unit if quantity == 1 else facts.units}"


def trouble(text: str) -> str:
    """What came of a mail or call: the registry's own sentences in the reader's language, those of servers as kept."""
    return _(text) if text else ""


def terrain(metres: Mapping[str, float]) -> str:
    """What a gap is built through, the longest first: "ordinary ground 120 m, water crossing 31.5 m"."""
    names = {ORDINARY: _("ordinary ground"), **{one.value: str(one.label).lower() for one in TerrainClass}}
    longest = sorted(metres.items(), key=lambda of: (-of[1], of[0]))
    return _(", ").join(f"{names.get(name, name)} {number(of_it)} m" for name, of_it in longest)


def kind_noun(kind: str, count: int) -> str:
    """Assets of a kind in a sentence: tower, towers."""
    match kind:
        case Kind.TOWER:
            return ngettext("tower", "towers", count)
        case Kind.DUCT:
            return ngettext("duct", "ducts", count)
        case Kind.FIBER:
            return ngettext("fiber cable", "fiber cables", count)
        case _:
            return ngettext("equipment room", "equipment rooms", count)


def supply_near(demand: Demand, near: Near) -> str:
    """What is near a demand, stage by stage: "12 towers in 800 m, 9 open to you, 5 fit, 3 with 2 mounts free"."""
    told = {
        "near": near.near, "nouns": kind_noun(demand.kind, near.near), "open": near.open, "fit": near.fit,
        "free": near.free, "units": units(demand.kind, 1 if demand.splittable else demand.quantity),
        "radius": number(demand.radius_m),
    }  # fmt: skip
    if demand.is_route:
        where = _("%(near)d %(nouns)s within the detour") % told
    else:
        where = _("%(near)d %(nouns)s in %(radius)s m") % told
    return where + _(" · %(open)d open to you · %(fit)d fit · %(free)d with %(units)s free") % told


def demand_facts(demand: Demand) -> list[Fact]:
    """What a demand asks for: label and value, without what does not matter to it."""
    facts: list[Fact] = [
        (_("Kind"), demand.get_kind_display()),
        (
            _("Quantity"),
            units(demand.kind, demand.quantity) + (_(", may be split") if demand.splittable else ""),
        ),
        (_("Period"), days(demand.period)),
        (_("Priority"), _("%(n)d (1 first, 9 last)") % {"n": demand.priority}),
    ]
    if demand.budget_per_year is not None:
        facts.append((_("Budget a year"), number(demand.budget_per_year)))
    if demand.location:
        facts.append(
            (
                _("Place"),
                _("within %(radius)s m of %(place)s")
                % {"radius": number(demand.radius_m), "place": _point(demand.location)},
            )
        )
    if demand.origin and demand.destination:
        facts.append((_("From"), _point(demand.origin)))
        facts.append((_("To"), _point(demand.destination)))
        facts.append((_("Longest detour"), _("%(n)s times the straight distance") % {"n": number(demand.max_detour)}))
    if demand.disjoint_from_id:
        how = demand.get_disjoint_by_display()
        far = "" if demand.apart_m is None else f": {number(demand.apart_m)} m"
        facts.append((_("Disjoint from another line"), f"{how}{far}"))
    for name in (*KINDS[demand.kind].loads, *LIMITS[demand.kind]):
        value = getattr(demand, name)
        if value or value is False:
            shown = getattr(demand, f"get_{name}_display", lambda value=value: number(value))()
            facts.append((field_name(name), str(shown)))
    return facts


def line_facts(match: Match) -> list[Fact]:
    """What the line of a match asks for, while it is as it was when the match was made."""
    if match.tells_line:
        return demand_facts(match.demand)
    return [
        (_("Kind"), match.demand.get_kind_display()),
        (_("Changed since"), _("Its party has made another of this line: what it asks for now is not part of this.")),
    ]


def field_name(name: str) -> str:
    """The heading of a column of Demand."""
    try:
        label = str(getattr(Demand._meta.get_field(name), "verbose_name", name))
    except FieldDoesNotExist:
        label = name.replace("_", " ")
    return label[:1].upper() + label[1:]


def funnel(outcome: Outcome) -> list[Fact]:
    """How many assets were left after each stage, in their order."""
    return [(name, number(outcome.funnel[stage])) for stage, name in STAGES.items() if stage in outcome.funnel]


def change(single: Mapping[str, Any]) -> str:
    """A single change of the demand that would have met it, with the yearly cost of the match that comes of it."""
    if not single.get("field"):
        return ""
    if "cost_per_year" not in single:
        return describe(single)
    return _("%(change)s Cost a year: %(cost)s.") % {
        "change": describe(single), "cost": number(single["cost_per_year"])
    }  # fmt: skip


def score_parts(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The parts of a score for people: name, value with its unit, weight, and worth in percent."""
    return [
        {
            "name": PARTS.get(part["code"], part["code"]),
            "value": f"{number(part.get('value'))} {unit_name(part.get('unit') or '')}".strip(),
            "weight": part.get("weight"),
            "percent": round(100 * float(part.get("score") or 0)),
        }
        for part in parts
    ]


def event_details(event: Event) -> str:
    """What one of sharing.seen.events recorded beside who and when: reasons, conditions, words."""
    data = seen.told(event)
    told = []
    if data.get("reason"):
        told.append(str(seen.REASONS.get(data["reason"], data["reason"])))
    told += [str(data[key]) for key in ("reason_text", "conditions", "number", "error") if data.get(key)]
    if data.get("on"):
        day = date_format(date.fromisoformat(data["on"]), "SHORT_DATE_FORMAT")
        told.append(_("units free from %(day)s") % {"day": day} if event.agreement_id else day)
    return " · ".join(told)


def _point(point: Any) -> str:
    return f"{point.y:.5f}, {point.x:.5f}"
