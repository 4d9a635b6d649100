"""Files that an attacker sends, at every door: a clear error within two seconds and 300 MB, nothing written, and no
address called."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from registry.models import ImportJob, JobStatus, Organization, Role
from sharing.models import ListStatus
from tests import factories
from tests.assurance.bad_input.attacks import ATTACKS, GROUPS, VRT
from tests.assurance.bad_input.conftest import Taking
from tests.assurance.bad_input.rows import nothing_written
from tests.assurance.conftest import LONG
from tests.calls import Caller
from tests.uncalled import Uncalled

pytestmark = pytest.mark.django_db(transaction=True)

# Each format once; the long run sends every file through every command.
EVERYWHERE = (
    "a workbook of one cell in the last corner", "an archive of many members", "VRT that says it is KML",
    "an area that crosses itself millions of times", "an outline of slanting teeth", "CSV of millions of rows",
    "a GeoPackage with a view without end",
)  # fmt: skip
COMMANDS = (
    ("import_assets", "--owner=grid", "--kind=tower"),
    ("import_terrain", "--owner=grid"),
    ("import_regions", "--scheme=iso3166-2"),
    ("import_organizations",),
    ("import_demands", "--party=grid", "--title=Bad"),
)
NO_ERROR = "error of the registry"


@pytest.fixture
def manager(stored: None) -> Caller:
    return Caller(factories.member(factories.organization("grid"), Role.MANAGER))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bad")


def file_of(name: str, folder: Path, nobody: Uncalled) -> Path:
    path = folder / re.sub(r"\W+", "-", name)
    if not path.exists():
        ATTACKS[name].make(path, nobody.address)
    return path


def sent(path: Path) -> SimpleUploadedFile:
    return SimpleUploadedFile("towers.csv", path.read_bytes())


def said_of(job: ImportJob) -> str:
    """Why it was refused, as a whole or row by row."""
    assert job.status == JobStatus.FAILED or job.report["rejected"] == job.report["rows"], job.report
    return " ".join([job.error, *(row["reason"] for row in job.rejected)])


@pytest.mark.parametrize("group", GROUPS)
def test_an_upload_is_refused_and_nothing_written(
    group: str, manager: Caller, taking: Taking, made: Path, nobody: Uncalled
):
    for name, bad in GROUPS[group].items():
        path, kind = file_of(name, made, nobody), "duct" if group == "places" else "tower"
        with nothing_written(name, registry_importjob=1):
            answer = manager.upload("import-jobs/assets/", file=sent(path), owner="grid", kind=kind)
            assert answer.status_code == 202, answer.content
            taking("jobs")
        said = said_of(ImportJob.objects.latest("pk"))
        assert re.search(bad.says, said), (name, said)
        assert NO_ERROR not in said and "/tmp/" not in said, name
        assert nobody.calls == 0, name


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_file_of_a_command_is_refused_and_nothing_written(
    command: tuple[str, ...], manager: Caller, taking: Taking, made: Path, nobody: Uncalled
):
    for name in ATTACKS if LONG else EVERYWHERE:
        with nothing_written(name):
            said = taking(command[0], str(file_of(name, made, nobody)), *command[1:])
        whole, by_row = re.match("refused: .+", said), re.search(r" 0 created, 0 updated, 0 unchanged, [1-9]", said)
        assert whole or by_row, (name, said)
        assert nobody.calls == 0, name


DOORS = {
    "the wizard": ("/imports/", {"owner": "grid", "kind": "tower"}),
    "the API, of demands": ("/api/v1/import-jobs/demands/", {"party": "grid", "title": "Bad"}),
    "a new list": ("/lists/upload/", {"party": "{grid}", "title": "Bad"}),
    "a draft": ("/lists/{list}/upload/", {}),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", ["VRT that says it is KML", "a workbook of one cell in the last corner"])
def test_every_door_leads_to_the_same_refusal(
    name: str, door: str, manager: Caller, taking: Taking, made: Path, nobody: Uncalled
):
    grid = Organization.objects.get(code="grid")
    draft = factories.demand_list(grid, ListStatus.DRAFT, title="Draft")
    address, fields = (
        DOORS[door][0].format(list=draft.pk),
        {k: v.format(grid=grid.pk) for k, v in DOORS[door][1].items()},
    )
    with nothing_written(door, registry_importjob=1):
        answer = manager.client.post(address, {**fields, "file": sent(file_of(name, made, nobody))})
        assert answer.status_code in (202, 302), answer.context["form"].errors
        taking("jobs")
    assert re.search(ATTACKS[name].says, said_of(ImportJob.objects.get()))
    assert nobody.calls == 0


def test_pasted_rows_are_a_table_and_nothing_else(manager: Caller, taking: Taking, nobody: Uncalled):
    draft = factories.demand_list(Organization.objects.get(code="grid"), ListStatus.DRAFT, title="Draft")
    rows = VRT.replace("ADDRESS", nobody.address) + "\nx"
    with nothing_written("paste", registry_importjob=1):
        answer = manager.client.post(f"/lists/{draft.pk}/paste/", {"rows": rows})
        assert answer.status_code == 302, answer.content
        taking("jobs")
    assert "none of: CSV" in said_of(ImportJob.objects.get())
    assert nobody.calls == 0


OPTIONS = {
    "layer": ["/vsicurl/ADDRESS/x.csv", "../x", "x' OR 1=1"],
    "crs": ["/etc/passwd", "+init=/etc/passwd:1", "ADDRESS/4326", "+proj=pipeline +step +grids=/etc/passwd"],
    "encoding": ["zlib", "base64", "../../x", "undefined"],
    "filename": ["/vsicurl/ADDRESS/x.csv", "../../../etc/x.csv", "x\0.csv", "CSV:/etc/passwd", "a" * 5000 + ".csv"],
}


@pytest.mark.parametrize(("option", "value"), [(name, value) for name, values in OPTIONS.items() for value in values])
def test_how_a_file_is_to_be_read_leads_nowhere_else(
    option: str, value: str, manager: Caller, taking: Taking, nobody: Uncalled, uploads: Path
):
    value = value.replace("ADDRESS", nobody.address)[:5_000]
    content = b'{"type": "FeatureCollection", "features": []}' if option == "layer" else b"code,lon,lat\nx,9999,9\n"
    file = SimpleUploadedFile("x.csv", content)
    if option == "filename":
        file._name = value  # what a browser would not send
    fields: dict[str, Any] = {} if option == "filename" else {option: value}
    before = set(uploads.rglob("*"))
    answer = manager.upload("import-jobs/assets/", file=file, owner="grid", kind="tower", **fields)
    if answer.status_code == 202:
        taking("jobs")
        assert NO_ERROR not in said_of(ImportJob.objects.get())
    else:
        assert answer.status_code == 400, answer.content
    assert nobody.calls == 0
    written = {path for path in set(uploads.rglob("*")) - before if path.is_file()}
    assert {path.parents[2] for path in written} <= {uploads / "imports"}


def test_a_file_that_is_too_large_is_refused_where_it_arrives(manager: Caller, client: Client, monkeypatch: Any):
    monkeypatch.setattr("registry.importing.queueing.MOST_BYTES", 1_000)
    large = SimpleUploadedFile("x.csv", b"x" * 1_001)
    with nothing_written("too large"):
        answer = manager.upload("import-jobs/assets/", file=large, owner="grid", kind="tower")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
