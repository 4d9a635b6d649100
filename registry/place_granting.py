"""Sight of a region's protected places given to bodies with a task there, and withdrawn, for every door alike.

What the database refuses is raised as it is (IntegrityError): registry.refusals has the words.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.errors import NotYours, WrongState
from registry.models import PlaceGrant, Region, Role, User


def give(values: Mapping[str, Any], *, actor: User) -> PlaceGrant:
    """A grant, as the columns of `values` say. Raises NotYours, and ValidationError for one that lasts too long."""
    check(values["region"], actor)
    grant = PlaceGrant(**values, granted_by=actor)
    grant.clean()
    grant.save()
    return grant


@transaction.atomic
def withdraw(grant: PlaceGrant, *, actor: User) -> PlaceGrant:
    """It shows nothing from now on. Raises NotYours, and WrongState for one that is withdrawn already."""
    found = PlaceGrant.objects.select_related("region").select_for_update(of=("self",)).get(pk=grant.pk)
    check(found.region, actor)
    if found.withdrawn_at:
        raise WrongState(_("This grant is withdrawn already."))
    found.withdrawn_at = timezone.now()
    found.save(update_fields=["withdrawn_at"])
    return found


def may_grant(region: Region, actor: User) -> bool:
    """Whether this person gives and withdraws sight there: a manager of a regulator whose region covers it. Asks the
    database nothing about a further region."""
    managed = actor.organizations_as(Role.MANAGER)
    return actor.is_superuser or any(
        regulates and organization in managed and region.lies_in(scheme, prefix)
        for organization, regulates, scheme, prefix in actor.regions_in_sight
    )


def check(region: Region, actor: User) -> None:
    """Raises NotYours, at the region."""
    if not may_grant(region, actor):
        raise NotYours(_("Only managers of the region's regulator grant sight there."), "region")
