"""The parties post their lists: files written, imported, submitted; and the rejects of the one with bad rows shown."""

import csv
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext as _

from registry.importing.intake import Options
from registry.importing.report import ImportReport, write_rejects
from registry.models import Organization
from sharing.demo.lists import Posting, postings
from sharing.demo.people import manager
from sharing.demo.report import Report
from sharing.importing.demands import import_demands
from sharing.models import MatchRun
from sharing.workflow import lists

REJECTS_SHOWN = 8


def post_lists(report: Report, folder: Path) -> list[MatchRun]:
    """The runs that matching is queued for, in the order in which the parties will request."""
    runs = []
    for posting in postings(timezone.localdate()):
        path = folder / f"{posting.stem}.csv"
        write_rows(posting, path)
        actor = manager(posting.party)
        party = Organization.objects.get(code=posting.party)
        imported, demand_list = import_demands(path, party=party, title=posting.title, options=Options(), actor=actor)
        report.tell(
            _("%(file)s: “%(title)s” of %(party)s, %(count)d lines")
            % {"file": path.name, "title": posting.title, "party": party, "count": imported.created}
        )
        _check_rejects(report, posting, imported, path)
        assert demand_list, "a posting has good lines"
        runs.append(lists.submit(demand_list, actor=actor))
    return runs


def write_rows(posting: Posting, path: Path) -> None:
    names = list(dict.fromkeys(name for row in posting.rows for name in row))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(posting.rows)


def _check_rejects(report: Report, posting: Posting, imported: ImportReport, path: Path) -> None:
    good = len(posting.rows) - posting.bad_rows
    if imported.rejects:
        rejects = path.with_name(f"{posting.stem}-rejects.csv")
        write_rejects(imported, rejects)
        for reject in imported.rejects[:REJECTS_SHOWN]:
            report.tell(f"  {reject.row} [{reject.column}] {reject.reason}")
        report.tell(_("  to be corrected and sent again: %(file)s") % {"file": rejects})
    report.need(
        imported.created == good and len(imported.rejects) == posting.bad_rows,
        _("its %(good)d good lines landed; %(bad)d bad ones are accounted for")
        % {"good": good, "bad": posting.bad_rows},
    )
