"""BM25 of a query without adding up every posting: exact scores, where they matter.

In a catalogue of 100,000 enterprises most of a query's postings belong to a few dozen words and characters
that a tenth of all documents or more hold. Such a token is laid out by document, a byte each: what it adds,
in steps, rounded down. Summing bytes is twenty times as fast as adding postings, and says of every document
between what bounds its score lies. Only those that can be among the best, and those that are asked for, get
their exact scores, made of how often they hold each token (laid out as well) and added up in the order in
which :meth:`LexicalIndex.scores` adds (impact-ordered scoring with exact settling, after Anh & Moffat 2006).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexes.postings import Postings, impact, rarity
from indexes.topk import best_rows

Rows = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

# postings from which on a token is laid out: settling 1,500 documents takes as long as adding so many
LEAST = 8_192
_FEW = 1_024  # documents of a token whose postings are added together with others
_SHARE = 16  # … and one document in so many must hold it
_STEPS, _BYTE = 63, 255
_SAMPLE = 16
_BLOCK = 512  # documents whose scores are settled at once: for dozens of tokens, in cache
_STEP = float(np.log1p(_SHARE)) / _STEPS  # no token that frequent adds more than log(1 + share) in BM25


class Posting(NamedTuple):
    """A token of a query: its *number*, how often the query repeats it, the documents that hold it,
    ascending, and what it adds to each."""

    number: int
    repeats: int
    rows: NDArray[np.int32]
    scores: NDArray[np.float32]

    def added(self) -> Floats:
        """What it adds to each of its ``rows``, repeats included."""
        scores = self.scores.astype(np.float64)
        return scores if self.repeats == 1 else self.repeats * scores

    def at(self, rows: Rows) -> Floats:
        """What it adds to each of *rows* (r,)."""
        # rows of another type would have all postings copied for the search
        place = np.minimum(np.searchsorted(self.rows, rows.astype(self.rows.dtype)), self.rows.size - 1)
        return np.where(self.rows[place] == rows, self.repeats * self.scores[place].astype(np.float64), 0.0)


def add_all(total: Floats, postings: Sequence[Posting]) -> None:
    """Add *postings* to *total* (n,) in order, those of a few documents in one go."""
    few: list[Posting] = []
    for posting in postings:
        if posting.rows.size <= _FEW:
            few.append(posting)
        else:
            _add_few(total, few)
            few = []
            np.add.at(total, posting.rows, posting.added())
    _add_few(total, few)


def _add_few(total: Floats, postings: Sequence[Posting]) -> None:
    if postings:
        repeats = np.repeat([each.repeats for each in postings], [each.rows.size for each in postings])
        scores = np.concatenate([each.scores for each in postings])
        np.add.at(
            total, np.concatenate([each.rows for each in postings]), repeats * scores.astype(np.float64)
        )


class Column:
    """A frequent token by document: ``steps`` (n,) what it adds, rounded down, ``most`` the greatest of them,
    and what the exact score is made of, ``counts`` (n,) how often a document holds it, and its ``rarity``."""

    def __init__(self, posting: Posting, counts: NDArray[np.uint16], size: int) -> None:
        """*counts* are those of the posting's rows."""
        self.steps = np.zeros(size, np.uint8)
        self.steps[posting.rows] = posting.scores.astype(np.float64) / _STEP
        self.most = int(self.steps.max())
        self.counts = np.zeros(size, np.min_scalar_type(int(counts.max())))
        self.counts[posting.rows] = counts
        self.rarity = float(rarity(np.array(posting.rows.size), size))

    @property
    def nbytes(self) -> int:
        return self.steps.nbytes + self.counts.nbytes


class Columns:
    """The columns of *postings*, each made when a query first has its token, up to *budget* bytes in all.
    Threads may share them."""

    def __init__(self, postings: Postings, norms: Floats, budget: int) -> None:
        """*norms* (n,): those of its documents (:func:`~indexes.postings.norms`)."""
        self.norms = np.maximum(norms, np.finfo(np.float64).tiny)  # what no document holds adds 0, not 0 / 0
        self._postings = postings
        self._left = budget
        self._made: dict[int, Column] = {}
        self._lock = Lock()

    def of(self, posting: Posting) -> Column | None:
        """The column of a token; None where it is too rare, or the budget is spent."""
        size = self.norms.size
        if posting.rows.size < max(LEAST, size / _SHARE):
            return None
        found = self._made.get(posting.number)
        if found is None and self._left > size and posting.scores.max() < _STEP * (_STEPS + 1):
            held = self._postings
            counts = held.counts[int(held.offsets[posting.number]) :][: posting.rows.size]
            made = Column(posting, counts, size)
            with self._lock:
                found = self._made.setdefault(posting.number, made)
                if found is made:
                    self._left -= made.nbytes
        return found


class Match:
    """The scores of one query over the documents of *columns*, for one thread.

    They are the sums over *postings* in the order given, in double precision, rounded to single.
    """

    def __init__(self, postings: Sequence[Posting], columns: Columns) -> None:
        waiting: list[tuple[Posting, Column]] = []
        for posting in reversed(postings):  # only what comes last in a sum can wait
            column = columns.of(posting)
            if column is None:
                break
            waiting.insert(0, (posting, column))
        first = len(postings) - len(waiting)
        self._waiting, self._norms = waiting, columns.norms
        self._total = np.zeros(columns.norms.size, np.float64)
        add_all(self._total, postings[:first])

    def of(self, rows: Rows) -> NDArray[np.float32]:
        """The scores (r,) of *rows*."""
        total = self._total[rows]
        if self._waiting:
            for start in range(0, rows.size, _BLOCK):
                self._add_waiting(total[start : start + _BLOCK], rows[start : start + _BLOCK])
        return total.astype(np.float32)

    def _add_waiting(self, total: Floats, rows: Rows) -> None:
        """Add what waits for *rows* (r,) to their *total* (r,)."""
        rare = np.array([[column.rarity] for _, column in self._waiting])
        repeats = np.array([[posting.repeats] for posting, _ in self._waiting])
        counts = np.stack([column.counts.take(rows) for _, column in self._waiting])
        added = impact(rare, counts, self._norms[rows]).astype(np.float64)
        added *= repeats
        for each in added:  # in order: where a document holds no such token, nothing is added
            total += each

    def settle(self, k: int, allowed: Mask | None = None, also: Rows | None = None) -> Settled:
        """The scores of the best documents that share a token with the query, at most *k*; with *allowed*
        (n,), of rows where it is True; and those of the rows *also* (r,), whatever they are."""
        least, slack = self._total, 0.0
        if self._waiting:
            repeats = sum(posting.repeats for posting, _ in self._waiting)
            slack = _STEP * repeats * 1.001
            least = np.multiply(self._steps(repeats), _STEP, dtype=np.float64)
            least += self._total
        if allowed is not None:
            least = np.where(allowed, least, -1.0)
        floor = _at_least(least, k) - slack if k < least.size else 0.0
        likely = least >= max(floor, 0.0)
        settled = likely.copy()
        if also is not None:
            settled[also] = True
        rows = np.flatnonzero(settled)
        scores = self.of(rows)
        hits = np.flatnonzero(likely[rows] & (scores > 0))
        return Settled(rows, scores, hits[best_rows(scores[hits], k)])

    def _steps(self, repeats: int) -> NDArray[Any]:
        """(n,) the sum of all waiting columns, *repeats* of them."""
        kind = np.dtype(np.uint16 if repeats * _STEPS < 1 << 16 else np.uint32)
        total = np.zeros(self._total.size, kind)
        # as many columns as a byte holds are added in bytes first, which is three times as fast
        bytes_, held = np.zeros(self._total.size, np.uint8), 0
        for posting, column in self._waiting:
            most = column.most * posting.repeats
            if most > _BYTE:
                np.add(total, np.multiply(column.steps, posting.repeats, dtype=kind), out=total)
                continue
            if held + most > _BYTE:
                np.add(total, bytes_, out=total)
                bytes_[:], held = 0, 0
            for _ in range(posting.repeats):
                np.add(bytes_, column.steps, out=bytes_)
            held += most
        return np.add(total, bytes_, out=total)


@dataclass(frozen=True, slots=True)
class Settled:
    """The scores (r,) of some *rows* (r,), ascending, and where the best of them stand, best first, equal
    scores by row number."""

    rows: Rows
    scores: NDArray[np.float32]
    best: Rows

    def of(self, rows: Rows) -> NDArray[np.float32]:
        """The scores of *rows*, which are among those settled."""
        return self.scores[np.searchsorted(self.rows, rows)]


def _at_least(values: Floats, k: int) -> float:
    """A number that at least *k* of *values* (n,) reach, and not many more: the k-th greatest, or one below
    it that a sample has found."""
    if values.size >= _SAMPLE * 4 * k:
        sample = values[::_SAMPLE]
        place = k * 5 // (_SAMPLE * 4) + 4
        guess = float(np.partition(sample, -place)[-place])
        if np.count_nonzero(values >= guess) >= k:
            return guess
    return float(np.partition(values, -k)[-k])
