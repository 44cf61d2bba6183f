"""Who and what sits on the nodes of a chain graph: offerings, the enterprises whose they are, and the
standards that they name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from indexes.topk import begins
from recommender.chains.stored import Sitting, Stored, starts_of

Rows = NDArray[np.int64]

_BITS = 32  # of the row of an enterprise
_SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")


@dataclass(frozen=True, slots=True)
class Supplier:
    """An enterprise's row on a node, through the offering in row *offering*."""

    node: int
    enterprise: int
    offering: int
    confidence: float
    how: Sitting


class Seating:
    """The sittings of a *stored* graph: of offerings on nodes, and so of the enterprises whose they are."""

    def __init__(self, stored: Stored) -> None:
        self._stored = stored
        self._a = stored.arrays

    def _sittings(self, node: int) -> NDArray[np.int32]:
        return self._a.node_sittings[int(self._a.node_starts[node]) : int(self._a.node_starts[node + 1])]

    def suppliers(self, node: int, limit: int | None = None) -> list[Supplier]:
        """Who sits on *node*, the surest first; an enterprise once for each of its offerings there."""
        return [self._supplier(at) for at in self._sittings(node)[:limit].tolist()]

    def is_taken(self, node: int) -> bool:
        """Whether anybody sits on *node*."""
        return bool(self._a.node_starts[node] < self._a.node_starts[node + 1])

    def makers(self, node: int, least: float = 0.0) -> Rows:
        """(k,) the rows of the enterprises that sit on *node* with at least this confidence, ascending."""
        at = self._sittings(node)
        # nearly in order as they lie, they are sorted faster than numpy's unique() would hash them
        owners = np.sort(self._a.sitting_owners[at[self._a.sitting_confidences[at] >= least]], kind="stable")
        return owners[begins(owners)].astype(np.int64)

    def maker_counts(self, nodes: Rows, least: float = 0.0) -> Rows:
        """(k,) how many :meth:`makers` each of *nodes* has."""
        a = self._a
        starts = a.node_starts[nodes]
        which, at = _runs(starts, a.node_starts[nodes + 1] - starts)
        at = a.node_sittings[at].astype(np.int64)
        sure = a.sitting_confidences[at] >= least
        pairs = np.sort((which[sure] << _BITS) | a.sitting_owners[at[sure]], kind="stable")
        counts: Rows = np.bincount(pairs[begins(pairs)] >> _BITS, minlength=len(nodes))
        return counts

    def supplier_count(self, node: int) -> int:
        """How many enterprises sit on *node*."""
        return len(self.makers(node))

    def seats_of(self, enterprise: int) -> list[Supplier]:
        """Where the enterprise in row *enterprise* sits, by offering."""
        a = self._a
        if not 0 <= enterprise < a.owner_starts.size - 1:
            return []
        return [self._supplier(at) for at in range(*a.owner_starts[enterprise : enterprise + 2].tolist())]

    def nodes_with(self, enterprises: Rows, least: float = 0.0) -> tuple[Rows, Rows]:
        """The nodes (k,), ascending, that any of *enterprises* sits on with at least this confidence, and how
        many of them do."""
        a = self._a
        starts = a.owner_starts[enterprises]
        whose, at = _runs(starts, a.owner_starts[enterprises + 1] - starts)
        sure = a.sitting_confidences[at] >= least
        pairs = np.sort(a.sitting_nodes[at[sure]].astype(np.int64) * len(enterprises) + whose[sure])
        nodes = pairs[begins(pairs)] // max(1, len(enterprises))
        starts = np.flatnonzero(begins(nodes))
        return nodes[starts], np.diff(starts, append=len(nodes))

    def _supplier(self, at: int) -> Supplier:
        a = self._a
        return Supplier(
            int(a.sitting_nodes[at]),
            int(a.sitting_owners[at]),
            int(a.sitting_offerings[at]),
            float(a.sitting_confidences[at]),
            Sitting(int(a.sitting_hows[at])),
        )

    # --- standards ---

    def standard(self, name: str) -> int | None:
        """The number of the standard of this name; None where no offering names it."""
        return self._stored.standards.find(name)

    def standard_name(self, standard: int) -> str:
        return self._stored.standards[int(standard)]

    def standards_on(self, node: int, least: float = 0.0) -> dict[int, int]:
        """The standards that offerings on *node* (seated with at least *least*) name, each with the row of
        the first of these offerings."""
        a, (starts, sittings, cites) = self._a, self._cites
        here = slice(*starts[node : node + 2].tolist())
        sure = a.sitting_confidences[sittings[here]] >= least
        at = cites[here][sure]
        found: dict[int, int] = {}
        for standard, row in zip(a.cited_standards[at].tolist(), a.cited_offerings[at].tolist(), strict=True):
            found.setdefault(standard, row)
        return found

    @cached_property
    def _cites(self) -> tuple[Rows, Rows, Rows]:
        """Sittings (k,) of offerings that name a standard, each once for every standard, with the place where
        it is named; by node, those of node i from the i-th of the (n + 1,) starts, then by offering."""
        a = self._a
        first, last = (np.searchsorted(a.sitting_offerings, a.cited_offerings, side) for side in _SIDES)
        cites, sittings = _runs(first, last - first)
        order = np.argsort(a.sitting_nodes[sittings], kind="stable")
        sittings = sittings[order]
        return starts_of(a.sitting_nodes[sittings], a.kinds.size), sittings, cites[order]

    def citing_count(self, standard: int) -> int:
        """How many offerings name *standard*."""
        start, end = self._a.standard_starts[standard : standard + 2].tolist()
        return int(end - start)

    def citing(self, standard: int) -> Rows:
        """The rows of the offerings that name *standard*, ascending."""
        a = self._a
        here = slice(*a.standard_starts[standard : standard + 2].tolist())
        rows: Rows = a.cited_offerings[a.standard_cites[here]].astype(np.int64)
        return rows

    def surest_seats(self, offerings: Rows) -> tuple[Rows, Rows, NDArray[np.float64], Rows]:
        """Where those of *offerings* (rows, ascending) that sit anywhere sit surest: nodes, the rows of their
        enterprises, confidences and the rows of the offerings, (k,) each."""
        a = self._a
        # numbers of another type would have all sittings copied for every search
        at = np.searchsorted(a.sitting_offerings, offerings.astype(a.sitting_offerings.dtype))
        at = at[at < a.sitting_offerings.size]
        seated = a.sitting_offerings[at]
        at = at[seated == offerings[: at.size]]
        return (
            a.sitting_nodes[at].astype(np.int64),
            a.sitting_owners[at].astype(np.int64),
            a.sitting_confidences[at].astype(np.float64),
            a.sitting_offerings[at].astype(np.int64),
        )

    def enterprises_on(
        self, nodes: Sequence[int], confidences: Sequence[float]
    ) -> tuple[Rows, NDArray[np.float64], Rows, Rows]:
        """The enterprises that sit on any of *nodes*, each of which counts with its confidence.

        (k,) rows of enterprises, ascending; the confidence of each, node times seat, by its best; the place
        in *nodes* and the row of the offering that give it.
        """
        rows, sure, places, offerings = self.seated_on(nodes, confidences)
        best = surest(rows, sure)
        return rows[best], sure[best], places[best], offerings[best]

    def seated_on(
        self, nodes: Sequence[int], confidences: Sequence[float], among: NDArray[np.bool_] | None = None
    ) -> tuple[Rows, NDArray[np.float64], Rows, Rows]:
        """As :meth:`enterprises_on`, but each of all sittings, by node; with *among* (enterprises,), those of
        enterprises where it is True."""
        a, asked = self._a, np.asarray(nodes, np.int64)
        starts = a.node_starts[asked]
        places, at = _runs(starts, a.node_starts[asked + 1] - starts)
        at = a.node_sittings[at].astype(np.int64)
        owners = a.sitting_owners[at]
        if among is not None:
            kept = among[owners]
            places, at, owners = places[kept], at[kept], owners[kept]
        sure = a.sitting_confidences[at] * np.asarray(confidences, np.float64)[places]
        return owners.astype(np.int64), sure, places, a.sitting_offerings[at].astype(np.int64)

    def sits_on(self, nodes: Sequence[int]) -> NDArray[np.bool_]:
        """(enterprises,) who sits on any of *nodes*."""
        found = np.zeros(self._a.owner_starts.size - 1, np.bool_)
        for node in nodes:
            found[self._a.sitting_owners[self._sittings(node)]] = True
        return found


def _runs(starts: Rows, counts: Rows) -> tuple[Rows, Rows]:
    """The numbers of k runs, one run after another: of which run each is, and the numbers."""
    ends = np.cumsum(counts)
    which = np.repeat(np.arange(len(counts)), counts)
    return which, np.arange(len(which)) + np.repeat(starts - (ends - counts), counts)


def surest(owners: Rows, sure: NDArray[np.float64]) -> Rows:
    """Of each of *owners* (s,), ascending, the place where it is surest, the first of several."""
    order = np.lexsort((-sure, owners))
    return order[begins(owners[order])]
