"""Backups of this checkout's PostgreSQL, and the way back: to the backup, to its newest change, or to a moment.

A backup is a folder with a copy of the cluster that pg_verifybackup has read again, and what people uploaded. With
WAL_ARCHIVE set to a folder when the server starts, every change since is kept there too, at the latest a minute after
it was made. https://www.postgresql.org/docs/15/continuous-archiving.html
"""

from __future__ import annotations

import datetime
import os
import shlex
import shutil
import time
from pathlib import Path

from . import postgresql
from .places import LOCAL, Stop, call, log_tail, say
from .postgresql import Instance, Programs

CLUSTER, UPLOADS = "cluster", "uploads"


def back_up(instance: Instance, programs: Programs, folder: Path) -> None:
    """Copy the running cluster into `folder`, which must not be there, and check every file of the copy.

    Raises Stop, and leaves no half of a backup."""
    if folder.exists():
        raise Stop(f"{folder} is there already: name another folder.")
    folder.mkdir(parents=True)
    if os.geteuid() == 0:
        shutil.chown(folder, instance.user)
    say(f"Copying the database to {folder}")
    server = ["-h", str(instance.sockets), "-p", postgresql.PORT, "-U", postgresql.NAME]
    copy = [f"{programs.bin}/pg_basebackup", *server, "-D", str(folder / CLUSTER), "-c", "fast", "-X", "stream"]
    verify = [f"{programs.bin}/pg_verifybackup", "-q", str(folder / CLUSTER)]
    for command, failure in ((copy, "The database could not be copied"), (verify, "The copy is not whole")):
        done = call(command, user=instance.user)
        if done.returncode:
            shutil.rmtree(folder)
            raise Stop(f"{failure}: {done.stdout.strip()}")
    if _uploads().exists():
        shutil.copytree(_uploads(), folder / UPLOADS)


def restore(
    instance: Instance, programs: Programs, folder: Path, *, archive: Path | None, at: str = ""
) -> Path | None:
    """Put the cluster of `folder` in the place of this one, which is kept beside it and returned, and start it.

    With `archive` all changes that it holds are made again, or those before the moment `at` (as PostgreSQL reads
    timestamps). Uploads that are lost are put back. Raises Stop; what was there before is then as it was, but stopped.
    """
    copy = folder / CLUSTER
    if not (copy / "PG_VERSION").exists():
        raise Stop(f"{folder} holds no backup.")
    if at and not archive:
        raise Stop("To go to a moment, name the archive of the log too: --archive FOLDER.")
    made_by = postgresql.programs_for(copy)
    _stop(instance, programs)
    say(f"Restoring {folder}")
    draft = instance.home / "data.restored"
    shutil.rmtree(draft, ignore_errors=True)
    done = call(["cp", "-a", str(copy), str(draft)], user=instance.user)
    if done.returncode:
        raise Stop(f"The backup could not be read: {done.stdout.strip()}")
    if archive:
        signal = draft / "recovery.signal"
        signal.touch()
        if os.geteuid() == 0:
            shutil.chown(signal, instance.user)
    replaced = None
    if instance.data.exists():
        replaced = instance.home / f"data.replaced-{datetime.datetime.now():%Y%m%dT%H%M%S}"
        instance.data.rename(replaced)
    draft.rename(instance.data)
    try:
        postgresql.start(instance, made_by, *(_replaying(archive, at) if archive else []))
        _wait_for_writes(instance, made_by)
    except Stop:
        _stop(instance, made_by)
        instance.data.rename(draft)
        if replaced:
            replaced.rename(instance.data)
        raise
    if (folder / UPLOADS).exists():
        _put_back(folder / UPLOADS, _uploads())
    return replaced


def _stop(instance: Instance, programs: Programs) -> None:
    if postgresql.postmaster_pid(instance) in postgresql.at_work(instance):
        postgresql.pg_ctl(instance, programs, "stop", "-m", "fast", "-t", "60")


def _uploads() -> Path:
    return Path(os.environ.get("MEDIA_ROOT") or LOCAL / "uploads")


def _wait_for_writes(instance: Instance, programs: Programs) -> None:
    """A server answers reads before it has replayed its archive."""
    server = ["-h", str(instance.sockets), "-p", postgresql.PORT, "-U", postgresql.NAME, "-d", "postgres"]
    ask = [f"{programs.bin}/psql", *server, "-XAtc", "SELECT pg_is_in_recovery()"]
    while (done := call(ask)).stdout.strip() != "f":
        if not postgresql.at_work(instance):
            raise Stop(f"The archive could not be replayed: {done.stdout.strip()}{log_tail(instance.log)}")
        time.sleep(0.1)


def _replaying(archive: Path, at: str) -> list[str]:
    """pg_ctl's options to replay the archive, up to a moment or the end, and then to take writes. They hold for one
    start: a file of the data folder would carry the moment into each later backup, whose replay would end there."""
    settings = {
        "restore_command": f"cp {shlex.quote(str(archive))}/%f %p",
        "recovery_target_action": "promote",
        "recovery_target_time": at,
        # A moment is one of the history that the backup is of: the newest may be that of an earlier try, which has
        # turned off before.
        "recovery_target_timeline": "current" if at else "latest",
    }
    return ["-o", " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())]


def _put_back(kept: Path, uploads: Path) -> None:
    """The files that are not there any more; one that is there may have been changed since."""

    def copy(source: str, target: str) -> None:
        if not os.path.exists(target):
            shutil.copy2(source, f"{target}.part")
            os.rename(f"{target}.part", target)

    shutil.copytree(kept, uploads, copy_function=copy, dirs_exist_ok=True)
