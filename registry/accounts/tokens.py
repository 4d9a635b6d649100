"""The verbs on tokens: issue, revoke. The secret is returned once, and kept nowhere.

Where a second factor is required of anyone (settings.SECOND_FACTOR_REQUIRED), only who has one issues tokens."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from registry import security
from registry.accounts import second_factor
from registry.errors import BadInput, NotSeen, NotYours, WrongState
from registry.models import ApiToken, Membership, Organization, Role, Scope, User

PREFIX = "isr_"
HINT_CHARACTERS = 10
LONGEST = timedelta(days=366)
SERVICE_ROLES = (Role.VIEWER, Role.EDITOR)


@transaction.atomic
def issue_personal(
    *, name: str, scopes: Sequence[str], expires_at: datetime, actor: User, newest: str | None = None
) -> tuple[ApiToken, str]:
    """A token by which a program acts as `actor`; with it the secret, shown this once.

    newest: the `newest_of` the actor when this one was asked for, where it is known. Raises WrongState where they have
    issued another since.
    """
    _check_newest(newest, actor)
    return _issue(actor, None, name, scopes, expires_at, actor)


@transaction.atomic
def issue_service(
    organization: Organization,
    *,
    name: str,
    role: Role,
    scopes: Sequence[str],
    expires_at: datetime,
    actor: User,
    newest: str | None = None,
) -> tuple[ApiToken, str]:
    """A token of an account of its own in `organization`; only its managers issue them.

    Such an account reads and drafts. What commits an organization is decided by persons, so neither the role of
    manager nor the scope to decide can be given. newest: as in issue_personal.
    """
    _check_newest(newest, actor)
    if organization.pk not in actor.organizations_as(Role.MANAGER):
        raise NotYours(_("Only a manager of the organization issues its service tokens."))
    if role not in SERVICE_ROLES:
        raise BadInput(_("A service token reads or edits; managers are persons."), "role")
    if Scope.DECIDE in scopes:
        raise BadInput(_("A service token cannot decide; that is for persons."), "scopes")
    account = User(username=f"service-{secrets.token_hex(8)}", first_name=name[:150])
    account.set_unusable_password()
    account.save()
    Membership.objects.create(user=account, organization=organization, role=role)
    return _issue(account, organization, name, scopes, expires_at, actor)


@transaction.atomic
def revoke(token: ApiToken, *, actor: User) -> ApiToken:
    """Makes a token useless from this moment on. Its person, its issuer and the organization's managers may."""
    if not ApiToken.objects.visible_to(actor).filter(pk=token.pk).exists():
        raise NotSeen(_("There is no such token."))
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        security.note("token_revoked", person=actor.pk, token=token.pk)
    if token.is_service:
        User.objects.filter(pk=token.user_id).update(is_active=False)
    return token


def newest_of(actor: User) -> str:
    """The id of the token that they issued last; 0 before any."""
    return str(ApiToken.objects.filter(issued_by=actor).aggregate(newest=Max("pk", default=0))["newest"])


def _check_newest(newest: str | None, actor: User) -> None:
    """The actor is locked, so that what is sent twice at once is issued once."""
    if newest is None:
        return
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    if newest != newest_of(actor):
        said = _(
            "You made a token since this page was: where you have not kept its secret, revoke it and make another."
        )
        raise WrongState(said)


def _issue(
    user: User,
    organization: Organization | None,
    name: str,
    scopes: Sequence[str],
    expires_at: datetime,
    actor: User,
) -> tuple[ApiToken, str]:
    if settings.SECOND_FACTOR_REQUIRED and not second_factor.is_set_up(actor):
        raise NotYours(_("Set up a second factor first: a token opens the registry without one."))
    now = timezone.now()
    if not now < expires_at <= now + LONGEST:
        raise BadInput(_("Choose a time to come, at most a year away."), "expires_at")
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        issued_by=actor,
        organization=organization,
        name=name,
        scopes=sorted(set(scopes)),
        hint=secret[:HINT_CHARACTERS],
        digest=ApiToken.digest_of(secret),
        expires_at=expires_at,
    )
    security.note("token_issued", person=actor.pk, token=token.pk, acts_as=user.pk)
    return token, secret
