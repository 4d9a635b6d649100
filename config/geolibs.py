"""GDAL and GEOS from the pyogrio and shapely wheels, so that no system GDAL is needed."""

import sysconfig
from pathlib import Path


def bundled(package: str, stem: str) -> str | None:
    """The shared library `stem` inside `package`'s wheel, or None where it was built without one.

    >>> bundled("pyogrio", "libgdal")  # doctest: +SKIP
    '.../site-packages/pyogrio.libs/libgdal-9c6d3a1f.so.38.3.12'
    """
    folder = Path(sysconfig.get_paths()["purelib"]) / f"{package}.libs"
    return next((str(path) for path in sorted(folder.glob(f"{stem}*"))), None)
