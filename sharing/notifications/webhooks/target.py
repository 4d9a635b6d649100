"""Where a webhook goes: what an address must look like, before any name is looked up."""

import re
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from sharing.notifications.webhooks import addresses

HTTPS, HTTP = 443, 80
# Below it are the services of the net itself, mail for one, that a webhook has no business with.
FIRST_FREE_PORT = 1024
LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
PATH = re.compile(r"[!-~]*")


class BadAddress(ValueError):
    """An address that no webhook may go to; the message says what to write instead."""


@dataclass(frozen=True)
class Target:
    """host: a name, or an IP address without brackets. path: with its query."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """As in the header Host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (HTTPS if self.secure else HTTP) else f"{host}:{self.port}"


def parse(url: str) -> Target:
    """Raises BadAddress."""
    if not PATH.fullmatch(url) or "\\" in url:
        raise BadAddress(_("An address has no spaces and ASCII characters only: percent-encode others, and write an "
                           "internationalized name as xn--…."))  # fmt: skip
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise BadAddress(_("This is no address of a web server: write one like https://example.com/hooks.")) from error
    secure = _is_secure(parts)
    if parts.username is not None or parts.password is not None:
        raise BadAddress(_("An address names no user or password: the receiver knows the registry by its signature."))
    if parts.fragment or url.endswith("#"):
        raise BadAddress(_("An address ends before its #."))
    _check_host(host)
    port = (HTTPS if secure else HTTP) if port is None else port
    if port != (HTTPS if secure else HTTP) and port < FIRST_FREE_PORT:
        raise BadAddress(_("Use port 443, or one from 1024 on."))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(secure, host, port, path)


def _is_secure(parts: SplitResult) -> bool:
    if parts.scheme == "https":
        return True
    if parts.scheme == "http" and settings.WEBHOOK_ALLOW_HTTP:
        return False
    raise BadAddress(_("An address begins with https://."))


def _check_host(host: str) -> None:
    """A name by the rules of DNS, or an IP address that is allowed; of those that this site allows, where it lists
    any."""
    if settings.WEBHOOK_HOSTS and not any(map(partial(_is_of, host), settings.WEBHOOK_HOSTS)):
        raise BadAddress(
            _("“%(host)s” is none of the servers that webhooks may go to: ask whoever runs the registry.")
            % {"host": host}
        )
    try:
        ip_address(host)
    except ValueError:
        labels = host.split(".")
        # A name whose last label is a number would be read as an IPv4 address in another form.
        if len(host) > 253 or not all(map(LABEL.fullmatch, labels)) or re.match(r"[0-9]", labels[-1]):
            raise BadAddress(
                _("“%(host)s” is no name of a server: write one like hooks.example.com.") % {"host": host}
            ) from None
        return
    if not addresses.is_allowed(host, settings.WEBHOOK_EXTRA_NETWORKS):
        raise BadAddress(_("“%(host)s” is not a public address.") % {"host": host})


def _is_of(host: str, allowed: str) -> bool:
    """Whether it is the allowed name, or one below it where that begins with a dot."""
    return host.endswith(allowed) if allowed.startswith(".") else host == allowed
