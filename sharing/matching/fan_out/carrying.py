"""One part of a run, from its claim to what is kept of it."""

import logging

import numpy as np

from registry.kinds import KINDS
from sharing.matching.answers import Answers
from sharing.matching.candidates import near
from sharing.matching.demands import chosen_demands
from sharing.matching.engine import ClaimLost, queued_again
from sharing.matching.fan_out import parts
from sharing.matching.fan_out.borders import at_the_border
from sharing.matching.fan_out.gathering import gather
from sharing.matching.fan_out.tallies import as_json
from sharing.matching.heartbeat import heartbeat
from sharing.matching.reach import reach
from sharing.matching.saving import Lines
from sharing.models import MatchPart, MatchRun, RunStatus

logger = logging.getLogger(__name__)


def carry_out(part_id: int) -> MatchRun | None:
    """Carries the part out, if it is for anyone to take, and returns its run. What goes wrong is raised."""
    part = parts.claim(part_id)
    if part is None:
        return None
    try:
        with heartbeat(parts.mine(part), MatchRun.objects.filter(pk=part.run_id)):
            if part.number == MatchPart.BORDER:
                gather(part)
            else:
                _answer(part)
    except ClaimLost:
        logger.warning("part %s of match run %s was taken over or stopped", part.number, part.run_id)
    except Exception as error:
        mine = parts.mine(part).exists()
        if mine and not queued_again(MatchRun.objects.filter(pk=part.run_id, status=RunStatus.RUNNING), error):
            raise
        if not mine:
            logger.exception("part %s of match run %s failed after it was taken over", part.number, part.run_id)
    part.run.refresh_from_db()
    return part.run


def _answer(part: MatchPart) -> None:
    """Answers the demands that none of another part competes with, and leaves the others to the border."""
    answers = _routes(part) if KINDS[part.kind].is_route else _points(part)
    lines = Lines.of(part.run_id, answers.matches, answers.outcomes)
    part.matches, part.legs, part.outcomes = lines.matches, lines.legs, lines.outcomes
    part.figures = as_json(answers)
    parts.finish(part)


def _points(part: MatchPart) -> Answers:
    # As in sharing.matching.engine: solvers take 100 MB.
    from sharing.matching.points import match_demands  # noqa: PLC0415

    party = part.run.list.party
    demands = chosen_demands([*part.demands, *part.beside], part.kind)
    own = np.isin(demands.id, part.demands)
    demand, asset, _ = near(demands, part.kind, party, reach(part.lines), part.lines)
    deferred = at_the_border(demand, asset, own)
    part.deferred = demands.id[deferred].tolist()
    alone = demands.take(own & ~deferred)
    step = parts.still_mine(part)
    return match_demands(alone, part.lines, part.kind, party, part.run.parameters, step).count()


def _routes(part: MatchPart) -> Answers:
    from sharing.matching.routes import match_routes  # noqa: PLC0415 - as above

    run = part.run
    return match_routes(run.list_id, part.kind, run.list.party, run.parameters, parts.still_mine(part)).count()
