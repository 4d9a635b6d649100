"""How fast a file of assets lands, beside the same rows by `bulk_create`, and beside the fastest that PostgreSQL takes
them: one INSERT a table of rows that lie typed and checked in a table of its own already."""

import csv
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from django.contrib.gis.geos import Point
from django.db import connection, transaction

from registry.importing.assets import import_assets
from registry.importing.intake import Options
from registry.kinds import Kind
from registry.models import Asset, Organization, Region, Sector, Tower
from registry.models.asset import every_sector
from registry.models.region import GB_T_2260

ROWS = 100_000
REFERENCE_ROWS = 20_000
ROWS_PER_SECOND = 50_000
TIMES_BULK_CREATE = 10


def importing(rows: int = ROWS, reference_rows: int = REFERENCE_ROWS) -> list[dict[str, Any]]:
    """The figures of one run: rows a second from file to committed, of those by one INSERT a table, and how many times
    bulk_create's.

    Each has name, value, unit, limit, reference, ratio, and holds. bulk_create gets fewer rows, made beforehand, so
    that only writing is timed; nothing of any is kept.
    """
    rng = np.random.default_rng(2260)
    columns = rng.uniform(114.0, 114.6, rows), rng.uniform(30.4, 30.8, rows), rng.integers(80, 450, rows) / 10
    created, rate, inserted = (
        _undone(measure)
        for measure in (
            lambda owner: _bulk_create_rate(owner, *(column[:reference_rows] for column in columns)),
            lambda owner: _import_rate(owner, *columns),
            lambda owner: _insert_rate(owner, *columns),
        )
    )
    ratio = rate / created
    return [
        _figure("import_assets", rate, "rows/s", ROWS_PER_SECOND, inserted, rate / inserted, rate >= ROWS_PER_SECOND),
        _figure(
            "import_assets by bulk_create", ratio, "times", TIMES_BULK_CREATE, 1, ratio, ratio >= TIMES_BULK_CREATE
        ),
    ]


def _undone(measure: Callable[[Organization], float]) -> float:
    with transaction.atomic():
        rate = measure(_owner())
        transaction.set_rollback(True)
    return rate


def _import_rate(owner: Organization, *columns: np.ndarray) -> float:
    """Rows a second from the file to what a commit has checked."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "towers.csv"
        _write_csv(file, *columns)
        started = time.perf_counter()
        report = import_assets(file, owner=owner, kind=Kind.TOWER, options=Options())
        _check_foreign_keys()
        seconds = time.perf_counter() - started
    if report.created != len(columns[0]):
        raise RuntimeError(report.as_text())
    return report.created / seconds


def _insert_rate(owner: Organization, *columns: np.ndarray) -> float:
    """Rows a second of one INSERT into each of the two tables, with all that guards and finds their rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE typed (id bigint DEFAULT nextval(pg_get_serial_sequence('registry_asset', 'id')),"
            " n serial, x float, y float, height float) ON COMMIT DROP"
        )
        with cursor.copy("COPY typed (x, y, height) FROM STDIN") as copy:
            for row in zip(*(column.tolist() for column in columns), strict=True):
                copy.write_row(row)
        cursor.execute("ANALYZE typed")
        started = time.perf_counter()
        cursor.execute(
            """
            INSERT INTO registry_asset (
                id, owner_id, region_id, code, name, kind, status, geometry, capacity, weight_kg, open_to_sectors,
                price_per_unit_year, terms, protection, protection_reason, source, created_at, updated_at,
                used_today, ledger_version
            )
            SELECT id, %s, %s, 'R' || to_char(n, 'FM000000'), '站 ' || n, 'tower', 'in_service',
                ST_SetSRID(ST_MakePoint(x, y), 4326), 1 + n %% 6, 100 + n %% 400, %s,
                0, '', 'open', '', 'towers.csv', now(), now(), 0, 0
            FROM typed
            """,
            [owner.pk, owner.region_id, every_sector()],
        )
        cursor.execute(
            "INSERT INTO registry_tower (asset_id, structure_type, height_m) SELECT id, 'monopole', height FROM typed"
        )
        _check_foreign_keys()
        return len(columns[0]) / (time.perf_counter() - started)


def _figure(
    name: str, value: float, unit: str, limit: float, reference: float, ratio: float, holds: bool
) -> dict[str, Any]:
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "limit": limit,
        "reference": reference,
        "ratio": ratio,
        "holds": holds,
    }


def _owner() -> Organization:
    region, _created = Region.objects.get_or_create(
        scheme=GB_T_2260, code="420100", defaults={"name": "武汉市", "prefix": "4201"}
    )
    return Organization.objects.create(
        code="benchmark-importing", name="Benchmark", sector=Sector.TELECOM, region=region
    )


def _write_csv(path: Path, *columns: np.ndarray) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["编号", "名称", "经度", "纬度", "塔高（米）", "抱杆数", "承重"])
        writer.writerows(
            [f"T{n:06}", f"站 {n}", f"{x:.7f}", f"{y:.7f}", f"{h:.1f}", 1 + n % 6, 100 + n % 400]
            for n, (x, y, h) in enumerate(zip(*columns, strict=True))
        )


def _check_foreign_keys() -> None:
    """What a commit would do, inside the time that is measured."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _bulk_create_rate(owner: Organization, *columns: np.ndarray) -> float:
    """Rows a second of Asset and Tower by bulk_create, as a plain Django import would write them."""
    made = [
        (
            Asset(
                owner=owner, code=f"B{n:06}", name=f"站 {n}", kind=Kind.TOWER, region=owner.region,
                geometry=Point(x, y, srid=4326), capacity=1 + n % 6, weight_kg=100 + n % 400,
            ),
            float(h),
        )
        for n, (x, y, h) in enumerate(zip(*columns, strict=True))
    ]  # fmt: skip
    started = time.perf_counter()
    assets = Asset.objects.bulk_create([asset for asset, _height in made], batch_size=1000)
    heights = [height for _asset, height in made]
    Tower.objects.bulk_create(
        [Tower(asset=asset, height_m=height) for asset, height in zip(assets, heights, strict=True)], batch_size=1000
    )
    _check_foreign_keys()
    return len(made) / (time.perf_counter() - started)
