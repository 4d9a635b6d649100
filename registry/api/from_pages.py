"""What is answered to a person who followed a link of a page to a file that cannot be had: a page, in words."""

from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.translation import gettext as _

from registry.api.problems import Problem

FILES = "/api/"


def back_with(problem: Problem, request: HttpRequest) -> HttpResponseRedirect | None:
    """To the page that the link is on, which says why; by way of the sign-in where the session has ended. None where
    the call is a program's, or of an address that was typed."""
    page = _page_of(request)
    if not page:
        return None
    if problem.code == "not_authenticated":
        return redirect_to_login(page)
    is_too_long = any(fault["code"] == "too_many" for fault in problem.errors)
    too_long = _("The list is too long for a page to wait for: filter it, or order it by the API.")
    messages.error(request, too_long if is_too_long else str(problem.detail))
    return HttpResponseRedirect(page)


def _page_of(request: HttpRequest) -> str:
    """The path of the page of this site whose link a browser follows; empty where it is not that."""
    here, whence = f"{request.scheme}://{request.get_host()}", urlsplit(request.headers.get("Referer", ""))
    followed = request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"
    followed = followed and request.path.startswith(FILES)
    if not followed or "Authorization" in request.headers or f"{whence.scheme}://{whence.netloc}" != here:
        return ""
    # One slash, or a browser would read another site's name.
    path = "/" + whence.path.lstrip("/")
    return "" if path.startswith(FILES) else f"{path}?{whence.query}".rstrip("?")
