from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.models import Organization, User
from sharing.models.match import Match


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def visible_to(self, user: User) -> Self:
        """To one's own office: who of a regulator's people does what is nobody else's concern."""
        if user.is_superuser:
            return self
        return self.filter(regulator__in=user.roles)


class Assignment(models.Model):
    """Which of a regulator's people a match to decide is given to. It says whose work it is, and takes the right to
    decide from nobody."""

    match = models.ForeignKey(Match, on_delete=models.CASCADE, related_name="assignments", verbose_name=_("match"))
    regulator = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+", verbose_name=_("regulator")
    )
    assignee = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="assignments", verbose_name=_("assigned to")
    )
    assigned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("assigned by"))
    assigned_at = models.DateTimeField(_("assigned at"), auto_now=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        constraints = [
            models.UniqueConstraint(fields=["match", "regulator"], name="assignment_is_to_one_person"),
        ]

    def __str__(self) -> str:
        return f"{self.match_id} → {self.assignee}"
