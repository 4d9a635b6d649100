"""Samples for an assessment by a third party: drawn by lot, so that who knows the seed can draw them again."""

import secrets
from collections.abc import Mapping
from typing import Any

from django.db.models import CharField, Func, Model, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _

from registry.models import Organization, Role, User
from sharing.errors import BadInput, NotYours
from sharing.models import Frame, Sample
from sharing.monitoring import decision_days, demands_met, sharing_rate
from sharing.monitoring.decision_days import WHOLE
from sharing.monitoring.drilldown import ASSET, DEMAND, REQUEST, Field
from sharing.monitoring.scope import Scope

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
    criteria: Mapping[str, str],
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
        criteria=dict(criteria),
        seed=seed,
        size=len(members),
        frame_size=whole,
        members=members,
    )


def drawn(rows: QuerySet[Any], seed: str, size: int) -> list[int]:
    """The ids whose lot comes first: SHA-256 of “seed:id” in hexadecimal. A frame that grows moves few of them."""
    text = Concat(Value(f"{seed}:"), Cast("pk", CharField()), output_field=CharField())
    lot = Func(text, function="sha256", template="encode(%(function)s(convert_to(%(expressions)s, 'UTF8')), 'hex')")
    return list(rows.annotate(lot=lot).order_by("lot", "pk").values_list("pk", flat=True)[:size])


def is_same(sample: Sample, scope: Scope) -> bool:
    """Whether the seed draws the same rows from the frame as it is now."""
    return drawn(frame(scope, sample.frame), sample.seed, sample.size) == sample.members


def members(sample: Sample, scope: Scope) -> list[tuple[int, Model | None]]:
    """Id and row of each member in the order of the lot; no row where it has left the frame since."""
    found = {row.pk: row for row in frame(scope, sample.frame).filter(pk__in=sample.members)}
    return [(pk, found.get(pk)) for pk in sample.members]
