"""Deciding on many at once: each stands or falls alone, and what became of each is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from django.db import transaction

from sharing.errors import Refusal
from sharing.models import Consent, Match

Decided = TypeVar("Decided", Match, Consent)


@dataclass
class BulkResult(Generic[Decided]):
    """What became of each row of a bulk decision, by its id."""

    done: dict[int, Decided] = field(default_factory=dict)
    failed: dict[int, Refusal] = field(default_factory=dict)


@contextmanager
def alone(result: BulkResult[Decided], pk: int) -> Iterator[None]:
    """A refusal undoes and reports this row only."""
    try:
        with transaction.atomic():
            yield
    except Refusal as refusal:
        result.done.pop(pk, None)
        result.failed[pk] = refusal
