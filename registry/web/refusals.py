"""What a page answers where a verb was refused."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect

from registry.errors import NotSeen, NotYours, Refusal


def turned_away(refusal: Refusal) -> None:
    """Raises Http404 for what this person may not see, PermissionDenied for what is for others to do."""
    if isinstance(refusal, NotSeen):
        raise Http404 from refusal
    if isinstance(refusal, NotYours):
        raise PermissionDenied(refusal.message) from refusal


def answer(request: HttpRequest, refusal: Refusal, page: str) -> HttpResponse:
    """404 for what this person may not see, 403 for what is for others to do; else `page`, which says why."""
    turned_away(refusal)
    messages.error(request, refusal.message)
    return HttpResponseRedirect(page)
