import zoneinfo
from collections.abc import Iterable
from functools import cache
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from registry.models.membership import Role

# Organization, role, and the region that it regulates; then, without a role, the regions that it was granted sight of;
# then, without a region, those that consents told of assets.
BELONGINGS = """
    SELECT membership.organization_id, membership.role, region.scheme, region.prefix
    FROM registry_membership AS membership
    JOIN registry_organization AS organization ON organization.id = membership.organization_id
    LEFT JOIN registry_region AS region ON region.id = organization.regulates_id
    WHERE membership.user_id = %s
    UNION ALL
    SELECT membership.organization_id, NULL, region.scheme, region.prefix
    FROM registry_membership AS membership
    JOIN registry_placegrant AS sight ON sight.organization_id = membership.organization_id
        AND sight.withdrawn_at IS NULL AND CURRENT_DATE BETWEEN sight.starts_on AND sight.ends_on
    JOIN registry_region AS region ON region.id = sight.region_id
    WHERE membership.user_id = %s
    UNION ALL
    SELECT membership.organization_id, NULL, NULL, NULL FROM registry_membership AS membership
    WHERE membership.user_id = %s AND EXISTS (
        SELECT FROM registry_disclosure AS told WHERE told.organization_id = membership.organization_id
    )
"""


def validate_time_zone(name: str) -> None:
    """Raises ValidationError for what is no name of the IANA time zone database."""
    if name not in available_time_zones():
        raise ValidationError(_("There is no time zone “%(name)s”."), code="unknown", params={"name": name})


@cache
def available_time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


class User(AbstractUser):
    """A person. What they may see and do follows from their memberships, not from permissions of their own."""

    language = models.CharField(
        _("language"),
        max_length=10,
        blank=True,
        help_text=_("Of mail and messages; empty for the site's own."),
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        validators=[validate_time_zone],
        help_text=_("Of the moments on pages; empty for the registry's own."),
    )

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @cached_property
    def roles(self) -> dict[int, str]:
        """The role in each organization, by its id; read once, so for the span of a request."""
        return {organization: role for organization, role, _scheme, _prefix in self._belongings if role is not None}

    @cached_property
    def regulated(self) -> list[tuple[str, str]]:
        """Scheme and prefix of each region that an organization of theirs regulates; read once, as roles."""
        return [(scheme, prefix) for _one, regulates, scheme, prefix in self.regions_in_sight if regulates]

    @cached_property
    def granted(self) -> list[tuple[str, str]]:
        """Scheme and prefix of each region whose protected assets they may see by a grant that holds today."""
        return sorted({(scheme, prefix) for _one, regulates, scheme, prefix in self.regions_in_sight if not regulates})

    @cached_property
    def regions_in_sight(self) -> list[tuple[int, bool, str, str]]:
        """Each region whose protected assets they may see, by its scheme and prefix: through which organization, and
        whether as its regulator, or else by a grant that holds today."""
        return [
            (organization, role is not None, scheme, prefix or "")
            for organization, role, scheme, prefix in self._belongings
            if scheme is not None
        ]

    @cached_property
    def told(self) -> list[int]:
        """The ids of those of their organizations that consents told of assets."""
        return [one for one, role, scheme, _prefix in self._belongings if role is None and scheme is None]

    @cached_property
    def sees_protected(self) -> bool:
        """Whether they may know the exact place of any protected asset that is not their own."""
        return self.is_superuser or bool(self.told) or bool(self.regions_in_sight)

    @property
    def entitlement(self) -> tuple[Any, ...]:
        """All that decides which assets they may know of, and where: two persons with the same see the same."""
        parts: tuple[Iterable[Any], ...] = (self.roles, self.told, self.regulated, self.granted)
        return (self.is_active, self.is_superuser, *(tuple(sorted(part)) for part in parts))

    @cached_property
    def _belongings(self) -> list[tuple[int, str | None, str | None, str | None]]:
        """The rows of BELONGINGS."""
        # Asked with each call, so without the ORM, which takes longer over it than PostgreSQL.
        with connection.cursor() as cursor:
            cursor.execute(BELONGINGS, [self.pk] * 3)
            found: list[tuple[int, str | None, str | None, str | None]] = cursor.fetchall()
            return found

    @property
    def takes_part(self) -> bool:
        """Whether this person may enter at all: active, and a member of some organization (or a superuser)."""
        return self.is_active and (self.is_superuser or bool(self.roles))

    @property
    def commits_others(self) -> bool:
        """Whether more than their own is at stake when somebody else acts as this person: of managers, of all members
        of a regulator or of a body with a grant of sight, and of superusers."""
        return self.is_superuser or bool(self.regions_in_sight) or Role.MANAGER in self.roles.values()

    @property
    def is_service(self) -> bool:
        """Whether this is the account of a service token, which belongs where that was issued, and manages nothing."""
        return self.api_tokens.filter(organization__isnull=False).exists()

    def organizations_as(self, role: Role) -> list[int]:
        """The ids of the organizations in which this person can do what `role` can."""
        return [organization for organization, own in self.roles.items() if own in Role.at_least(role)]

    def can_as(self, role: Role, organization_id: int) -> bool:
        """Whether this person can do in an organization what `role` can; superusers can in each."""
        return self.is_superuser or self.roles.get(organization_id) in Role.at_least(role)
