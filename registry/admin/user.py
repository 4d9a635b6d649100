from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from registry.accounts import addresses
from registry.admin.base import ReadOnlyTabularInline, RestrictedAdmin, person
from registry.models import Membership, User

if TYPE_CHECKING:
    from django.contrib.auth.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
else:
    from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

# Rights follow from memberships, so Django's groups have nothing to say here.
admin.site.unregister(Group)


class MembershipInline(ReadOnlyTabularInline):
    model = Membership
    fields = ("organization", "role")
    verbose_name_plural = _("memberships")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return super().get_queryset(request).select_related("organization")


@admin.register(User)
class UserAdmin(RestrictedAdmin, DjangoUserAdmin):  # type: ignore[type-arg]
    """Oneself and one's colleagues to read; accounts are the superusers' to keep."""

    form = UserChangeForm  # type: ignore[assignment]
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "first_name", "last_name", "email", "is_active")
    list_filter = ("is_active",)
    search_fields = ("username", "first_name", "last_name", "email")
    ordering = ("username",)
    filter_horizontal = ()
    inlines = (MembershipInline,)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email", "language")}),
        (_("Rights"), {"fields": ("is_active", "is_superuser")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "email", "usable_password", "password1", "password2")}),)
    readonly_fields = ("last_login", "date_joined")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[User]:
        """Colleagues: those with whom one shares an organization."""
        user = person(request)
        everyone = User.objects.order_by("username")
        if user.is_superuser:
            return everyone
        colleagues = Membership.objects.visible_to(user).values("user")
        return everyone.filter(Q(pk=user.pk) | Q(pk__in=colleagues))

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Neither the password's hash nor rights are for colleagues to read."""
        if person(request).is_superuser:
            return super().get_fieldsets(request, obj)
        return ((None, {"fields": ("username", "first_name", "last_name", "email")}),)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Another address takes the place of the one before."""
        super().save_model(request, obj, form, change)
        addresses.forget_others(obj)

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        return self.inlines if obj is not None and person(request).is_superuser else ()
