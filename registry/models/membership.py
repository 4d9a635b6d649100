from functools import cache
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registry.models.organization import Organization

if TYPE_CHECKING:
    from registry.models.user import User


class Role(models.TextChoices):
    """Each role can do what the ones before it can."""

    VIEWER = "viewer", _("Viewer: reads")
    EDITOR = "editor", _("Editor: lists assets, drafts and submits demands")
    MANAGER = "manager", _("Manager: commits the organization")

    @classmethod
    @cache  # asked for each row of a page
    def at_least(cls, role: "Role") -> tuple[str, ...]:
        """The roles that can do what `role` can.

        >>> Role.at_least(Role.EDITOR)
        ('editor', 'manager')
        """
        return tuple(cls.values[cls.values.index(role.value) :])


class MembershipQuerySet(models.QuerySet["Membership"]):
    def visible_to(self, user: "User") -> Self:
        """One's own, and those of one's colleagues."""
        if user.is_superuser:
            return self
        return self.filter(organization__in=user.roles)


class Membership(models.Model):
    """A person's role in an organization. A regulator is a member of an organization that regulates a region."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("user")
    )
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("organization")
    )
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.VIEWER)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(fields=["user", "organization"], name="membership_is_unique"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.organization} · {self.get_role_display()}"
