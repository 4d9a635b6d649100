import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from registry.models import Asset
from tests import factories

pytestmark = pytest.mark.django_db
KEYS = ["rows", "created", "updated", "unchanged", "rejected", "warnings", "encoding", "crs", "seconds"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    factories.organization("owner")
    path = tmp_path / "towers.csv"
    path.write_bytes("编号;经度;纬度;塔高\nA1;114,3;30,5;12\nA2;30,5;114,3;12\n".encode("gb18030"))
    return path


def run(path: Path, *arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("import_assets", str(path), "--owner=owner", "--kind=tower", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_json_is_one_object_and_nothing_else(file: Path) -> None:
    out, err = run(file, "--json", "--set", "mounts=2")
    printed = json.loads(out)
    assert (list(printed), err) == (KEYS, "")
    seconds = printed.pop("seconds")
    assert seconds > 0
    assert printed == {
        "rows": 2,
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "rejected": 1,
        "warnings": [],
        "encoding": "gb18030",
        "crs": "EPSG:4326",
    }


def test_warnings_name_row_and_column(file: Path) -> None:
    file.write_text("code,lon,lat,region\nA1,2.3,48.8,\n")
    assert json.loads(run(file, "--json", "--set", "mounts=2")[0])["warnings"] == [
        {"row": 2, "column": "lon", "text": "The place lies outside the country of its region."}
    ]


def test_the_report_shows_what_was_detected_and_what_was_not_used(file: Path) -> None:
    rejects = file.with_name("rejects.csv")
    out, err = run(file, "--rejects", str(rejects), "--map", "塔高=height_m")
    assert 'Read as: CSV, encoding gb18030, delimiter ;, quotes ", coordinates in EPSG:4326' in out
    assert "2 rows: 1 created, 0 updated, 0 unchanged, 1 rejected" in out
    assert "row 3 [经度]: The latitude 114.3 is impossible" in out
    assert str(rejects) in out
    assert err.splitlines() == ["Reading towers.csv …", "Checking 2 rows …", "Writing …"]
    assert rejects.read_text(encoding="utf-8-sig").splitlines()[0] == "row,column,reason,编号,经度,纬度,塔高"


@pytest.mark.parametrize("name", ["no-such-folder/rejects.csv", "."])
def test_where_the_rejected_rows_cannot_be_kept_nothing_lands(file: Path, name: str) -> None:
    with pytest.raises(CommandError, match="cannot be written: name another file for --rejects"):
        run(file, "--rejects", str(file.parent / name))
    assert Asset.objects.count() == 0


def test_a_dry_run_says_so(file: Path) -> None:
    assert "Dry run: nothing was written." in run(file, "--dry-run")[0]
    assert Asset.objects.count() == 0


@pytest.mark.parametrize(
    ("argument", "why"),
    [
        ("--map=height", "two sides of an equals sign"),
        ("--set=colour=red", "no field “colour”"),
        ("--crs=EPSG:99", "not known"),
        ("--layer=x", "has no layers"),
    ],
)
def test_what_cannot_be_done_is_an_error_and_writes_nothing(file: Path, argument: str, why: str) -> None:
    with pytest.raises(CommandError, match=why):
        run(file, argument)
    assert Asset.objects.count() == 0
