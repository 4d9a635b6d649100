"""The border, the last part of a run: the demands that several parts compete for are answered, all at once, and what
all parts brought is saved in one transaction."""

from collections.abc import Iterator, Mapping
from time import perf_counter

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from sharing.matching.answers import Answers, Tally
from sharing.matching.demands import chosen_demands
from sharing.matching.engine import figures, finish, matches, outcomes
from sharing.matching.fan_out import parts
from sharing.matching.fan_out.tallies import of_json
from sharing.matching.saving import Lines, save
from sharing.models import MatchPart


def gather(border: MatchPart) -> None:
    """Answers the border's demands and saves the run."""
    answers = {kind: _answer(border, kind, lines, ids) for kind, lines, ids in _deferred(border)}
    saving = perf_counter()
    with transaction.atomic():
        run = parts.lock(border)
        now = timezone.now()
        for part in _others(border).only(*parts.BLOBS).iterator(chunk_size=1):
            Lines(bytes(part.matches), bytes(part.legs), bytes(part.outcomes)).write(now)
        save(run, matches(answers), outcomes(answers))
        found = figures(_tallies(border, answers))
        found["seconds"]["saving"] = round(perf_counter() - saving, 4)
        assert run.started_at
        found["seconds"]["total"] = round((timezone.now() - run.started_at).total_seconds(), 4)
        found["parts"] = _others(border).count()
        found["border"] = sum(answers[kind].demands for kind in answers)
        finish(run, found)
        MatchPart.objects.filter(run=run).delete()


def _others(border: MatchPart) -> QuerySet[MatchPart]:
    return MatchPart.objects.filter(run=border.run_id, number__gt=MatchPart.BORDER).order_by("number")


def _deferred(border: MatchPart) -> Iterator[tuple[str, int, list[int]]]:
    """(kind, lines of it in the list, ids of the demands that are left to the border)."""
    deferred: dict[tuple[str, int], list[int]] = {}
    for kind, lines, ids in _others(border).values_list("kind", "lines", "deferred"):
        deferred.setdefault((kind, lines), []).extend(ids)
    return ((kind, lines, ids) for (kind, lines), ids in deferred.items() if ids)


def _answer(border: MatchPart, kind: str, lines: int, ids: list[int]) -> Answers:
    # As in sharing.matching.engine: solvers take 100 MB.
    from sharing.matching.points import match_demands  # noqa: PLC0415

    run = border.run
    demands = chosen_demands(ids, kind)
    return match_demands(demands, lines, kind, run.list.party, run.parameters, parts.still_mine(border)).count()


def _tallies(border: MatchPart, answers: Mapping[str, Answers]) -> dict[str, Tally]:
    """By kind, of all parts and the border."""
    tallies: dict[str, list[Tally]] = {}
    for kind, saved in _others(border).values_list("kind", "figures"):
        tallies.setdefault(kind, []).append(of_json(saved))
    for kind, own in answers.items():
        tallies[kind].append(own)
    return {kind: Tally.together(own) for kind, own in tallies.items()}
