"""A list as a file to take along, gone from the disk as soon as it has been sent."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from django.http import FileResponse

from registry.exports.formats import Format, write
from registry.exports.table import Table


def attached(format: Format, tables: Sequence[Table], name: str) -> FileResponse:
    """The tables in the format, as an answer. name: of the file, without its ending. Raises ExportRefused."""
    filename = f"{name}.{format.suffix}"
    with tempfile.TemporaryDirectory(prefix="export-") as folder:
        path = Path(folder) / filename
        write(format, tables, path)
        # Its name goes with the folder; what it holds, when it is closed.
        file = path.open("rb")
    return FileResponse(file, as_attachment=True, filename=filename, content_type=format.media_type)
