from typing import Any

from django.conf import settings
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from registry.api import etags
from registry.api.fields import OrganizationField, RegionField
from registry.api.problems import Problem
from registry.api.serializers import ModelBody
from registry.api.views import Api
from registry.models import ApiToken, Membership, Role, Scope, User


class MembershipShown(serializers.ModelSerializer[Membership]):
    organization = OrganizationField(read_only=True)
    regulates = RegionField(source="organization.regulates", read_only=True, allow_null=True)
    role = serializers.ChoiceField(choices=Role.choices, read_only=True)

    class Meta:
        model = Membership
        fields = ("organization", "role", "regulates")


class Me(serializers.Serializer[Any]):
    """Who calls, for whom, and what for."""

    username = serializers.CharField()
    name = serializers.CharField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    language = serializers.CharField(help_text="Of pages and mail; empty for that of the browser.")
    time_zone = serializers.CharField(help_text="Of moments on pages; empty for the registry's own.")
    memberships = MembershipShown(many=True)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices))


class MeChange(ModelBody[User]):
    language = serializers.ChoiceField(choices=settings.LANGUAGES, allow_blank=True)

    class Meta:
        model = User
        fields = ("first_name", "last_name", "language", "time_zone")


class MeView(Api):
    noun, nouns = "caller", "caller"
    is_object = True

    @extend_schema(responses=Me)
    def get(self, request: Request) -> HttpResponseBase:
        """Say who calls

        The person or service account, its organizations with its role in each, and what the token may be used for.
        """
        return etags.tagged(request, self._shown(self.user))

    @extend_schema(operation_id="caller_partial_update", request=MeChange, responses=Me)
    def patch(self, request: Request) -> HttpResponseBase:
        """Change your name, language or time zone

        What is left out stays as it is. The account of a service token has none to change.
        """
        user: Any = User.objects.select_for_update(no_key=True).get(pk=self.user.pk)
        etags.check_match(request, etags.etag_of(self._shown(user)))
        if isinstance(request.auth, ApiToken) and request.auth.is_service:
            raise Problem("not_yours", _("The account of a service token belongs to nobody."))
        values = self.given(MeChange, instance=user, partial=True)
        for name, value in values.items():
            setattr(user, name, value)
        user.save(update_fields=list(values))
        return etags.tagged(request, self._shown(user))

    def _shown(self, user: Any) -> Any:
        token = self.request.auth
        rows = Membership.objects.filter(user=user).select_related("organization__regulates")
        me = {
            "username": user.username,
            "name": user.get_full_name(),
            "first_name": user.first_name,
            "last_name": user.last_name,
            "language": user.language,
            "time_zone": user.time_zone,
            "memberships": rows.order_by("pk"),
            "scopes": token.scopes if isinstance(token, ApiToken) else list(Scope.values),
        }
        return Me(me).data
