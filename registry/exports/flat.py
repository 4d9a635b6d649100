"""What the API shows, in one level of names, as the cells of a table."""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.functional import Promise


class Encoder(DjangoJSONEncoder):
    """Decimals as numbers."""

    def default(self, o: Any) -> Any:
        if isinstance(o, Decimal):
            return int(o) if o == o.to_integral_value() else float(o)
        if isinstance(o, Promise):
            return str(o)
        if isinstance(o, datetime):
            return o.isoformat()
        return super().default(o)


def to_json(data: Any) -> bytes:
    return json.dumps(data, cls=Encoder, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def flattened(shown: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Names of nested values joined by dots, lists by semicolons; a geometry (by its coordinates) becomes WKT."""
    flat: dict[str, Any] = {}
    for name, value in shown.items():
        if isinstance(value, dict) and "coordinates" in value:
            flat[prefix + name] = GEOSGeometry(json.dumps(value)).wkt
        elif isinstance(value, dict):
            flat |= flattened(value, f"{prefix}{name}.")
        elif isinstance(value, list) and any(isinstance(part, dict | list) for part in value):
            flat[prefix + name] = to_json(value).decode()
        elif isinstance(value, list):
            flat[prefix + name] = ";".join(map(str, value))
        else:
            flat[prefix + name] = value
    return flat
