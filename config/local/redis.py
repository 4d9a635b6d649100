"""A private Redis: reached by a unix socket only, appends every write to its log, never evicts."""

from __future__ import annotations

import re
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from . import packages
from .places import LOCAL, Stop, call, folder_for, log_tail, owner_of, say, socket_folder, which

OLDEST = 7
SOCKET = "redis.sock"
START_SECONDS = 60


@dataclass(frozen=True)
class Instance:
    """This checkout's server: who runs it, and its folders."""

    user: str
    home: Path
    sockets: Path

    @property
    def socket(self) -> Path:
        return self.sockets / SOCKET

    @property
    def log(self) -> Path:
        return self.home / "redis.log"

    @property
    def url(self) -> str:
        """REDIS_URL in redis-py's form for a socket."""
        return f"unix://{quote(str(self.socket))}?db=0"


def installed() -> str | None:
    """Path of redis-server, if it is new enough."""
    server = which("redis-server")
    version = re.search(r"v=(\d+)", call([server, "--version"]).stdout) if server else None
    return server if version and int(version[1]) >= OLDEST else None


def need() -> packages.Need | None:
    """What is missing on this machine, if anything."""
    return None if installed() else packages.Need(f"Redis {OLDEST} or newer", debian_packages, "REDIS_URL")


def debian_packages() -> list[str]:
    """The package of Redis, where the distribution has it."""
    return packages.available("redis-server")


def locate() -> Instance:
    """Where this checkout's server lives; as root it runs as the account that owns the checkout's .local."""
    user = owner_of(LOCAL)
    home = folder_for(LOCAL / "redis", user=user)
    return Instance(user, home, socket_folder(home, SOCKET, user=user))


def ask(instance: Instance, command: str) -> str:
    """One inline command and the first line of its answer; empty when nobody answers."""
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(5)
            line.connect(str(instance.socket))
            line.sendall(command.encode() + b"\r\n")
            return line.recv(4096).decode(errors="replace").split("\r\n", 1)[0]
    except OSError:
        return ""


def up() -> Instance:
    """Start the server if it is not running."""
    instance = locate()
    if ask(instance, "PING") == "+PONG":
        return instance
    server = installed()
    if not server:
        raise Stop("Redis is not installed: run `make up`.")
    say(f"Starting Redis in {instance.home}")
    if not ask(instance, "PING"):
        call([server, *options(instance)], user=instance.user)
    deadline = time.monotonic() + START_SECONDS
    while ask(instance, "PING") != "+PONG":  # it answers -LOADING while it reads its log
        if time.monotonic() > deadline:
            raise Stop(f"Redis did not start; its log is {instance.log}:{log_tail(instance.log)}")
        time.sleep(0.05)
    return instance


def options(instance: Instance) -> list[str]:
    """The server's command line: everything is set here, no system-wide file is read."""
    settings = {
        "port": "0",
        "unixsocket": str(instance.socket),
        "unixsocketperm": "600",
        "daemonize": "yes",
        "dir": str(instance.home),
        "logfile": str(instance.log),
        "appendonly": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    return [part for name, value in settings.items() for part in (f"--{name}", value)]


def down() -> bool:
    """Stop the server; false when it was not running."""
    instance = locate()
    if not ask(instance, "PING"):
        return False
    say("Stopping Redis")
    ask(instance, "SHUTDOWN")
    deadline = time.monotonic() + START_SECONDS
    while ask(instance, "PING"):
        if time.monotonic() > deadline:
            raise Stop(f"Redis did not stop; its log is {instance.log}:{log_tail(instance.log)}")
        time.sleep(0.05)
    return True
