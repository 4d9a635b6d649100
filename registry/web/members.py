"""Who belongs to an organization, decided by its managers; and the door by which invited people come in."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import password_validation
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from registry.accounts import invitations, members
from registry.errors import BadInput, NotSeen, Refusal
from registry.models import Invitation, Membership, User
from registry.web import access
from registry.web.access import MemberRequest
from registry.web.forms import ModelForm
from registry.web.organizations import InviteForm, address_of, page, seen
from registry.web.refusals import answer


class NewAccountForm(ModelForm):
    """Who was invited and has no account. A user name is for good; all else can be changed later."""

    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=password_validation.password_validators_help_text_html,
    )

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name")
        widgets = {"username": forms.TextInput(attrs={"autocomplete": "username"})}

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        try:
            password_validation.validate_password(self.cleaned_data.get("password", ""), cast(User, self.instance))
        except ValidationError as error:
            self.add_error("password", error)


@require_POST
@access.members
def change_role(request: MemberRequest, pk: int) -> HttpResponse:
    membership = _member(request, pk)
    back = address_of(membership.organization)
    try:
        members.change_role(membership, role=members.check_role(request.POST.get("role", "")), actor=request.user)
    except Refusal as refusal:
        return answer(request, refusal, back)
    messages.success(request, _("%(who)s has another role now.") % {"who": membership.user})
    return HttpResponseRedirect(back)


@require_POST
@access.members
def remove(request: MemberRequest, pk: int) -> HttpResponse:
    membership = _member(request, pk)
    back = address_of(membership.organization)
    try:
        members.remove(membership, actor=request.user)
    except Refusal as refusal:
        return answer(request, refusal, back)
    messages.success(request, _("%(who)s is no member any more.") % {"who": membership.user})
    return HttpResponseRedirect(back)


@require_http_methods(["GET", "HEAD", "POST"])
@access.members
def invite(request: MemberRequest, code: str) -> HttpResponse:
    of = seen(request, code)
    if request.method != "POST":
        return HttpResponseRedirect(address_of(of))
    form = InviteForm(request.POST)
    if not form.is_valid():
        return page(request, of, 400, invite_form=form)
    try:
        role = members.check_role(form.cleaned_data["role"])
        made = invitations.invite(of, email=form.cleaned_data["email"], role=role, actor=request.user)
    except Refusal as refusal:
        return answer(request, refusal, address_of(of))
    return _sent(request, made)


@require_POST
@access.members
def invite_again(request: MemberRequest, pk: int) -> HttpResponse:
    open_one = _invitation(request, pk)
    try:
        made = invitations.invite(
            open_one.organization, email=open_one.email, role=members.check_role(open_one.role), actor=request.user
        )
    except Refusal as refusal:
        return answer(request, refusal, address_of(open_one.organization))
    return _sent(request, made)


@require_POST
@access.members
def withdraw(request: MemberRequest, pk: int) -> HttpResponse:
    open_one = _invitation(request, pk)
    back = address_of(open_one.organization)
    try:
        invitations.withdraw(open_one, actor=request.user)
    except Refusal as refusal:
        return answer(request, refusal, back)
    messages.success(request, _("The invitation of %(who)s is withdrawn.") % {"who": open_one.email})
    return HttpResponseRedirect(back)


@sensitive_post_parameters("password")
def invitation(request: HttpRequest, key: str) -> HttpResponse:
    """Where an invitation's link leads: joining for who has an account, a new account for who has none."""
    try:
        invited = invitations.of_key(key)
    except NotSeen as refusal:
        raise Http404 from refusal
    except Refusal as refusal:
        context = {"title": _("This invitation is over"), "reason": refusal.message}
        return render(request, "web/refusal.html", context, status=410)
    if isinstance(request.user, User):
        return _join(request, invited, request.user)
    if User.objects.filter(email__iexact=invited.email, is_active=True).exists():
        return render(
            request, "web/invitation.html", {"invitation": invited, "sign_in": redirect_to_login(request.path).url}
        )
    return _new_account(request, invited)


def _join(request: HttpRequest, invited: Invitation, user: User) -> HttpResponse:
    if request.method != "POST":
        return render(request, "web/invitation.html", {"invitation": invited})
    try:
        invitations.accept(invited, actor=user)
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("web:account")
    messages.success(request, _("You are a member of %(organization)s now.") % {"organization": invited.organization})
    return redirect("web:home")


def _new_account(request: HttpRequest, invited: Invitation) -> HttpResponse:
    # Its address too is no password.
    form = NewAccountForm(request.POST or None, instance=User(email=invited.email))
    if request.method == "POST" and form.is_valid():
        values: dict[str, Any] = form.cleaned_data
        try:
            invitations.register(invited, **values, language=get_language() or settings.LANGUAGE_CODE)
        except BadInput as refusal:
            form.add_error(refusal.field or None, refusal.message)
        except Refusal as refusal:
            messages.error(request, refusal.message)
            return redirect("account_login")
        else:
            messages.success(request, _("Your account is there: sign in."))
            return redirect("account_login")
    return render(request, "web/invitation.html", {"invitation": invited, "form": form})


def _sent(request: MemberRequest, made: Invitation) -> HttpResponse:
    if invitations.send(made):
        messages.success(request, _("An invitation is on its way to %(who)s.") % {"who": made.email})
    else:
        text = _("The mail to %(who)s could not be sent: press “Send again” in a while.") % {"who": made.email}
        messages.error(request, text)
    return HttpResponseRedirect(address_of(made.organization))


def _member(request: MemberRequest, pk: int) -> Membership:
    visible = Membership.objects.visible_to(request.user).select_related("organization", "user")
    return get_object_or_404(visible, pk=pk)


def _invitation(request: MemberRequest, pk: int) -> Invitation:
    visible = Invitation.objects.visible_to(request.user).open().select_related("organization")
    return get_object_or_404(visible, pk=pk)
