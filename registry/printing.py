"""Printed pages: a template as a PDF, for letters, lists and reports."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.template.loader import render_to_string

from registry.models import looking


def pdf(template: str, context: Mapping[str, Any]) -> bytes:
    """A template that extends print/base.html as a tagged PDF on A4, in the language that is active.

    Nothing is loaded, neither from the network nor from files: a picture is drawn as SVG in the template, or written
    as a data: address.
    """
    # It loads Pango and its own fonts: a second of work and 30 MB that a process which prints nothing does not need.
    from weasyprint import HTML  # noqa: PLC0415
    from weasyprint.urls import URLFetcher  # noqa: PLC0415

    looking.in_a_file()
    page = HTML(string=render_to_string(template, dict(context)), url_fetcher=URLFetcher(allowed_protocols=("data",)))
    printed: bytes = page.write_pdf(pdf_tags=True)
    return printed


def attached(printed: bytes, name: str) -> HttpResponse:
    """A printed page as an answer to take along. name: of the file, without its ending."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.pdf"'}
    return HttpResponse(printed, content_type="application/pdf", headers=headers)
