"""What the whole profile says of a match beside its best offering: how much of it is covered, and whether
the rest bears the best offering out.

Anybody can register an offering in the very words of a need. An honest one seldom stands alone: what else the
firm makes, or what it says of itself, lies near it. Of the winners of the development contracts one in a
hundred has an offering that is nearer to the need by half a cosine than all else it makes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from recommender.profile import standing_weight
from recommender.retrieval import Candidates, Held
from recommender.snapshot import Snapshot

_COVERS, _FULLY = 0.4, 0.8  # cosine from which an offering begins to cover a thing, and from which it does
_STANDING = standing_weight(described=True)
_DESCRIBED = 0.993  # cosine of a single offering to its profile above which nothing else is in the profile

Floats = NDArray[np.float64]
Vectors = NDArray[np.float32]


def whole_features(
    snapshot: Snapshot, found: Candidates, vector: Vectors, named: Vectors, held: Held | None = None
) -> dict[str, Floats]:
    """``breadth`` and ``corroboration`` of the enterprises *found* for the need with *vector* (d,), which
    names the things with vectors *named* (k, d). What they *held* is read where it is not given."""
    known = np.flatnonzero(found.offering >= 0)
    features = {name: np.full(len(found.rows), np.nan) for name in ("breadth", "corroboration")}
    if not len(known):
        return features
    held = (held or Held.by(snapshot, found.rows)).of(found.offering >= 0)
    starts = held.edges[:-1]
    features["corroboration"][known] = corroboration(
        _sums(held),
        snapshot.offerings.vectors.rows(found.offering[known]),
        np.diff(held.edges),
        snapshot.enterprises.vectors.rows(found.rows[known]),
        vector,
    )
    features["breadth"][known] = breadth(np.maximum.reduceat(held.vectors @ named.T, starts))
    return features


def _sums(held: Held) -> Vectors:
    """(r, d) the sum of what each of r enterprises *held*, in half the time of ``np.add.reduceat``."""
    edges = held.edges.tolist()
    found = np.empty((len(edges) - 1, held.vectors.shape[1]), np.float32)
    for total, (first, last) in zip(found, pairwise(edges), strict=True):
        np.add.reduce(held.vectors[first:last], axis=0, out=total)
    return found


def firm_features(
    offerings: Vectors, best: int | None, profile: Vectors, vector: Vectors, named: Vectors
) -> dict[str, Floats]:
    """The same (1,) of one enterprise with *offerings* (m, d), of which *best* is the one that counts, and
    *profile* (d,)."""
    if best is None:
        return {"breadth": np.full(1, np.nan), "corroboration": np.full(1, np.nan)}
    count = np.array([len(offerings)])
    total, one = offerings.sum(axis=0)[None, :], offerings[best][None, :]
    return {
        "breadth": breadth((offerings @ named.T).max(axis=0)[None, :]),
        "corroboration": corroboration(total, one, count, profile[None, :], vector),
    }


def borne_out(offerings: Vectors, best: Sequence[int], needs: Vectors, profile: Vectors) -> Floats:
    """(n,) ``corroboration`` of one enterprise with *profile* (d,) for n *needs* (n, d), for each of which
    the offering *best* (n,) of its *offerings* (m, d) counts."""
    if not len(offerings):
        return np.full(len(needs), np.nan)
    chosen = offerings[np.asarray(best, np.int64)]
    alike = np.einsum("nd,nd->n", chosen, needs)
    count = np.full(len(needs), len(offerings))
    total = np.broadcast_to(offerings.sum(axis=0), chosen.shape)
    return _borne(total, chosen, count, np.broadcast_to(profile, chosen.shape), needs, alike)


def breadth(alike: Floats | Vectors) -> Floats:
    """(c,) the share of the k things that a need names which some offering covers, by the best cosine *alike*
    (c, k) to each; NaN where it names but one."""
    if alike.shape[1] < 2:
        return np.full(len(alike), np.nan)
    covered = np.clip((alike - _COVERS) / (_FULLY - _COVERS), 0.0, 1.0)
    return np.asarray(covered.mean(axis=1), np.float64)


def corroboration(
    total: Vectors, best: Vectors, counts: NDArray[np.int64], profiles: Vectors, vector: Vectors
) -> Floats:
    """(c,) 1 less how much nearer the *best* offering (c, d) lies to the need with *vector* (d,) than the
    rest of its profile, weighed by how much else there is to compare; NaN where there is nothing.

    *total* (c, d) are the sums of all offerings, *counts* (c,) how many there are. The rest are the other
    offerings; of a single one what *profiles* (c, d) hold besides: the firm's own description.
    """
    needs = np.broadcast_to(vector, best.shape)
    return _borne(total, best, counts, profiles, needs, (best @ vector).astype(np.float64))


def _borne(
    total: Vectors,
    best: Vectors,
    counts: NDArray[np.int64],
    profiles: Vectors,
    needs: Vectors,
    alike: Floats | Vectors,
) -> Floats:
    rest = total - best
    single = counts == 1
    if single.any():
        rest = np.where(single[:, None], _standing(profiles, best), rest)
    lengths = np.linalg.norm(rest, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        other = np.einsum("nd,nd->n", rest, needs) / np.where(lengths > 1e-6, lengths, np.nan)
    others = counts - 1
    weight = (others + 2) / (others + 3)
    return np.asarray(1.0 - np.maximum(alike - other, 0.0) * weight, np.float64)


def _standing(profiles: Vectors, best: Vectors) -> Vectors:
    """(c, d) what *profiles* hold besides the single offering *best*, the reverse of
    :func:`recommender.profile.profile_vector`; zero where that is nothing but labels."""
    along = np.einsum("nd,nd->n", profiles, best)
    inside = along**2 - 1.0 + _STANDING**2
    length = along + np.sqrt(np.maximum(inside, 0.0))
    found = length[:, None] * profiles - best
    found[(along > _DESCRIBED) | (inside < 0)] = 0.0
    return np.asarray(found, np.float32)
