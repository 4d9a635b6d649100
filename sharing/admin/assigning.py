"""Sharing out what is to be decided: who has how much, and a page that gives matches to a colleague."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from registry.admin.base import person
from registry.models import User
from registry.search import is_id
from sharing import waiting_for
from sharing.admin import bulk
from sharing.models import Match
from sharing.shown.refusals import tell
from sharing.workflow import assignments

if TYPE_CHECKING:
    from django.forms import Select
else:
    from unfold.widgets import UnfoldAdminSelectWidget as Select


class AssignForm(forms.Form):
    to = forms.ModelChoiceField(
        User.objects.none(),
        label=gettext_lazy("Colleague"),
        required=False,
        empty_label=gettext_lazy("Nobody in particular"),
        widget=Select,
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["to"]
        field.queryset = waiting_for.colleagues(user)


def choose(model_admin: Any, request: HttpRequest, chosen: QuerySet[Match]) -> HttpResponse:
    """Asks who the chosen matches are for."""
    found = list(chosen.select_related("demand__list__party")[: bulk.MOST])
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Assign to a colleague"),
        "opts": model_admin.opts,
        "form": AssignForm(user=person(request)),
        "matches": found,
        "url": reverse("admin:sharing_match_assign"),
        "query": bulk.query_of(request),
        "back": bulk.list_of(request),
    }
    return TemplateResponse(request, "sharing/assign.html", context)


def carry_out(request: HttpRequest) -> HttpResponse:
    """Gives them, and says which could not be given and why."""
    user = person(request)
    chosen = [int(value) for value in request.POST.getlist("match") if is_id(value)][: bulk.MOST]
    form = AssignForm(request.POST, user=user)
    if request.method != "POST" or not chosen or not form.is_valid():
        messages.error(request, _("Choose at least one match, and a colleague."))
        return HttpResponseRedirect(bulk.list_of(request))
    result = assignments.assign_many(chosen, to=form.cleaned_data["to"], actor=user)
    if result.done:
        text = ngettext("%(n)d match assigned.", "%(n)d matches assigned.", len(result.done))
        messages.success(request, text % {"n": len(result.done)})
    for match_id, refusal in sorted(result.failed.items()):
        text = _("Match %(match)d was left as it is: %(why)s") % {"match": match_id, "why": refusal.message}
        tell(request, refusal, text)
    return HttpResponseRedirect(bulk.list_of(request))
