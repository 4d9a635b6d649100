"""A list as an open file, gone from the disk as soon as it is closed."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from registry.exports.formats import Format, write
from registry.exports.table import Table


def opened(format: Format, tables: Sequence[Table], name: str) -> Any:
    """The tables in the format, open for reading. Raises ExportRefused."""
    with tempfile.TemporaryDirectory(prefix="export-") as folder:
        path = Path(folder) / name
        write(format, tables, path)
        # Its name goes with the folder; what it holds, when it is closed.
        return path.open("rb")
