"""How people come into the registry: a manager invites an address, and whoever reads its mail joins by the link."""

import logging
import smtplib
from datetime import timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.core.signing import BadSignature, Signer
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from registry import security
from registry.accounts import addresses
from registry.accounts.members import may_manage
from registry.errors import BadInput, NotSeen, NotYours, WrongState
from registry.models import Invitation, Membership, Organization, Role, User

log = logging.getLogger(__name__)
LIFE = timedelta(days=7)
MOST_OPEN = 200


@transaction.atomic
def invite(organization: Organization, *, email: str, role: Role, actor: User) -> Invitation:
    """An invitation to be sent; the open one of that address, with the new role and time, where there is one. What it
    answers does not tell whether the address has an account.

    Raises NotYours to all but managers, WrongState for a member and for one too many.
    """
    if not may_manage(organization.pk, actor):
        raise NotYours(_("Only a manager of the organization invites."))
    # One at a time for an organization, so that the count holds.
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    email = email.strip().lower()
    if organization.memberships.filter(user__email__iexact=email).exists():
        raise WrongState(_("This person is a member of the organization already: change the role there."))
    open_ones = organization.invitations.open()
    kept = open_ones.filter(email=email).first()
    if kept is None and open_ones.count() >= MOST_OPEN:
        raise WrongState(_("%(most)d invitations wait already: withdraw some first.") % {"most": MOST_OPEN})
    invitation = kept or Invitation(organization=organization, email=email)
    invitation.role, invitation.invited_by = role, actor
    invitation.expires_at, invitation.sent_at = timezone.now() + LIFE, None
    invitation.save()
    return invitation


def send(invitation: Invitation) -> bool:
    """Mails the link, outside of any transaction; whether the mail server took it."""
    text = _(
        "%(who)s invites you to join %(organization)s in Infrashare, the registry of shared infrastructure. "
        "Open this link within %(days)d days:\n\n%(link)s\n\nIf this says nothing to you, there is nothing to do."
    ) % {
        "who": invitation.invited_by,
        "organization": invitation.organization,
        "days": LIFE.days,
        "link": settings.SITE_URL.rstrip("/") + reverse("web:invitation", args=[key_of(invitation)]),
    }
    subject = _("Join %(organization)s in Infrashare") % {"organization": invitation.organization}
    try:
        send_mail(" ".join(subject.split()), text, settings.DEFAULT_FROM_EMAIL, [invitation.email])
    except (smtplib.SMTPException, OSError):
        log.warning("The mail of invitation %d could not be sent", invitation.pk, exc_info=True)
        return False
    Invitation.objects.filter(pk=invitation.pk).update(sent_at=timezone.now())
    return True


def may_withdraw(invitation: Invitation, actor: User) -> bool:
    """Whether `actor` may, and there is something to withdraw."""
    is_open = invitation.accepted_at is None and invitation.withdrawn_at is None
    return is_open and may_manage(invitation.organization_id, actor)


@transaction.atomic
def withdraw(invitation: Invitation, *, actor: User) -> None:
    """Its link leads nowhere from now on. Raises NotYours to all but managers, WrongState once it is accepted."""
    if not may_manage(invitation.organization_id, actor):
        raise NotYours(_("Only a manager of the organization withdraws its invitations."))
    found = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if found.accepted_at is not None:
        raise WrongState(_("It was accepted meanwhile: change or remove the member instead."))
    found.withdrawn_at = found.withdrawn_at or timezone.now()
    found.save(update_fields=["withdrawn_at"])


def key_of(invitation: Invitation) -> str:
    return _signer().sign(str(invitation.pk))


def of_key(key: str) -> Invitation:
    """Raises NotSeen for a key that was never given out, and WrongState for one whose time is over."""
    try:
        pk = int(_signer().unsign(key))
    except (BadSignature, ValueError) as error:
        raise NotSeen(_("There is no such invitation.")) from error
    found = Invitation.objects.select_related("organization", "invited_by").filter(pk=pk).first()
    if found is None:
        raise NotSeen(_("There is no such invitation."))
    _check_open(found)
    return found


@transaction.atomic
def accept(invitation: Invitation, *, actor: User) -> Membership:
    """Raises WrongState for one whose time is over. Who is a member already stays what they are."""
    found = Invitation.objects.select_for_update().select_related("organization").get(pk=invitation.pk)
    _check_open(found)
    membership, _made = Membership.objects.get_or_create(
        user=actor, organization=found.organization, defaults={"role": found.role}
    )
    found.accepted_at, found.accepted_by = timezone.now(), actor
    found.save(update_fields=["accepted_at", "accepted_by"])
    return membership


@transaction.atomic
def register(
    invitation: Invitation, *, username: str, password: str, first_name: str, last_name: str, language: str
) -> User:
    """A new account with the address of the invitation, which its mail has shown to be the person's own; and a member.

    Raises BadInput for a user name that is taken, WrongState for an invitation whose time is over, and where another
    has an account with this address.
    """
    user = User(
        username=username, email=invitation.email, first_name=first_name, last_name=last_name, language=language
    )
    user.set_password(password)
    if User.objects.filter(username__iexact=username).exists():
        raise BadInput(_("Another person has this user name: choose another."), "username")
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        raise BadInput(_("Another person has this user name: choose another."), "username") from error
    addresses.set_free(invitation.email)
    addresses.keep(user)
    security.note("account_made", person=user.pk, invitation=invitation.pk)
    accept(invitation, actor=user)
    return user


def _check_open(invitation: Invitation) -> None:
    if not invitation.is_open_at(timezone.now()):
        raise WrongState(_("This invitation was used, withdrawn or is too old: ask for another."))


def _signer() -> Signer:
    return Signer(salt="registry.invitation")
