"""The five kinds of record, and what an upsert says about the records it was given."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """A kind of record, under the name that ``rongtong import KIND`` uses."""

    ENTERPRISES = "enterprises"
    OFFERINGS = "offerings"
    NEEDS = "needs"
    OUTCOMES = "outcomes"
    EDGES = "edges"


class Refusal(NamedTuple):
    """A record that was not written: its place in the given sequence, and why."""

    position: int
    field: str
    value: object
    reason: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the records of one upsert.

    Each record is counted once: ``inserted + updated + unchanged + len(refused)`` is their number. Where
    several records of a batch (of ``writing.BATCH``) have the same id, the last good one is written and
    counted by what it did; those it replaced count as ``unchanged``. In different batches each is written
    and counted for itself.
    """

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: tuple[Refusal, ...] = ()
