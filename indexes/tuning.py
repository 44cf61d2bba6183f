"""What a search costs on this machine, to choose the cheaper of two ways that are both right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

# Measured at 256 dimensions on one core (README, "Search"): nanoseconds
_SCAN, _ROW, _CODE, _LISTED = 31.0, 110.0, 2.5, 60.0


@dataclass(frozen=True, slots=True)
class Tuning:
    """Nanoseconds on one core, for vectors of one dimension: ``scan`` a row read in a stream, ``row`` one
    read here and there, ``code`` a row compared by its code, ``listed`` a row that codes put on a shortlist.

    ``product_from`` is the number of queries from which a batch is a matrix product, ``threads`` how many
    OpenMP threads it gets (0: as many as OpenMP has).
    """

    scan: float
    row: float
    code: float
    listed: float = _LISTED
    product_from: int = 4
    threads: int = 0

    @classmethod
    def usual(cls, dimension: int) -> Tuning:
        """What holds where nothing was measured."""
        return cls(_SCAN * dimension / 256, _ROW * dimension / 256, _CODE * dimension / 256)
