"""What PostgreSQL itself refuses, whoever writes: every statement here is raw SQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from registry.days import tell_functions
from registry.models import Allocation, Asset, Sector
from tests import factories

pytestmark = pytest.mark.django_db


def execute(sql: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def insert(asset: Asset, units: str, period: str, **loads: float) -> None:
    columns = {"asset_id": asset.pk, "units": units, "period": period, "holder_id": asset.owner_id, **loads}
    execute(
        f"INSERT INTO registry_allocation ({', '.join(columns)}, purpose, created_at) "
        f"VALUES ({', '.join(['%s'] * len(columns))}, 'granted', now())",
        *columns.values(),
    )


@contextmanager
def refused(constraint: str) -> Iterator[None]:
    """The statement fails by that very constraint, and the ledger stays what it was."""
    before = list(Allocation.objects.order_by("pk").values())
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        yield
    cause = refusal.value.__cause__
    assert cause is not None
    assert cause.diag.constraint_name == constraint  # type: ignore[attr-defined]
    assert list(Allocation.objects.order_by("pk").values()) == before


@pytest.fixture
def tower() -> Asset:
    return factories.asset(factories.organization(), capacity=4, weight_kg=100, wind_area_m2=2, power_kw=None)


def day(offset: int) -> date:
    return timezone.localdate() + timedelta(days=offset)


def test_a_unit_is_not_sold_twice_on_the_same_day(tower: Asset) -> None:
    insert(tower, "[1,3)", "[2027-01-01,2028-01-01)")
    with refused("allocation_sells_no_unit_twice"):
        insert(tower, "[2,3)", "[2027-12-31,2029-01-01)")


def test_a_unit_is_sold_again_from_the_day_it_is_free(tower: Asset) -> None:
    insert(tower, "[1,3)", "[2027-01-01,2028-01-01)")
    insert(tower, "[1,3)", "[2028-01-01,)")
    assert Allocation.objects.count() == 2


def test_units_of_another_asset_do_not_matter(tower: Asset) -> None:
    other = factories.asset(tower.owner)
    insert(tower, "[1,2)", "[2027-01-01,)")
    insert(other, "[1,2)", "[2027-01-01,)")
    assert Allocation.objects.count() == 2


@pytest.mark.parametrize("units", ["[0,2)", "[-1,2)", "(,2)", "[1,)", "empty"])
def test_units_are_numbered_from_one(tower: Asset, units: str) -> None:
    with refused("allocation_units_are_numbered_from_one"):
        insert(tower, units, "[2027-01-01,)")


@pytest.mark.parametrize("period", ["(,2027-01-01)", "empty"])
def test_a_period_has_a_start(tower: Asset, period: str) -> None:
    with refused("allocation_period_has_a_start"):
        insert(tower, "[1,2)", period)


def test_units_beyond_the_capacity_do_not_exist(tower: Asset) -> None:
    insert(tower, "[4,5)", "[2027-01-01,)")
    with refused("allocation_stays_within_capacity"):
        insert(tower, "[5,6)", "[2027-01-01,)")


def test_units_beyond_the_capacity_are_refused_to_an_update_too(tower: Asset) -> None:
    insert(tower, "[4,5)", "[2027-01-01,)")
    with refused("allocation_stays_within_capacity"):
        execute("UPDATE registry_allocation SET units = '[5,6)'")


def test_loads_add_up_to_the_limit_on_any_day(tower: Asset) -> None:
    insert(tower, "[1,2)", "[2027-01-01,2027-07-01)", weight_kg=60)
    insert(tower, "[2,3)", "[2027-07-01,2028-01-01)", weight_kg=60)
    insert(tower, "[3,4)", "[2027-01-01,2028-01-01)", weight_kg=40)
    with refused("allocation_stays_within_loads"):
        insert(tower, "[4,5)", "[2027-06-30,2027-07-01)", weight_kg=0.001)


def test_each_load_has_its_own_limit(tower: Asset) -> None:
    insert(tower, "[1,2)", "[2027-01-01,)", weight_kg=100, wind_area_m2=1)
    with refused("allocation_stays_within_loads"):
        insert(tower, "[2,3)", "[2027-01-01,)", wind_area_m2=1.001)


def test_a_load_without_a_limit_is_not_limited(tower: Asset) -> None:
    insert(tower, "[1,2)", "[2027-01-01,)", power_kw=99_999)
    assert Allocation.objects.count() == 1


def test_loads_are_refused_to_an_update_too(tower: Asset) -> None:
    insert(tower, "[1,2)", "[2027-01-01,2028-01-01)", weight_kg=60)
    insert(tower, "[2,3)", "[2028-01-01,2029-01-01)", weight_kg=60)
    with refused("allocation_stays_within_loads"):
        execute("UPDATE registry_allocation SET period = '[2027-06-01,2029-01-01)' WHERE units = '[2,3)'")


def test_capacity_does_not_fall_below_what_is_held(tower: Asset) -> None:
    insert(tower, "[3,4)", "[2027-01-01,)")
    with refused("asset_capacity_holds_its_ledger"):
        execute("UPDATE registry_asset SET capacity = 2 WHERE id = %s", tower.pk)
    execute("UPDATE registry_asset SET capacity = 3 WHERE id = %s", tower.pk)
    tower.refresh_from_db()
    assert tower.capacity == 3


def test_capacity_may_fall_below_what_was_held_in_the_past(tower: Asset) -> None:
    insert(tower, "[3,4)", f"[2020-01-01,{day(0)})")
    execute("UPDATE registry_asset SET capacity = 2 WHERE id = %s", tower.pk)
    tower.refresh_from_db()
    assert tower.capacity == 2


def test_a_limit_does_not_fall_below_what_is_carried(tower: Asset) -> None:
    insert(tower, "[1,2)", "[2027-01-01,2028-01-01)", weight_kg=30)
    insert(tower, "[2,3)", "[2027-06-01,2028-06-01)", weight_kg=30)
    with refused("asset_limits_hold_its_ledger"):
        execute("UPDATE registry_asset SET weight_kg = 59 WHERE id = %s", tower.pk)
    execute("UPDATE registry_asset SET weight_kg = 60 WHERE id = %s", tower.pk)


def test_a_kind_never_changes(tower: Asset) -> None:
    with refused("asset_kind_is_final"):
        execute("UPDATE registry_asset SET kind = 'equipment_room' WHERE id = %s", tower.pk)


def test_units_used_today_follow_the_ledger(tower: Asset) -> None:
    insert(tower, "[1,3)", f"[{day(-10)},{day(1)})")
    insert(tower, "[3,4)", f"[{day(0)},)")
    insert(tower, "[1,3)", f"[{day(1)},)")
    tower.refresh_from_db()
    assert (tower.used_today, tower.free_today, tower.ledger_version) == (3, 1, 3)
    execute("DELETE FROM registry_allocation WHERE units = '[3,4)'")
    tower.refresh_from_db()
    assert (tower.used_today, tower.free_today, tower.ledger_version) == (2, 2, 4)


def test_only_holds_expire(tower: Asset) -> None:
    insert(tower, "[1,2)", "[2027-01-01,)")
    with refused("allocation_only_holds_expire"):
        execute("UPDATE registry_allocation SET purpose = 'held'")
    with refused("allocation_only_holds_expire"):
        execute("UPDATE registry_allocation SET held_until = now()")


@pytest.mark.parametrize(
    ("kind", "wkt"),
    [("tower", "LINESTRING(114 30, 115 30)"), ("duct", "POINT(114 30)"), ("fiber", "POLYGON((0 0,0 1,1 1,0 0))")],
)
def test_geometry_suits_its_kind(tower: Asset, kind: str, wkt: str) -> None:
    asset = factories.asset(tower.owner, kind)
    with refused("asset_geometry_suits_its_kind"):
        execute("UPDATE registry_asset SET geometry = ST_GeomFromText(%s, 4326) WHERE id = %s", wkt, asset.pk)


@pytest.mark.parametrize(
    ("x", "y"),
    [(180.1, 30), (180.000000001, 30), (-180.000000001, 30), (30, 114), (30, 90.000000001), (30, -90.000000001),
     ("NaN", 30), (30, "NaN"), ("NaN", "NaN"), ("Infinity", 30), (30, "-Infinity")],
)  # fmt: skip
def test_geometry_is_on_earth(tower: Asset, x: Any, y: Any) -> None:
    move = "UPDATE registry_asset SET geometry = ST_SetSRID(ST_MakePoint(%s, %s), 4326) WHERE id = %s"
    with refused("asset_geometry_is_on_earth"):
        execute(move, x, y, tower.pk)
    duct = factories.asset(tower.owner, "duct")
    with refused("asset_geometry_is_on_earth"):
        execute(
            "UPDATE registry_asset SET geometry = ST_SetSRID(ST_MakeLine("
            "ST_MakePoint(114, 30), ST_MakePoint(%s, %s)), 4326) WHERE id = %s",
            x,
            y,
            duct.pk,
        )


def test_the_edges_of_the_earth_are_on_it(tower: Asset) -> None:
    for x, y in ((180, 90), (-180, -90)):
        execute(
            "UPDATE registry_asset SET geometry = ST_SetSRID(ST_MakePoint(%s, %s), 4326) WHERE id = %s", x, y, tower.pk
        )


@pytest.mark.parametrize("sectors", [["rail"], ["telecom", "rail"], [*Sector.values, "rail"], [None]])
def test_sectors_are_known(tower: Asset, sectors: list[str | None]) -> None:
    with refused("asset_sectors_are_known"):
        execute("UPDATE registry_asset SET open_to_sectors = %s WHERE id = %s", sectors, tower.pk)


@pytest.mark.parametrize("sectors", [[], ["power", "telecom"], Sector.values, Sector.values[::-1]])
def test_known_sectors_are_taken_in_any_order(tower: Asset, sectors: list[str]) -> None:
    execute("UPDATE registry_asset SET open_to_sectors = %s WHERE id = %s", sectors, tower.pk)


def test_details_suit_their_kind(tower: Asset) -> None:
    with refused("details_suit_their_kind"):
        execute(
            "INSERT INTO registry_duct (asset_id, material, sub_ducts, fill_limit, hazardous_co_use, blocked)"
            " VALUES (%s, 'pvc', 0, 0.4, false, false)",
            tower.pk,
        )


def test_the_power_of_a_room_stays_within_its_cooling(tower: Asset) -> None:
    room = factories.asset(
        tower.owner, "equipment_room", capacity=42, power_kw=6, details={"cooling_kw": 8.0, "ac_power_kw": 10.0}
    )
    with refused("room_power_stays_within_cooling"):
        execute("UPDATE registry_asset SET power_kw = 9 WHERE id = %s", room.pk)
    with refused("room_power_stays_within_cooling"):
        execute("UPDATE registry_equipmentroom SET cooling_kw = 5 WHERE asset_id = %s", room.pk)


@pytest.mark.parametrize(
    ("column", "value", "constraint"),
    [
        ("structural_use_pct", "-1", "tower_use_is_not_negative"),
        ("free_height_max_m", "31", "tower_free_range_inside_height"),
        ("free_height_min_m", "29", "tower_free_range_is_ordered"),
        ("free_height_min_m", "-1", "tower_free_range_above_ground"),
        ("earthing_ohm", "-1", "tower_earthing_is_not_negative"),
    ],
)
def test_the_details_of_a_tower_are_checked(tower: Asset, column: str, value: str, constraint: str) -> None:
    execute(
        "UPDATE registry_tower SET height_m = 30, free_height_min_m = 20, free_height_max_m = 28 WHERE asset_id = %s",
        tower.pk,
    )
    with refused(constraint):
        execute(f"UPDATE registry_tower SET {column} = %s WHERE asset_id = %s", value, tower.pk)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE registry_disclosure SET reason = ''", "DELETE FROM registry_disclosure", "TRUNCATE registry_disclosure"],
)
def test_disclosures_are_never_changed(tower: Asset, statement: str) -> None:
    execute(
        "INSERT INTO registry_disclosure (asset_id, organization_id, reason, reference, disclosed_at)"
        " VALUES (%s, %s, 'consent', gen_random_uuid(), now())",
        tower.pk,
        tower.owner_id,
    )
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    with refused("rows_are_never_changed"):
        execute(statement)


def test_a_wrong_social_credit_code_is_refused(tower: Asset) -> None:
    execute("UPDATE registry_organization SET social_credit_code = '91350100M000100Y43' WHERE id = %s", tower.owner_id)
    with refused("organization_social_credit_code_checks"):
        execute(
            "UPDATE registry_organization SET social_credit_code = '91350100M000100Y44' WHERE id = %s", tower.owner_id
        )


def test_a_line_of_the_past_is_not_made_longer_beyond_the_capacity_of_today(tower: Asset) -> None:
    insert(tower, "[3,4)", f"[2020-01-01,{day(0)})")
    execute("UPDATE registry_asset SET capacity = 2 WHERE id = %s", tower.pk)
    with refused("allocation_stays_within_capacity"):
        execute("UPDATE registry_allocation SET period = %s", f"[2020-01-01,{day(1)})")


def test_a_line_of_the_past_is_not_made_longer_beyond_the_limits_of_today(tower: Asset) -> None:
    insert(tower, "[1,2)", f"[2020-01-01,{day(0)})", weight_kg=90)
    execute("UPDATE registry_asset SET weight_kg = 80 WHERE id = %s", tower.pk)
    with refused("allocation_stays_within_loads"):
        execute("UPDATE registry_allocation SET period = %s", f"[2020-01-01,{day(1)})")


def test_a_line_moves_to_no_asset_that_is_too_small_for_it(tower: Asset) -> None:
    small = factories.asset(tower.owner, capacity=2, weight_kg=50)
    insert(tower, "[3,4)", "[2027-01-01,)")
    insert(tower, "[1,2)", "[2027-01-01,)", weight_kg=60)
    with refused("allocation_stays_within_capacity"):
        execute("UPDATE registry_allocation SET asset_id = %s WHERE units = '[3,4)'", small.pk)
    with refused("allocation_stays_within_loads"):
        execute("UPDATE registry_allocation SET asset_id = %s WHERE units = '[1,2)'", small.pk)


def test_of_many_lines_written_at_once_one_too_many_refuses_all(tower: Asset) -> None:
    with refused("allocation_stays_within_loads"):
        execute(
            "INSERT INTO registry_allocation (asset_id, units, period, holder_id, weight_kg, purpose, created_at) "
            "SELECT %s, int4range(n, n+1), '[2027-01-01,)', %s, 40, 'granted', now() FROM generate_series(1, 3) n",
            tower.pk, tower.owner_id,
        )  # fmt: skip


LINES_STAND_ON_IT = "registry_allocation_asset_id_d5269740_fk_registry_asset_id"


def test_an_asset_does_not_go_and_come_again_smaller_under_its_lines(tower: Asset) -> None:
    insert(tower, "[3,4)", "[2027-01-01,)")
    with refused(LINES_STAND_ON_IT):
        execute("DELETE FROM registry_tower WHERE asset_id = %s", tower.pk)
        execute("DELETE FROM registry_asset WHERE id = %s", tower.pk)
    with refused(LINES_STAND_ON_IT):
        execute("UPDATE registry_asset SET id = id + 1000 WHERE id = %s", tower.pk)


def test_no_line_waits_for_an_asset_that_comes_later(tower: Asset) -> None:
    with refused(LINES_STAND_ON_IT):
        execute(
            "INSERT INTO registry_allocation (asset_id, units, period, holder_id, purpose, created_at) "
            "VALUES (%s, '[1,2)', '[2027-01-01,)', %s, 'granted', now())",
            tower.pk + 1000, tower.owner_id,
        )  # fmt: skip


def test_a_temporary_table_by_an_assets_name_hides_no_capacity(tower: Asset) -> None:
    execute("CREATE TEMPORARY TABLE registry_asset (LIKE public.registry_asset) ON COMMIT DROP")
    execute("CREATE TEMPORARY TABLE registry_allocation (LIKE public.registry_allocation) ON COMMIT DROP")
    with pytest.raises(IntegrityError, match="unit 5 does not exist"), transaction.atomic():
        execute(
            "INSERT INTO public.registry_allocation (asset_id, units, period, holder_id, purpose, created_at) "
            "VALUES (%s, '[5,6)', '[2027-01-01,)', %s, 'granted', now())",
            tower.pk, tower.owner_id,
        )  # fmt: skip


def test_every_trigger_looks_at_the_registrys_own_tables_first() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT proname FROM pg_proc
            WHERE prorettype = 'trigger'::regtype AND proname ~ '^(registry|sharing)_'
                AND coalesce('search_path=public, pg_temp' = ANY (proconfig), false) IS FALSE
            """
        )
        assert cursor.fetchall() == []


@pytest.mark.parametrize("hours", ["+167:00", "-167:00"])
def test_no_session_moves_the_day_of_the_ledger(tower: Asset, hours: str) -> None:
    execute(f"SET LOCAL TIME ZONE INTERVAL '{hours}' HOUR TO MINUTE")
    soon, over = f"[{day(0)},{day(5)})", f"[{day(-5)},{day(0)})"
    with refused("allocation_stays_within_capacity"):
        insert(tower, "[50,60)", soon)
    with refused("allocation_stays_within_loads"):
        insert(tower, "[1,2)", soon, weight_kg=101)
    insert(tower, "[3,5)", soon, weight_kg=90)
    with refused("asset_capacity_holds_its_ledger"):
        execute("UPDATE registry_asset SET capacity = 3 WHERE id = %s", tower.pk)
    with refused("asset_limits_hold_its_ledger"):
        execute("UPDATE registry_asset SET weight_kg = 89 WHERE id = %s", tower.pk)
    tower.refresh_from_db()
    assert tower.used_today == 2
    execute("UPDATE registry_allocation SET period = %s", over)
    execute("UPDATE registry_asset SET capacity = 3, weight_kg = 89 WHERE id = %s", tower.pk)
    execute("UPDATE registry_asset SET protection = 'core', protection_reason = 'x' WHERE id = %s", tower.pk)
    tower.refresh_from_db()
    assert (tower.used_today, tower.capacity, tower.protection_review_on) == (0, 3, day(365))


def test_every_function_that_asks_for_the_day_asks_in_the_registrys_time_zone(settings: Any) -> None:
    def zones() -> set[str | None]:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT DISTINCT (SELECT one FROM unnest(proconfig) AS one WHERE starts_with(one, 'TimeZone='))
                FROM pg_proc WHERE proname ~ '^(registry|sharing)_'
                    AND prosrc ~* 'CURRENT_DATE|CURRENT_TIME|LOCALTIME|::date|date_trunc|to_char'
                """
            )
            return {zone for (zone,) in cursor.fetchall()}

    assert zones() == {f"TimeZone={settings.TIME_ZONE}"}
    settings.TIME_ZONE = "Europe/Paris"
    tell_functions()
    assert zones() == {"TimeZone=Europe/Paris"}
