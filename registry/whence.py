"""The page that somebody is on, or comes from, to lead back to it."""

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def page_of(request: HttpRequest) -> str:
    """Its address. What was sent to an address that only takes forms was sent from another page, to which the browser
    tells the way; where it does not, it is the first page of all."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    return page_before(request) or "/"


def page_before(request: HttpRequest) -> str:
    """The page of this site that the browser says it comes from; empty where it says none, or another site's."""
    here, whence = f"{request.scheme}://{request.get_host()}/", request.headers.get("Referer", "")
    # One slash, or a browser would read another site's name.
    return "/" + whence.removeprefix(here).lstrip("/") if whence.startswith(here) else ""


def page_named(request: HttpRequest, otherwise: str) -> str:
    """The page that a form or link names as `next`, where it is one of this site, else `otherwise`."""
    named = str((request.POST if request.method == "POST" else request.GET).get("next", ""))
    own = url_has_allowed_host_and_scheme(named, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return named if own else otherwise
