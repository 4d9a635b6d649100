"""Deciding on many at once: each stands or falls alone, and what became of each is told."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from django.db import transaction

from registry.models import User
from sharing.errors import Refusal
from sharing.models import Consent, Match
from sharing.workflow import rules
from sharing.workflow.locks import lock_matches

Decided = TypeVar("Decided", Match, Consent)


@dataclass
class BulkResult(Generic[Decided]):
    """What became of each row of a bulk decision, by its id."""

    done: dict[int, Decided] = field(default_factory=dict)
    failed: dict[int, Refusal] = field(default_factory=dict)


def locked(match_ids: Iterable[int], actor: User) -> tuple[BulkResult[Match], list[Match]]:
    """What `actor` may see of the matches, locked, each once in this order; the rest has failed already."""
    wanted = list(dict.fromkeys(match_ids))
    seen = set(Match.objects.visible_to(actor).filter(pk__in=wanted).values_list("pk", flat=True))
    result: BulkResult[Match] = BulkResult()
    result.failed.update({match_id: rules.not_seen() for match_id in wanted if match_id not in seen})
    return result, lock_matches([match_id for match_id in wanted if match_id in seen])


@contextmanager
def alone(result: BulkResult[Decided], pk: int) -> Iterator[None]:
    """A refusal undoes and reports this row only."""
    try:
        with transaction.atomic():
            yield
    except Refusal as refusal:
        result.done.pop(pk, None)
        result.failed[pk] = refusal
