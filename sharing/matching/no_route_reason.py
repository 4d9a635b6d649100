"""The codes of why a demand has no route; how each is found: sharing.matching.refusal."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class NoRouteReason(TextChoices):
    NO_FREE_UNITS = "no_free_units", _("No path has enough free units")
    DETOUR = "detour", _("Every path is too long a detour")
    GAP_SHARE = "gap_share", _("Every path has too large a share of new build")
    ATTENUATION = "attenuation", _("Every path is over the attenuation budget")
    NO_PATH = "no_path_within_gap_limit", _("No path keeps every gap within its limit")
