"""What is answered to a person who followed a link of a page to a file that cannot be had: a page, in words."""

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.translation import gettext as _

from registry.api.problems import Problem
from registry.whence import page_before

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
    """The page of this site whose link a browser follows; empty where it is not that."""
    followed = request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"
    if not followed or not request.path.startswith(FILES) or "Authorization" in request.headers:
        return ""
    page = page_before(request)
    return "" if page.startswith(FILES) else page
