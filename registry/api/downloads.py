"""Lists as files: which formats an address has, in which coordinates, and the file as an answer."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse

from registry.api.pagination import CURSOR, LIMIT
from registry.api.problems import bad_parameter
from registry.api.renderers import FileRenderer
from registry.exports.files import attached
from registry.exports.formats import FORMATS, Format
from registry.exports.systems import known_system
from registry.exports.table import ExportRefused
from registry.importing.coordinates import WGS84

CRS = "crs"
# These stream, in WGS 84.
STREAMED = ("csv", "geojson")
# What rows that are no list of objects can be taken along as.
SHEETS = (FORMATS["csv"], FORMATS["xlsx"])


def renderers_of(view: Any) -> list[FileRenderer]:
    """Of the formats that are always files; those of places only where the list has some."""
    return FileRenderer.of(
        *(
            format
            for format in FORMATS.values()
            if format.name not in STREAMED
            and (view.place or not format.needs_place)
            and format.only in ("", view.nouns)
        )
    )


def described(media_types: Iterable[str], description: str) -> dict[tuple[int, str], OpenApiResponse]:
    """Answers that are files, for the schema."""
    return {(200, one): OpenApiResponse(OpenApiTypes.BINARY, description=description) for one in media_types}


def is_file(view: Any) -> bool:
    """Whether the call is answered with a file that is made first. Raises the problem 400 for what makes no sense."""
    renderer, stated = view.request.accepted_renderer, CRS in view.request.query_params
    if stated and not (renderer.exports and view.place):
        raise bad_parameter(CRS, _("Only downloads of places have it: CSV, GeoJSON and the files."))
    return isinstance(renderer, FileRenderer) or (stated and system_of(view) != WGS84)


def system_of(view: Any) -> str:
    """The coordinate system that the call asks for. Raises the problem 400."""
    try:
        return known_system(view.request.query_params.get(CRS, WGS84))
    except ExportRefused as refused:
        raise bad_parameter(CRS, str(refused)) from refused


def asked(view: Any, format: Format) -> tuple[QuerySet[Any], str]:
    """The whole list that the call asks for, and the system of its places. Raises the problem 400."""
    for name in (LIMIT, CURSOR):
        if name in view.request.query_params:
            raise bad_parameter(name, _("A file holds the whole list: leave it out."))
    wanted = view.wanted_fields()
    if format.needs_place and wanted is not None and view.place not in wanted:
        raise bad_parameter("fields", _("A map file needs the place: name %(field)s too.") % {"field": view.place})
    queryset = view.filter_queryset(view.get_queryset())
    view.in_order(queryset)
    return queryset, system_of(view)


def answer(view: Any) -> FileResponse:
    """The whole list as a file. Raises the problem 400 where it is too long for a call, or no such file holds it."""
    format = FORMATS[view.request.accepted_renderer.format]
    queryset, crs = asked(view, format)
    rows = queryset.count()
    if rows > format.at_once:
        raise bad_parameter(
            "format",
            _("%(rows)d rows take longer than a call may: order them with POST /api/v1/export-jobs/.")
            % {"rows": rows},
            "too_many",
        )
    try:
        with view.tables(queryset, format, crs) as tables:
            return attached(format, tables, view.nouns.replace(" ", "-"))
    except ExportRefused as refused:
        raise bad_parameter("format", str(refused), "not_possible") from refused
