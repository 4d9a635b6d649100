"""What an export says of its rows that keeps one from being taken for something else."""

from django.utils.translation import gettext as _

from registry.importing.intake import Intake
from registry.importing.quantities import FALSE, choice_parser
from registry.importing.synonyms import SYNONYMS
from registry.importing.table import as_text
from registry.kinds import Kind


def refuse_other_kinds(intake: Intake, kind: str) -> None:
    """Of a file of several kinds, with a column `kind`, the rows of others than the one that is imported."""
    parse = choice_parser(Kind.values, SYNONYMS["kind"])
    for index, text in enumerate(_texts(intake, "kind")):
        try:
            stated = parse(text) if text else kind
        except ValueError:
            continue  # some other sort of kind: what a row is, is what the sender says
        if stated != kind:
            intake.refuse(
                index, "", _("The row is of another kind: import it with --kind %(kind)s.") % {"kind": stated}
            )


def refuse_masked(intake: Intake) -> None:
    """Rows whose place is only the grid cell that stands for a protected asset."""
    short = "exact" if {"exact", "plan_id"} <= set(intake.table.headings) else ""
    for heading in ("place_is_exact", short):
        for index, text in enumerate(_texts(intake, heading)):
            if text and text.casefold() in FALSE:
                intake.refuse(
                    index, "", _("The place is a grid cell, which stands for one that is protected: give the place.")
                )


def _texts(intake: Intake, heading: str) -> list[str | None]:
    headings = intake.table.headings
    if heading not in headings:
        return []
    texts: list[str | None] = as_text(intake.table.columns[headings.index(heading)]).tolist()
    return [text.strip() if text else None for text in texts]
