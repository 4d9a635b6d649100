"""Which tokens are meant for what. Whose object it is, each verb and each queryset says itself."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request

from registry.api.problems import Problem
from registry.models import ApiToken, Scope, User

__all__ = ["HasScope", "IsAuthenticated", "TakesPart"]


class TakesPart(BasePermission):
    """Members of some organization; whoever belongs to none has nothing here to see."""

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        if isinstance(user, User) and not user.takes_part:
            raise Problem("not_yours", _("Your account belongs to no organization yet."))
        return True


class HasScope(BasePermission):
    """A session may do whatever its person may; a token only what its scopes name."""

    def has_permission(self, request: Request, view: Any) -> bool:
        token = request.auth
        needed = view.needed_scope()
        if isinstance(token, ApiToken) and needed not in token.scopes:
            raise Problem(
                "scope_missing", _("This needs a token with the scope “%(scope)s”.") % {"scope": Scope(needed).value}
            )
        return True
