"""What a search costs on this machine, to choose the cheaper of two ways that are both right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields


@dataclass(frozen=True, slots=True)
class Tuning:
    """Nanoseconds on one core, for the vectors of one index: ``scan`` a row read in a stream, ``row`` one
    read here and there, ``code`` a row compared by its code, ``listed`` a row that codes put on a shortlist.

    ``product_from`` is the number of queries from which a batch is a matrix product, ``threads`` how many
    threads a large one gets (0: one a core). :func:`indexes.calibration.measured` measures them.
    """

    scan: float
    row: float
    code: float = 3.0
    listed: float = 15.0
    product_from: int = 8
    threads: int = 0

    def to_json(self) -> dict[str, float]:
        return {name: round(value, 1) for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, value: object) -> Tuning | None:
        """What :meth:`to_json` made; None where *value* is something else."""
        if not isinstance(value, Mapping) or value.keys() != {field.name for field in fields(cls)}:
            return None
        whole = (value["product_from"], value["threads"])
        if not all(type(number) in (int, float) and 0 <= number < 1e9 for number in value.values()):
            return None
        return cls(**value) if all(type(number) is int for number in whole) else None
