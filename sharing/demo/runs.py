"""Matching by Celery, followed from outside."""

import time
from collections.abc import Callable, Sequence

from django.utils.translation import gettext as _

from sharing.demo.report import Report
from sharing.matching.describing import describe_change, nearest_miss
from sharing.models import MatchRun, Outcome, RunStatus

MATCHING_S = 600.0
POLL_S = 0.2
FUNNEL = ("near", "open", "fit", "free", "left")


def await_runs(report: Report, runs: Sequence[MatchRun], still_running: Callable[[], None]) -> None:
    """Follow the runs that Celery works on. `still_running` raises when a program that does the work has ended."""
    waiting = {run.pk: -1 for run in runs}
    until = time.monotonic() + MATCHING_S
    while waiting and time.monotonic() < until:
        for run in MatchRun.objects.filter(pk__in=waiting).select_related("list").order_by("pk"):
            if run.progress != waiting[run.pk]:
                waiting[run.pk] = run.progress
                report.tell(f"{run.list}: {run.get_status_display()}, {run.progress} %")
            if run.status in (RunStatus.DONE, RunStatus.FAILED):
                del waiting[run.pk]
        still_running()
        time.sleep(POLL_S)
    report.need(not waiting, _("Celery has worked through every list"))
    _show_runs(report, [run.pk for run in runs])


def _show_runs(report: Report, run_ids: list[int]) -> None:
    rows = []
    for run in MatchRun.objects.filter(pk__in=run_ids).select_related("list").order_by("pk"):
        outcomes = Outcome.objects.filter(run=run)
        met = outcomes.filter(met=True).count()
        seconds = (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else 0.0
        gap = "–" if run.gap is None else f"{run.gap:.2%}"
        rows.append((run.list, outcomes.count(), met, outcomes.count() - met, run.value, gap, seconds))
        report.need(
            run.status == RunStatus.DONE and outcomes.count() == run.list.demands.count() and met > 0,
            _("“%(list)s”: each line has its answer") % {"list": run.list} + (f" ({run.error})" if run.error else ""),
        )
    report.table((_("list"), _("lines"), _("met"), _("unmet"), _("cost a year"), _("gap"), _("seconds")), rows)
    _show_unmet(report, run_ids)


def _show_unmet(report: Report, run_ids: list[int]) -> None:
    """For each reason one line that was not met: how far it came, what it missed, and what would have met it."""
    unmet = Outcome.objects.filter(run__in=run_ids, met=False).select_related("demand")
    for outcome in unmet.order_by("reason", "pk").distinct("reason"):
        funnel = " → ".join(f"{step} {outcome.funnel.get(step, 0)}" for step in FUNNEL)
        report.tell(_("why not “%(line)s”: %(funnel)s") % {"line": outcome.demand, "funnel": funnel})
        if outcome.nearest_miss:
            report.tell(_("  nearest miss: %(miss)s") % {"miss": nearest_miss(outcome.nearest_miss)})
        if outcome.change:
            report.tell(f"  {describe_change(outcome)}")
