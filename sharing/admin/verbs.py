"""Buttons in the admin: how the forms behind them look, and the addresses that carry them out."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from registry.admin.base import person
from sharing.admin.refusals import WorkflowAdmin
from sharing.shown.buttons import Offer, button_of, carry_out, offered, standing
from sharing.shown.verb_forms import Dressed
from sharing.workflow.rules import Standing, Subject

if TYPE_CHECKING:
    from django.forms import DateInput as DateWidget
    from django.forms import Select, Textarea
else:
    from unfold.widgets import UnfoldAdminSelectWidget as Select
    from unfold.widgets import UnfoldAdminSingleDateWidget as DateWidget
    from unfold.widgets import UnfoldAdminTextareaWidget as Textarea

SAFE = ("GET", "HEAD")


class VerbForm(Dressed):
    dress: ClassVar = {forms.Select: Select, forms.DateInput: DateWidget, forms.Textarea: Textarea}


def standing_of(request: HttpRequest) -> Standing:
    return standing(request, person(request))


def offers(request: HttpRequest, subject: Subject, initial: Mapping[str, str] | None = None) -> list[Offer]:
    """The buttons that are open to a person on `subject`. initial: hidden values, such as the fingerprint."""
    name = f"admin:{subject._meta.app_label}_{subject._meta.model_name}_do"
    return offered(request, subject, standing_of(request), name, VerbForm, initial)


class VerbMixin(WorkflowAdmin):
    """The admin of a noun with verbs: POST <id>/do/<verb>/ carries one out."""

    change_form_outer_before_template = "sharing/verbs.html"

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_do"
        return [
            path("<int:pk>/do/<slug:verb>/", self.admin_site.admin_view(self.do_view), name=name),
            *super().get_urls(),
        ]

    def beside_form(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """The buttons that are open on the row."""
        return {"offers": offers(request, obj)}

    def do_view(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """Carries out one verb on one row, and goes back to its page. What was filled in wrongly is asked again."""
        subject = self.get_object(request, str(pk))
        page = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[pk])
        button = button_of(subject, verb)

        def ask_again(form: forms.Form) -> HttpResponse:
            context = {
                **self.admin_site.each_context(request),
                "title": button.verb.label,
                "subtitle": str(subject),
                "opts": self.opts,
                "offer": Offer(button, form, request.path),
                "page": page,
                "media": form.media,
            }
            return TemplateResponse(request, "sharing/verb.html", context, status=400)

        return carry_out(request, person(request), subject, button, page, look=VerbForm, ask_again=ask_again)
