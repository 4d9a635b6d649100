from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.models import User


class TrailLinkQuerySet(models.QuerySet["TrailLink"]):
    def visible_to(self, user: User) -> Self:
        """A hash tells nothing of what it stands for: to whoever takes part."""
        return self if user.takes_part else self.none()


class TrailLink(models.Model):
    """A stretch of history, hashed together with the link before it: who notes the newest hash elsewhere can tell
    later whether anything up to it was changed, removed or slipped in (sharing/trail.py). Append-only by trigger.

    reached: of each table whose rows are never written again, the number of the last row that is in this link or one
    before it.
    """

    made_at = models.DateTimeField(_("made at"), auto_now_add=True)
    previous = models.CharField(_("hash of the link before"), max_length=64, blank=True)
    hash = models.CharField(_("hash"), max_length=64, unique=True)
    event_count = models.PositiveIntegerField(_("events"))
    reached = models.JSONField(
        _("reached"), default=dict, db_default=models.Value({}, models.JSONField()), blank=True, editable=False
    )

    objects = TrailLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("link of the trail")
        verbose_name_plural = _("links of the trail")
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=["previous"], name="trail_does_not_fork"),
            models.CheckConstraint(
                condition=models.Q(event_count__gte=1) | ~models.Q(reached={}), name="trail_link_has_rows"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.hash}"
