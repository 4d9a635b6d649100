"""PostgreSQL's settings that keep every change since a backup: its log, segment by segment, in a folder of its own."""

from __future__ import annotations

import shlex
from pathlib import Path

SECONDS = 60  # a segment that is not full is archived after this, so no more than this is lost with the disk


def settings(archive: Path) -> dict[str, str]:
    """Each segment is copied to `archive`, and gets its name only when it is whole and on disk. None is written over
    but by the same again: after a crash PostgreSQL may not remember that it is archived.
    https://www.postgresql.org/docs/15/continuous-archiving.html#BACKUP-ARCHIVING-WAL"""
    folder = shlex.quote(str(archive))
    target = f"{folder}/%f"
    copy = (
        f"{{ test ! -f {target} || cmp -s %p {target}; }} && cp %p {target}.part && sync {target}.part"
        f" && mv {target}.part {target} && sync {folder}"
    )
    return {"archive_mode": "on", "archive_command": copy, "archive_timeout": f"{SECONDS}s"}
