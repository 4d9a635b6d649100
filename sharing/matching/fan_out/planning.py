"""How a long run is laid out in parts: towers and rooms by where their demands lie, routes whole, the border last."""

from django.conf import settings

from registry.kinds import KINDS
from sharing.matching.demands import open_circles
from sharing.matching.fan_out.cells import beside, cells
from sharing.matching.reach import reach
from sharing.models import Demand, MatchPart, MatchRun


def parts_of(run: MatchRun) -> list[MatchPart]:
    """The parts of a run, not saved yet; none where its list is too short, or all lies in one part."""
    if Demand.objects.filter(list=run.list).count() < settings.MATCH_FAN_OUT_LINES:
        return []
    parts = [part for kind in KINDS for part in _parts_of_kind(run, kind)]
    for number, part in enumerate(parts, start=1):
        part.number = number
    return [MatchPart(run=run, number=MatchPart.BORDER), *parts] if len(parts) > 1 else []


def _parts_of_kind(run: MatchRun, kind: str) -> list[MatchPart]:
    if KINDS[kind].is_route:
        asked = Demand.objects.filter(list=run.list, kind=kind).count()
        return [MatchPart(run=run, kind=kind, lines=asked)] if asked else []
    ids, lonlat, radius_m = open_circles(run.list_id, kind)
    if not ids.size:
        return []
    rows = cells(lonlat, radius_m, settings.MATCH_PART_LINES)
    others = beside(rows, lonlat, radius_m * reach(ids.size))
    return [
        MatchPart(run=run, kind=kind, lines=ids.size, demands=ids[own].tolist(), beside=ids[near].tolist())
        for own, near in zip(rows, others, strict=True)
    ]
