"""The whole chain in order: catalogue → demand lists → match → request → consent → approval → notification → audit."""

import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.importing.regions import import_gbt2260
from registry.models import Asset, AssetStatus, Region
from sharing.demo.asking import answer_consents, request_matches
from sharing.demo.audit import audit, tell_everybody
from sharing.demo.catalogue import AssetFile
from sharing.demo.database import start_afresh
from sharing.demo.deciding import decide
from sharing.demo.loading import Loaded, load_assets, load_organizations, make_extension, make_people
from sharing.demo.parties import PARTIES
from sharing.demo.posting import post_lists
from sharing.demo.processes import BEAT, WORKER, Programs
from sharing.demo.report import FellShort, Report
from sharing.demo.runs import await_runs
from sharing.workflow import calendar


def run_chain(report: Report, programs: Programs, folder: Path) -> None:
    """Every step once, each checked; `folder` takes the files that are imported and the rejects.

    What fell short stands in the report. Raises NotTheDemos before anything is changed, and ProgramFailed.
    """
    with suppress(FellShort):
        _run_steps(report, programs, folder)
    report.give_verdict()


def _run_steps(report: Report, programs: Programs, folder: Path) -> None:
    began = time.time()
    with report.step(_("Database: an empty one")):
        start_afresh()
    programs.start("worker", WORKER)
    programs.start("beat", (*BEAT, str(folder / "beat-schedule")))
    with report.step(_("Regions, organizations and people")):
        _found(report, folder)
    with report.step(_("Catalogue: 20,000 assets from the files of nine owners")):
        _list_assets(report, folder)
    with report.step(_("Celery: a worker and beat")):
        programs.await_worker()
        report.tell(_("the worker answers; logs are in %(folder)s") % {"folder": programs.logs})
    with report.step(_("Demand lists: imported and submitted")):
        runs = post_lists(report, folder)
    with report.step(_("Matching, by Celery")):
        await_runs(report, runs, programs.check)
    with report.step(_("Requests: units are held, owners are asked")):
        request_matches(report, [run.list for run in runs])
    with report.step(_("Consents of the owners")):
        answer_consents(report)
    with report.step(_("Decisions of the regulators")):
        decide(report)
    with report.step(_("Notifications, by Celery")):
        tell_everybody(report, programs.check, began)
    with report.step(_("Audit")):
        audit(report)


def _found(report: Report, folder: Path) -> None:
    import_gbt2260()
    regions = Region.objects.current().count()
    report.check(regions > 3000, _("%(count)d regions of GB/T 2260") % {"count": regions})
    loaded = load_organizations(folder)
    report.check(
        loaded.report.created == len(PARTIES), _("%(count)d organizations") % {"count": loaded.report.created}
    )
    report.tell(_("%(count)d people") % {"count": make_people()})
    year = timezone.localdate().year
    days = calendar.load(settings.CALENDAR, [year, year + 1])
    report.tell(_("%(count)d holidays and exchanged working days, which deadlines count with") % {"count": days})


def _list_assets(report: Report, folder: Path) -> None:
    rows: list[tuple[str, int, str, str]] = []

    def note(loaded: Loaded, file: AssetFile) -> None:
        rows.append((loaded.path.name, loaded.report.created, loaded.report.encoding or "", file.source[:40]))

    loaded = load_assets(folder, note)
    report.table((_("file"), _("assets"), _("encoding"), _("source")), rows)
    sent, landed = sum(one.report.rows for one in loaded), sum(one.report.created for one in loaded)
    listed = Asset.objects.count()
    report.check(landed == sent == listed, _("%(count)d assets listed, none rejected") % {"count": listed})
    facility = make_extension(timezone.localdate())
    reserved = Asset.objects.filter(planned_facility=facility, status=AssetStatus.PLANNED).count()
    report.check(
        reserved > 0,
        _("%(facility)s: %(count)d assets reserved, to be asked for by %(day)s")
        % {"facility": facility, "count": reserved, "day": facility.request_by},
    )
