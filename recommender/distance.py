"""How far apart two places are, by the seats of their prefecture-level cities.

The coordinates (``intake/codes/coordinates.csv``) are those of the seats of government, to a tenth of a
degree: some five kilometres, which is less than a city is wide.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_EARTH = 6371.0  # kilometres
_WHOLE = (11, 12, 31, 50, 71, 81, 82)  # a municipality or special region is one place


@cache
def _radians() -> tuple[Floats, Floats]:
    """(10000,) longitude and latitude by the first four digits of a GB/T 2260 code; NaN where unknown."""
    longitude, latitude = np.full(10_000, np.nan), np.full(10_000, np.nan)
    table = resources.files("recommender.intake").joinpath("codes", "coordinates.csv")
    for row in csv.DictReader(table.read_text(encoding="utf-8").splitlines()):
        prefix = int(row["code"][:4])
        # districts of a municipality share its place: 3101, 3115
        several = range(prefix, prefix + 100) if prefix // 100 in _WHOLE else (prefix,)
        for each in several:
            longitude[each], latitude[each] = float(row["longitude"]), float(row["latitude"])
    return np.radians(longitude), np.radians(latitude)


def distances(one: NDArray[np.int64], other: NDArray[np.int64]) -> Floats:
    """(n,) kilometres between the places of GB/T 2260 codes, which broadcast; NaN where a code is 0 or of a
    whole province, which is no place. Great circle, by the haversine formula.

    >>> round(float(distances(np.array([330100]), np.array([310000]))[0]), -1)
    160.0
    """
    longitude, latitude = _radians()
    first, second = np.broadcast_arrays(one // 100, other // 100)
    up = np.sin((latitude[second] - latitude[first]) / 2) ** 2
    along = np.sin((longitude[second] - longitude[first]) / 2) ** 2
    half = up + np.cos(latitude[first]) * np.cos(latitude[second]) * along
    return np.asarray(2 * _EARTH * np.arcsin(np.sqrt(np.minimum(half, 1.0))))
