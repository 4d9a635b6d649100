from typing import TYPE_CHECKING, Self

from django.contrib.gis.db import models
from django.contrib.postgres.indexes import OpClass
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from registry.models.user import User

GB_T_2260 = "gbt2260"


class RegionQuerySet(models.QuerySet["Region"]):
    def visible_to(self, user: "User") -> Self:
        """The regions are common knowledge among the parties."""
        known = user.is_authenticated and user.is_active
        return self if known and (user.is_superuser or user.memberships.exists()) else self.none()

    def current(self) -> Self:
        return self.filter(retired=False)


class Region(models.Model):
    """An administrative division: a code of a scheme. GB/T 2260 gives China six digits (province, prefecture,
    county), where a prefix is an ancestor; other countries' codes stand beside them under their own scheme."""

    scheme = models.CharField(_("scheme"), max_length=16, default=GB_T_2260)
    code = models.CharField(_("code"), max_length=16)
    name = models.CharField(_("name"), max_length=120)
    prefix = models.CharField(
        _("prefix"),
        max_length=16,
        help_text=_("What every code inside this region begins with: 4201 for 420100."),
    )
    retired = models.BooleanField(_("retired"), default=False)
    successors = models.ManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        related_name="predecessors",
        verbose_name=_("successors"),
        help_text=_("The current regions that a retired code became part of."),
    )
    boundary = models.MultiPolygonField(_("boundary"), srid=4326, null=True, blank=True)

    objects = RegionQuerySet.as_manager()

    class Meta:
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        ordering = ("scheme", "code")
        constraints = [
            models.UniqueConstraint(fields=["scheme", "code"], name="region_code_is_unique"),
            models.CheckConstraint(
                condition=~Q(scheme=GB_T_2260) | Q(code__regex=r"^[0-9]{6}$"),
                name="region_gbt2260_has_six_digits",
            ),
            models.CheckConstraint(
                condition=Q(code__startswith=models.F("prefix")),
                name="region_prefix_begins_code",
            ),
        ]
        indexes = [
            models.Index(
                models.F("scheme"),
                OpClass("code", name="varchar_pattern_ops"),
                name="region_code_prefix",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @staticmethod
    def prefix_of(scheme: str, code: str) -> str:
        """What codes inside `code` begin with. GB/T 2260 fills prefectures and provinces up with zeros.

        >>> Region.prefix_of("gbt2260", "420100"), Region.prefix_of("gbt2260", "420000")
        ('4201', '42')
        """
        if scheme != GB_T_2260:
            return code
        while code.endswith("00") and len(code) > 2:
            code = code[:-2]
        return code

    def covers(self, other: "Region") -> bool:
        """Whether `other` is this region or lies inside it."""
        return other.lies_in(self.scheme, self.prefix)

    def lies_in(self, scheme: str, prefix: str) -> bool:
        """Whether it is, or lies in, what codes of that scheme begin with; as registry.models.regulated.inside."""
        return self.scheme == scheme and self.code.startswith(prefix)


def split_region(text: str) -> tuple[str, str]:
    """Scheme and code of a region as people write it: 420100 of GB/T 2260, others with their scheme in front.

    >>> split_region("420100"), split_region("nuts:DE21")
    (('gbt2260', '420100'), ('nuts', 'DE21'))
    """
    scheme, colon, code = text.partition(":")
    return (scheme, code) if colon else (GB_T_2260, text)


def region_text(scheme: str, code: str) -> str:
    """As split_region reads it.

    >>> region_text("gbt2260", "420100"), region_text("nuts", "DE21")
    ('420100', 'nuts:DE21')
    """
    return code if scheme == GB_T_2260 else f"{scheme}:{code}"
