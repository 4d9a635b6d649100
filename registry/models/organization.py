from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registry.models.region import Region
from registry.social_credit_code import validate_social_credit_code

if TYPE_CHECKING:
    from registry.models.user import User


class Sector(models.TextChoices):
    TELECOM = "telecom", _("Telecom")
    POWER = "power", _("Power")
    TRANSPORT = "transport", _("Transport")
    MUNICIPAL = "municipal", _("Municipal")
    PUBLIC_SECURITY = "public_security", _("Public security")
    OTHER = "other", _("Other")


class OrganizationQuerySet(models.QuerySet["Organization"]):
    def visible_to(self, user: "User") -> Self:
        """Every party knows the others, as whoever asks for access needs a contact (2024/1309 art. 4)."""
        known = user.is_authenticated and user.is_active
        return self if known and (user.is_superuser or user.memberships.exists()) else self.none()


class Organization(models.Model):
    """A party. It may own assets, post demands, or (where `regulates` is set) regulate a region."""

    code = models.SlugField(_("code"), max_length=40, unique=True, allow_unicode=True)
    name = models.CharField(_("name"), max_length=200)
    sector = models.CharField(_("sector"), max_length=20, choices=Sector)
    region = models.ForeignKey(
        Region,
        on_delete=models.PROTECT,
        related_name="organizations",
        verbose_name=_("home region"),
    )
    social_credit_code = models.CharField(
        _("unified social credit code"),
        max_length=18,
        null=True,
        blank=True,
        unique=True,
        validators=[validate_social_credit_code],
        help_text=_("GB 32100-2015: 18 characters, the last one a check character."),
    )
    contact_email = models.EmailField(_("contact e-mail"), blank=True)
    contact_phone = models.CharField(_("contact phone"), max_length=40, blank=True)
    regulates = models.ForeignKey(
        Region,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="regulators",
        verbose_name=_("regulates"),
        help_text=_("The region whose matches this organization approves; empty for all other parties."),
    )

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        ordering = ("code",)
        constraints = [
            models.CheckConstraint(
                condition=Q(sector__in=Sector.values),
                name="organization_sector_is_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name
