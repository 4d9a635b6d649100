"""Samples for an assessment by a third party: drawn by lot, so that who knows the seed can draw them again."""

import secrets
from datetime import date
from typing import Any

from django.db.models import CharField, Func, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _

from registry.models import Organization, Region, Role, User
from registry.models.region import region_text, split_region
from sharing.errors import BadInput, NotYours
from sharing.models import Frame, Sample
from sharing.monitoring import decision_days, demands_met, sharing_rate
from sharing.monitoring.decision_days import WHOLE
from sharing.monitoring.drilldown import ASSET, DEMAND, REQUEST, Field
from sharing.monitoring.scope import Scope, first_of_month

MOST = 5000
FIELDS: dict[str, tuple[Field, ...]] = {Frame.ASSETS: ASSET, Frame.DEMANDS: DEMAND, Frame.REQUESTS: REQUEST}


def frame(scope: Scope, of: str) -> QuerySet[Any]:
    """The rows that a sample is drawn from."""
    match of:
        case Frame.ASSETS:
            return sharing_rate.in_service(scope).select_related("owner", "region")
        case Frame.DEMANDS:
            return demands_met.rows(scope).select_related("list__party")
        case _:
            return decision_days.decisions(scope, WHOLE).select_related("demand__list__party")


def draw(
    organization: Organization,
    scope: Scope,
    *,
    of: str,
    size: int,
    actor: User,
    seed: str = "",
) -> Sample:
    """Draws `size` rows of a frame, or all where there are fewer. seed: one by chance when empty.

    Raises NotYours for who is no editor of the regulator, BadInput for an empty frame and an impossible size.
    """
    if organization.pk not in actor.organizations_as(Role.EDITOR) or organization.regulates_id is None:
        raise NotYours(_("Samples are drawn by the editors and managers of a regulator."))
    if not 1 <= size <= MOST:
        raise BadInput(_("Draw between 1 and %(most)d rows.") % {"most": MOST}, "size")
    rows, seed = frame(scope, of), seed.strip() or secrets.token_hex(8)
    whole = rows.count()
    if not whole:
        raise BadInput(_("There is nothing to draw from: choose a longer span, or another frame."), "frame")
    members = drawn(rows, seed, size)
    return Sample.objects.create(
        organization=organization,
        drawn_by=actor,
        frame=of,
        criteria=_criteria(scope),
        seed=seed,
        size=len(members),
        frame_size=whole,
        members=members,
    )


def scope_of(sample: Sample, user: User) -> Scope:
    """What the sample was drawn from, as far as `user` may know of it."""
    kept = sample.criteria
    return Scope.of(
        user,
        date.fromisoformat(f"{kept['start']}-01"),
        first_of_month(date.fromisoformat(f"{kept['end']}-01"), months=1),
        region=region_of(sample),
        kind=kept.get("kind", ""),
        sector=kept.get("sector", ""),
    )


def region_of(sample: Sample) -> Region | None:
    """The region that it was narrowed to."""
    scheme, code = split_region(sample.criteria.get("region", ""))
    return Region.objects.filter(scheme=scheme, code=code).first() if code else None


def _criteria(scope: Scope) -> dict[str, str]:
    """The span, and what narrows it, as the address of a page says them."""
    region = region_text(scope.region.scheme, scope.region.code) if scope.region else ""
    said = {
        "start": f"{scope.start:%Y-%m}",
        "end": f"{first_of_month(scope.end, months=-1):%Y-%m}",
        "region": region,
        "kind": scope.kind,
        "sector": scope.sector,
    }
    return {name: value for name, value in said.items() if value}


def drawn(rows: QuerySet[Any], seed: str, size: int) -> list[int]:
    """The ids whose lot comes first: SHA-256 of “seed:id” in hexadecimal. A frame that grows moves few of them."""
    text = Concat(Value(f"{seed}:"), Cast("pk", CharField()), output_field=CharField())
    lot = Func(text, function="sha256", template="encode(%(function)s(convert_to(%(expressions)s, 'UTF8')), 'hex')")
    return list(rows.annotate(lot=lot).order_by("lot", "pk").values_list("pk", flat=True)[:size])


def is_same(sample: Sample, scope: Scope) -> bool:
    """Whether the seed draws the same rows from the frame as it is now."""
    return drawn(frame(scope, sample.frame), sample.seed, sample.size) == sample.members


def members(sample: Sample, scope: Scope) -> list[tuple[int, Any]]:
    """Id and row of each member in the order of the lot; no row where it has left the frame since."""
    found = {row.pk: row for row in frame(scope, sample.frame).filter(pk__in=sample.members)}
    return [(pk, found.get(pk)) for pk in sample.members]
