"""Outcomes in words, in the reader's language, from the codes and numbers that are saved."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Field
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sharing.matching.eligibility import RULES, Stage
from sharing.matching.no_route_reason import NoRouteReason
from sharing.models import Demand, Outcome

TEXTS = {rule.code: rule.text for rules in RULES.values() for rule in rules} | {
    NoRouteReason.NO_FREE_UNITS.value: gettext_lazy("units free along a whole route"),
    NoRouteReason.DETOUR.value: gettext_lazy("length of the shortest route"),
    NoRouteReason.GAP_SHARE.value: gettext_lazy("share of new build"),
    NoRouteReason.ATTENUATION.value: gettext_lazy("attenuation"),
    NoRouteReason.NO_PATH.value: gettext_lazy("longest gap of a route"),
}
"""What a rule or limit compares, by its code."""

STAGES = {
    Stage.NEAR: gettext_lazy("near"),
    Stage.OPEN: gettext_lazy("open to you"),
    Stage.FIT: gettext_lazy("technically fit"),
    Stage.FREE: gettext_lazy("free in your period"),
    Stage.LEFT: gettext_lazy("left by others"),
}


def describe_miss(outcome: Outcome) -> str:
    """Why a demand was not met: "mounting height 24 m, asked 28 m"."""
    if outcome.met:
        return ""
    if outcome.reason == "contested":
        return _("what would have met it went to demands of higher priority, or at lower cost to all")
    if outcome.reason == "search_too_large":
        return _("there are too many ways to route it; narrow its detour")
    miss = outcome.nearest_miss
    if not miss:
        return _("nothing of the kind is near")
    return _("%(what)s %(offered)s, asked %(asked)s") % {
        "what": TEXTS.get(miss["code"], miss["code"]),
        "offered": _amount(miss["code"], miss["offered"], miss["unit"]),
        "asked": _amount(miss["code"], miss["asked"], miss["unit"]),
    }


def describe_change(outcome: Outcome) -> str:
    """The smallest change that would have met the demand: "radius, m 920 instead of 800 (+120 m)"."""
    return describe(outcome.change)


def describe_other_changes(outcome: Outcome) -> list[str]:
    """The further changes, each of which would have met it too."""
    return [describe(change) for change in outcome.other_changes]


def describe(change: Mapping[str, Any]) -> str:
    """One change in words."""
    if not change:
        return ""
    name, to = change["field"], change["to"]
    if name == "splittable":
        return _("It would be met by several assets together, if it may be split.")
    if name == "halves":
        return _("It would be met by two routes of %(one)s and %(other)s instead of one of %(from)s.") % {
            "one": to[0], "other": to[1], **change,
        }  # fmt: skip
    if name == "disjoint_from":
        return _("It would be met if its route might touch that of the other line.")
    if name == "accepts_hazardous_co_use":
        return _("It would be met beside gas, oil or high voltage.")
    if name == "period":
        return _("It would be met from %(to)s on instead of %(from)s.") % change
    if name == "period_end":
        if change["from"] is None:
            return _("It would be met until %(to)s.") % change
        return _("It would be met until %(to)s instead of %(from)s.") % change
    if name == "max_gap_share":
        return _("It would be met with a share of new build of %(to)s instead of %(from)s.") % change
    field = Demand._meta.get_field(name)
    assert isinstance(field, Field)
    return _("It would be met with %(field)s %(to)s instead of %(from)s.") % {**change, "field": field.verbose_name}


def _amount(code: str, value: Any, unit: str) -> str:
    """A number with its unit; a day as a date; yes or no for what has no number."""
    if value is None:
        return _("not known")
    if code == "available_from":
        return date_format(date.fromordinal(int(value)), "SHORT_DATE_FORMAT")
    if code in ("in_service", "sector", "refused_before"):
        return _("yes") if value else _("no")
    return f"{value} {_(unit)}".strip() if unit else str(value)
