"""The people of the demo as users, each named by what they do."""

from registry.models import Role, User
from sharing.demo.parties import PEOPLE


def manager(organization: str) -> User:
    """Who commits the organization."""
    return managers(organization)[0]


def managers(organization: str) -> list[User]:
    """All who may, in the order of sharing.demo.parties."""
    names = [person.username for person in PEOPLE if person.party == organization and person.role == Role.MANAGER]
    people = User.objects.in_bulk(names, field_name="username")
    return [people[name] for name in names]


def signed(person: User) -> str:
    """Name and organization."""
    membership = person.memberships.select_related("organization").get()
    return f"{person.get_full_name()} ({membership.organization.code})"
