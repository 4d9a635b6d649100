"""An asset: what it is, who may use it and on which terms, its ledger, what happened to it, and who asks nearby."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import F
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from registry import asset_writing
from registry.changes import differences
from registry.ledger_svg import Block, Tick, timeline
from registry.models import Allocation, Asset, Change, Disclosure, Purpose, Sector, User
from registry.models.allocation import sees_whole_ledger
from registry.tags import TONES, days, numbers
from registry.web.access import MemberRequest, members
from registry.web.asset_facts import Fact, facts
from registry.web.places import asset_features
from sharing import nearby, seen
from sharing.models import MatchLeg

MOST_LINES, MOST_EVENTS, MOST_NEARBY = 200, 50, 20
BEFORE, AFTER = timedelta(days=365), timedelta(days=3 * 365)
TICK = timedelta(days=270)
"""What the text of a day on the axis takes."""
DETAILS = ("tower", "duct", "fiber", "equipment_room")


@members
def asset(request: MemberRequest, id: int) -> HttpResponse:
    user = request.user
    known: Any = Asset.objects.visible_to(user).with_place_for(user)
    found = known.select_related("owner__region", "region", "planned_facility", *DETAILS).filter(pk=id).first()
    if found is None:
        raise Http404
    today = timezone.localdate()
    held = Allocation.objects.visible_to(user).filter(asset=found, period__overlap=DateRange(today - BEFORE, None))
    lines = list(held.select_related("holder").order_by("units", "period")[: MOST_LINES + 1])
    more, lines = lines[MOST_LINES:], lines[:MOST_LINES]
    knows_ledger = sees_whole_ledger(user, found)
    return render(
        request,
        "web/asset.html",
        {
            "asset": found,
            "facts": facts(found),
            "terms": _terms(found),
            "places_json": json.dumps(asset_features(known.filter(pk=found.pk))),
            "status_tone": TONES.get(found.status, "quiet"),
            "ledger": _ledger(found, lines, today) if lines else "",
            "lines": [_line(line) for line in lines],
            "lines_from": today - BEFORE,
            "cut_from": more[0].units.lower if more else None,
            "purposes": Purpose.choices,
            "knows_ledger": knows_ledger,
            "events": _history(found, user),
            "disclosures": Disclosure.objects.visible_to(user)
            .filter(asset=found)
            .select_related("organization")[:MOST_EVENTS],
            "changes": _changes(found, user) if knows_ledger else [],
            "nearby": nearby.lines(found, user).annotate(party=F("list__party__name")).order_by("-id")[:MOST_NEARBY],
            "nearby_km": nearby.NEARBY_M / 1000,
            "of_others": nearby.of_others(found, user),
            "square_km": nearby.SQUARE_KM,
            "may_edit": asset_writing.may_change(found.owner_id, user),
            "is_own": found.owner_id in user.roles,
        },
    )


def _terms(asset: Any) -> list[Fact]:
    sectors = _(", ").join(str(Sector(code).label) for code in asset.open_to_sectors)
    return [
        Fact(_("Open to"), sectors or _("nobody: it is not shared")),
        Fact(_("Price per unit and year"), f"{asset.price_per_unit_year:,.2f}"),
        *([Fact(_("Terms"), asset.terms)] if asset.terms else []),
    ]


def _ledger(asset: Any, lines: Sequence[Allocation], today: date) -> SafeString:
    """From a year ago for four years, so that what ended and what is to come are both seen."""
    window = (today - BEFORE, today + AFTER)
    blocks = [_block(line) for line in lines]
    shown = [date_format(day, "SHORT_DATE_FORMAT") for day in window]
    return timeline(
        asset.capacity,
        window,
        [block for block in blocks if block.start < window[1]],
        title=_("Who holds which units, from %(first)s to %(last)s") % {"first": shown[0], "last": shown[1]},
        ticks=_ticks(today),
    )


def _ticks(today: date) -> list[Tick]:
    """Today, and the first days of years whose texts leave room for it."""
    years = [date(today.year + later, 1, 1) for later in range(4)]
    return [Tick(day, "start") for day in years if abs(day - today) > TICK] + [Tick(today, "start")]


def _line(line: Allocation) -> dict[str, Any]:
    return {
        "units": numbers(line.units),
        "period": days(line.period),
        "holder": line.holder,
        "purpose": line.get_purpose_display(),
    }


def _block(line: Allocation) -> Block:
    title = _("Units %(units)s: %(holder)s, %(purpose)s, %(days)s") % {
        "units": numbers(line.units),
        "holder": line.holder,
        "purpose": line.get_purpose_display(),
        "days": days(line.period),
    }
    return Block(
        line.units.lower, line.units.upper, line.period.lower, line.period.upper, f"units-{line.purpose}", title
    )


def _history(asset: Any, user: User) -> list[dict[str, Any]]:
    """What happened to matches that use the asset, as far as the reader may see them; the newest first."""
    using = MatchLeg.objects.filter(asset=asset).order_by()
    # Few assets have any, and to plan who sees which takes PostgreSQL longer than the rest of the page.
    if not using.exists():
        return []
    rows = seen.events(user).filter(match__in=using.values("match")).select_related("match__demand__list")
    return [{"event": event, "author": seen.author(event)} for event in rows.order_by("-id")[:MOST_EVENTS]]


def _changes(asset: Any, user: User) -> list[dict[str, Any]]:
    """Who changed what of the asset, for its owner and its regulators; the newest first."""
    rows = Change.objects.visible_to(user).of_asset(asset.pk).select_related("actor", "organization")
    return [
        {"change": row, "what": list(differences(row)), "author": row.actor or _("The registry")}
        for row in rows.order_by("-pk")[:MOST_EVENTS]
    ]
