"""The verbs on members and on what an organization says of itself: its managers' to do, for admin and site alike.

None makes somebody a member: what one may see and decide follows from where one belongs, so people join by an act of
their own (registry/accounts/invitations.py)."""

from django.db import transaction
from django.utils.translation import gettext as _

from registry.errors import BadInput, NotSeen, NotYours, WrongState
from registry.models import Membership, Organization, Role, User


def named(username: str) -> User:
    """Who signs in by this name, so that no list of all persons has to be shown. Raises BadInput."""
    found = User.objects.filter(username=username.strip(), is_active=True).first()
    if found is None or found.is_service:
        raise BadInput(
            _("No one signs in as “%(username)s”. Check the spelling, or make the account first.")
            % {"username": username},
            "username",
        )
    return found


@transaction.atomic
def change_role(membership: Membership, *, role: Role, actor: User) -> Membership:
    """Raises NotYours to all but managers and superusers, WrongState for the only manager, BadInput where a service
    token would manage."""
    membership = _locked(membership, actor)
    check_manages(membership.user, role)
    if role != Role.MANAGER and is_last_manager(membership):
        raise WrongState(_("This is the only manager: make another member a manager first."))
    membership.role = role
    membership.save(update_fields=["role"])
    return membership


@transaction.atomic
def remove(membership: Membership, *, actor: User) -> None:
    """The person keeps their account. Service tokens that they issued end with their role.

    Raises NotYours to all but managers and superusers, WrongState for oneself and for the only manager.
    """
    membership = _locked(membership, actor)
    if membership.user_id == actor.pk and not actor.is_superuser:
        raise WrongState(_("Another manager removes you: nobody removes themselves."))
    if is_last_manager(membership):
        raise WrongState(_("This is the only manager: make another member a manager first."))
    membership.delete()


@transaction.atomic
def change_contact(organization: Organization, *, email: str, phone: str, actor: User) -> Organization:
    """Whom others ask for access. Raises NotYours to all but managers and superusers."""
    if not may_manage(organization.pk, actor):
        raise NotYours(_("Only a manager of the organization changes its contact."))
    organization = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    organization.contact_email, organization.contact_phone = email, phone
    organization.save(update_fields=["contact_email", "contact_phone"])
    return organization


def may_manage(organization_id: int, actor: User) -> bool:
    return actor.is_superuser or organization_id in actor.organizations_as(Role.MANAGER)


def is_last_manager(membership: Membership) -> bool:
    """Whether its organization has no other manager who can sign in; locks the organization, so that two who remove or
    demote each other at the same moment come one after the other."""
    Organization.objects.select_for_update(no_key=True).get(pk=membership.organization_id)
    managers = Membership.objects.filter(
        organization=membership.organization_id, role=Role.MANAGER, user__is_active=True
    )
    return set(managers.values_list("pk", flat=True)) == {membership.pk}


def check_manages(user: User, role: str) -> None:
    """Raises BadInput for a manager who is no person."""
    if role == Role.MANAGER and user.is_service:
        raise BadInput(_("A service token reads or edits; managers are persons."), "role")


def check_role(role: str) -> Role:
    """Raises BadInput for what is none."""
    if role not in Role.values:
        raise BadInput(_("Choose a role."), "role")
    return Role(role)


def _locked(membership: Membership, actor: User) -> Membership:
    """As it stands once the organization is ours: its manager may have become another meanwhile."""
    Organization.objects.select_for_update(no_key=True).get(pk=membership.organization_id)
    found = Membership.objects.visible_to(actor).filter(pk=membership.pk).first()
    if found is None:
        raise NotSeen(_("There is no such member."))
    own = Membership.objects.filter(user=actor, organization=found.organization_id, role=Role.MANAGER)
    if not actor.is_superuser and not own.exists():
        raise NotYours(_("Only a manager of the organization decides on its members."))
    return found
