"""A file that was sent becomes a job, whichever door it came through."""

from pathlib import PurePath
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from registry import security
from registry.importing.limits import MOST_BYTES, too_many_bytes
from registry.models import ImportJob, ImportTarget, Organization, User
from registry.nudge import nudge_on_commit

# By their names, as those of demands are of another room.
TASKS: dict[str, str] = {
    ImportTarget.ASSETS: "registry.import_assets",
    ImportTarget.DEMANDS: "sharing.import_demands",
}


class TooLarge(Exception):
    """The file has more than MOST_BYTES bytes; the message, already translated, says so."""


def queue(
    organization: Organization,
    target: str,
    file: "UploadedFile[bytes]",
    options: dict[str, Any],
    *,
    actor: User,
) -> ImportJob:
    """Keeps the file and the job, and nudges a worker once both are there. Raises TooLarge."""
    if (file.size or 0) > MOST_BYTES:
        security.note("file_refused", person=actor.pk, organization=organization.pk, bytes=file.size)
        raise TooLarge(too_many_bytes())
    name = PurePath(file.name or "file").name[-200:]
    job = ImportJob(organization=organization, target=target, created_by=actor, filename=name, options=options)
    job.file.save(name[-80:], file, save=False)
    job.save()
    nudge_on_commit(TASKS[target])
    return job
