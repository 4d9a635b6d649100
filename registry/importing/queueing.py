"""A file that was sent becomes a job, whichever door it came through."""

from pathlib import PurePath
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from registry import security
from registry.importing.limits import MOST_BYTES, too_many_bytes
from registry.models import ImportJob, ImportTarget, Organization, User
from registry.nudge import nudge_on_commit

# Files of one organization that wait or are taken in at once: workers are there for all of them.
MOST_UNFINISHED = 5
# By their names, as those of demands are of another room.
TASKS: dict[str, str] = {
    ImportTarget.ASSETS: "registry.import_assets",
    ImportTarget.DEMANDS: "sharing.import_demands",
}


class TooLarge(Exception):
    """The file has more than MOST_BYTES bytes; the message, already translated, says so."""


class TooMany(Exception):
    """As many files of the organization as may be are on their way; the message, already translated, says so."""


def crowd(organization_id: int) -> str:
    """Why no more files of an organization can be taken in for now; empty where one can."""
    if ImportJob.objects.unfinished().filter(organization=organization_id).count() < MOST_UNFINISHED:
        return ""
    return _("Wait for one of your files to be taken in: %(most)d are under way.") % {"most": MOST_UNFINISHED}


def queue(
    organization: Organization,
    target: str,
    file: "UploadedFile[bytes]",
    options: dict[str, Any],
    *,
    actor: User,
) -> ImportJob:
    """Keeps the file and the job, and nudges a worker once both are there. Raises TooLarge, TooMany."""
    if (file.size or 0) > MOST_BYTES:
        security.note("file_refused", person=actor.pk, organization=organization.pk, bytes=file.size)
        raise TooLarge(too_many_bytes())
    if said := crowd(organization.pk):
        raise TooMany(said)
    name = PurePath(file.name or "file").name[-200:]
    job = ImportJob(organization=organization, target=target, created_by=actor, filename=name, options=options)
    job.file.save(name[-80:], file, save=False)
    job.save()
    nudge_on_commit(TASKS[target])
    return job
