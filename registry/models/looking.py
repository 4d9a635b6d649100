"""Who is given exact places while a request is answered, and the one statement that records it (Sight).

No door calls this of itself: the query set notes who reads the places that it annotates (with_place_for), and one
statement records all of a request before its answer leaves. Only what reads places past the query set, by SQL of its
own, has to say so: tiles and COPY.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import connection

from registry.models.sight import Basis, Way

if TYPE_CHECKING:
    from registry.models.user import User

# In the order of the assets, so that two requests of one person that record the same wait and never block each other.
RECORD = """
    INSERT INTO registry_sight (viewer_id, token_id, organization_id, basis, way, asset_number, asset_code, owner_id,
        region_id, day, seen_at)
    SELECT %s, %s, reason.organization, reason.basis, %s, asset.id, asset.code, asset.owner_id, asset.region_id,
        CURRENT_DATE, now()
    FROM registry_asset AS asset JOIN registry_region AS region ON region.id = asset.region_id
    CROSS JOIN LATERAL (
        SELECT organization, basis FROM (
            SELECT organization, CASE WHEN regulates THEN '{regulator}' ELSE '{grant}' END AS basis,
                CASE WHEN regulates THEN 1 ELSE 2 END AS place
            FROM unnest(%s::bigint[], %s::boolean[], %s::text[], %s::text[])
                AS held (organization, regulates, scheme, prefix)
            WHERE held.scheme = region.scheme AND starts_with(region.code, held.prefix)
            UNION ALL
            SELECT told.organization_id, '{consent}', 3 FROM registry_disclosure AS told
            WHERE told.asset_id = asset.id AND told.organization_id = ANY (%s)
            UNION ALL
            SELECT NULL, '{superuser}', 4 WHERE %s
        ) AS every ORDER BY place, organization LIMIT 1
    ) AS reason
    WHERE asset.protection <> 'open' AND NOT asset.owner_id = ANY (%s) AND asset.id IN ({{ids}})
    ORDER BY asset.id
    ON CONFLICT DO NOTHING
""".format(**{basis.name.lower(): basis.value for basis in Basis})


@dataclass
class Look:
    """What is seen while one request is answered. at_once: recorded as it is read, for answers that leave in parts."""

    way: Way
    token: int | None = None
    at_once: bool = False
    seen: dict[int, tuple["User", set[int]]] = field(default_factory=dict)

    def record(self) -> None:
        """Writes what was noted; in one statement, as all is seen by one person."""
        for viewer, assets in self.seen.values():
            _record(viewer, self.way, self.token, "SELECT unnest(%s::bigint[])", [sorted(assets)])
        self.seen.clear()


_look: ContextVar[Look | None] = ContextVar("look", default=None)


@contextmanager
def looking(look: Look) -> Iterator[Look]:
    """What is seen inside is recorded as `look` says, at the latest when it ends."""
    before = _look.set(look)
    try:
        yield look
    finally:
        _look.reset(before)
        look.record()


def by_token(token: int) -> None:
    """The rest of the request is that of a program with this token."""
    if look := _look.get():
        look.token = token


def in_a_file() -> None:
    """What the rest of the request shows, it prints."""
    if look := _look.get():
        look.way = Way.FILE


def note(viewer: "User", assets: Iterable[int]) -> None:
    """That the viewer is given the places of these assets, as exactly as they may know them. Outside of any request it
    is a file that is made, or streamed."""
    found = set(assets)
    if not found:
        return
    look = _look.get()
    if look is None or look.at_once:
        token = look.token if look else None
        _record(viewer, look.way if look else Way.FILE, token, "SELECT unnest(%s::bigint[])", [sorted(found)])
    else:
        look.seen.setdefault(viewer.pk, (viewer, set()))[1].update(found)


def note_rows(viewer: "User", ids: str, parameters: Sequence[Any]) -> None:
    """As note, of all assets whose ids this SQL gives, however many; at once, as a file of them leaves in parts."""
    look = _look.get()
    _record(viewer, Way.FILE, look.token if look else None, ids, parameters)


def _record(viewer: "User", way: Way, token: int | None, ids: str, parameters: Sequence[Any]) -> None:
    own, held = list(viewer.roles), viewer.regions_in_sight
    columns = [list(column) for column in zip(*held, strict=True)] or [[], [], [], []]
    with connection.cursor() as cursor:
        cursor.execute(
            RECORD.format(ids=ids),
            [viewer.pk, token, way.value, *columns, own, viewer.is_superuser, own, *parameters],
        )
