"""What leaves this host goes by TLS, to whom its certificate names: else nothing starts."""

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

CLEAR = ("redis", "smtp")


def verify_database(database: dict[str, Any]) -> None:
    """Has PostgreSQL's client check the certificate of a server on another host. Raises ImproperlyConfigured where the
    address of the database asks for less."""
    if _is_here(database.get("HOST") or ""):
        return
    mode = database.setdefault("OPTIONS", {}).setdefault("sslmode", "verify-full")
    if mode != "verify-full":
        raise ImproperlyConfigured(
            f"The database is on {database['HOST']}: with sslmode={mode} nothing says that it is that host. "
            "Use verify-full, and name the authority by sslrootcert."
        )


def refuse_clear(name: str, url: str, *, instead: str) -> None:
    """Raises ImproperlyConfigured for an address of another host by a protocol without TLS."""
    parts = urlsplit(url)
    if parts.scheme in CLEAR and not _is_here(parts.hostname or ""):
        raise ImproperlyConfigured(f"{name} leads to {parts.hostname} in clear: use {instead}.")


def _is_here(host: str) -> bool:
    """Of a socket, or of this host alone."""
    if host in ("", "localhost") or host.startswith("/"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
