"""What offerings add to the frame of a chain graph: where each sits, and what it states: edges, standards.

Both follow from the frame and the offering's own words, so that a refresh keeps what the release before holds
of the offerings that it keeps, and reads the others alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.splice import Splice
from recommender.chains.frame import Encode, Frame
from recommender.chains.placing import Seat, named, nearest, parts_of
from recommender.chains.standards import standards
from recommender.chains.stating import said
from recommender.chains.stored import RELATIONS, Stored

_SAYS = 0.8  # seats as sure as this let an offering speak for its node
_BLOCK = 16_384  # offerings that are read at once

Rows = NDArray[np.int64]
Read = Callable[[Rows], Iterable[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Offered:
    """What enterprises offer, by row: *read* gives titles and whole texts of the rows asked for, in that
    order; *starts* (n,) the first offering of each enterprise, and *size* the number of offerings."""

    read: Read
    starts: Sequence[int] | NDArray[np.integer[Any]]
    size: int

    @classmethod
    def listed(cls, titles: Sequence[str], texts: Sequence[str], starts: Sequence[int]) -> Offered:
        def read(rows: Rows) -> Iterator[tuple[str, str]]:
            return ((titles[row], texts[row]) for row in rows.tolist())

        return cls(read, starts, len(titles))


@dataclass(frozen=True, slots=True)
class Heard:
    """The ``sitting_*``, ``said_*`` and ``cited_*`` arrays of some offerings, by their rows (see
    :class:`recommender.chains.stored.Arrays`; standards stand here by name)."""

    sitting_offerings: NDArray[np.int32]
    sitting_nodes: NDArray[np.int32]
    sitting_confidences: NDArray[np.float32]
    sitting_hows: NDArray[np.uint8]
    said_offerings: NDArray[np.int32]
    said_sources: NDArray[np.int32]
    said_targets: NDArray[np.int32]
    said_relations: NDArray[np.uint8]
    cited_offerings: NDArray[np.int32]
    cited_standards: NDArray[np.str_]

    @classmethod
    def of(cls, stored: Stored) -> Heard:
        found = {each.name: getattr(stored.arrays, each.name) for each in fields(cls)}
        names = np.array(list(stored.standards), np.str_)
        return cls(**{**found, "cited_standards": names[found["cited_standards"]]})


def hear(frame: Frame, offered: Offered, rows: Rows, encode: Encode) -> Heard:
    """What the offerings in *rows* add, numbered by their places in *rows*. Equal words, equal seats: nothing
    depends on which offerings are read together."""
    blocks = [
        _hear(frame, list(offered.read(rows[at : at + _BLOCK])), at, encode)
        for at in range(0, len(rows), _BLOCK)
    ] or [_hear(frame, [], 0, encode)]
    return Heard(*(np.concatenate([getattr(b, each.name) for b in blocks]) for each in fields(Heard)))


def _hear(frame: Frame, block: Sequence[tuple[str, str]], first: int, encode: Encode) -> Heard:
    sitting: list[tuple[int, int, float, int]] = []
    stating: list[tuple[int, int, int, int]] = []
    citing: list[tuple[int, str]] = []
    seats_of = _seats(frame, [title for title, _ in block], encode)
    for row, (seats, (_, text)) in enumerate(zip(seats_of, block, strict=True), first):
        sitting += [(row, seat.node, seat.confidence, int(seat.how)) for seat in seats]
        if seats and seats[0].confidence >= _SAYS:
            node = seats[0].node
            for other, relation, _, _ in said(node, text, frame.find, frame.processes):
                stating.append((row, node, other, RELATIONS.index(relation)))
        citing += [(row, name) for name in dict.fromkeys(name for name, _, _ in standards(text))]
    rows, nodes, sure, how = zip(*sitting, strict=True) if sitting else ((), (), (), ())
    by, sources, targets, relations = zip(*stating, strict=True) if stating else ((), (), (), ())
    cited, names = zip(*citing, strict=True) if citing else ((), ())
    return Heard(
        np.array(rows, np.int32),
        np.array(nodes, np.int32),
        np.array(sure, np.float32),
        np.array(how, np.uint8),
        np.array(by, np.int32),
        np.array(sources, np.int32),
        np.array(targets, np.int32),
        np.array(relations, np.uint8),
        np.array(cited, np.int32),
        np.array(names, np.str_),
    )


def _seats(frame: Frame, titles: Sequence[str], encode: Encode) -> list[tuple[Seat, ...]]:
    """For each title the nodes it sits on, the surest first; each distinct title is looked at once."""
    parts = {title: parts_of(title, frame.find) for title in dict.fromkeys(titles)}
    by_part = {part: named(part, frame.find) for found in parts.values() for part in found}
    open_parts = [part for part, seat in by_part.items() if seat is None and part[-1] in frame.tails]
    near = nearest(
        open_parts, encode(open_parts), frame.tails, frame.arrays["vectors"], frame.names.__getitem__
    )
    meant = dict(zip(open_parts, near, strict=True))
    by_title: dict[str, tuple[Seat, ...]] = {}
    for title, found in parts.items():
        best: dict[int, Seat] = {}
        for part in found:
            seat = by_part[part]
            for each in [seat] if seat else meant.get(part, ()):
                if each.node not in best or best[each.node].confidence < each.confidence:
                    best[each.node] = each
        by_title[title] = tuple(sorted(best.values(), key=lambda seat: (-seat.confidence, seat.node)))
    return [by_title[title] for title in titles]


def spliced(old: Heard, fresh: Heard, splice: Splice) -> Heard:
    """What the offerings of a new collection add, from those of the *old* one and the *fresh* rows alone."""
    made: dict[str, NDArray[Any]] = {}
    for kind in ("sitting", "said", "cited"):
        rows, order = _order(getattr(old, f"{kind}_offerings"), getattr(fresh, f"{kind}_offerings"), splice)
        for name in (each.name for each in fields(Heard) if each.name.startswith(kind)):
            made[name] = np.concatenate([getattr(old, name), getattr(fresh, name)])[order]
        made[f"{kind}_offerings"] = rows
    return Heard(**made)


def _order(
    old: NDArray[np.int32], fresh: NDArray[np.int32], splice: Splice
) -> tuple[NDArray[np.int32], Rows]:
    """For facts told of the rows *old* and *fresh*: their new rows, ascending, and the place of each among
    the old facts and the fresh ones behind them."""
    size = 1 + max(int(splice.old.max(initial=-1)), int(old.max(initial=-1)))
    rows = np.concatenate([splice.new_rows(size)[old], splice.fresh[fresh]])
    kept = np.flatnonzero(rows >= 0)
    order = kept[np.argsort(rows[kept], kind="stable")]
    return rows[order].astype(np.int32), order
