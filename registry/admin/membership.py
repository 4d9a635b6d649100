from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from registry.accounts.members import check_manages, is_last_manager, named
from registry.admin.base import AutocompleteFilter, RestrictedAdmin, RestrictedForm, person
from registry.errors import BadInput
from registry.models import Membership, Organization, Role
from registry.tags import tag


class MembershipForm(RestrictedForm):
    """A member is named by user name, so that no list of all persons has to be shown."""

    username = forms.CharField(label=_("User name"), max_length=150, widget=forms.TextInput())

    def clean_username(self) -> str:
        try:
            self.instance.user = named(self.cleaned_data["username"])
        except BadInput as refusal:
            raise ValidationError(refusal.message, code="unknown") from refusal
        return str(self.instance.user.username)

    def clean(self) -> dict[str, Any]:
        """Refuses a second membership of the same person."""
        cleaned = super().clean() or self.cleaned_data
        organization = cleaned.get("organization")
        if (
            cleaned.get("username")
            and organization
            and organization.memberships.filter(user=self.instance.user).exists()
        ):
            self.add_error("username", str(self.sentences["membership_is_unique"]))
        return cleaned


class RoleForm(RestrictedForm):
    """The role of who is a member already."""

    def clean_role(self) -> str:
        role: str = self.cleaned_data["role"]
        if role != Role.MANAGER and is_last_manager(self.instance):
            raise ValidationError(
                _("This is the only manager: make another member a manager first."), code="last_manager"
            )
        try:
            check_manages(self.instance.user, role)
        except BadInput as refusal:
            raise ValidationError(refusal.message, code="service") from refusal
        return role


@admin.register(Membership)
class MembershipAdmin(RestrictedAdmin):
    """Members see their colleagues; managers decide what each may do. Superusers add members, to set the registry up;
    all others join by an invitation."""

    owner_field = "organization"
    needed_role = Role.MANAGER
    list_display = ("member", "organization", "role_tag")
    list_filter = ("role", ("organization", AutocompleteFilter))
    list_select_related = ("user", "organization")
    search_fields = ("user__username", "user__last_name", "user__first_name", "organization__name")
    autocomplete_fields = ("organization",)
    form = MembershipForm
    list_before_template = "registry/invite.html"

    @admin.display(description=_("member"), ordering="user__username")
    def member(self, membership: Membership) -> str:
        return str(membership.user)

    @admin.display(description=_("role"))
    def role_tag(self, membership: Membership) -> str:
        return tag("open" if membership.role == Role.MANAGER else "", membership.get_role_display())

    def get_fields(self, request: HttpRequest, obj: Membership | None = None) -> tuple[str, ...]:
        return ("username" if obj is None else "member", "organization", "role")

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> tuple[str, ...]:
        return () if obj is None else ("member", "organization")

    def get_form(
        self, request: HttpRequest, obj: Membership | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Once there, a membership stays that of the same person."""
        if obj is not None:
            kwargs["form"] = RestrictedForm if person(request).is_superuser else RoleForm
        return super().get_form(request, obj, change, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return person(request).is_superuser

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        managed = person(request).organizations_as(Role.MANAGER)
        context = {"inviting": Organization.objects.filter(pk__in=managed).order_by("name", "pk") if managed else ()}
        return super().changelist_view(request, context | (extra_context or {}))

    def has_delete_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        """A manager may remove anyone but themselves."""
        return self.may_change(request, obj) and (obj is None or obj.user_id != person(request).pk)

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        if not person(request).is_superuser and is_last_manager(obj):
            raise PermissionDenied
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        with transaction.atomic():
            for membership in queryset.select_related("organization"):
                self.delete_model(request, membership)
