"""Printed pages: their texts can be read back, in Chinese too, and nothing is loaded to make them."""

import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from django.test import override_settings
from django.utils import translation
from pypdf import PdfReader

from registry.printing import pdf

PICTURE = bytes.fromhex("47494638396101000100800000ff0000ffffff2c00000000010001000002024401003b")  # a red GIF, 1 × 1


@pytest.fixture
def page(tmp_path: Path, settings) -> Iterator[Path]:
    """Where a template of the test's own is written."""
    backend = {**settings.TEMPLATES[0], "DIRS": [str(tmp_path)]}
    with override_settings(TEMPLATES=[backend]):
        yield tmp_path / "page.html"


def write(page: Path, body: str) -> None:
    page.write_text(
        '{% extends "print/base.html" %}{% block title %}Letter{% endblock %}{% block content %}'
        + body
        + "{% endblock %}",
        encoding="utf-8",
    )


def test_it_prints_both_languages_with_fonts_of_their_own(page: Path):
    write(page, "<h1>{{ heading }}</h1><p>Granted: 2 mounts</p>")

    with translation.override("zh-hans"):
        printed = PdfReader(io.BytesIO(pdf("page.html", {"heading": "共建共享决定书 <b>"})))

    [sheet] = printed.pages
    text = sheet.extract_text()
    assert "共建共享决定书 <b>" in text and "Granted: 2 mounts" in text and "1 / 1" in text
    assert printed.metadata and printed.metadata.title == "Letter"
    assert printed.trailer["/Root"]["/Lang"] == "zh-hans"
    assert [round(float(side)) for side in sheet.mediabox[2:]] == [595, 842]


def test_long_tables_go_on_with_their_heading(page: Path):
    write(
        page,
        "<table><thead><tr><th>Unit</th></tr></thead>{% for n in rows %}<tr><td>{{ n }}</td></tr>{% endfor %}</table>",
    )

    printed = PdfReader(io.BytesIO(pdf("page.html", {"rows": range(100)})))

    assert len(printed.pages) > 1
    assert all("Unit" in sheet.extract_text() for sheet in printed.pages)


def test_it_loads_nothing_from_the_network_or_from_files(page: Path, tmp_path: Path):
    asked: list[str] = []

    class Listening(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "image/gif")
            self.end_headers()
            self.wfile.write(PICTURE)

        def log_message(self, format: str, *args: object) -> None:
            pass

    (tmp_path / "secret.gif").write_bytes(PICTURE)
    server = HTTPServer(("127.0.0.1", 0), Listening)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        write(
            page,
            f'<img src="http://127.0.0.1:{server.server_port}/a.gif"><img src="file://{tmp_path}/secret.gif">'
            f'<link rel="stylesheet" href="http://127.0.0.1:{server.server_port}/a.css"><p>Text</p>',
        )
        printed = PdfReader(io.BytesIO(pdf("page.html", {})))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

    assert asked == []
    assert [image for sheet in printed.pages for image in sheet.images] == []
    assert "Text" in printed.pages[0].extract_text()


def test_a_picture_written_into_the_page_is_printed(page: Path):
    write(page, '<img src="data:image/gif;base64,R0lGODlhAQABAIAAAP8AAP///ywAAAAAAQABAAACAkQBADs=">')

    [sheet] = PdfReader(io.BytesIO(pdf("page.html", {}))).pages

    assert len(sheet.images) == 1
