"""Who has a second factor (an authenticator app or a passkey), and of whom one is asked."""

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction

from registry import sealing, security
from registry.accounts import sessions
from registry.models import User

PURPOSE = b"infrashare second factors"
KINDS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def is_required_of(user: User) -> bool:
    """Whether this person may do nothing in the registry before a second factor is set up."""
    if not settings.SECOND_FACTOR_REQUIRED:
        return False
    return bool(settings.SECOND_FACTOR_OF_EVERYBODY) or user.commits_others


def is_set_up(user: User) -> bool:
    """Recovery codes alone are none: they stand in for a factor that is lost."""
    found: bool = Authenticator.objects.filter(user=user, type__in=KINDS).exists()
    return found


def is_last(authenticator: Authenticator) -> bool:
    """Whether its person would be left without a second factor."""
    others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=KINDS).exclude(pk=authenticator.pk)
    return authenticator.type in KINDS and not others.exists()


@transaction.atomic
def seal_anew() -> int:
    """The secrets of all authenticator apps, under the first of SECOND_FACTOR_KEYS. Returns of how many. Raises
    Unopened, and changes nothing, where one was sealed by a key that is listed no longer."""
    apps = Authenticator.objects.select_for_update().filter(type=Authenticator.Type.TOTP).order_by("pk")
    for app in apps:
        app.data["secret"] = sealing.sealed_anew(app.data["secret"], settings.SECOND_FACTOR_KEYS, PURPOSE)
        app.save(update_fields=["data"])
    return len(apps)


@transaction.atomic
def remove(user: User) -> int:
    """All that a person has, who lost it; ends their sessions. Returns how many apps, passkeys and sets of codes."""
    sessions.end_of(user)
    removed: int = Authenticator.objects.filter(user=user).delete()[0]
    security.note("second_factor_removed", person=user.pk, removed=removed)
    return removed
