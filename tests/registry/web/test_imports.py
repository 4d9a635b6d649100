"""The way of a file: dropped, looked into, mapped, landed, undone."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from registry import tasks
from registry.importing import queueing
from registry.importing.intake import Options
from registry.importing.preview import preview
from registry.kinds import Kind
from registry.models import Asset, ImportJob, Role
from tests import factories

pytestmark = pytest.mark.django_db
FILE = "nr;经度;纬度;塔高\nT-1;114.31;30.59;35\nT-2;114.32;30.59;x\n"
PAGE_QUERIES = 5


@pytest.fixture(autouse=True)
def uploads(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def signed_in(client: Client, role: Role = Role.MANAGER, code: str = "grid") -> Client:
    client.force_login(factories.member(factories.organization(code), role))
    return client


def dropped(client: Client, content: str = FILE) -> ImportJob:
    file = SimpleUploadedFile("towers.csv", content.encode())
    answer = client.post("/imports/", {"owner": "grid", "kind": "tower", "file": file})
    job = ImportJob.objects.latest("pk")
    assert (answer.status_code, answer["Location"]) == (302, f"/imports/{job.pk}/")
    return job


def test_a_file_is_looked_into_before_anything_lands(client: Client, django_assert_num_queries):
    job = dropped(signed_in(client))
    waiting = client.get(f"/imports/{job.pk}/")
    assert 'hx-trigger="every 1s"' in waiting.content.decode()
    assert '<noscript><p class="hint">Reload the page to see how far it has come.' in waiting.content.decode()
    tasks.import_assets()

    with django_assert_num_queries(PAGE_QUERIES):
        page = client.get(f"/imports/{job.pk}/")

    text = page.content.decode()
    assert Asset.objects.count() == 0
    assert 'hx-trigger="every 1s"' not in text
    assert "Import 1 row" in text and 'class="cell-wrong">x<small>' in text
    assert page.context["form"].headings == ["nr", "经度", "纬度", "塔高"]


def test_a_column_is_mapped_the_file_lands_and_is_undone(client: Client):
    job = dropped(signed_in(client))
    tasks.import_assets()
    columns = {"column_0": "code", "column_1": "lon", "column_2": "lat", "column_3": "height_m", "capacity": "6"}

    client.post(f"/imports/{job.pk}/try/", columns)
    tasks.import_assets()
    assert client.post(f"/imports/{job.pk}/land/", columns)["Location"] == f"/imports/{job.pk}/"
    tasks.import_assets()

    assert list(Asset.objects.values_list("code", "capacity", "tower__height_m")) == [("T-1", 6, 35.0)]
    assert "T-2" in b"".join(client.get(f"/imports/{job.pk}/rejects/").streaming_content).decode()
    page = client.post(f"/imports/{job.pk}/undo/", follow=True)
    assert "1 asset was taken off again." in page.content.decode()
    assert Asset.objects.count() == 0


def test_columns_that_were_corrected_are_checked_again_before_the_file_lands(client: Client):
    """A press on “Import” beside columns just corrected, or corrected in another tab, lands nothing unseen."""
    job = dropped(signed_in(client), "nr;经度;纬度;塔高;mark\nT-1;114.31;30.59;35;核心\n")
    tasks.import_assets()
    shown = {f"column_{at}": name for at, name in enumerate(("code", "lon", "lat", "height_m", ""))}
    corrected = shown | {"column_4": "protection"}

    page = client.post(f"/imports/{job.pk}/land/", corrected, follow=True)
    tasks.import_assets()

    assert "so the file is checked again" in page.content.decode()
    job.refresh_from_db()
    assert (job.options["dry_run"], job.options["mapping"]["mark"], Asset.objects.count()) == (True, "protection", 0)
    client.post(f"/imports/{job.pk}/land/", shown)
    tasks.import_assets()
    assert Asset.objects.count() == 0
    client.post(f"/imports/{job.pk}/land/", shown | {"column_3": "lat"})
    assert ImportJob.objects.get(pk=job.pk).status == "done"
    client.post(f"/imports/{job.pk}/land/", shown)
    tasks.import_assets()
    assert list(Asset.objects.values_list("code", "protection")) == [("T-1", "open")]


def test_a_file_lands_by_the_form_that_its_columns_are_in(client: Client):
    job = dropped(signed_in(client))
    tasks.import_assets()

    text = client.get(f"/imports/{job.pk}/").content.decode()

    form = text[text.index(f'action="/imports/{job.pk}/try/"') :]
    assert form.index("Check again") < form.index(f'formaction="/imports/{job.pk}/land/"') < form.index("</form>")
    assert text.count("Import 1 row") == 1


def test_a_file_too_many_at_once_says_what_to_wait_for(client: Client):
    signed_in(client)
    for _n in range(queueing.MOST_UNFINISHED):
        dropped(client)
    file = SimpleUploadedFile("towers.csv", FILE.encode())
    answer = client.post("/imports/", {"owner": "grid", "kind": "tower", "file": file})
    assert answer.status_code == 422
    assert "Wait for one of your files to be taken in: 5 are under way." in answer.content.decode()


def test_two_columns_cannot_fill_one_field(client: Client):
    job = dropped(signed_in(client))
    tasks.import_assets()

    page = client.post(f"/imports/{job.pk}/try/", {"column_0": "code", "column_1": "lon", "column_2": "lon"})

    assert page.status_code == 422
    assert "“经度” fills this already." in page.content.decode()
    job.refresh_from_db()
    assert job.status == "done"


def test_a_file_that_cannot_be_read_says_why(client: Client):
    job = dropped(signed_in(client), "a,b\n1,2\n")
    tasks.import_assets()

    page = client.get(f"/imports/{job.pk}/")

    assert "No column of places or codes was recognised among: a, b" in page.content.decode()
    assert page.context["form"].headings == ["a", "b"]
    land = client.post(f"/imports/{job.pk}/land/", follow=True)
    assert "cannot be read as it is" in land.content.decode()


def test_an_import_of_others_is_as_if_it_were_not_there(client: Client):
    job = dropped(signed_in(client))
    other = signed_in(Client(), code="other")

    for address in ("", "rejects/"):
        assert other.get(f"/imports/{job.pk}/{address}").status_code == 404
    for verb in ("try", "land", "undo"):
        assert other.post(f"/imports/{job.pk}/{verb}/").status_code == 404


def test_editors_see_imports_and_start_none(client: Client):
    job = dropped(signed_in(client))
    editor = Client()
    editor.force_login(factories.member(job.organization, Role.EDITOR))

    assert "managers of the owner" in editor.get("/imports/").content.decode()
    assert editor.post(f"/imports/{job.pk}/land/").status_code == 403
    file = SimpleUploadedFile("towers.csv", FILE.encode())
    assert editor.post("/imports/", {"owner": "grid", "kind": "tower", "file": file}).status_code == 422
    assert ImportJob.objects.count() == 1


@pytest.mark.parametrize("kind", Kind.values)
@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_a_template_is_read_back_column_by_column(client: Client, tmp_path: Path, kind: str, format: str):
    signed_in(client)
    answer = client.get(f"/imports/templates/{kind}.{format}")
    path = tmp_path / f"template.{format}"
    path.write_bytes(answer.content)
    owner = factories.organization()

    seen = preview(path, owner=owner, kind=kind, options=Options())

    assert seen["rows"] == []
    assert set(seen["headings"]) == set(seen["columns"])
    assert client.get(f"/imports/templates/{kind}.exe").status_code == 404


def test_older_files_are_on_further_pages(client: Client):
    browser = signed_in(client)
    first = dropped(browser)
    given = {"organization": first.organization, "created_by": first.created_by, "options": {"kind": "tower"}}
    ImportJob.objects.bulk_create(ImportJob(filename=f"{n}.csv", target="assets", **given) for n in range(50))
    newest = browser.get("/imports/").content.decode()
    oldest = browser.get("/imports/?page=2").content.decode()
    assert 'rel="next" href="?page=2"' in newest and "49.csv" in newest and "towers.csv" not in newest
    assert f'<a href="/imports/{first.pk}/">towers.csv</a>' in oldest
    assert "49.csv" not in oldest
