"""What a sample was drawn from, in words."""

from collections.abc import Sequence
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from registry.models import Region, Sector
from sharing.models import Sample
from sharing.monitoring.breakdowns import kind_name
from sharing.words import Fact


def criteria(sample: Sample, region: Region | None) -> Sequence[Fact]:
    """Span and filters as the form that they were chosen by calls them. region: the one that it was narrowed to."""
    kept = sample.criteria
    told: list[Fact] = [
        (_("From month"), _month(kept["start"])),
        (_("To month"), _month(kept["end"])),
    ]
    if kept.get("region"):
        told.append((_("Region"), str(region or kept["region"])))
    if kept.get("kind"):
        told.append((_("Kind"), kind_name(kept["kind"])))
    if kept.get("sector"):
        told.append((_("Sector"), str(Sector(kept["sector"]).label)))
    return told


def _month(text: str) -> str:
    return date_format(date.fromisoformat(f"{text}-01"), "YEAR_MONTH_FORMAT")
