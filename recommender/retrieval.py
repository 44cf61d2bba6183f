"""Candidates: who might match at all, found by meaning and by words over the same rows.

Retrieval is generous and cheap; the ranking decides. Each candidate keeps the raw signal of each source.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexes.topk import best_rows
from recommender.snapshot import Mask, Rows, Snapshot

Floats = NDArray[np.float64]
Vectors = NDArray[np.float32]

_MOST_OFFERINGS = 64  # offerings of one enterprise that ask for buyers; the rest repeat them
_MOST_WORDS = 600  # distinct tokens of an enterprise that ask for buyers
RRF_CONSTANT = 60  # Cormack, Clarke & Büttcher 2009


@dataclass(frozen=True, slots=True)
class Candidates:
    """c candidates, ascending by row (of ``enterprises`` or ``needs``).

    ``semantic`` is the cosine of the best offering (NaN where there is none), ``offering`` that offering's
    row in its list (−1 where there is none), ``profile`` the cosine of the whole profile, ``lexical`` the
    BM25 score and ``lexical_best`` the best that the query reaches among all that the filters let pass.
    """

    rows: Rows
    semantic: Floats
    offering: Rows
    profile: Floats
    lexical: Floats
    lexical_best: float


def find_suppliers(
    snapshot: Snapshot,
    vector: Vectors,
    words: Sequence[str],
    allowed: Mask | None,
    offered: Mask,
    depth: int,
) -> Candidates:
    """Enterprises for a need with *vector* (d,) and *words*.

    *allowed* (n,) are the enterprises to choose from (None: all), *offered* (m,) the offerings that count;
    *depth* is how many rows each source contributes.
    """
    enterprises, offerings = snapshot.enterprises, snapshot.offerings
    owner = snapshot.owner
    if allowed is not None:
        offered = offered & allowed[owner]
    unrestricted = bool(offered.all())
    _, best_rows = offerings.vectors.search(vector[None, :], depth * 2, None if unrestricted else offered)
    _, profile_rows = enterprises.vectors.search(vector[None, :], depth, allowed)
    scores = enterprises.lexical.scores(words).astype(np.float64)
    if allowed is not None:
        scores = np.where(allowed, scores, 0.0)
    lexical_rows = _best_positive(scores, depth)
    found = np.unique(
        np.concatenate([owner[best_rows[best_rows >= 0]], profile_rows[profile_rows >= 0], lexical_rows])
    )
    semantic, offering = _best_offerings(snapshot, found, vector, offered)
    return Candidates(
        rows=found,
        semantic=semantic,
        offering=offering,
        profile=(enterprises.vectors.rows(found) @ vector).astype(np.float64),
        lexical=scores[found],
        lexical_best=float(scores.max(initial=0.0)),
    )


def _best_offerings(snapshot: Snapshot, rows: Rows, vector: Vectors, offered: Mask) -> tuple[Floats, Rows]:
    """Cosine and row of each enterprise's best offering among those *offered*; NaN and −1 without any."""
    starts, ends = snapshot.first[rows], snapshot.first[rows + 1]
    counts = ends - starts
    semantic, best = np.full(len(rows), np.nan), np.full(len(rows), -1, np.int64)
    if not counts.sum():
        return semantic, best
    # the offerings of all candidates in one gather: position i of candidate c is starts[c] + i
    edges = np.concatenate([[0], np.cumsum(counts)])
    flat = np.repeat(starts - edges[:-1], counts) + np.arange(edges[-1])
    alike = snapshot.offerings.vectors.rows(flat) @ vector
    alike = np.where(offered[flat], alike, -np.inf)
    held = counts > 0
    top = np.maximum.reduceat(alike, edges[:-1][held])
    is_top = alike == np.repeat(top, counts[held])
    positions = np.flatnonzero(is_top)
    owners = np.searchsorted(edges, positions, side="right") - 1
    first_of, index = np.unique(owners, return_index=True)
    reached = np.isfinite(top)
    semantic[np.flatnonzero(held)[reached]] = top[reached]
    best[first_of] = flat[positions[index]]
    best[np.isnan(semantic)] = -1
    return semantic, best


def find_needs(
    snapshot: Snapshot,
    offerings: Vectors,
    profile: Vectors,
    words: Sequence[str],
    allowed: Mask,
    depth: int,
) -> Candidates:
    """Needs for an enterprise with *offerings* (m, d), *profile* (d,) and *words*, among *allowed* (n,)."""
    needs = snapshot.needs
    asking = np.concatenate([offerings[:_MOST_OFFERINGS], profile[None, :]])
    _, rows = needs.vectors.search(asking, depth, allowed)
    counted = sorted(set(words))[:_MOST_WORDS]
    scores = np.where(allowed, needs.lexical.scores(counted).astype(np.float64), 0.0)
    found = np.unique(np.concatenate([rows[rows >= 0], _best_positive(scores, depth)]))
    vectors = needs.vectors.rows(found)
    semantic, best = np.full(len(found), np.nan), np.full(len(found), -1, np.int64)
    if len(offerings) and len(found):
        alike = vectors @ offerings.T
        best = np.argmax(alike, axis=1)
        semantic = alike[np.arange(len(found)), best].astype(np.float64)
    return Candidates(
        rows=found,
        semantic=semantic,
        offering=best,
        profile=(vectors @ profile).astype(np.float64),
        lexical=scores[found],
        lexical_best=float(scores.max(initial=0.0)),
    )


def _best_positive(scores: Floats, count: int) -> Rows:
    """Rows of the *count* best positive *scores*, best first, ties by row."""
    positive = np.flatnonzero(scores > 0)
    return positive[best_rows(scores[positive], count)]


def dense_score(found: Candidates) -> Floats:
    """The dense half alone: mean of best offering and profile; the profile alone where nothing is offered."""
    return np.where(np.isnan(found.semantic), found.profile, (found.semantic + found.profile) / 2)


def fused_score(found: Candidates) -> Floats:
    """Reciprocal rank fusion of the dense and the lexical half, each candidate ranked in both."""
    fused = np.zeros(len(found.rows))
    for scores in (dense_score(found), found.lexical):
        ranks = np.empty(len(scores))
        ranks[np.lexsort((found.rows, -scores))] = np.arange(1, len(scores) + 1)
        fused += np.where(scores > 0, 1.0 / (RRF_CONSTANT + ranks), 0.0)
    return fused
