"""What the page of a match shows to one person: everything a decision rests on, and nothing they may not see."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.db.models import Prefetch
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from registry.kinds import LOADS, short
from registry.models import Asset, Protection, User
from registry.svg_map import Frame, Shape, draw, neighbours
from registry.tags import tag
from sharing import words
from sharing.models import Approval, Consent, Decision, Match, MatchLeg
from sharing.seen import Seen, author, events
from sharing.shown import ledger_svg
from sharing.shown.ledger_change import LOAD_UNITS, LedgerChange, changes
from sharing.workflow.approvals import lapsing
from sharing.workflow.rules import MATCH_FACTS, is_core

# Ledgers of the first legs are open on the page, those of a long route are folded.
OPEN_LEDGERS = 4


OWNER_COLOURS = 6


@dataclass(frozen=True)
class LegRow:
    """A leg as the person may see it. number: from 1 on. asset: None for a gap, and for an asset they may not know of.
    masked: whether the place is not the true one. length_m: None where it would tell a place. terrain: of a gap, in
    metres by class. cost: a year; None where only that of the match is told. party: which of the match's owners has
    it, from 1 on in the order of legs; 0 where the person does not know."""

    number: int
    leg: MatchLeg
    asset: Asset | None
    place: GEOSGeometry | None
    masked: bool
    length_m: float | None
    terrain: dict[str, float]
    cost: Decimal | None
    party: int

    @property
    def colour(self) -> str:
        """That of its owner, on maps and beside the owner's name."""
        return f"owner-{(self.party - 1) % OWNER_COLOURS + 1}" if self.party else ""

    @property
    def name(self) -> str:
        if self.leg.is_gap:
            return _("Gap to be built")
        return str(self.asset) if self.asset else _("A protected asset, whose owner is asked")

    @property
    def protection(self) -> str:
        """Restricted or core, in a word; empty for what is open."""
        if self.asset is None or self.asset.protection == Protection.OPEN:
            return ""
        return tag(self.asset.protection, short(self.asset.get_protection_display()))

    @property
    def use(self) -> str:
        """The units and loads that the leg takes; of a gap, what it is built through."""
        if self.leg.is_gap:
            return words.terrain(self.terrain) or "–"
        loads = [f"{words.number(value)} {LOAD_UNITS[load]}" for load in LOADS if (value := getattr(self.leg, load))]
        units = words.units(self.leg.match.demand.kind, self.leg.quantity)
        return _(", ").join([units, *loads])


@dataclass(frozen=True)
class LedgerPanel:
    """An asset's ledger before and after, as pictures and as a table."""

    change: LedgerChange
    before: SafeString
    after: SafeString
    open: bool


def facts() -> tuple[Any, ...]:
    """What the page and the rules read of a match: to be prefetched."""
    consents = Prefetch("consents", Consent.objects.select_related("owner", "answered_by"))
    return (consents, *MATCH_FACTS, "demand__list__party", "approvals__decided_by", "approvals__regulator")


def legs_of(match: Match, seen: Seen) -> list[LegRow]:
    """The legs in order, each with the asset and the place that the person may know of."""
    rows, parties = [], dict[int, int]()
    for number, leg in enumerate(match.legs.all(), 1):
        asset = seen.asset(leg)
        party = parties.setdefault(asset.owner_id, len(parties) + 1) if asset else 0
        place, masked = seen.place(leg), not seen.is_exact(leg)
        length_m, terrain, cost = seen.leg_length_m(leg), seen.terrain(leg), seen.leg_cost(leg)
        rows.append(LegRow(number, leg, asset, place, masked, length_m, terrain, cost, party))
    return rows


def picture(match: Match, rows: Sequence[LegRow], user: User) -> SafeString:
    """The map: the demand's place, the legs, gaps dashed, and what else the person may see around."""
    shapes = [*_demand_shapes(match), *(shape for row in rows if (shape := _leg_shape(row)))]
    frame = Frame.around(shapes)
    if frame is None:
        return SafeString()
    own = [row.asset.pk for row in rows if row.asset]
    near = neighbours(frame, user, besides=own, kind=match.demand.kind)
    return draw([*near, *shapes], title=_("Map of match %(match)s") % {"match": match.pk})


def ledgers(match: Match, rows: Sequence[LegRow], user: User) -> list[LedgerPanel]:
    """The ledger of every asset that the person may see, before and after; none where its period is not told."""
    if match.told_period is None:
        return []
    assets = {row.asset.pk: row.asset for row in rows if row.asset}
    found = changes(match, assets, user)
    return [
        LedgerPanel(change, ledger_svg.before(change), ledger_svg.after(change), place < OPEN_LEDGERS)
        for place, change in enumerate(found)
    ]


def context(match: Match, user: User) -> dict[str, Any]:
    """All sections of the page of a match with its facts() prefetched; the number of queries does not depend on how
    many legs, lines or events there are."""
    seen = Seen.of([match], user)
    rows = legs_of(match, seen)
    demand = match.demand
    return {
        "match": match,
        "demand": demand,
        "party": demand.list.party,
        "demand_facts": words.line_facts(match),
        "score_parts": words.score_parts(match.score_parts),
        "legs": rows,
        "length_m": seen.length_m(match),
        "gap_m": sum(row.length_m or 0 for row in rows if row.leg.is_gap),
        "core": is_core(match),
        "any_masked": any(row.masked for row in rows),
        "map": picture(match, rows, user),
        "ledgers": ledgers(match, rows, user),
        "consents": [(consent, tag(consent.status, consent.get_status_display())) for consent in match.consents.all()],
        "approvals": _decisions(match),
        "owners_named": seen.named,
        "events": [
            (event, author(event), words.event_details(event))
            for event in events(user).filter(match=match).order_by("id")
        ],
    }


def _decisions(match: Match) -> list[tuple[Approval, SafeString, bool]]:
    """Each with its tag, and whether it no longer counts: what would lapse with another is shown as lapsed."""
    lapsed, shown = lapsing(match), []
    for one in match.approvals.all():
        decision = Decision.LAPSED if one in lapsed else Decision(one.decision)
        shown.append((one, tag(decision, str(decision.label)), decision == Decision.LAPSED))
    return shown


def _demand_shapes(match: Match) -> list[Shape]:
    demand = match.demand
    if not match.tells_line:
        return []
    if demand.location:
        return [Shape(demand.location, "place", _("Where the demand is"), radius_m=demand.radius_m)]
    ends = [(demand.origin, "A", _("From")), (demand.destination, "B", _("To"))]
    return [Shape(point, "place", label, mark) for point, mark, label in ends if point]


def _leg_shape(row: LegRow) -> Shape | None:
    if row.place is None:
        return None
    role = "gap" if row.leg.is_gap else "masked" if row.masked else "leg"
    label = f"{row.number} · {row.name}"
    return Shape(row.place, role, label, str(row.number))
