"""Tokens of programs: one's own, and those of services of an organization that one manages."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from registry.accounts import tokens as verbs
from registry.errors import BadInput, Refusal
from registry.models import ApiToken, Organization, Role, Scope, User
from registry.web.access import MemberRequest, members
from registry.web.forms import Form
from registry.web.refusals import answer

LIVES = ((30, gettext_lazy("30 days")), (90, gettext_lazy("90 days")), (365, gettext_lazy("A year")))


class TokenForm(Form):
    """A service token where an organization is chosen; its role is offered then."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=120, help_text=gettext_lazy("What uses it, and where.")
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("For"), choices=Scope, initial=[Scope.READ], widget=forms.CheckboxSelectMultiple
    )
    days = forms.TypedChoiceField(label=gettext_lazy("Good for"), choices=LIVES, coerce=int, initial=90)
    organization = forms.ModelChoiceField(
        Organization.objects.none(),
        label=gettext_lazy("Acts as"),
        required=False,
        empty_label=gettext_lazy("Yourself"),
        help_text=gettext_lazy("A service of an organization outlives your holidays, and cannot decide."),
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role of the service"), choices=[(role.value, role.label) for role in verbs.SERVICE_ROLES]
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        managed = Organization.objects.filter(pk__in=user.organizations_as(Role.MANAGER))
        if managed.exists():
            self.fields["organization"].queryset = managed  # type: ignore[attr-defined]
        else:
            del self.fields["organization"], self.fields["role"]


@never_cache
@members
def tokens(request: MemberRequest) -> HttpResponse:
    """The list with the form of a new one; after that, with its secret, which is in this answer and nowhere else."""
    form = TokenForm(request.POST or None, user=request.user)
    secret = ""
    if request.method == "POST" and form.is_valid():
        try:
            _token, secret = _issue(form.cleaned_data, request.POST.get("newest"), request.user)
            form = TokenForm(user=request.user)
        except BadInput as refusal:
            form.add_refusal(refusal)
        except Refusal as refusal:
            return answer(request, refusal, request.path)
    seen = ApiToken.objects.visible_to(request.user).select_related("user", "issued_by", "organization")
    context = {
        "form": form,
        "newest": verbs.newest_of(request.user),
        "tokens": seen.order_by("-id")[:200],
        "secret": secret,
        "now": timezone.now(),
    }
    return render(request, "web/account/tokens.html", context)


@require_POST
@members
def revoke(request: MemberRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken.objects.visible_to(request.user), pk=pk)
    verbs.revoke(token, actor=request.user)
    messages.success(request, _("“%(name)s” opens nothing any more.") % {"name": token.name})
    return HttpResponseRedirect(reverse("web:tokens"))


def _issue(values: dict[str, Any], newest: str | None, actor: User) -> tuple[ApiToken, str]:
    given = {
        "name": values["name"],
        "scopes": values["scopes"],
        "expires_at": timezone.now() + timedelta(days=values["days"]),
        "newest": newest,
    }
    organization = values.get("organization")
    if organization is None:
        return verbs.issue_personal(**given, actor=actor)
    return verbs.issue_service(organization, role=Role(values["role"]), **given, actor=actor)
