"""GDAL for files from strangers: of its seventy formats only those asked for, and no address fetched.

GDAL tries a file with every driver it has, and some of them read what a file names: VRT another file or address, GDALG
whole commands, GeoJSON the address of a coordinate system.
"""

import ctypes
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from django.contrib.gis.gdal.libgdal import lgdal


@contextmanager
def _without_pandas() -> Iterator[None]:
    """pyogrio takes pandas along where it finds it: 50 MB of memory for what is never used here."""
    found = sys.modules.get("pandas")
    sys.modules["pandas"] = found  # type: ignore[assignment] # None is as if it were not installed
    try:
        yield
    finally:
        if found is None:
            del sys.modules["pandas"]


with _without_pandas():
    pyogrio = import_module("pyogrio")

# As megabytes. Of GeoJSON: of one feature, since GDAL takes it apart whole. Of OSM: of the nodes it keeps in memory
# before it goes to disk.
LIMITS = {"OGR_GEOJSON_MAX_OBJ_SIZE": "35", "OSM_MAX_TMPFILE_SIZE": "20"}
LARGE_FEATURE = "OGR_GEOJSON_MAX_OBJ_SIZE"
"""What GDAL's words hold where a feature is larger than that."""
RESULT_BYTES = 256  # more than a CPLHTTPResult has
_FETCHED = ctypes.CFUNCTYPE(ctypes.c_void_p, *[ctypes.c_void_p] * 6)
_DRIVER, _NAME = ctypes.c_void_p, ctypes.c_char_p


def _function(name: str, result: Any, *arguments: Any) -> Any:
    function = lgdal[name]
    function.restype, function.argtypes = result, arguments
    return function


_count = _function("GDALGetDriverCount", ctypes.c_int)
_at = _function("GDALGetDriver", _DRIVER, ctypes.c_int)
_name = _function("GDALGetDriverShortName", _NAME, _DRIVER)
_register = _function("GDALRegisterDriver", ctypes.c_int, _DRIVER)
_deregister = _function("GDALDeregisterDriver", None, _DRIVER)
_allocate = _function("CPLCalloc", ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t)
_set_fetch = _function("CPLHTTPSetFetchCallback", None, ctypes.c_void_p, ctypes.c_void_p)


def _nothing(*_call: Any) -> Any:
    """What GDAL calls in place of fetching an address: an answer without content, which is GDAL's to free. Without any
    answer it would go and fetch after all."""
    return _allocate(1, RESULT_BYTES)


_no_fetch = _FETCHED(_nothing)


@contextmanager
def only(names: Collection[str]) -> Iterator[None]:
    """Within, GDAL has the drivers of these names alone, for the process as a whole."""
    drivers = [_at(n) for n in range(_count())]
    pyogrio.set_gdal_config_options(LIMITS)
    _set_fetch(_no_fetch, None)
    for driver in drivers:
        if _name(driver).decode() not in names:
            _deregister(driver)
    try:
        yield
    finally:
        for driver in drivers:
            _deregister(driver)
        for driver in drivers:  # in their order, in which they are tried
            _register(driver)
        _set_fetch(None, None)
