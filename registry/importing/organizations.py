"""A file of organizations into the registry."""

import time
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from registry.importing.fields import import_field
from registry.importing.intake import Intake, Options, open_intake
from registry.importing.region_codes import RegionReading, read_regions
from registry.importing.report import ImportReport, new_report, rejected_rows
from registry.importing.synonyms import ORGANIZATION
from registry.importing.table import Cells
from registry.models import Organization
from registry.models.region import GB_T_2260

TEXTS = ("code", "name", "social_credit_code", "contact_email", "contact_phone")
FIELDS = ("name", "sector", "region", "social_credit_code", "contact_email", "contact_phone", "regulates")


def import_organizations(path: Path, *, options: Options, dry_run: bool = False) -> ImportReport:
    """Create or update organizations by their code (or, where a row has none, by its social credit code).

    A blank cell leaves what the registry knows. Raises UnreadableFile when the file as a whole cannot be used.
    """
    started = time.perf_counter()
    known = {target: (target, *headings) for target, headings in ORGANIZATION.items()}
    intake = open_intake(path, known, options)
    report = new_report(intake)
    report.dry_run = dry_run
    with transaction.atomic():
        rows = _rows(intake)
        stored = {
            o.code: o
            for o in Organization.objects.select_for_update(of=("self",)).select_related("region", "regulates")
        }
        credit_codes = {o.social_credit_code: o.code for o in stored.values() if o.social_credit_code}
        taken: dict[str, int] = {}
        for index, values in enumerate(rows):
            organization = _merged(intake, index, values, stored, credit_codes, taken)
            if index in intake.problems or organization is None:
                continue
            code = organization.code
            taken[code] = index
            if code not in stored:
                report.created += 1
            elif any(getattr(stored[code], name) != getattr(organization, name) for name in FIELDS):
                report.updated += 1
            else:
                report.unchanged += 1
                continue
            organization.save()
            stored[code] = organization
            if organization.social_credit_code:
                credit_codes[organization.social_credit_code] = code
        transaction.set_rollback(dry_run)
    report.headings, report.rejects = rejected_rows(intake)
    report.warnings = intake.warnings
    report.seconds = time.perf_counter() - started
    return report


def _rows(intake: Intake) -> list[dict[str, object]]:
    """Each row's values by field, only those that its cells state."""
    columns: dict[str, Cells | None] = {name: intake.texts(name) for name in TEXTS}
    columns["sector"] = intake.values(import_field(Organization, "sector"))
    schemes = intake.texts("scheme")
    for name in ("region", "regulates"):
        columns[name] = _regions(intake, name, schemes)
    return [
        {name: cells[index] for name, cells in columns.items() if cells is not None and cells[index] is not None}
        for index in range(len(intake.table))
    ]


def _regions(intake: Intake, target: str, schemes: Cells | None) -> Cells | None:
    cells = intake.texts(target)
    if cells is None:
        return None
    keyed = [
        None if cell is None else cell if schemes is None or schemes[n] is None else f"{schemes[n]}:{cell}"
        for n, cell in enumerate(cells)
    ]
    readings = read_regions((text for text in keyed if text is not None), GB_T_2260)
    for index, text in enumerate(keyed):
        reading = RegionReading(None) if text is None else readings[text]
        cells[index] = reading.region
        if reading.error:
            intake.refuse(index, target, reading.error)
        if reading.remark:
            intake.warn(reading.remark, index, target)
    return cells


def _merged(
    intake: Intake,
    index: int,
    values: dict[str, object],
    stored: dict[str, Organization],
    credit_codes: dict[str, str],
    taken: dict[str, int],
) -> Organization | None:
    """What the row's organization becomes, checked; None, with the reason noted, where it cannot."""
    credit_code = str(values.get("social_credit_code", "")).upper()
    code = str(values.get("code") or credit_codes.get(credit_code) or credit_code)
    if not code:
        intake.refuse(index, "code", _("The row has neither a code nor a social credit code."))
        return None
    if code in taken:
        row = int(intake.table.row_numbers[taken[code]])
        intake.refuse(index, "code", _("Row %(row)d has the code %(code)s too.") % {"row": row, "code": code})
    if credit_code and credit_codes.get(credit_code, code) != code:
        other = credit_codes[credit_code]
        intake.refuse(index, "social_credit_code", _("The code is that of %(other)s.") % {"other": other})
    organization = _copy(stored[code]) if code in stored else Organization(code=code)
    for name, value in values.items():
        if name != "code":
            setattr(organization, name, credit_code if name == "social_credit_code" else value)
    faulty = [name for name in FIELDS if intake.at_fault(index, name)]
    try:
        organization.clean_fields(exclude=faulty)
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            intake.refuse(index, name, " ".join(messages))
    return organization


def _copy(organization: Organization) -> Organization:
    return Organization(**{f.attname: getattr(organization, f.attname) for f in Organization._meta.concrete_fields})
