"""The rows behind a figure: the assets, demands, answers, requests or legs that it counts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from registry.models import Asset, Region, User
from registry.models.region import GB_T_2260
from sharing.monitoring import builds_avoided, catalog_quality, decision_days, demands_met, sharing_rate
from sharing.monitoring.breakdowns import KIND, MONTH, OWNER, PAIR, REGION, SECTOR, SECTORS, kind_name, scheme_of
from sharing.monitoring.decision_days import ANSWER, STAGE, WHOLE
from sharing.monitoring.scope import Scope, first_of_month


@dataclass(frozen=True)
class Field:
    """code: its heading in files. value: of a row, as text, number or day. holds: which of these, where it may be
    lacking."""

    code: str
    title: str | Promise
    value: Callable[[Any], str | int | float | date | None]
    holds: type[str | int | float | date] = str


@dataclass(frozen=True)
class Drill:
    rows: QuerySet[Any]
    fields: Sequence[Field]


ASSET = (
    Field("code", _("Code"), lambda asset: asset.code),
    Field("name", _("Name"), lambda asset: asset.name),
    Field("owner", _("Owner"), lambda asset: asset.owner.name),
    Field("kind", _("Kind"), lambda asset: kind_name(asset.kind)),
    Field("region", _("Region"), lambda asset: str(asset.region)),
    Field("capacity", _("Units"), lambda asset: asset.capacity),
    Field("free_today", _("Free today"), lambda asset: asset.free_today),
    Field("updated_on", _("Changed or confirmed on"), lambda asset: localdate(asset.updated_at)),
)
DEMAND = (
    Field("list", _("List"), lambda demand: demand.list.title),
    Field("line", _("Line"), lambda demand: demand.line),
    Field("name", _("Name"), lambda demand: demand.name),
    Field("party", _("Party"), lambda demand: demand.list.party.name),
    Field("kind", _("Kind"), lambda demand: kind_name(demand.kind)),
    Field("quantity", _("Quantity"), lambda demand: demand.quantity),
    Field("submitted_on", _("Handed in on"), lambda demand: localdate(demand.list.submitted_at)),
    Field("way", _("How it is met"), lambda demand: str(demands_met.WAYS[demand.way])),
)
TIMES = (
    Field("working_days", _("Working days"), lambda row: row.working_days),
    Field("in_time", _("In time"), lambda row: str(_("yes") if row.in_time else _("no"))),
)
CONSENT = (
    Field("match", _("Match"), lambda consent: consent.match_id),
    Field("demand", _("Demand"), lambda consent: str(consent.match.demand)),
    Field("party", _("Party"), lambda consent: consent.match.demand.list.party.name),
    Field("owner", _("Owner"), lambda consent: consent.owner.name),
    Field("answer", _("Answer"), lambda consent: consent.get_status_display()),
    Field("asked_on", _("Asked on"), lambda consent: localdate(consent.asked_at)),
    Field("answered_on", _("Answered on"), lambda consent: localdate(consent.answered_at)),
    *TIMES,
)
REQUEST = (
    Field("match", _("Match"), lambda match: match.pk),
    Field("demand", _("Demand"), lambda match: str(match.demand)),
    Field("party", _("Party"), lambda match: match.demand.list.party.name),
    Field("kind", _("Kind"), lambda match: kind_name(match.demand.kind)),
    Field("decision", _("Decision"), lambda match: match.get_status_display()),
    Field("asked_on", _("Asked on"), lambda match: localdate(match.asked_at)),
    Field("consented_on", _("All owners consented on"), lambda match: localdate(match.consented_at)),
    Field("decided_on", _("Decided on"), lambda match: localdate(match.decided_at)),
    *TIMES,
)


def _told(value: Callable[[Any], str | float | None]) -> Callable[[Any], str | float | None]:
    """Of the asset of a leg, where the reader may know of it."""
    return lambda leg: value(leg) if leg.asset_is_told else None


LEG = (
    Field("agreement", _("Agreement"), lambda leg: leg.match.agreement.number),
    Field("made_on", _("Made on"), lambda leg: localdate(leg.match.agreement.created_at)),
    Field("party", _("Party"), lambda leg: leg.match.demand.list.party.name),
    Field("asset", _("Asset"), _told(lambda leg: str(leg.asset))),
    Field("owner", _("Owner"), _told(lambda leg: leg.asset.owner.name)),
    Field("kind", _("Kind"), lambda leg: kind_name(leg.asset.kind)),
    Field("region", _("Region"), _told(lambda leg: str(leg.asset.region))),
    Field("quantity", _("Units"), lambda leg: leg.quantity),
    Field(
        "length_m",
        _("Length, m"),
        _told(lambda leg: leg.asset.length_m if leg.length_m is None else leg.length_m),
        float,
    ),
)


def behind(indicator: str, scope: Scope, by: str, key: str, *, user: User) -> Drill:
    """What the row `key` of a breakdown counts, as `user` may know it: the whole scope when `key` is empty.

    Raises ValueError for a key that cannot be one of the breakdown.
    """
    if key:
        scope = _narrowed(scope, by, key)
    match indicator:
        case "sharing-rate":
            return Drill(_assets_shared(scope, by, key), ASSET)
        case "demands-met":
            return Drill(
                demands_met.rows(scope).select_related("list__party").order_by("-list__submitted_at", "pk"), DEMAND
            )
        case "decision-days":
            return _decided(scope, by, key)
        case "builds-avoided":
            return Drill(_legs(scope, by, key, user), LEG)
        case _:
            listed = catalog_quality.rows(scope).select_related("owner", "region").order_by("updated_at", "pk")
            return Drill(listed.filter(owner=int(key)) if by == OWNER.code and key else listed, ASSET)


def _narrowed(scope: Scope, by: str, key: str) -> Scope:
    match by:
        case KIND.code:
            return replace(scope, kind=key)
        case SECTOR.code:
            return replace(scope, sector=key)
        case MONTH.code:
            month = date.fromisoformat(f"{key}-01")
            return replace(scope, start=max(month, scope.start), end=min(first_of_month(month, months=1), scope.end))
        case REGION.code:
            scheme = scheme_of(scope)
            region = Region(scheme=scheme, code=key, prefix=key)
            return replace(scope, region=region, by_itself=scheme != GB_T_2260)
        case _:
            return scope


def _assets_shared(scope: Scope, by: str, key: str) -> QuerySet[Any]:
    assets = sharing_rate.rows(scope)
    if by == SECTORS.code and key:
        owner, holder = _pair(key)
        used = sharing_rate.granted(scope).filter(holder__sector=holder).values("asset")
        assets = assets.filter(owner__sector=owner, pk__in=used)
    return assets.select_related("owner", "region").order_by("pk")


def _legs(scope: Scope, by: str, key: str, user: User) -> QuerySet[Any]:
    """Each with whether `user` may know of its asset, as one that was open when it was agreed on may be core now."""
    told = Exists(Asset.objects.visible_to(user).filter(pk=OuterRef("asset")))
    legs = (
        builds_avoided.rows(scope)
        .annotate(asset_is_told=told)
        .select_related("match__agreement", "match__demand__list__party", "asset__owner", "asset__region")
    )
    if by == SECTORS.code and key:
        owner, party = _pair(key)
        legs = legs.filter(asset__owner__sector=owner, match__demand__list__party__sector=party)
    return legs.order_by("match__agreement__created_at", "pk")


def _decided(scope: Scope, by: str, key: str) -> Drill:
    stage = key if by == STAGE.code and key else ANSWER if by == OWNER.code else WHOLE
    if stage == ANSWER:
        owner = Q(owner=int(key)) if by == OWNER.code and key else Q()
        answers = decision_days.answers(scope).filter(owner).select_related("owner", "match__demand__list__party")
        return Drill(answers.order_by("-working_days", "pk"), CONSENT)
    decided = decision_days.decisions(scope, stage).select_related("demand__list__party")
    return Drill(decided.order_by("-working_days", "pk"), REQUEST)


def _pair(key: str) -> tuple[str, str]:
    owner, found, user = key.partition(PAIR)
    if not found:
        raise ValueError(key)
    return owner, user
