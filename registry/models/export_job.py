from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.models.api_token import ApiToken
from registry.models.import_job import JobStatus

if TYPE_CHECKING:
    from registry.models.user import User


class ExportJobQuerySet(models.QuerySet["ExportJob"]):
    def visible_to(self, user: "User") -> Self:
        """A person's own, for a file holds what that person may see; no one else's, whoever asks."""
        return self.filter(requested_by_id=user.pk)

    def unfinished(self) -> Self:
        return self.filter(status__in=(JobStatus.QUEUED, JobStatus.RUNNING))

    def expired(self) -> Self:
        return self.filter(expires_at__lte=timezone.now())


class ExportJob(models.Model):
    """A list on its way into a file that takes longer than a call. The row is all there is to know, as of an ImportJob
    (registry.jobs).

    parameters: those of the list's address, `crs`, `fields` and `ordering` among them. rights: what the
    requester's sight depended on when the file was made (exports.jobs.rights_of); it is handed out while that is the
    same.
    """

    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("requested by")
    )
    token = models.ForeignKey(
        ApiToken,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("by token"),
    )
    resource = models.CharField(_("list"), max_length=40, help_text=_("As in its address: assets, demands."))
    format = models.CharField(_("format"), max_length=10)
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=JobStatus, default=JobStatus.QUEUED)
    progress = models.PositiveSmallIntegerField(_("progress, %"), default=0)
    rows = models.PositiveIntegerField(_("rows"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    rights = models.JSONField(_("rights"), default=list, blank=True)
    filename = models.CharField(_("file"), max_length=80, blank=True)
    file = models.FileField(_("stored file"), upload_to="exports/%Y/%m/", max_length=255, blank=True)
    error = models.TextField(_("error"), blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    expires_at = models.DateTimeField(
        _("expires at"), null=True, blank=True, help_text=_("When the job and its file are removed.")
    )

    objects = ExportJobQuerySet.as_manager()

    class Meta:
        verbose_name = _("export job")
        verbose_name_plural = _("export jobs")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(condition=Q(status__in=JobStatus.values), name="export_job_status_is_known"),
            models.CheckConstraint(condition=Q(progress__lte=100), name="export_job_progress_is_a_percentage"),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(status__in=(JobStatus.QUEUED, JobStatus.RUNNING)),
                name="export_job_unfinished",
            ),
            models.Index(fields=["requested_by", "id"], name="export_job_of_requester"),
        ]

    def __str__(self) -> str:
        return f"{self.resource}.{self.format} #{self.pk}"

    def end(self, status: JobStatus, error: str = "") -> None:
        self.status, self.error, self.finished_at = status, error, timezone.now()
        self.expires_at = self.finished_at + timedelta(hours=settings.EXPORT_KEPT_HOURS)
        self.progress = 100 if status == JobStatus.DONE else self.progress
        self.save()
