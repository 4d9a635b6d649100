"""A collection of features: whose rows they are for whom, and what is told of each."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise

from registry.filters import everywhere
from registry.models import User
from registry.ogc.properties import Property

PLACE = "place"


@dataclass(frozen=True)
class Collection:
    """rows: those that a person may see, annotated with the `place` that they may know, and nothing else of it.
    indexed: the rows whose place can meet a box, found by an index.
    geometry: point, linestring or any (OGC 19-079r2, 8.2). begins, ends: the properties (dates) that say when a
    feature is there, both inclusive; empty where it was or will be there for ever.
    """

    id: str
    title: str | Promise
    description: str | Promise
    geometry: str
    rows: Callable[[User], QuerySet[Any]]
    columns: tuple[Property, ...]
    indexed: Callable[[Any, Any], Any] = everywhere
    begins: str = ""
    ends: str = ""

    @cached_property
    def properties(self) -> dict[str, Property]:
        return {column.name: column for column in self.columns}
