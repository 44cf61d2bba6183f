"""Candidates: who might match at all, found by meaning and by words over the same rows.

Retrieval is generous and cheap; the ranking decides. Each candidate keeps the raw signal of each source.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from indexes.topk import distinct
from recommender.snapshot import Mask, Rows, Snapshot
from recommender.stages import stage

if TYPE_CHECKING:
    from recommender.chains.transfer import Reaching

Floats = NDArray[np.float64]
Vectors = NDArray[np.float32]

_MOST_OFFERINGS = 64  # offerings of one enterprise that ask for buyers; the rest repeat them
_MOST_WORDS = 600  # distinct tokens of an enterprise that ask for buyers, its most frequent
RRF_CONSTANT = 60  # Cormack, Clarke & Büttcher 2009


@dataclass(frozen=True, slots=True)
class Candidates:
    """c candidates, ascending by row (of ``enterprises`` or ``needs``).

    ``semantic`` is the cosine of the best offering (NaN where there is none), ``offering`` that offering's
    row in its list (−1 where there is none), ``profile`` the cosine of the whole profile, ``lexical`` the
    BM25 score and ``lexical_best`` the best that the query reaches among all that the filters let pass,
    ``graph`` how sure the best path through the chain graph is (None where the need names no node of it).
    """

    rows: Rows
    semantic: Floats
    offering: Rows
    profile: Floats
    lexical: Floats
    lexical_best: float
    graph: Floats | None = None

    def take(self, positions: NDArray[np.int64]) -> Candidates:
        """The candidates at *positions* (ascending)."""
        return Candidates(
            self.rows[positions],
            self.semantic[positions],
            self.offering[positions],
            self.profile[positions],
            self.lexical[positions],
            self.lexical_best,
            None if self.graph is None else self.graph[positions],
        )


def find_suppliers(
    snapshot: Snapshot,
    vectors: Vectors,
    words: Sequence[Sequence[str]],
    allowed: Mask | None,
    offered: Mask,
    depth: int,
    reached: Sequence[Reaching | None],
) -> list[Candidates]:
    """Enterprises for each of q needs with *vectors* (q, d) and *words*, found in one scan of the vectors.

    *allowed* (n,) are the enterprises to choose from (None: all), *offered* (m,) their offerings that count;
    *depth* is how many rows each source contributes, *reached* whom the needs reach through the chain graph,
    of whom a quarter as many join. ``semantic`` is exact where one of the need's nearest
    ``2 · depth`` offerings is the enterprise's, and otherwise the bound that these set, with ``offering`` −1:
    :func:`with_exact_offerings` measures those that matter.
    """
    enterprises, offerings = snapshot.enterprises, snapshot.offerings
    with stage("meaning"):
        near, near_rows = offerings.vectors.search(vectors, 2 * depth, None if offered.all() else offered)
        _, profile_rows = enterprises.vectors.search(vectors, depth, allowed)
    found: list[Candidates] = []
    for query, vector in enumerate(vectors):
        hits = near_rows[query] >= 0
        owners, first = np.unique(snapshot.owner[near_rows[query][hits]], return_index=True)
        named = profile_rows[query][profile_rows[query] >= 0]
        chained = reached[query]
        through = chained.best(allowed, max(1, depth // 4)) if chained else np.zeros(0, np.int64)
        rows = distinct(np.concatenate([owners, named, through]))
        with stage("words"):
            shared = enterprises.lexical.match(words[query]).settle(depth, allowed, rows)
        rows = distinct(np.concatenate([rows, shared.rows[shared.best]]))
        semantic = np.full(len(rows), near[query][hits][-1] if hits.any() else np.nan)
        semantic[snapshot.first[rows + 1] == snapshot.first[rows]] = np.nan
        offering = np.full(len(rows), -1, np.int64)
        at = np.searchsorted(rows, owners)
        semantic[at], offering[at] = near[query][hits][first], near_rows[query][hits][first]
        found.append(
            Candidates(
                rows,
                semantic,
                offering,
                cosines(enterprises.vectors.rows(rows), vector),
                shared.of(rows).astype(np.float64),
                float(shared.scores[shared.best].max(initial=0.0)),
                chained.values(rows) if chained else None,
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Held:
    """All offerings of r enterprises in one run: where each one's begin (r + 1,), their ``rows`` (k,) and
    ``vectors`` (k, d)."""

    edges: Rows
    rows: Rows
    vectors: Vectors

    @classmethod
    def by(cls, snapshot: Snapshot, enterprises: Rows) -> Held:
        counts = snapshot.first[enterprises + 1] - snapshot.first[enterprises]
        _, rows = snapshot.offerings_of(enterprises)
        return cls(np.concatenate([[0], np.cumsum(counts)]), rows, snapshot.offerings.vectors.rows(rows))

    def of(self, which: Mask) -> Held:
        """Those of the enterprises for which *which* (r,) is True."""
        if which.all():
            return self
        counts = np.diff(self.edges)
        kept = np.repeat(which, counts)
        return Held(np.concatenate([[0], np.cumsum(counts[which])]), self.rows[kept], self.vectors[kept])


def with_exact_offerings(
    snapshot: Snapshot, found: Candidates, vector: Vectors, offered: Mask, held: Held | None = None
) -> Candidates:
    """*found* with cosine and row of each enterprise's best offering among those *offered*. What they *held*
    is read where it is not given."""
    held = held or Held.by(snapshot, found.rows)
    counts = np.diff(held.edges)
    semantic, best = np.full(len(found.rows), np.nan), np.full(len(found.rows), -1, np.int64)
    if counts.sum():
        alike = np.where(offered[held.rows], cosines(held.vectors, vector), -np.inf)
        some = np.flatnonzero(counts)
        top = np.maximum.reduceat(alike, held.edges[:-1][some])
        first_best = np.flatnonzero(alike == np.repeat(top, counts[some]))
        owners, index = np.unique(
            np.searchsorted(held.edges, first_best, side="right") - 1, return_index=True
        )
        semantic[some], best[owners] = top, held.rows[first_best[index]]
        nothing = np.isneginf(semantic)
        semantic[nothing], best[nothing] = np.nan, -1
    return replace(found, semantic=semantic, offering=best)


@dataclass(frozen=True, slots=True)
class Asking:
    """An enterprise that asks for needs: vectors (m, d) of its ``offerings`` and (d,) of its ``profile``, its
    ``words``, and (n,) which needs are its ``own``."""

    offerings: Vectors
    profile: Vectors
    words: Sequence[str]
    own: Mask


def find_needs(snapshot: Snapshot, firms: Sequence[Asking], allowed: Mask, depth: int) -> list[Candidates]:
    """Needs for each of *firms* among *allowed* (n,), none of its own, found in one scan of the vectors;
    *depth* is how many rows each source contributes."""
    searched = [np.concatenate([firm.offerings[:_MOST_OFFERINGS], firm.profile[None, :]]) for firm in firms]
    alone = [bool((firm.own & allowed).any()) for firm in firms]
    together = [asking for asking, own in zip(searched, alone, strict=True) if not own]
    shared = iter(_nearest(snapshot, together, allowed, depth))
    found: list[Candidates] = []
    for firm, asking, own in zip(firms, searched, alone, strict=True):
        among = allowed & ~firm.own if own else allowed
        near = _nearest(snapshot, [asking], among, depth)[0] if own else next(shared)
        found.append(_needs_for(snapshot, firm, near, among, depth))
    return found


def _nearest(snapshot: Snapshot, askings: Sequence[Vectors], allowed: Mask, depth: int) -> list[Rows]:
    """The rows of the needs nearest to any of the vectors (m, d) of each of *askings*, ascending."""
    if not askings:
        return []
    _, rows = snapshot.needs.vectors.search(np.concatenate(askings), depth, allowed)
    near = []
    for each in np.split(rows, np.cumsum([len(asking) for asking in askings])[:-1]):
        named = np.zeros(len(allowed) + 1, np.bool_)  # row -1, of which there may be some, is the last
        named[each] = True
        near.append(np.flatnonzero(named[:-1]))
    return near


def _needs_for(snapshot: Snapshot, firm: Asking, near: Rows, allowed: Mask, depth: int) -> Candidates:
    """The needs *near* to a firm and those that share its words."""
    needs, offerings = snapshot.needs, firm.offerings
    counted = [word for word, _ in Counter(firm.words).most_common(_MOST_WORDS)]
    shared = needs.lexical.match(counted).settle(depth, allowed, near)
    found = distinct(np.concatenate([near, shared.rows[shared.best]]))
    vectors = needs.vectors.rows(found)
    semantic, best = np.full(len(found), np.nan), np.full(len(found), -1, np.int64)
    if len(offerings) and len(found):
        best = np.argmax(vectors @ offerings.T, axis=1)
        semantic = cosines(vectors, offerings[best])
    return Candidates(
        rows=found,
        semantic=semantic,
        offering=best,
        profile=cosines(vectors, firm.profile),
        lexical=shared.of(found).astype(np.float64),
        lexical_best=float(shared.scores[shared.best].max(initial=0.0)),
    )


def cosines(vectors: Vectors, others: Vectors) -> Floats:
    """(m,) the inner products of *vectors* (m, d) with *others* (d,) or (m, d), each added up by itself:
    unlike in a matrix product, a pair's last bits do not depend on who else is measured, nor on the threads
    of BLAS."""
    alike: Floats = np.vecdot(vectors, others).astype(np.float64)
    return alike


def dense_score(found: Candidates) -> Floats:
    """The dense half alone: two parts of the best offering to three of the profile (3:7 and 5:5 do about as
    well on the development contracts); the profile alone where nothing is offered."""
    return np.where(np.isnan(found.semantic), found.profile, 0.4 * found.semantic + 0.6 * found.profile)


def fused_score(found: Candidates) -> Floats:
    """Reciprocal rank fusion of the dense and the lexical half, each candidate ranked in both."""
    fused = np.zeros(len(found.rows))
    for scores in (dense_score(found), found.lexical):
        ranks = np.empty(len(scores))
        ranks[np.lexsort((found.rows, -scores))] = np.arange(1, len(scores) + 1)
        fused += np.where(scores > 0, 1.0 / (RRF_CONSTANT + ranks), 0.0)
    return fused
