"""Where the assets of a kind stand, held in memory: how long lists find what is near enough.

The index is made for the very question: places sorted by bands of latitude and by longitude within, so that a box is a
run of places in each band that it meets. Beside a k-d tree it is built in a tenth of the time, and its boxes are those
that the database is asked for short lists, so that both find the same pairs. All places are the masked ones.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sharing.errors import TooWide
from sharing.matching.arrays import Flags, Floats, Ints, spans
from sharing.matching.geodesy import ecef, geodesics_m

BAND_DEGREES = 0.005
LON_STEPS = 10**7
"""Longitudes are compared in whole steps of a degree, 1 cm on the equator; boxes are rounded outwards."""

METRES_PER_DEGREE = 110_000.0
"""Less than a degree of latitude, or of longitude on the equator, is long anywhere on the ellipsoid."""

MOST_AT_ONCE = 2_000_000
"""Places in boxes that are measured at once."""

MOST_NEAR = 20_000_000
"""Places in the boxes of one search: what bounds its memory. A national list of 100,000 lines meets a million."""


@dataclass(frozen=True, slots=True)
class Places:
    """Point assets: id, owner, longitude and latitude, and Earth-centred metres, all in the order of `key`."""

    id: Ints
    owner: Ints
    lonlat: Floats
    xyz: Floats
    key: Ints

    def __len__(self) -> int:
        return int(self.id.size)

    @classmethod
    def of(cls, id: Ints, owner: Ints, lonlat: Floats) -> "Places":
        key = _key(_band(lonlat[:, 1]), lonlat[:, 0])
        order = np.argsort(key, kind="stable")
        lonlat = lonlat[order]
        return cls(id[order], owner[order], lonlat, ecef(lonlat), key[order])

    def take(self, rows: Flags) -> "Places":
        return Places(self.id[rows], self.owner[rows], self.lonlat[rows], self.xyz[rows], self.key[rows])

    def near(self, lonlat: Floats, radius_m: Floats) -> tuple[Ints, Ints, Floats]:
        """(row, place, metres) of every place within the radius of its row of `lonlat`. Raises TooWide."""
        row, box = boxes(lonlat[:, 0], lonlat[:, 1], radius_m)
        low = _band(box[:, 1])
        count = _band(box[:, 3]) - low + 1
        band, of_band = spans(low, count), np.repeat(np.arange(row.size, dtype=np.int64), count)
        west, east = _key(band, box[of_band, 0]), _key(band, box[of_band, 2])
        order = np.argsort(west)  # neighbours one after another, so that memory is read in order
        of_band = of_band[order]
        first = np.searchsorted(self.key, west[order], side="left").astype(np.int64)
        found = np.searchsorted(self.key, east[order], side="right") - first
        if (met := int(found.sum())) > MOST_NEAR:
            raise TooWide(met)
        centre = ecef(lonlat)
        near = []
        for run in _portions(found):
            place, asked = spans(first[run], found[run]), np.repeat(row[of_band[run]], found[run])
            off = self.xyz[place] - centre[asked]
            chord_m = np.sqrt(np.einsum("ij,ij->i", off, off))
            # The chord is never longer than the geodesic.
            close = np.flatnonzero(chord_m <= radius_m[asked])
            place, asked = place[close], asked[close]
            metres = geodesics_m(lonlat[asked], self.lonlat[place], chord_m[close], radius_m[asked])
            within = metres <= radius_m[asked]
            near.append((asked[within], place[within], metres[within]))
        asked, place, metres = (np.concatenate(column) for column in zip(*near, strict=True))
        return asked, place, metres


def boxes(lon: Floats, lat: Floats, radius_m: Floats) -> tuple[Ints, Floats]:
    """Boxes in degrees that hold every point within each radius: (row, (west, south, east, north)).

    A circle over the antimeridian has two boxes, one over a pole the whole turn.
    """
    high = radius_m / METRES_PER_DEGREE
    narrowest = np.cos(np.radians(np.minimum(np.abs(lat) + high, 90.0)))
    wide = np.where(narrowest * METRES_PER_DEGREE * 180.0 <= radius_m, 180.0, 0.0)
    flat = wide == 0.0
    wide[flat] = np.minimum(high[flat] / narrowest[flat], 180.0)
    west, east = np.where(wide < 180.0, lon - wide, -180.0), np.where(wide < 180.0, lon + wide, 180.0)
    row = np.arange(lon.size, dtype=np.int64)
    box = np.column_stack((west, np.maximum(lat - high, -90.0), east, np.minimum(lat + high, 90.0)))
    beyond = np.flatnonzero((west < -180.0) | (east > 180.0))
    turned = box[beyond].copy()
    turned[:, [0, 2]] += np.where(west[beyond] < -180.0, 360.0, -360.0)[:, None]
    return np.concatenate((row, beyond)), np.concatenate((box, turned))


def _portions(count: Ints) -> list[slice]:
    """Runs of rows that add up to about MOST_AT_ONCE; at least one, which may be empty."""
    portion = np.cumsum(count) // MOST_AT_ONCE
    edge = [0, *(np.flatnonzero(np.diff(portion)) + 1).tolist(), count.size]
    return [slice(begin, end) for begin, end in pairwise(edge)]


def _band(lat: Floats) -> Ints:
    return np.floor((lat + 90.0) / BAND_DEGREES).astype(np.int64)


def _key(band: Ints, lon: Floats) -> Ints:
    # Boxes that go round the antimeridian reach beyond 180 degrees.
    steps = np.floor((np.clip(lon, -180.0, 180.0) + 180.0) * LON_STEPS).astype(np.int64)
    return np.asarray((band << 32) | steps, dtype=np.int64)
