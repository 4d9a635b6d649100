"""The codes of why a demand is not met where no rule (eligibility) and no limit (no_route_reason) says it."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class UnmetReason(TextChoices):
    CONTESTED = "contested", _("lost to demands of higher priority or lower cost")
    NONE_NEAR = "none_near", _("nothing is near enough")
    OVER = "over", _("its period is over")
    SEARCH_TOO_LARGE = "search_too_large", _("there are too many ways to route it; narrow its detour")
