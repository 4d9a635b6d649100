from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registry.models import Organization, User
from sharing.models.match import Match


class Decision(models.TextChoices):
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    LAPSED = "lapsed", _("Lapsed")


class RejectionReason(models.TextChoices):
    PLANNING = "planning", _("Conflicts with planning")
    SECURITY = "security", _("Public or data security")
    COMPETITION = "competition", _("Competition or pricing")
    DUPLICATE = "duplicate", _("Duplicate construction")
    INCOMPLETE = "incomplete", _("Incomplete documents")
    OTHER = "other", _("Other")


class ApprovalQuerySet(models.QuerySet["Approval"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(match__in=Match.objects.visible_to(user))


class Approval(models.Model):
    """A regulator's decision on a match; fingerprint: of what was shown when deciding; matter: of what of it must stay
    for a first approval to count beside a second. It lapses when the second comes and finds that it does not."""

    match = models.ForeignKey(Match, on_delete=models.CASCADE, related_name="approvals", verbose_name=_("match"))
    regulator = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="approvals", verbose_name=_("regulator")
    )
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("decided by"))
    decision = models.CharField(_("decision"), max_length=10, choices=Decision)
    reason = models.CharField(_("reason"), max_length=12, choices=RejectionReason, blank=True)
    reason_text = models.TextField(_("reason in words"), blank=True)
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    matter = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    decided_at = models.DateTimeField(_("decided at"), auto_now_add=True)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=["match", "decided_by"], name="approval_is_given_once_by_a_person"),
            models.CheckConstraint(condition=Q(decision__in=Decision.values), name="approval_decision_is_known"),
            models.CheckConstraint(
                condition=(Q(decision=Decision.REJECTED) & Q(reason__in=RejectionReason.values))
                | (~Q(decision=Decision.REJECTED) & Q(reason="")),
                name="approval_rejection_has_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(reason=RejectionReason.OTHER) | ~Q(reason_text=""),
                name="approval_other_reason_has_words",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.match_id} · {self.decision}"
