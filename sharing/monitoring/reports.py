"""Monthly reports: the figures of a regulator's month, kept as they stood, and told to its people."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.models import Organization, Role, User
from sharing.errors import BadInput, NotYours
from sharing.models import EventType, Report
from sharing.monitoring.breakdowns import TOTAL, Breakdown
from sharing.monitoring.figures import Row
from sharing.monitoring.indicators import INDICATORS, Indicator
from sharing.monitoring.scope import Scope, first_of_month
from sharing.notifications import outbox


@dataclass(frozen=True)
class Section:
    """An indicator of a report: its rows by breakdown."""

    indicator: Indicator
    parts: list[tuple[Breakdown, list[Row], Mapping[str, str]]]


def make_due() -> int:
    """Makes last month's report of every regulator that has none; returns how many were made.

    Each is one transaction: a worker that is killed leaves none, and the next sweep makes it.
    """
    month = first_of_month(timezone.localdate(), months=-1)
    regulators = Organization.objects.filter(regulates__isnull=False).order_by("pk")
    lacking = regulators.exclude(reports__month=month)
    return sum(_make(regulator, month, None) is not None for regulator in lacking)


def make(organization: Organization, month: date, *, actor: User) -> Report:
    """The report of a month gone by, made now unless it is there already.

    Raises NotYours for who is no editor of the regulator, BadInput for a month that has not ended.
    """
    if organization.pk not in actor.organizations_as(Role.EDITOR) or organization.regulates_id is None:
        raise NotYours(_("Reports are for the editors and managers of a regulator."))
    if first_of_month(month) >= first_of_month(timezone.localdate()):
        raise BadInput(_("Choose a month that has ended."), "month")
    _make(organization, first_of_month(month), actor)
    return Report.objects.get(organization=organization, month=first_of_month(month))


@transaction.atomic
def _make(organization: Organization, month: date, actor: User | None) -> Report | None:
    """None where it is there already: who comes second waits at the constraint for the first, and does nothing."""
    report = Report(organization=organization, month=month, made_by=actor)
    Report.objects.bulk_create([report], ignore_conflicts=True)
    made = Report.objects.filter(organization=organization, month=month, figures={}).first()
    if made is None:
        return None
    made.figures = _figures(Scope.of_organization(organization, month, first_of_month(month, months=1)))
    made.save(update_fields=["figures"])
    outbox.record(EventType.REPORT_MADE, made, actor=actor)
    return made


def _figures(scope: Scope) -> dict[str, Any]:
    return {
        code: {
            breakdown.code: [[row.key, dict(row.values)] for row in indicator.figures(scope, breakdown.code)]
            for breakdown in (TOTAL, *indicator.breakdowns)
        }
        for code, indicator in INDICATORS.items()
    }


def sections(report: Report) -> Iterator[Section]:
    """The figures of a report with their words, in the language that is active."""
    for code, indicator in INDICATORS.items():
        kept = report.figures.get(code, {})
        parts = []
        for breakdown in (TOTAL, *indicator.breakdowns):
            rows = [Row(key, values) for key, values in kept.get(breakdown.code, [])]
            parts.append((breakdown, rows, breakdown.labels([row.key for row in rows])))
        yield Section(indicator, parts)
