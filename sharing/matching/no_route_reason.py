"""The codes of why a demand has no route, each with what is compared; how each is found: sharing.matching.refusal."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class NoRouteReason(TextChoices):
    NO_FREE_UNITS = "no_free_units", _("units free along a whole route")
    DETOUR = "detour", _("length of the shortest route")
    GAP_SHARE = "gap_share", _("share of new build")
    ATTENUATION = "attenuation", _("attenuation")
    NO_PATH = "no_path_within_gap_limit", _("longest gap of a route")
