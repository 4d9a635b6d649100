"""Who is served where, improved by chains of moves: one demand takes the place of another, which goes elsewhere, where
it may push a third (ejection chains; Glover, 1996). For parts too large for a solver.

Every row is of one asset, and a demand has one option on each asset: so where two options of a demand are compared,
they take from different rows.
"""

from typing import NamedTuple

import numpy as np

from sharing.matching.arrays import Floats, Ints
from sharing.matching.assignment.web import Web
from sharing.matching.compiled import compiled

NOBODY = -1

REACH = 200
"""Demands that a search for one chain may come by."""

LEAST = 1e-6
"""Of a cent: less is no saving."""


class Plan(NamedTuple):
    """What is used, the room each row has left, and who stands on each row: those who are served by one option, in
    lists linked through their entries."""

    used: Ints  # by option
    place: Ints  # by demand: its option where it needs one only, else NOBODY
    room: Ints  # by row
    head: Ints  # by row: its first entry in use
    after: Ints  # by entry
    before: Ints  # by entry


class Trail(NamedTuple):
    """What the search for one chain remembers: homeless demands in the order they are found, with which option of
    whom pushes each out; and by demand and row the last search that came by."""

    demand: Ints
    option: Ints  # of its parent
    parent: Ints
    place: Ints  # where it stood
    seen: Ints  # by demand
    crossed: Ints  # by row
    least: Ints  # by row: the smallest size that came by


def plan_of(web: Web) -> Plan:
    """Nobody is served yet."""
    return Plan(
        used=np.zeros(web.demand.size, dtype=np.int64),
        place=_nobody(web.need.size),
        room=web.limit.copy(),
        head=_nobody(web.limit.size),
        after=_nobody(web.row.size),
        before=_nobody(web.row.size),
    )


def trail_of(web: Web) -> Trail:
    """No search has been made yet: they are numbered from 1."""
    steps, demands, rows = np.zeros(REACH + 1, dtype=np.int64), web.need.size, web.limit.size
    return Trail(
        demand=steps,
        option=steps.copy(),
        parent=steps.copy(),
        place=steps.copy(),
        seen=np.zeros(demands, dtype=np.int64),
        crossed=np.zeros(rows, dtype=np.int64),
        least=np.zeros(rows, dtype=np.int64),
    )


def _nobody(count: int) -> Ints:
    return np.full(count, NOBODY, dtype=np.int64)


@compiled
def _blocking(web: Web, plan: Plan, option: int) -> int:
    """The first entry of the option whose row has no room for it; NOBODY where all have."""
    for entry in range(web.entry_from[option], web.entry_from[option + 1]):
        if plan.room[web.row[entry]] < web.size[entry]:
            return entry
    return NOBODY


@compiled
def _fits_instead(web: Web, plan: Plan, option: int, other: int) -> bool:
    """Whether the option has room once `other` is gone."""
    theirs, end = web.entry_from[other], web.entry_from[other + 1]
    for entry in range(web.entry_from[option], web.entry_from[option + 1]):
        row = web.row[entry]
        room = plan.room[row]
        while theirs < end and web.row[theirs] < row:
            theirs += 1
        if theirs < end and web.row[theirs] == row:
            room += web.size[theirs]
        if room < web.size[entry]:
            return False
    return True


@compiled
def put(web: Web, plan: Plan, option: int) -> None:
    """Serve a demand that needs one option by this one."""
    plan.used[option] = 1
    plan.place[web.demand[option]] = option
    for entry in range(web.entry_from[option], web.entry_from[option + 1]):
        row = web.row[entry]
        plan.room[row] -= web.size[entry]
        first = plan.head[row]
        plan.after[entry], plan.before[entry] = first, NOBODY
        if first != NOBODY:
            plan.before[first] = entry
        plan.head[row] = entry


@compiled
def drop(web: Web, plan: Plan, option: int) -> None:
    """Take it away again."""
    plan.used[option] = 0
    plan.place[web.demand[option]] = NOBODY
    for entry in range(web.entry_from[option], web.entry_from[option + 1]):
        row = web.row[entry]
        plan.room[row] += web.size[entry]
        before, after = plan.before[entry], plan.after[entry]
        if before == NOBODY:
            plan.head[row] = after
        else:
            plan.after[before] = after
        if after != NOBODY:
            plan.before[after] = before


@compiled
def serve(web: Web, plan: Plan, demand: int) -> bool:
    """Serve the demand where there is room, on the options that come first."""
    first, end = web.option_from[demand], web.option_from[demand + 1]
    if web.need[demand] == 1:
        for option in range(first, end):
            if _blocking(web, plan, option) == NOBODY:
                put(web, plan, option)
                return True
        return False
    missing = web.need[demand]
    for option in range(first, end):
        amount = min(missing, web.most[option])
        for entry in range(web.entry_from[option], web.entry_from[option + 1]):
            amount = min(amount, plan.room[web.row[entry]] // web.size[entry])
        plan.used[option] = amount
        missing -= amount
        for entry in range(web.entry_from[option], web.entry_from[option + 1]):
            plan.room[web.row[entry]] -= web.size[entry] * amount
    if missing:
        for option in range(first, end):
            for entry in range(web.entry_from[option], web.entry_from[option + 1]):
                plan.room[web.row[entry]] += web.size[entry] * plan.used[option]
            plan.used[option] = 0
    return bool(missing == 0)


@compiled
def _move(web: Web, plan: Plan, trail: Trail, last: int, option: int) -> bool:
    """Carry out a chain: who was found last goes to `option` (NOBODY: nowhere), each before it to where the next was.
    Nothing happens where a row that the chain crosses twice has no room."""
    at = last
    while at > 0:
        trail.place[at] = plan.place[trail.demand[at]]
        drop(web, plan, trail.place[at])
        at = trail.parent[at]
    at, goal = last, option
    while at >= 0:
        if goal != NOBODY and _blocking(web, plan, goal) != NOBODY:
            break
        if goal != NOBODY:
            put(web, plan, goal)
        goal, at = trail.option[at], trail.parent[at]
    if at < 0:
        return True
    failed, at = at, last
    while at != failed:
        if plan.place[trail.demand[at]] != NOBODY:
            drop(web, plan, plan.place[trail.demand[at]])
        at = trail.parent[at]
    at = last
    while at > 0:
        put(web, plan, trail.place[at])
        at = trail.parent[at]
    return False


@compiled
def make_room(web: Web, plan: Plan, trail: Trail, demand: int, search: int, width: Floats) -> int:
    """Serve a demand that is not, by a chain of moves.

    Says who is not served instead: NOBODY where the chain ends in free room; a demand of a lower rank or, of equal
    rank, one of a greater `width`; `demand` itself where all fails.
    """
    trail.demand[0], trail.parent[0], trail.option[0] = demand, -1, NOBODY
    trail.seen[demand] = search
    found, at, loser = 1, 0, -1
    while at < found:
        mover = trail.demand[at]
        for option in range(web.option_from[mover], web.option_from[mover + 1]):
            entry = _blocking(web, plan, option)
            if entry == NOBODY:
                if _move(web, plan, trail, at, option):
                    return NOBODY
                continue
            row = web.row[entry]
            if trail.crossed[row] == search and trail.least[row] <= web.size[entry]:
                continue
            trail.crossed[row], trail.least[row] = search, web.size[entry]
            standing = plan.head[row]
            while standing != NOBODY and found <= REACH:
                other = web.option[standing]
                standing = plan.after[standing]
                who = web.demand[other]
                if trail.seen[who] == search or not _fits_instead(web, plan, option, other):
                    continue
                trail.seen[who] = search
                trail.demand[found], trail.option[found], trail.parent[found] = who, option, at
                if loser < 0 and (
                    web.rank[who] > web.rank[demand]
                    or (web.rank[who] == web.rank[demand] and width[who] > width[demand])
                ):
                    loser = found
                found += 1
        at += 1
    if loser > 0 and _move(web, plan, trail, loser, NOBODY):
        return int(trail.demand[loser])
    return demand


@compiled
def fill(web: Web, plan: Plan, trail: Trail, order: Ints, width: Floats) -> None:
    """Serve the demands in this order; who loses a place to them is tried once more at the end."""
    queue = np.concatenate((order, order))
    end, search = order.size, 0
    for at in range(queue.size):
        if at == end:
            break
        demand = queue[at]
        if serve(web, plan, demand) or web.need[demand] > 1:
            continue
        search += 1
        lost = make_room(web, plan, trail, demand, search, width)
        if lost not in (NOBODY, demand) and end < queue.size:
            queue[end] = lost
            end += 1


@compiled
def cheapen(web: Web, plan: Plan, cost: Floats) -> int:
    """Moves that cost less, of one demand or of two: how many there were. cost: by option."""
    moves = 0
    for demand in range(web.need.size):
        if plan.place[demand] != NOBODY and _cheaper(web, plan, cost, demand, plan.place[demand]):
            moves += 1
    return moves


@compiled
def _cheaper(web: Web, plan: Plan, cost: Floats, demand: int, now: int) -> bool:
    """The best move of a demand to a cheaper option, and of one that is in its way to where there is room."""
    drop(web, plan, now)
    best, best_other, best_goal, least = now, NOBODY, NOBODY, -LEAST
    for option in range(web.option_from[demand], web.option_from[demand + 1]):
        saved = cost[option] - cost[now]
        if saved > -LEAST:
            continue  # of two that gain together one gains alone, and is looked at first
        entry = _blocking(web, plan, option)
        if entry == NOBODY:
            if saved < least:
                best, best_other, best_goal, least = option, NOBODY, NOBODY, saved
            continue
        standing = plan.head[web.row[entry]]
        while standing != NOBODY:
            other = web.option[standing]
            standing = plan.after[standing]
            if not _fits_instead(web, plan, option, other):
                continue
            who = web.demand[other]
            for goal in range(web.option_from[who], web.option_from[who + 1]):
                change = saved + cost[goal] - cost[other]
                if change < least and goal != other and _blocking(web, plan, goal) == NOBODY:
                    best, best_other, best_goal, least = option, other, goal, change
    if best_other != NOBODY:
        drop(web, plan, best_other)
        put(web, plan, best_goal)
    put(web, plan, best)
    return best != now
