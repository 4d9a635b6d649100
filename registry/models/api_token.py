import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from registry.kinds import short
from registry.models.membership import Role
from registry.models.organization import Organization

if TYPE_CHECKING:
    from registry.models.user import User


class Scope(models.TextChoices):
    """What a token may be used for; each stands for itself, none includes another."""

    READ = "read", pgettext_lazy("scope", "Read")
    WRITE = "write", _("Write: assets, plans, drafts of lists")
    DECIDE = "decide", _("Decide: request, consent, approve, end")


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def visible_to(self, user: "User") -> Self:
        """One's own tokens, and the service tokens of the organizations that one manages."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        managed = user.organizations_as(Role.MANAGER)
        return self.filter(Q(user=user) | Q(issued_by=user) | Q(organization__in=managed))

    def usable(self, now: datetime) -> Self:
        """Neither revoked nor expired, and of persons who may still sign in."""
        return self.filter(revoked_at=None, expires_at__gt=now, user__is_active=True, issued_by__is_active=True)


class ApiToken(models.Model):
    """A secret by which a program acts as `user`. Only its SHA-256 is kept: the secret has 256 random bits, so that a
    slow hash would add nothing.

    A personal token acts as the person who issued it. A service token acts as an account of its own, which is a member
    of `organization` alone (the database keeps it there), never its manager, and with at most the role that its issuer
    has there, checked anew at every call.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens", verbose_name=_("acts as")
    )
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="issued_tokens", verbose_name=_("issued by")
    )
    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="api_tokens",
        verbose_name=_("organization"),
        help_text=_("Of service tokens; empty for personal ones."),
    )
    name = models.CharField(_("name"), max_length=120)
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope), verbose_name=_("scopes"))
    hint = models.CharField(_("begins with"), max_length=12)
    digest = models.CharField(_("SHA-256"), max_length=64, unique=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True, help_text=_("To the minute."))

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(scopes__contained_by=list(Scope.values), scopes__len__gt=0), name="token_scopes_are_known"
            ),
            models.CheckConstraint(
                condition=Q(organization__isnull=True, user=F("issued_by"))
                | (
                    Q(organization__isnull=False) & ~Q(user=F("issued_by")) & ~Q(scopes__contains=[Scope.DECIDE.value])
                ),
                name="token_service_never_decides",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    @property
    def is_service(self) -> bool:
        return self.organization_id is not None

    @property
    def usable(self) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked_at is None and self.expires_at > timezone.now()

    @property
    def scope_names(self) -> list[str]:
        """What it may be used for, in a word each."""
        return [short(Scope(scope).label) for scope in self.scopes]

    @staticmethod
    def digest_of(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()
