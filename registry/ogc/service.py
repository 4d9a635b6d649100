"""What is served at /ogc/: collections, and the building blocks of OGC API that do something with them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from django.utils.functional import Promise

from registry.ogc.collection import Collection


@dataclass(frozen=True)
class Link:
    """From the landing page, or from a collection. address: below it."""

    rel: str
    address: str
    type: str
    title: str | Promise


@dataclass(frozen=True)
class Block:
    """A building block: the conformance classes that it adds to the declaration, links from the landing page, and
    links from collections by their ids."""

    conforms_to: tuple[str, ...]
    links: tuple[Link, ...] = ()
    collection_links: Mapping[str, tuple[Link, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Service:
    all_collections: tuple[Collection, ...]
    blocks: tuple[Block, ...]

    @cached_property
    def collections(self) -> dict[str, Collection]:
        return {collection.id: collection for collection in self.all_collections}

    @property
    def conforms_to(self) -> list[str]:
        return [name for block in self.blocks for name in block.conforms_to]

    @property
    def links(self) -> Iterable[Link]:
        return (link for block in self.blocks for link in block.links)

    def links_of(self, collection: str) -> Iterable[Link]:
        return (link for block in self.blocks for link in block.collection_links.get(collection, ()))
