"""A country in the registry: towers where people live, ducts along their streets, and a ledger that has seen years.

A few statements over sets, seeded. Every constraint holds; only the triggers that settle each line of the ledger and
note each asset for tiles are off meanwhile, and what they keep (units used today) is written at once.
"""

from dataclasses import astuple, dataclass

import numpy as np
from django.db import connection, transaction

from benchmarks.country.places import places
from registry.models import Organization, Region, Sector
from registry.models.region import GB_T_2260
from sharing.matching.arrays import Floats

VERSION = 1
"""To be raised with every change of what is made: a country of another version is made anew."""

OWNERS = 40
TENANTS = 4
STREET_DEGREES = 0.002
"""Streets form a grid, with a duct between two crossings: about 200 m."""

OFF = (("registry_allocation", "settle_ledger_inserted"), ("registry_asset", "tiles_inserted"))
PROVINCES = ("11", "13", "14", "21", "31", "32", "33", "34", "35", "36", "37", "41", "42", "43", "44", "51")


@dataclass(frozen=True)
class Size:
    """How many there are; each asset has a line of its owner's use in the ledger beside the leases."""

    towers: int
    ducts: int
    leases: int


COUNTRY = Size(towers=1_000_000, ducts=200_000, leases=100_000)


def fill(size: Size) -> bool:
    """Makes the country unless it is there; says whether it did."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS benchmark_country (made integer[])")
        cursor.execute("SELECT made FROM benchmark_country")
        made = [*astuple(size), VERSION]
        if cursor.fetchall() == [(made,)]:
            return False
        with transaction.atomic():
            # History, which lists lead to, is emptied by no one else.
            cursor.execute(
                "SET LOCAL session_replication_role = replica;"
                "TRUNCATE registry_asset, sharing_demandlist RESTART IDENTITY CASCADE;"
                "TRUNCATE registry_tilechange, registry_tilecell, registry_protectedtilecell, registry_tileversion;"
                "SET LOCAL session_replication_role = DEFAULT"
            )
            for table, trigger in OFF:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
            _catalogue(size)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table, trigger in OFF:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")
            cursor.execute("TRUNCATE benchmark_country, registry_supplychange")
            cursor.execute("INSERT INTO benchmark_country VALUES (%s)", [made])
        cursor.execute("VACUUM ANALYZE")
    return True


def forget() -> None:
    """Next time the country is made again."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS benchmark_country")


def tenants() -> list[Organization]:
    """The telecom parties who rent and ask, and own nothing."""
    return list(Organization.objects.filter(code__startswith="bench-tenant-").order_by("code"))


def put_places(table: str, place: Floats) -> None:
    """A temporary table of n (from 1), lon and lat."""
    layout = [("fields", ">i2"), ("a", ">i4"), ("n", ">i8"), ("b", ">i4"), ("x", ">f8"), ("c", ">i4"), ("y", ">f8")]
    rows = np.empty(len(place), dtype=layout)
    rows["fields"] = 3
    rows["a"] = rows["b"] = rows["c"] = 8
    rows["n"], (rows["x"], rows["y"]) = np.arange(1, len(place) + 1), place.T
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {table} (n bigint, x float8, y float8) ON COMMIT DROP")
        with cursor.copy(f"COPY {table} FROM STDIN WITH (FORMAT binary)") as copy:
            copy.write(b"PGCOPY\n\xff\r\n\x00" + bytes(8) + rows.tobytes() + b"\xff\xff")
        cursor.execute(f"ANALYZE {table}")


def _catalogue(size: Size) -> None:
    regions = [_region(f"{code}0000") for code in PROVINCES]
    sectors = [sector for sector in Sector.values if sector != Sector.TELECOM]
    owners = [
        _party(f"bench-owner-{n:02}", sectors[n % len(sectors)], regions[n % len(regions)]) for n in range(OWNERS)
    ]
    for n in range(TENANTS):
        _party(f"bench-tenant-{n}", Sector.TELECOM, regions[0])
    rng = np.random.default_rng(165)
    put_places("tower_place", places(size.towers, rng))
    crossings = np.unique(np.rint(places(2 * size.ducts + 1000, rng) / STREET_DEGREES), axis=0)
    put_places("duct_place", rng.permutation(crossings)[: size.ducts] * STREET_DEGREES)
    with connection.cursor() as cursor:
        parameters = {"owners": owners, "regions": regions, "step": STREET_DEGREES}
        cursor.execute(f"{_ASSETS} SELECT {_TOWER} FROM tower_place", parameters)
        cursor.execute(f"{_ASSETS} SELECT {_DUCT} FROM duct_place", parameters)
        cursor.execute(_DETAILS)
        cursor.execute(_LEDGER, {"tenants": [one.pk for one in tenants()], "leases": size.leases})


def _region(code: str) -> int:
    fields = {"name": code, "prefix": Region.prefix_of(GB_T_2260, code)}
    return Region.objects.get_or_create(scheme=GB_T_2260, code=code, defaults=fields)[0].pk


def _party(code: str, sector: str, region: int) -> int:
    return Organization.objects.get_or_create(
        code=code, defaults={"name": code, "sector": sector, "region_id": region}
    )[0].pk


_ASSETS = """
INSERT INTO registry_asset (
    owner_id, region_id, kind, code, name, geometry, capacity, weight_kg, open_to_sectors, price_per_unit_year,
    protection, used_today, protection_reason, status, terms, source, created_at, updated_at, ledger_version
)
"""
# Towers have 3 to 6 mounts, of which their owners use 1 or 2; a third carries no more than so much. Ducts have 4 to 6
# bores. Each part of n varies by a prime of its own, so that nothing goes together.
_COMMON = """
    ARRAY['telecom', 'power', 'transport']::varchar[], 500 + 100 * (n %% 23) + n %% 97,
    CASE WHEN n %% 211 = 0 THEN 'core' WHEN n %% 53 = 0 THEN 'restricted' ELSE 'open' END,
    1 + n %% 2, CASE WHEN n %% 211 = 0 OR n %% 53 = 0 THEN 'grid' ELSE '' END,
    'in_service', '', 'bench country', '2026-01-01', '2026-01-01', 1
"""
_TOWER = f"""
    (%(owners)s)[1 + n %% 37], (%(regions)s)[1 + n %% 16], 'tower', 'T' || lpad(n::text, 7, '0'), '',
    ST_SetSRID(ST_MakePoint(x, y), 4326), 3 + n %% 4, CASE WHEN n %% 3 = 0 THEN 300 + n %% 200 END, {_COMMON}
"""
_DUCT = f"""
    (%(owners)s)[1 + n %% 37], (%(regions)s)[1 + n %% 16], 'duct', 'D' || lpad(n::text, 7, '0'), '',
    ST_SetSRID(ST_MakeLine(
        ST_MakePoint(x, y), ST_MakePoint(x + %(step)s * (n %% 2), y + %(step)s * (1 - n %% 2))
    ), 4326), 4 + n %% 3, NULL, {_COMMON}
"""
_DETAILS = """
INSERT INTO registry_tower (asset_id, structure_type, height_m, earthing_ohm, backup_h)
    SELECT id, 'monopole', 20 + id % 31, 1 + id % 7, id % 9 FROM registry_asset WHERE kind = 'tower';
INSERT INTO registry_duct (asset_id, material, inner_diameter_mm, sub_ducts, fill_limit, hazardous_co_use, blocked)
    SELECT id, 'hdpe', 100, 0, 0.4, false, id % 101 = 0 FROM registry_asset WHERE kind = 'duct';
TRUNCATE registry_supplychange;
"""
# The owner uses the lowest numbers. The leases, one an asset, have the next number for one to nine years from some day
# of the ten years round 2026; what is let today is used today.
_LEDGER = """
INSERT INTO registry_allocation (asset_id, units, period, holder_id, purpose, created_at)
    SELECT id, int4range(1, used_today + 1), daterange('2020-01-01', NULL), owner_id, 'own_use', '2026-01-01'
    FROM registry_asset ORDER BY id;
WITH lease AS (
    INSERT INTO registry_allocation (asset_id, units, period, weight_kg, holder_id, purpose, created_at)
    SELECT id, int4range(used_today + 1, used_today + 2), daterange(start, start + 365 * (1 + id %% 9)::int),
        20 + id %% 40, (%(tenants)s)[1 + id %% 4], 'granted', '2026-01-01'
    FROM (
        SELECT *, DATE '2021-01-01' + (hashint8(id) & 4095) %% 3650 AS start FROM registry_asset
        WHERE kind = 'tower' ORDER BY hashint8extended(id, 165) LIMIT %(leases)s
    ) AS let
    RETURNING asset_id, period
)
UPDATE registry_asset SET used_today = used_today + 1
FROM lease WHERE lease.asset_id = id AND period @> CURRENT_DATE;
"""
