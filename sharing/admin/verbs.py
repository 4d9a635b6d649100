"""Buttons and the forms behind them. Which are open, workflow.rules says; what they do, the verbs of workflow do."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy

from registry.admin.base import person
from sharing.admin.refusals import WorkflowAdmin
from sharing.errors import BadInput, Refusal
from sharing.models import CloseReason, RefusalReason, RejectionReason
from sharing.shown.buttons import Button, Offer, offered
from sharing.shown.refusals import answer
from sharing.workflow.rules import Standing, Subject

if TYPE_CHECKING:
    from django.forms import DateInput as DateWidget
    from django.forms import Select, Textarea
else:
    from unfold.widgets import UnfoldAdminSelectWidget as Select
    from unfold.widgets import UnfoldAdminSingleDateWidget as DateWidget
    from unfold.widgets import UnfoldAdminTextareaWidget as Textarea

SAFE = ("GET", "HEAD")
CHOOSE = ("", gettext_lazy("Choose a reason"))


def _coded(reasons: Sequence[tuple[str, Any]], missing: Any) -> forms.ChoiceField:
    """A coded reason. missing: what is said where none is chosen."""
    return forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=[CHOOSE, *reasons],
        widget=Select,
        error_messages={"required": missing},
    )


def _in_words(who_reads: Any) -> forms.CharField:
    """The same in words."""
    return forms.CharField(
        label=gettext_lazy("In words"),
        required=False,
        max_length=2000,
        widget=Textarea(attrs={"rows": 2}),
        help_text=who_reads,
    )


class RejectionForm(forms.Form):
    reason = _coded(RejectionReason.choices, gettext_lazy("Choose a reason for the rejection."))
    reason_text = _in_words(gettext_lazy("Needed for “other”; the party and the owners read it."))


class RefusalForm(forms.Form):
    reason = _coded(RefusalReason.choices, gettext_lazy("Choose a reason for the refusal."))
    reason_text = _in_words(gettext_lazy("Needed for “other”; the party reads it."))


class GrantForm(forms.Form):
    conditions = forms.CharField(
        label=gettext_lazy("Conditions"),
        required=False,
        max_length=4000,
        widget=Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Leave empty to grant without conditions."),
    )


class EndForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Why it ends"), max_length=200, widget=Textarea(attrs={"rows": 2}))
    on = forms.DateField(
        label=gettext_lazy("From the day"),
        required=False,
        widget=DateWidget,
        help_text=gettext_lazy("Its units are free again from this day; today when left empty."),
    )


class RenewForm(forms.Form):
    until = forms.DateField(
        label=gettext_lazy("Until, not including"),
        required=False,
        widget=DateWidget,
        help_text=gettext_lazy("Leave empty for a renewal without end."),
    )


class PartyForm(forms.Form):
    party = forms.CharField(
        label=gettext_lazy("Party"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("Its code; only where you act for several parties of the group."),
    )


class CloseForm(PartyForm):
    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=[
            CHOOSE,
            (CloseReason.BUILT.value, CloseReason.BUILT.label),
            (CloseReason.GIVEN_UP.value, CloseReason.GIVEN_UP.label),
        ],
        widget=Select,
        error_messages={"required": gettext_lazy("Say whether it was built or given up.")},
    )


def standing_of(request: HttpRequest) -> Standing:
    """What the person is to the parties, read once a request; a verb that is carried out reads it anew."""
    known = request.__dict__
    if "standing" not in known:
        known["standing"] = Standing.of(person(request))
    standing: Standing = known["standing"]
    return standing


def offers(
    subject: Subject, buttons: Sequence[Button], standing: Standing, initial: Mapping[str, str] | None = None
) -> list[Offer]:
    """The buttons that are open to a person on `subject`. initial: hidden values, such as the fingerprint."""
    name = f"admin:{subject._meta.app_label}_{subject._meta.model_name}_do"
    return offered(subject, buttons, standing, name, initial)


class VerbMixin(WorkflowAdmin):
    """The admin of a noun with verbs: POST <id>/do/<verb>/ carries one out."""

    buttons: Sequence[Button] = ()
    change_form_outer_before_template = "sharing/verbs.html"

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_do"
        return [
            path("<int:pk>/do/<slug:verb>/", self.admin_site.admin_view(self.do_view), name=name),
            *super().get_urls(),
        ]

    def beside_form(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """The buttons that are open on the row."""
        return {"offers": offers(obj, self.buttons, standing_of(request))}

    def do_view(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """Carries out one verb on one row, and goes back to its page. What was filled in wrongly is asked again."""
        subject = self.get_object(request, str(pk))
        button = next((button for button in self.buttons if button.slug == verb), None)
        if button is None:
            raise Http404
        page = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[pk])
        if request.method != "POST":
            return HttpResponseRedirect(page)
        form = button.form(request.POST)
        if not form.is_valid():
            return self._asked_again(request, subject, button, form, page)
        try:
            result = button.do(subject, actor=person(request), **form.cleaned_data)
        except BadInput as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
            return self._asked_again(request, subject, button, form, page)
        except Refusal as refusal:
            return answer(request, refusal, page)
        messages.success(request, self.said(button, result))
        return HttpResponseRedirect(page)

    def said(self, button: Button, result: Any) -> str:
        """What is told when a verb was carried out. result: what it returned."""
        return str(button.done)

    def _asked_again(
        self, request: HttpRequest, subject: Any, button: Button, form: forms.Form, page: str
    ) -> HttpResponse:
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
