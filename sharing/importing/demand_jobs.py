"""A job of demands: its options, as the import and the workflow take them."""

from collections.abc import Callable
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from registry.importing.asset_jobs import reading
from registry.importing.jobs import Refused
from registry.importing.report import ImportReport
from registry.models import ImportJob
from sharing.errors import Refusal
from sharing.importing.demands import import_demands
from sharing.models import DemandList, ListStatus
from sharing.workflow import lists


def run(job: ImportJob, path: Path, progress: Callable[[str], None], keep: Callable[[ImportReport], None]) -> None:
    """Puts the good rows into the draft, as whoever sent the file, and hands it in where that was asked."""
    progress(_("Reading %(name)s") % {"name": job.filename})
    dry_run = bool(job.options.get("dry_run"))
    try:
        with transaction.atomic():
            report, demand_list = import_demands(
                path,
                party=job.organization,
                title=job.options["title"],
                options=reading(job.options),
                actor=job.created_by,
                dry_run=dry_run,
                into=DemandList.objects.filter(party=job.organization, pk=job.options.get("list")).first(),
            )
            if demand_list is None and job.options.get("submit") and not dry_run:
                raise Refused(_("The list has no lines."))
            if demand_list and not dry_run:
                job.demand_list_id = demand_list.pk
                if job.options.get("submit") and demand_list.status == ListStatus.DRAFT:
                    lists.submit(demand_list, actor=job.created_by)
            keep(report)
    except Refusal as refusal:
        raise Refused(refusal.message) from refusal
