"""Which documents hold which token how often, and what that adds to their scores by BM25.

Arrays of tens of millions are worked through in pieces that stay in a core's cache, on all cores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.splice import Splice
from indexes.strings import StringTable, joined

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]

_AT_ONCE = 1 << 17  # postings


@dataclass(frozen=True, slots=True)
class Postings:
    """Token t is in documents ``rows[offsets[t]:offsets[t+1]]``, which rise, ``counts`` times of the same
    places. ``lengths`` (n,) are the documents' numbers of tokens."""

    offsets: Numbers
    rows: NDArray[np.int32]
    counts: NDArray[np.uint16]
    lengths: NDArray[np.int32]


def norms(lengths: NDArray[np.int32], k1: float, b: float) -> Floats:
    """(n,) what BM25 adds to a token's count in documents of these *lengths* (n,), below the line."""
    mean = float(lengths.mean()) if lengths.size else 0.0
    return np.asarray(k1 * (1.0 - b + b * lengths / (mean or 1.0)), np.float64)


def rarity(frequencies: Numbers, size: int) -> Floats:
    """(t,) the weight of tokens that so many of *size* documents hold."""
    found: Floats = np.log1p((size - frequencies + 0.5) / (frequencies + 0.5))
    return found


def impact(rare: Floats, counts: NDArray[Any], norms: Floats) -> NDArray[np.float32]:
    """What tokens of rarity *rare* add to the scores of documents that hold them *counts* times."""
    found: Floats = rare * counts
    found /= counts + norms
    return found.astype(np.float32)


def scored(postings: Postings, k1: float, b: float) -> NDArray[np.float32]:
    """What each posting adds to its document's score."""
    offsets, below = postings.offsets, norms(postings.lengths, k1, b)
    frequencies = np.diff(offsets)
    weights = rarity(frequencies, postings.lengths.size)
    found = np.empty(postings.rows.size, np.float32)
    edges = np.searchsorted(offsets, np.arange(0, found.size + _AT_ONCE, _AT_ONCE))

    def score(words: tuple[int, int]) -> None:
        first, last = words
        part = slice(int(offsets[first]), int(offsets[last]))
        rare = np.repeat(weights[first:last], frequencies[first:last])
        found[part] = impact(rare, postings.counts[part], below[postings.rows[part]])

    _on_all_cores(score, pairwise(np.minimum(edges, frequencies.size).tolist()))
    return found


def spliced(
    old: tuple[StringTable, Postings], splice: Splice, fresh: tuple[StringTable, Postings]
) -> tuple[StringTable, Postings]:
    """The tokens and postings of the documents that *splice* takes from *old* and *fresh* ones.

    Most postings of a document that changed are as they were. So old ones of documents that go stay, where
    the fresh document in their place holds the same token; the others are taken out and fresh ones put in.
    """
    (old_words, was), (fresh_words, new) = old, fresh
    moved, stays = splice.places(was.lengths.size)
    gone = _held_by(was, ~splice.keeps(was.lengths.size))
    words = np.searchsorted(was.offsets, gone, side="right") - 1
    left = np.diff(was.offsets) - np.bincount(words, minlength=len(old_words))
    table, old_place, new_place, before = joined(old_words, left > 0, fresh_words)
    # what is in both, by token and document
    rows = moved[was.rows[gone]]
    keys = np.where(
        stays[was.rows[gone]] & (old_place[words] >= 0), old_place[words] * splice.size + rows, -1
    )
    fresh_tokens = np.repeat(np.arange(len(fresh_words)), np.diff(new.offsets))
    fresh_rows = splice.fresh[new.rows]
    come = new_place[fresh_tokens] * splice.size + fresh_rows
    place = np.minimum(np.searchsorted(come, keys), max(come.size - 1, 0))
    met = (come[place] == keys) if come.size else np.zeros(keys.size, np.bool_)
    put = np.ones(come.size, np.bool_)
    put[place[met]] = False
    # where the others go among the old ones: into the token's own, or before the next token's
    known = np.zeros(len(table) + 1, np.bool_)
    known[old_place[old_place >= 0]] = True
    low = was.offsets[before[fresh_tokens[put]]]
    high = was.offsets[np.minimum(before + 1, len(old_words))[fresh_tokens[put]]]
    high = np.where(known[new_place[fresh_tokens[put]]], high, low)
    at = _insertion(was.rows, moved, low, high, fresh_rows[put])
    each = np.zeros(len(table), np.int64)
    each[old_place[old_place >= 0]] = (
        np.diff(was.offsets) - np.bincount(words[~met], minlength=len(old_words))
    )[old_place >= 0]
    each += np.bincount(new_place[fresh_tokens[put]], minlength=len(table))
    counts = was.counts.copy()
    counts[gone[met]] = new.counts[place[met]]
    lengths = np.empty(splice.size, np.int32)
    lengths[splice.kept], lengths[splice.fresh] = was.lengths[splice.old], new.lengths
    edit = _Edit(was.rows.size, gone[~met], at)
    narrow = moved.astype(np.int32)
    return table, Postings(
        np.concatenate([np.zeros(1, np.int64), np.cumsum(each)]),
        edit.apply(lambda part: narrow[was.rows[part]], fresh_rows[put].astype(np.int32)),
        edit.apply(lambda part: counts[part], new.counts[put]),
        lengths,
    )


def _held_by(postings: Postings, documents: NDArray[np.bool_]) -> Numbers:
    """Where the postings of some *documents* (n,) are, ascending."""
    starts = range(0, postings.rows.size, _AT_ONCE)
    parts = _on_all_cores(
        lambda at: at + np.flatnonzero(documents[postings.rows[at : at + _AT_ONCE]]), starts
    )
    return np.concatenate([np.zeros(0, np.int64), *parts])


def _insertion(
    rows: NDArray[np.int32], moved: Numbers, low: Numbers, high: Numbers, wanted: Numbers
) -> Numbers:
    """Where each of *wanted* (k,) goes into its own ``moved[rows[low:high]]``, which rise: all by halves."""
    low, high = low.copy(), high.copy()
    while (open_ := np.flatnonzero(low < high)).size:
        middle = (low[open_] + high[open_]) // 2
        below = moved[rows[middle]] < wanted[open_]
        low[open_[below]], high[open_[~below]] = middle[below] + 1, middle[~below]
    return low


class _Edit:
    """An array of *size* without what stands at *out* (ascending), and with something put in before the
    places *into* (rising)."""

    def __init__(self, size: int, out: Numbers, into: Numbers) -> None:
        self._edges = np.append(np.arange(0, size, _AT_ONCE), size)
        self._out, self._into = out, into
        self._out_from = np.searchsorted(out, self._edges)
        self._into_from = np.searchsorted(into, self._edges)
        self._into_from[-1] = into.size  # also what comes behind the last
        self.size = size - out.size + into.size

    def apply(self, read: Callable[[slice], NDArray[Any]], put: NDArray[Any]) -> NDArray[Any]:
        """The array that *read* gives in parts, edited; *put* are the values that come in."""
        found = np.empty(self.size, put.dtype)

        def edit(part: int) -> None:
            start, end = self._edges[part : part + 2].tolist()
            first, last = self._into_from[part : part + 2].tolist()
            out = self._out[self._out_from[part] : self._out_from[part + 1]]
            into = self._into[first:last]
            values = read(slice(start, end))
            if out.size:
                values = np.delete(values, out - start)
            if into.size:
                values = np.insert(values, into - start - np.searchsorted(out, into), put[first:last])
            begins = start - int(self._out_from[part]) + first
            found[begins : begins + values.size] = values

        if self._edges.size > 1:
            _on_all_cores(edit, range(self._edges.size - 1))
        else:
            found[:] = put
        return found


def _on_all_cores(work: Callable[[Any], Any], parts: Iterable[Any]) -> list[Any]:
    """What *work* gives for each of *parts*; numpy lets go of the interpreter."""
    each = list(parts)
    if len(each) < 2:
        return [work(part) for part in each]
    with ThreadPoolExecutor() as pool:
        return list(pool.map(work, each))
