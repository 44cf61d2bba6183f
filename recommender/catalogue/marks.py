"""What tells whether a record has changed since it was last read, without reading it.

``updated_at`` moves whenever a value does, in any direction that the clock may take. So a record is as it was
where its time of writing is the same, and an enterprise with its offerings where all of theirs are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from indexes.errors import CatalogueError


@dataclass(frozen=True, slots=True)
class Marks:
    """Of n records in order of their ``ids``: a ``signature`` (n,) that differs where anything differs, how
    many ``parts`` (n,) belong to each (an enterprise's offerings), and the day (n,) of the last change, as a
    proleptic ordinal."""

    ids: tuple[str, ...]
    signature: NDArray[np.uint64]
    parts: NDArray[np.int64]
    day: NDArray[np.int64]


def marks_of(records: Iterable[tuple[str, str]], parts: Iterable[tuple[str, int, str, str]] = ()) -> Marks:
    """The marks of *records* (id, time of writing). *parts* (id of a record, how many it has, all their times
    of writing, the last of these) come in any order; times are ISO 8601 texts.

    Raises CatalogueError for parts of a record that is not there.
    """
    of_parts = {id: (count, told, last) for id, count, told, last in parts}
    ids: list[str] = []
    signatures: list[bytes] = []
    counts: list[int] = []
    days: list[int] = []
    for id, written in records:
        count, told, last = of_parts.pop(id, (0, "", ""))
        ids.append(id)
        signatures.append(hashlib.blake2b(f"{written}\n{told}".encode(), digest_size=8).digest())
        counts.append(count)
        days.append(date.fromisoformat(max(written, last)[:10]).toordinal())
    if of_parts:
        owner = next(iter(of_parts))
        raise CatalogueError("the database holds a part of a record that it lacks", field="id", value=owner)
    return Marks(
        tuple(ids),
        np.frombuffer(b"".join(signatures), "<u8").astype(np.uint64),
        np.array(counts, np.int64),
        np.array(days, np.int64),
    )
