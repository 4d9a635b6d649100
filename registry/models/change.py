from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex, GistIndex
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from registry.models.membership import Role
from registry.models.organization import Organization
from registry.models.region import Region
from registry.models.regulated import regulated_regions

if TYPE_CHECKING:
    from registry.models.user import User


class Act(models.TextChoices):
    INSERT = "insert", _("Made")
    UPDATE = "update", _("Changed")
    DELETE = "delete", _("Removed")


class Noun(models.TextChoices):
    """What is watched: the catalog, who belongs to whom, who was granted sight, who may enter, and where events go."""

    ASSET = "asset", _("asset")
    TOWER = "tower", _("tower")
    DUCT = "duct", _("duct")
    FIBER = "fiber", _("fiber")
    EQUIPMENT_ROOM = "equipmentroom", _("equipment room")
    ORGANIZATION = "organization", _("organization")
    MEMBERSHIP = "membership", _("membership")
    FACILITY = "plannedfacility", _("planned facility")
    GRANT = "placegrant", _("grant of sight")
    ACCOUNT = "user", _("account")
    TOKEN = "apitoken", _("API token")
    ENDPOINT = "webhookendpoint", _("webhook endpoint")


OF_MANAGERS = (Noun.TOKEN, Noun.ENDPOINT)
OF_ASSETS = (Noun.ASSET, Noun.TOWER, Noun.DUCT, Noun.FIBER, Noun.EQUIPMENT_ROOM)


class MultiRangeField(models.Field):  # type: ignore[type-arg]
    """PostgreSQL's int8multirange: many ids that mostly follow each other, in a few bytes."""

    def db_type(self, connection: Any) -> str:
        return "int8multirange"


class ChangeQuerySet(models.QuerySet["Change"]):
    def visible_to(self, user: "User") -> Self:
        """To the members of the organization whose it is, of tokens and endpoints to its managers, and to the
        regulators of its region; of accounts, which are no organization's, to superusers alone."""
        if user.is_superuser:
            return self
        if not user.is_authenticated or not user.is_active:
            return self.none()
        own = Q(organization__in=list(user.roles)) & ~Q(noun__in=OF_MANAGERS)
        managed = Q(organization__in=user.organizations_as(Role.MANAGER), noun__in=OF_MANAGERS)
        return self.filter(own | managed | regulated_regions(user, "region"))

    def of_asset(self, pk: int) -> Self:
        """All of an asset and of its details, also that it was listed with many others."""
        listed = RawSQL("(rows @> %s::bigint)", [pk], output_field=models.BooleanField())
        return self.filter(Q(noun__in=OF_ASSETS, row=pk) | Q(listed, noun=Noun.ASSET))


class Change(models.Model):
    """That a row was made, changed or removed: when, by whom, and what stood there before and after. Written by
    triggers alone (registry/migrations/_changes.py), whoever writes and however; append-only.

    before, after: of a change the columns that differ, of what was removed all of them. Assets are made by the
    million, with their details, so each statement leaves one line of all that it made (`rows`, `listed` of them),
    without their values: these stand in the asset, and in `before` of its first change. Details that come to an asset
    later leave their own.
    """

    noun = models.CharField(_("what"), max_length=20, choices=Noun)
    act = models.CharField(_("act"), max_length=6, choices=Act)
    row = models.BigIntegerField(_("number"), null=True)
    rows = MultiRangeField(null=True, editable=False)
    listed = models.IntegerField(null=True, editable=False)
    label = models.CharField(_("code"), max_length=80, blank=True)
    before = models.JSONField(_("before"), null=True)
    after = models.JSONField(_("after"), null=True)
    organization = models.ForeignKey(
        Organization,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="+",
        verbose_name=_("organization"),
    )
    region = models.ForeignKey(
        Region, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, null=True, related_name="+"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
        verbose_name=_("by"),
        help_text=_("Empty where the clock or a command acted."),
    )
    changed_at = models.DateTimeField(_("at"))

    objects = ChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        ordering = ("-id",)
        indexes = [
            models.Index(fields=["row", "noun"], condition=Q(row__isnull=False), name="change_row"),
            GistIndex(fields=["rows"], condition=Q(rows__isnull=False), name="change_rows"),
            BrinIndex(fields=["changed_at"], name="change_at"),
        ]

    def __str__(self) -> str:
        return f"{self.get_noun_display()} {self.label or self.row or ''} · {self.get_act_display()}"

    @property
    def model(self) -> Any:
        """Of what was changed."""
        return apps.get_model("sharing" if self.noun == Noun.ENDPOINT else "registry", self.noun)

    @property
    def count(self) -> int:
        """How many rows it is about."""
        return self.listed or 1
