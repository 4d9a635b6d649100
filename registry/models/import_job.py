from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.models.membership import Membership
from registry.models.organization import Organization

if TYPE_CHECKING:
    from registry.models.user import User


class ImportTarget(models.TextChoices):
    ASSETS = "assets", _("Assets")
    DEMANDS = "demands", _("Demands")


class JobStatus(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class ImportJobQuerySet(models.QuerySet["ImportJob"]):
    def visible_to(self, user: "User") -> Self:
        """The jobs of a user's organizations."""
        if user.is_superuser:
            return self
        return self.filter(organization__in=Membership.objects.filter(user_id=user.pk).values("organization"))

    def unfinished(self) -> Self:
        return self.filter(status__in=(JobStatus.QUEUED, JobStatus.RUNNING))


class ImportJob(models.Model):
    """A file on its way in, carried out in the background. The row is all there is to know: a worker that dies leaves
    it running without a lock, and another takes it up (registry.jobs).

    options: kind, layer, crs, encoding, mapping, constants, dry_run; for demands title and submit.
    report: what registry.importing.report.ImportReport.as_json gives, written in the transaction that the file lands
    in, so that a job with one has its work done, whatever its status. preview: what registry.importing.preview gives.
    landed_at: when its assets were written, which is their created_at, to the microsecond. undone_at: when those were
    taken off again (registry.importing.undo).
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="import_jobs", verbose_name=_("organization")
    )
    target = models.CharField(_("of"), max_length=10, choices=ImportTarget)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("created by")
    )
    filename = models.CharField(_("file"), max_length=200)
    file = models.FileField(_("stored file"), upload_to="imports/%Y/%m/", max_length=255)
    options = models.JSONField(_("options"), default=dict, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=JobStatus, default=JobStatus.QUEUED)
    progress = models.PositiveSmallIntegerField(_("progress, %"), default=0)
    stage = models.CharField(_("stage"), max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    report = models.JSONField(_("report"), default=dict, blank=True)
    rejected = models.JSONField(
        _("first rejected rows"), default=list, blank=True, help_text=_("The first hundred: row, column, reason.")
    )
    rejects = models.FileField(_("rejects file"), upload_to="imports/%Y/%m/", max_length=255, blank=True)
    preview = models.JSONField(_("preview"), default=dict, blank=True)
    landed_at = models.DateTimeField(_("landed at"), null=True, blank=True)
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    demand_list_id = models.BigIntegerField(
        _("demand list"), null=True, blank=True, help_text=_("What demands were put into.")
    )
    error = models.TextField(_("error"), blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        verbose_name = _("import job")
        verbose_name_plural = _("import jobs")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(condition=Q(target__in=ImportTarget.values), name="job_target_is_known"),
            models.CheckConstraint(condition=Q(status__in=JobStatus.values), name="job_status_is_known"),
            models.CheckConstraint(condition=Q(progress__lte=100), name="job_progress_is_a_percentage"),
        ]
        indexes = [
            models.Index(
                fields=["id"], condition=Q(status__in=(JobStatus.QUEUED, JobStatus.RUNNING)), name="job_unfinished"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.filename} #{self.pk}"

    def end(self, status: JobStatus, error: str = "") -> None:
        self.status, self.error, self.finished_at, self.stage = status, error, timezone.now(), ""
        self.progress = 100 if status == JobStatus.DONE else self.progress
        self.save(update_fields=["status", "error", "finished_at", "stage", "progress"])
