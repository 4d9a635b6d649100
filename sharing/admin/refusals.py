"""What the admin answers where the workflow refused what Django's own pages save and delete."""

from contextlib import suppress
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from registry.admin.base import RestrictedAdmin, refuse_form
from registry.web.refusals import turned_away
from sharing.errors import Refusal
from sharing.shown.refusals import answer, explained


class WorkflowAdmin(RestrictedAdmin):
    """The admin of a noun that the workflow's verbs write, also where Django's own pages save and delete."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The form; what the workflow refuses only on writing is said in it, above what was typed. Where the row is to
        be read alone by now, as a list that was submitted meanwhile, it comes as a message."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Refusal as refusal:
            turned_away(refusal)
            refuse_form(request, explained(refusal))
            with suppress(PermissionDenied):
                return super().changeform_view(request, *args, **kwargs)
            return answer(request, refusal, request.get_full_path())

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The confirmation; what the workflow refuses to delete is shown again, and why."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except Refusal as refusal:
            page = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[object_id])
            return answer(request, refusal, page)
