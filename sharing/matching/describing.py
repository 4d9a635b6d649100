"""Outcomes in words, in the reader's language, from the codes and numbers that are saved."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Field
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from sharing.matching import route_scoring, scoring
from sharing.matching.eligibility import RULES
from sharing.matching.no_route_reason import NoRouteReason
from sharing.matching.unmet_reason import UnmetReason
from sharing.models import Demand, Outcome

Texts = Mapping[str, str | Promise]

REASONS: Texts = {
    **dict(UnmetReason.choices),
    **{rule.code: rule.text for rules in RULES.values() for rule in rules},
    **dict(NoRouteReason.choices),
}
"""Why a demand is not met, by the code that is saved: of a rule or limit, what it compares."""

PARTS: Texts = {
    **{part.code: part.text for part in scoring.PARTS},
    **{part.code: part.text for part in route_scoring.PARTS},
}
"""The parts of a match's score, by their codes."""


def reason(code: str) -> str:
    """Why a demand is not met."""
    return str(REASONS.get(code, code.replace("_", " ")))


def unit_name(unit: str) -> str:
    """A unit as it is saved, in the reader's language; the empty text is none, and no message to translate."""
    return _(unit) if unit else ""


def describe_miss(outcome: Outcome) -> str:
    """Why a demand was not met: "mounting height 24 m, asked 28 m"."""
    if outcome.met:
        return ""
    if outcome.reason == UnmetReason.CONTESTED:
        return reason(outcome.reason)
    return nearest_miss(outcome.nearest_miss) or reason(outcome.reason)


def nearest_miss(miss: Mapping[str, Any]) -> str:
    """By what the nearest asset fails, or all of them together, or the nearest route."""
    if not miss.get("code"):
        return ""
    return _("%(what)s %(offered)s, asked %(asked)s") % {
        "what": reason(miss["code"]),
        "offered": _amount(miss, "offered"),
        "asked": _amount(miss, "asked"),
    }


def nearest_asset_miss(miss: Mapping[str, Any], assets: Mapping[int, str]) -> str:
    """The same, with the asset where it is one. assets: the names of those that the reader may see."""
    told, asset = nearest_miss(miss), miss.get("asset")
    if not told or asset is None:
        return told
    return _("%(asset)s: %(miss)s") % {"asset": assets.get(asset, _("a protected asset")), "miss": told}


def describe_change(outcome: Outcome) -> str:
    """The smallest change that would have met the demand: "It would be met with radius, m 920 instead of 800."."""
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


def _amount(miss: Mapping[str, Any], side: str) -> str:
    """A number with its unit; a day as a date; yes or no for what has no number."""
    value = miss.get(side)
    if value is None:
        return _("not known")
    if miss["code"] == "available_from":
        return date_format(date.fromordinal(int(value)), "SHORT_DATE_FORMAT")
    if miss["code"] in ("in_service", "sector", "refused_before"):
        return _("yes") if value else _("no")
    return f"{value:,} {unit_name(miss.get('unit') or '')}".strip()
