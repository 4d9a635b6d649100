"""The mail addresses by which django-allauth knows people, beside the one that stands in their account."""

from allauth.account.models import EmailAddress
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from registry.errors import WrongState
from registry.models import User


def keep(user: User) -> None:
    """The address in the account counts as confirmed, and as the one that mails go to."""
    email = user.email.lower()
    if not EmailAddress.objects.filter(email=email, verified=True).exists():
        EmailAddress.objects.filter(user=user, primary=True).exclude(email=email).update(primary=False)
        EmailAddress.objects.update_or_create(user=user, email=email, defaults={"verified": True, "primary": True})


def forget_others(user: User) -> None:
    """Whoever reads the mail of an address that the account has no more gets no new password there."""
    EmailAddress.objects.filter(user=user).exclude(email=user.email.lower()).delete()


def set_free(email: str) -> None:
    """An address that a closed account has, or one that has another by now. Raises WrongState for one in use."""
    known = EmailAddress.objects.filter(email=email.lower())
    known.filter(Q(user__is_active=False) | ~Q(email=Lower(F("user__email")))).delete()
    if known.filter(verified=True).exists():
        raise WrongState(_("This address has an account: sign in, and open the link again."))
