"""A catalog of any size: towers, ducts, fibers and rooms of forty owners, evenly spread or in cities."""

from django.db import connection
from django.test import Client

from registry.models import Asset, Membership, Organization, Region, Role, Sector, User
from registry.models.region import GB_T_2260

OWNERS = 40

# SQL of n from 1 to %(rows)s, each with x and y in degrees.
EVENLY = """
    SELECT n, 114.0 + random() * 0.6 AS x, 30.4 + random() * 0.4 AS y FROM generate_series(1, %(rows)s) AS n
"""
# Three hundred cities of very different sizes, the largest with one in seven; each dense in the middle, 2 to 8 km wide
# (one standard deviation).
IN_CITIES = """
    WITH cities AS MATERIALIZED (
        SELECT city, 100 + 20 * random() AS lon, 22 + 18 * random() AS lat, 0.02 + 0.06 * random() AS width
        FROM generate_series(0, 299) AS city
    ), made AS MATERIALIZED (
        SELECT n, floor(300 * random() ^ 3)::integer AS city, sqrt(-2 * ln(1 - random())) AS away,
            2 * pi() * random() AS direction
        FROM generate_series(1, %(rows)s) AS n
    )
    SELECT n, lon + width * away * cos(direction) AS x, lat + width * away * sin(direction) AS y
    FROM made JOIN cities USING (city)
"""


def fill(rows: int, places: str = EVENLY, *, with_details: bool = True) -> None:
    """Assets at `places`; 2 % restricted, 0.5 % core; with what their kinds have besides, and lines of the ledger.
    Made once in a run, in place of those that are at other places."""
    source = f"bench {'evenly' if places is EVENLY else 'in cities'}"
    if Asset.objects.filter(source=source).exists():
        return
    regions = [
        Region.objects.get_or_create(
            scheme=GB_T_2260, code=code, defaults={"name": code, "prefix": Region.prefix_of(GB_T_2260, code)}
        )[0]
        for code in ("420102", "420103", "420104", "420105", "420106", "420107", "420111", "420112")
    ]
    sectors = list(Sector.values)
    owners = [
        Organization.objects.get_or_create(
            code=f"bench-{n}",
            defaults={"name": f"Owner {n}", "sector": sectors[n % len(sectors)], "region": regions[n % len(regions)]},
        )[0]
        for n in range(OWNERS)
    ]
    with connection.cursor() as cursor:
        # Disclosures, which assets lead to, are emptied by no one else.
        cursor.execute(
            "ALTER TABLE registry_disclosure DISABLE TRIGGER never_emptied;"
            "TRUNCATE registry_asset CASCADE;"
            "ALTER TABLE registry_disclosure ENABLE TRIGGER never_emptied;"
            "SELECT setseed(0.165)"
        )
        cursor.execute(
            f"""
            INSERT INTO registry_asset (
                owner_id, code, name, kind, status, region_id, geometry, capacity, open_to_sectors,
                price_per_unit_year, terms, protection, protection_reason, source, created_at, updated_at,
                used_today, ledger_version
            )
            SELECT (%(owners)s)[1 + n %% %(count)s], 'B' || lpad(n::text, 7, '0'), '站 ' || n, kind, 'in_service',
                (%(regions)s)[1 + n %% 8],
                CASE WHEN kind IN ('duct', 'fiber')
                    THEN ST_SetSRID(ST_MakeLine(ST_MakePoint(x, y), ST_MakePoint(x + 0.003, y + 0.001)), 4326)
                    ELSE ST_SetSRID(ST_MakePoint(x, y), 4326) END,
                1 + n %% 6, ARRAY['telecom', 'power']::varchar[], 1000, '',
                CASE WHEN n %% 200 = 0 THEN 'core' WHEN n %% 50 = 1 THEN 'restricted' ELSE 'open' END,
                CASE WHEN n %% 200 = 0 OR n %% 50 = 1 THEN 'grid' ELSE '' END, %(source)s,
                '2026-01-01', '2026-01-01'::timestamptz + n * interval '1 second', 0, 0
            FROM (
                SELECT n, x, y,
                    (ARRAY['tower', 'tower', 'tower', 'duct', 'fiber', 'equipment_room'])[1 + n %% 6] AS kind
                FROM ({places}) AS places
            ) AS made
            """,
            {
                "owners": [owner.pk for owner in owners],
                "count": OWNERS,
                "regions": [region.pk for region in regions],
                "rows": rows,
                "source": source,
            },
        )
    if with_details:
        _add_details()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _add_details() -> None:
    """And a line of the ledger for each fifth."""
    with connection.cursor() as cursor:
        # What was counted before the assets came would have the triggers of details look them up row by row.
        cursor.execute("ANALYZE registry_asset")
        cursor.execute(
            """
            INSERT INTO registry_tower (asset_id, structure_type, height_m)
                SELECT id, 'monopole', 10 + id % 50 FROM registry_asset WHERE kind = 'tower';
            INSERT INTO registry_duct (asset_id, material, sub_ducts, fill_limit, hazardous_co_use, blocked)
                SELECT id, 'hdpe', 0, 0.4, false, false FROM registry_asset WHERE kind = 'duct';
            INSERT INTO registry_fiber (asset_id, fiber_type, attenuation_1310_db_km, attenuation_1550_db_km, splices,
                    splice_loss_db, connectors, connector_loss_db)
                SELECT id, 'G.652.D', 0.35, 0.21, 2, 0.1, 2, 0.5 FROM registry_asset WHERE kind = 'fiber';
            INSERT INTO registry_equipmentroom (asset_id, feeds, security_class)
                SELECT id, 2, 1 FROM registry_asset WHERE kind = 'equipment_room';
            INSERT INTO registry_allocation (asset_id, units, period, holder_id, purpose, created_at)
                SELECT id, int4range(1, 2), daterange('2026-01-01', NULL), owner_id, 'own_use', now()
                FROM registry_asset WHERE id % 5 = 0;
            """
        )


def caller() -> Client:
    """A manager of one of the owners, by session."""
    user, _created = User.objects.get_or_create(username="bench")
    owner = Organization.objects.get(code="bench-3")
    Membership.objects.get_or_create(user=user, organization=owner, defaults={"role": Role.MANAGER})
    client = Client()
    client.force_login(user)
    return client
