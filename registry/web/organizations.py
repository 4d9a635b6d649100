"""The parties of the registry: whom to ask for access; and of one's own, its members and invitations."""

from typing import Any

import django_tables2
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from registry.accounts import members as verbs
from registry.errors import Refusal
from registry.models import Organization, Role
from registry.seen_at import SeenAtForm
from registry.web.access import MemberRequest, members
from registry.web.forms import Form, ModelForm
from registry.web.refusals import answer
from registry.web.tables import Table, shown


class OrganizationTable(Table):
    name = django_tables2.Column(verbose_name=_("Organization"))
    sector = django_tables2.Column(verbose_name=_("Sector"))
    region = django_tables2.Column(accessor="region__name", verbose_name=_("Home region"))
    regulates = django_tables2.Column(accessor="regulates__name", verbose_name=_("Regulates"))

    class Meta(Table.Meta):
        orderable = False
        caption = _("Organizations")
        empty_text = _("No organization fits: search for less.")

    def render_name(self, record: Organization) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("web:organization", args=[record.code]), record.name)


class ContactForm(SeenAtForm, ModelForm):
    class Meta:
        model = Organization
        fields = ("contact_email", "contact_phone")

    # The rest of its row is the registry's.
    seen_columns = Meta.fields


class InviteForm(Form):
    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, help_text=_("A link goes there that is good for seven days.")
    )
    role = forms.ChoiceField(label=_("Role"), choices=Role, initial=Role.VIEWER)


@members
def organizations(request: MemberRequest) -> HttpResponse:
    sought = request.GET.get("q", "").strip()
    found = Organization.objects.visible_to(request.user).select_related("region", "regulates").order_by("name", "pk")
    if sought:
        found = found.filter(Q(name__ilike=sought) | Q(code__ilike=sought) | Q(social_credit_code__iexact=sought))
    table = shown(request, OrganizationTable(found))
    return render(request, "web/organizations.html", {"table": table, "sought": sought})


@members
def organization(request: MemberRequest, code: str) -> HttpResponse:
    return page(request, seen(request, code))


def seen(request: MemberRequest, code: str) -> Organization:
    visible = Organization.objects.visible_to(request.user).select_related("region", "regulates")
    return get_object_or_404(visible, code=code)


def page(request: MemberRequest, of: Organization, status: int = 200, **forms_with_errors: Any) -> HttpResponse:
    """The page, with forms that could not be carried out as they were typed."""
    user = request.user
    may_manage = verbs.may_manage(of.pk, user)
    is_member = of.pk in user.roles or user.is_superuser
    context = {
        "organization": of,
        "may_manage": may_manage,
        "is_member": is_member,
        "members": of.memberships.select_related("user").order_by("user__username") if is_member else [],
        "roles": Role.choices,
        "invitations": of.invitations.open().select_related("invited_by") if may_manage else [],
        "contact_form": ContactForm(instance=of),
        "invite_form": InviteForm(),
        **forms_with_errors,
    }
    return render(request, "web/organization.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@members
def contact(request: MemberRequest, code: str) -> HttpResponse:
    of = seen(request, code)
    if request.method != "POST":
        return HttpResponseRedirect(address_of(of))
    if not verbs.may_manage(of.pk, request.user):
        raise PermissionDenied
    with transaction.atomic():
        locked = Organization.objects.select_for_update(no_key=True).get(pk=of.pk)
        form = ContactForm(request.POST, instance=locked)
        if not form.is_valid():
            return page(request, of, 400, contact_form=form)
        try:
            values = form.cleaned_data
            verbs.change_contact(of, email=values["contact_email"], phone=values["contact_phone"], actor=request.user)
        except Refusal as refusal:
            return answer(request, refusal, address_of(of))
    messages.success(request, _("Saved."))
    return HttpResponseRedirect(address_of(of))


def address_of(of: Organization) -> str:
    return reverse("web:organization", args=[of.code])
