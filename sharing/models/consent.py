from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from registry.models import Organization, User
from sharing.models.match import Match


class ConsentStatus(models.TextChoices):
    PENDING = "pending", _("Waiting for the owner")
    GRANTED = "granted", _("Granted")
    REFUSED = "refused", _("Refused")
    LAPSED = "lapsed", _("Lapsed")


class RefusalReason(models.TextChoices):
    """Why an owner may refuse. Regulation (EU) 2024/1309 art. 3 has the same grounds."""

    NO_SPACE = "no_space", _("No space")
    TECHNICAL = "technical", _("Technically unsuitable")
    SAFETY = "safety", _("Safety or security")
    INTEGRITY = "integrity", _("Integrity of the network")
    FUTURE_NEED = "future_need", _("Own future need")
    ALTERNATIVE = "alternative", _("Better alternative offered")
    OTHER = "other", _("Other")


class ConsentQuerySet(models.QuerySet["Consent"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(Exists(Match.objects.visible_to(user).filter(pk=OuterRef("match"))))

    def pending(self) -> Self:
        return self.filter(status=ConsentStatus.PENDING)


class Consent(models.Model):
    """An owner's answer to the legs of a match on its assets: granted, perhaps with conditions, or refused with a
    coded reason. It lapses when the match ends before the answer."""

    match = models.ForeignKey(
        Match, on_delete=models.CASCADE, db_index=False, related_name="consents", verbose_name=_("match")
    )
    owner = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="consents", verbose_name=_("owner"))
    status = models.CharField(_("status"), max_length=10, choices=ConsentStatus, default=ConsentStatus.PENDING)
    conditions = models.TextField(_("conditions"), blank=True)
    reason = models.CharField(_("reason"), max_length=12, choices=RefusalReason, blank=True)
    reason_text = models.TextField(_("reason in words"), blank=True)
    deadline = models.DateTimeField(_("deadline"))
    asked_at = models.DateTimeField(_("asked at"), auto_now_add=True)
    asked_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("asked by"),
    )
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("answered by")
    )
    reminded_at = models.DateTimeField(_("reminded at"), null=True, blank=True)
    escalated_at = models.DateTimeField(_("escalated at"), null=True, blank=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ("deadline", "id")
        constraints = [
            models.UniqueConstraint(fields=["match", "owner"], name="consent_is_asked_once"),
            models.CheckConstraint(condition=Q(status__in=ConsentStatus.values), name="consent_status_is_known"),
            models.CheckConstraint(
                condition=(Q(status=ConsentStatus.REFUSED) & Q(reason__in=RefusalReason.values))
                | (~Q(status=ConsentStatus.REFUSED) & Q(reason="")),
                name="consent_refusal_has_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(reason=RefusalReason.OTHER) | ~Q(reason_text=""),
                name="consent_other_reason_has_words",
            ),
        ]
        indexes = [
            models.Index(
                fields=["deadline", "id"], condition=Q(status=ConsentStatus.PENDING), name="consent_to_answer"
            )
        ]

    def __str__(self) -> str:
        return f"{self.match_id} · {self.owner}"
