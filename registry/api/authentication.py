"""Who calls: a token in the Authorization header, else the session of the site."""

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from registry import security
from registry.accounts.tokens import SERVICE_ROLES
from registry.models import ApiToken, Membership, Role, User, acting, looking

KEYWORD = "bearer"
USE_NOTED_EVERY = timedelta(minutes=1)

__all__ = ["SessionAuthentication", "TokenAuthentication"]


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer isr_…` (RFC 6750). A token that is unknown, expired or revoked is refused at once."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        secret = self.secret_of(request.headers.get("Authorization", ""))
        if secret is None:
            return None
        now = timezone.now()
        found = ApiToken.objects.usable(now).filter(digest=ApiToken.digest_of(secret))
        token = found.select_related("user", "issued_by").first()
        if token is None or not issuer_still_may(token):
            security.note("token_refused", request._request, token=_known(secret))
            raise AuthenticationFailed(_("The token is unknown, has expired, or was revoked."))
        if token.last_used_at is None or now - token.last_used_at > USE_NOTED_EVERY:
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
        looking.by_token(token.pk)
        acting.by_program_of(token.user_id)
        return token.user, token

    def secret_of(self, header: str) -> str | None:
        """What the Authorization header holds as a token; None where it is of another scheme."""
        scheme, _space, secret = header.partition(" ")
        return secret.strip() if scheme.lower() == KEYWORD else None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="infrashare"'


def _known(secret: str) -> int | None:
    """The id of a token that is over, or whose issuer has lost the role."""
    return ApiToken.objects.filter(digest=ApiToken.digest_of(secret)).values_list("pk", flat=True).first()


def issuer_still_may(token: ApiToken) -> bool:
    """Whether whoever issued a service token still has at least its role in its organization, and its account belongs
    nowhere else and manages nothing."""
    if not token.is_service:
        return True
    here: Any = token.organization_id
    found = Membership.objects.filter(Q(user=token.user_id) | Q(user=token.issued_by_id, organization=here))
    roles = {(user, of): role for user, of, role in found.values_list("user_id", "organization_id", "role")}
    own, issuer = roles.get((token.user_id, here)), roles.get((token.issued_by_id, here))
    return len(roles) == 2 and own in SERVICE_ROLES and issuer in Role.at_least(Role(own))
