"""What the admin answers where the workflow refused what Django's own pages save and delete."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from registry.admin.base import RestrictedAdmin
from sharing.errors import Refusal
from sharing.shown.refusals import answer


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
