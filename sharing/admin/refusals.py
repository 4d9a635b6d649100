"""What a page answers where the workflow refused, the same on every page."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from registry.admin.base import RestrictedAdmin
from sharing.errors import NotSeen, NotYours, Refusal, StaleForm, WrongState


def explained(refusal: Refusal) -> str:
    """The refusal, and what to do about it."""
    if isinstance(refusal, StaleForm):
        return _("Nothing was decided: %(why)s This page shows how it stands now.") % {"why": refusal.message}
    return _("Nothing was done: %(why)s") % {"why": refusal.message}


def tell(request: HttpRequest, refusal: Refusal, text: str = "") -> None:
    """Says it on the next page: a warning where only the moment was wrong, else an error. text: other words for it."""
    of_the_moment = isinstance(refusal, (WrongState, StaleForm))
    messages.add_message(request, messages.WARNING if of_the_moment else messages.ERROR, text or explained(refusal))


def answer(request: HttpRequest, refusal: Refusal, page: str) -> HttpResponse:
    """404 for what this person may not see, 403 for what is for others to do; else `page`, which says why."""
    if isinstance(refusal, NotSeen):
        raise Http404 from refusal
    if isinstance(refusal, NotYours):
        raise PermissionDenied(refusal.message) from refusal
    tell(request, refusal)
    return HttpResponseRedirect(page)


class WorkflowAdmin(RestrictedAdmin):
    """The admin of a noun that the workflow's verbs write, also where Django's own pages save and delete."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The form; what the workflow refuses only on writing comes back as a message."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Refusal as refusal:
            return answer(request, refusal, request.get_full_path())

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The confirmation; what the workflow refuses to delete is shown again, and why."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except Refusal as refusal:
            page = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[object_id])
            return answer(request, refusal, page)
