"""Monitoring by the API: what each indicator is, and its figures as far as the caller may know of what they count."""

import re
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.problems import Problem, bad_parameter
from registry.api.views import Api
from registry.kinds import Kind
from registry.models import Region, Sector, User
from registry.models.region import split_region
from sharing.monitoring import kept
from sharing.monitoring.breakdowns import TOTAL, Breakdown
from sharing.monitoring.figures import Unit
from sharing.monitoring.indicators import INDICATORS, Indicator
from sharing.monitoring.scope import LONGEST, Scope, first_of_month, last_year

MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
PARAMETERS = {
    "by": f"What the rows are of: a breakdown of the indicator, or {TOTAL.code}; the first breakdown when left out.",
    "start": "First month, as 2026-01; eleven months ago when left out.",
    "end": "Last month; this one when left out.",
    "region": "Code of a region that you regulate, or of one inside it.",
    "kind": ", ".join(Kind.values),
    "sector": ", ".join(Sector.values),
}


class ColumnShown(serializers.Serializer[Any]):
    code = serializers.CharField()
    title = serializers.CharField()
    unit = serializers.ChoiceField(choices=[unit.value for unit in Unit])


class IndicatorShown(serializers.Serializer[Any]):
    """An indicator: how it is reckoned, from what, and what its figures can be broken down by."""

    code = serializers.CharField()
    title = serializers.CharField()
    formula = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    columns = ColumnShown(many=True)
    breakdowns = serializers.ListField(child=serializers.CharField())


class IndicatorsShown(serializers.Serializer[Any]):
    results = IndicatorShown(many=True)


class FigureRow(serializers.Serializer[Any]):
    """values: by the codes of the columns; null where nothing can be reckoned."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    values = serializers.DictField(child=serializers.FloatField(allow_null=True))


class FiguresShown(serializers.Serializer[Any]):
    """at: the moment that figures are of which were kept, as they take long to reckon; null where that is now."""

    indicator = serializers.CharField()
    by = serializers.CharField()
    start = serializers.CharField()
    end = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)
    rows = FigureRow(many=True)


class IndicatorsView(Api):
    noun, nouns = "indicator", "indicators"

    @extend_schema(operation_id="indicators_list", responses=IndicatorsShown)
    def get(self, request: Request) -> Response:
        """List indicators

        Each once, with its formula and where it comes from.
        """
        self.check_parameters("format")
        return Response({"results": [_shown(one) for one in INDICATORS.values()]})


class IndicatorView(Api):
    noun, nouns = "indicator", "indicators"

    def may_lag(self) -> bool:
        return True

    @extend_schema(
        responses=FiguresShown,
        parameters=[OpenApiParameter(name, str, description=PARAMETERS[name]) for name in PARAMETERS],
    )
    def get(self, request: Request, code: str) -> Response:
        """Read the figures of an indicator

        Over whole months: of a region that you regulate all of it, else what is your organizations' own.
        """
        if code not in INDICATORS:
            raise Problem("not_seen")
        self.check_parameters(*PARAMETERS, "format")
        given = {name: str(value) for name, value in request.query_params.items() if name != "format"}
        known, user = INDICATORS[code], request.user
        assert isinstance(user, User), "the permissions have let no one else in"
        breakdown, scope = _breakdown(known, given.get("by", "")), _scope(given, user)
        found = kept.figures(known, scope, breakdown.code)
        labels = breakdown.labels([row.key for row in found.rows])
        rows = [{"key": row.key, "label": str(labels[row.key]), "values": dict(row.values)} for row in found.rows]
        start, end = f"{scope.start:%Y-%m}", f"{first_of_month(scope.end, months=-1):%Y-%m}"
        return Response(
            {"indicator": code, "by": breakdown.code, "start": start, "end": end, "at": found.at, "rows": rows}
        )


def _shown(one: Indicator) -> dict[str, Any]:
    return {
        "code": one.code,
        "title": str(one.title),
        "formula": str(one.formula),
        "source": str(one.source),
        "columns": [
            {"code": column.code, "title": str(column.title), "unit": column.unit.value} for column in one.columns
        ],
        "breakdowns": [breakdown.code for breakdown in one.breakdowns],
    }


def _breakdown(known: Indicator, code: str) -> Breakdown:
    found = TOTAL if code == TOTAL.code else known.breakdown(code) if code else known.breakdowns[0]
    if found is None:
        raise _one_of("by", [TOTAL.code, *(one.code for one in known.breakdowns)])
    return found


def _scope(given: dict[str, str], user: User) -> Scope:
    first, _after = last_year()
    start = _month("start", given["start"]) if "start" in given else first
    end = _month("end", given["end"]) if "end" in given else first_of_month(timezone.localdate())
    if end < start:
        raise bad_parameter("end", _("The last month comes before the first: change one of them."))
    if first_of_month(start, months=LONGEST) <= end:
        raise bad_parameter("end", _("Ask for at most %(most)d months.") % {"most": LONGEST})
    for name, values in (("kind", Kind.values), ("sector", Sector.values)):
        if name in given and given[name] not in values:
            raise _one_of(name, values)
    region = _region(given["region"], user) if "region" in given else None
    narrower = {name: given[name] for name in ("kind", "sector") if name in given}
    return Scope.of(user, start, first_of_month(end, months=1), region=region, **narrower)


def _month(name: str, text: str) -> date:
    found = MONTH.fullmatch(text)
    if found is None or found[1] == "0000" or found[1] == "9999":
        raise bad_parameter(name, _("Write a month as 2026-11."))
    return date(int(found[1]), int(found[2]), 1)


def _region(text: str, user: User) -> Region:
    scheme, code = split_region(text)
    found = Region.objects.filter(scheme=scheme, code=code).first() if "\x00" not in text else None
    regulated = [(found.scheme, "")] if found and user.is_superuser else user.regulated
    if found is None or not any(found.scheme == one and found.code.startswith(prefix) for one, prefix in regulated):
        raise bad_parameter("region", _("This is no region that you regulate."))
    return found


def _one_of(name: str, values: list[str]) -> Problem:
    return bad_parameter(name, _("One of: %(names)s.") % {"names": ", ".join(values)}, "choice")
