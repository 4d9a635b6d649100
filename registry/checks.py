"""Checks at start-up: the geospatial libraries and the servers are those the registry is built on, and settings suit
each other."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.contrib.gis.gdal import GDAL_VERSION
from django.contrib.gis.geos.libgeos import geos_version_tuple
from django.core.checks import CheckMessage, Error
from django.db import connections

OLDEST_GDAL = (3, 8)
OLDEST_GEOS = (3, 11)
OLDEST_POSTGRESQL = 15_00_00
OLDEST_POSTGIS = (3, 3)


def geospatial_libraries(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E001: GDAL or GEOS is older than what pyogrio's and shapely's wheels bring."""
    found = {"GDAL": (GDAL_VERSION[:2], OLDEST_GDAL), "GEOS": (geos_version_tuple()[:2], OLDEST_GEOS)}
    return [
        Error(
            f"{library} is {'.'.join(map(str, version))}; at least {'.'.join(map(str, oldest))} is needed.",
            hint=f"Unset {library}_LIBRARY_PATH to use the one of the virtual environment.",
            id="registry.E001",
        )
        for library, (version, oldest) in found.items()
        if version < oldest
    ]


def servers(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """E002: PostgreSQL or PostGIS is too old for multiranges or the functions used."""
    errors: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version_num')::int")
            postgresql = cursor.fetchone()[0]
            cursor.execute("SELECT default_version FROM pg_available_extensions WHERE name = 'postgis'")
            row = cursor.fetchone()
        postgis = tuple(int(part) for part in row[0].split(".")[:2]) if row else (0, 0)
        if postgresql < OLDEST_POSTGRESQL or postgis < OLDEST_POSTGIS:
            errors.append(
                Error(
                    f"Database {alias} has PostgreSQL {postgresql // 10000} and PostGIS {postgis[0]}.{postgis[1]}.",
                    hint="PostgreSQL 15 with PostGIS 3.3, or newer, is needed.",
                    id="registry.E002",
                )
            )
    return errors


def patience_of_the_broker(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """E003: a task that still runs would be handed to a second worker as well."""
    patience_s = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    if patience_s > settings.CELERY_TASK_TIME_LIMIT:
        return []
    return [
        Error(
            f"CELERY_VISIBILITY_TIMEOUT_S is {patience_s}: tasks may run for {settings.CELERY_TASK_TIME_LIMIT} s, and"
            " would be handed to a second worker while they still do.",
            hint=f"Set it above {settings.CELERY_TASK_TIME_LIMIT}; 900 is the default.",
            id="registry.E003",
        )
    ]
