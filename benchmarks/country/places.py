"""Where things stand in the made-up country: around the real stations of China's power grid, which lie where people
live (OpenStreetMap, sharing/demo/data/power_asia_osm), in cities of very different sizes."""

import csv
from pathlib import Path

import numpy as np

from sharing.matching.arrays import Floats

STATIONS = (
    Path(__file__).resolve().parents[2] / "sharing" / "demo" / "data" / "power_asia_osm" / "highvoltage_vertices.csv"
)
WEST, SOUTH, EAST, NORTH = 97.0, 20.0, 125.0, 42.0
KM_PER_DEGREE = 111.0


def places(count: int, rng: np.random.Generator) -> Floats:
    """Longitude and latitude, shape (count, 2). City sizes follow Zipf; a city is 4 to 16 km wide (one standard
    deviation), the same cities for every `rng`."""
    centres = _centres()
    fixed = np.random.default_rng(165)
    share = 1 / (10 + fixed.permutation(len(centres)))
    width = fixed.uniform(4.0, 16.0, len(centres)) / KM_PER_DEGREE
    city = rng.choice(len(centres), count, p=share / share.sum())
    off = rng.standard_normal((count, 2)) * width[city][:, None]
    off[:, 0] /= np.cos(np.radians(centres[city, 1]))
    return np.asarray(centres[city] + off, dtype=np.float64)


def _centres() -> Floats:
    with STATIONS.open(encoding="utf-8", newline="") as file:
        stations = {
            (round(float(row["lon"]), 2), round(float(row["lat"]), 2))
            for row in csv.DictReader(file, delimiter="#")
            if row["typ"] not in ("joint", "merge")
        }
    inside = [one for one in sorted(stations) if WEST < one[0] < EAST and SOUTH < one[1] < NORTH]
    return np.array(inside, dtype=np.float64)
