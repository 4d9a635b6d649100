"""Files of imports and exports that no row names: of a transaction that was undone, of a worker that died before it
had noted what it wrote, of rows that are gone."""

import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from registry.models import ExportJob, ImportJob

log = logging.getLogger(__name__)
KEPT = timedelta(days=1)
"""Longer than any transaction takes from a file to its row."""
OWNER = "of-database"
"""A file in the folder of uploads that says of which database they are: rows of another would name none of them."""

# By the folder that FileFields put them into.
NAMED = {"imports": ((ImportJob, "file"), (ImportJob, "rejects")), "exports": ((ExportJob, "file"),)}


def forget() -> int:
    """Removes those that are older than KEPT; how many. None where the files are those of another database."""
    if not _are_ours():
        log.warning(
            "the uploads are those of another database, so that no stray file is removed; "
            "where this one took its place, remove the file %s beside them",
            OWNER,
        )
        return 0
    before, strays = timezone.now() - KEPT, list[str]()
    for folder, fields in NAMED.items():
        old = {name for name in _files(folder) if _is_older(name, before)}
        for model, field in fields:
            old -= set(model._default_manager.exclude(**{field: ""}).values_list(field, flat=True))
        strays += old
    for name in strays:
        default_storage.delete(name)
    return len(strays)


def _are_ours() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT system_identifier || '/' || current_database() FROM pg_control_system()")
        [ours] = cursor.fetchone() or [""]
    if not default_storage.exists(OWNER):
        default_storage.save(OWNER, ContentFile(ours.encode()))
    with default_storage.open(OWNER) as owner:
        return bool(owner.read().decode() == ours)


def _is_older(name: str, moment: datetime) -> bool:
    with suppress(FileNotFoundError):  # removed meanwhile
        return bool(default_storage.get_modified_time(name) < moment)
    return False


def _files(folder: str) -> Iterator[str]:
    """The names of all files below a folder, as rows have them."""
    if default_storage.exists(folder):
        folders, files = default_storage.listdir(folder)
        yield from (os.path.join(folder, file) for file in files)
        for below in folders:
            yield from _files(os.path.join(folder, below))
