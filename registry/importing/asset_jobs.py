"""A job of assets: its options, as the import takes them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from registry.importing.assets import import_assets
from registry.importing.intake import Options
from registry.importing.preview import preview
from registry.importing.report import ImportReport
from registry.models import ImportJob


def run(job: ImportJob, path: Path, progress: Callable[[str], None], keep: Callable[[ImportReport], None]) -> None:
    """What is only tried is shown too: the preview is kept even where the file cannot be taken as it is."""
    if job.options.get("dry_run"):
        job.preview = preview(path, owner=job.organization, kind=job.options["kind"], options=reading(job.options))
        ImportJob.objects.filter(pk=job.pk).update(preview=job.preview)
    import_assets(
        path,
        owner=job.organization,
        kind=job.options["kind"],
        options=reading(job.options),
        dry_run=bool(job.options.get("dry_run")),
        progress=progress,
        keep=keep,
    )


def reading(options: dict[str, Any]) -> Options:
    """How the file is to be read, as the sender stated it."""
    return Options(
        layer=options.get("layer"),
        crs=options.get("crs"),
        encoding=options.get("encoding"),
        mapping=options.get("mapping", {}),
        constants=options.get("constants", {}),
    )
