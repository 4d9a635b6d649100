"""Files of imports and exports that no row names: of a transaction that was undone, of a worker that died before it
had noted what it wrote, of rows that are gone."""

import os
from collections.abc import Iterator
from datetime import timedelta

from django.core.files.storage import default_storage
from django.utils import timezone

from registry.models import ExportJob, ImportJob

KEPT = timedelta(days=1)
"""Longer than any transaction takes from a file to its row."""

# By the folder that FileFields put them into.
NAMED = {"imports": ((ImportJob, "file"), (ImportJob, "rejects")), "exports": ((ExportJob, "file"),)}


def forget() -> int:
    """Removes those that are older than KEPT; how many."""
    before, strays = timezone.now() - KEPT, list[str]()
    for folder, fields in NAMED.items():
        old = {name for name in _files(folder) if default_storage.get_modified_time(name) < before}
        for model, field in fields:
            old -= set(model._default_manager.exclude(**{field: ""}).values_list(field, flat=True))
        strays += old
    for name in strays:
        default_storage.delete(name)
    return len(strays)


def _files(folder: str) -> Iterator[str]:
    """The names of all files below a folder, as rows have them."""
    if default_storage.exists(folder):
        folders, files = default_storage.listdir(folder)
        yield from (os.path.join(folder, file) for file in files)
        for below in folders:
            yield from _files(os.path.join(folder, below))
