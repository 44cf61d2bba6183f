"""Token vectors from how tokens occur together: PPMI and a truncated decomposition.

Counts in symmetric windows become positive pointwise mutual information with smoothed contexts (Levy,
Goldberg and Dagan 2015, “Improving distributional similarity with lessons learned from word embeddings”),
which a randomised subspace iteration (Halko, Martinsson and Tropp 2011) decomposes. All of it is plain linear
algebra: no epochs, no learning rate. Dense products run on one thread, so that the same seed gives the same
vectors however many the machine has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray

from training.determinism import one_thread

BOUNDARY = -1
"""Stands between two documents in a stream of token ids; windows do not reach across it."""

_CHUNK = 8_000_000


def frequencies(streams: Iterable[NDArray[np.int32]], size: int) -> NDArray[np.float64]:
    """Relative frequency of each of *size* tokens in the streams (shape ``(size,)``, sums to 1)."""
    counts = np.zeros(size, dtype=np.float64)
    for ids in streams:
        counts += np.bincount(ids[ids >= 0], minlength=size)
    relative: NDArray[np.float64] = counts / max(counts.sum(), 1.0)
    return relative


def cooccurrence(
    streams: Iterable[tuple[NDArray[np.int32], float]],
    frequency: NDArray[np.float64],
    *,
    window: int,
    subsample: float,
    seed: int,
    progress: Callable[[str], None] = lambda _: None,
) -> sp.csr_matrix:
    """How often tokens stand within *window* of each other, as the upper triangle of a symmetric matrix.

    *streams* are (token ids, weight of each count). A token more frequent than *subsample* is dropped at
    random with probability ``1 - sqrt(subsample / frequency)``, which widens the window around rare ones
    (Mikolov et al. 2013). A pair ``d`` apart counts ``(window - d + 1) / window``.
    """
    size = len(frequency)
    keep = np.minimum(1.0, np.sqrt(subsample / np.maximum(frequency, 1e-12))).astype(np.float32)
    keep[0] = 0.0
    rng = np.random.default_rng(seed)
    total = sp.csr_matrix((size, size), dtype=np.float32)
    for ids, weight in streams:
        for chunk in _chunks(ids):
            document = np.cumsum(chunk < 0).astype(np.int64)
            kept: NDArray[np.bool_] = (chunk >= 0) & (
                rng.random(len(chunk), dtype=np.float32) < keep[np.maximum(chunk, 0)]
            )
            total = total + _pairs(chunk[kept], document[kept], size, window, weight)
        progress(f"{total.nnz:,} pairs of tokens")
    return total


def _chunks(ids: NDArray[np.int32]) -> Iterator[NDArray[np.int32]]:
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]


def _pairs(
    ids: NDArray[np.int32], document: NDArray[np.int64], size: int, window: int, weight: float
) -> sp.csr_matrix:
    total = sp.csr_matrix((size, size), dtype=np.float32)
    for distance in range(1, min(window, len(ids) - 1) + 1):
        together = document[distance:] == document[:-distance]
        one, other = ids[:-distance][together], ids[distance:][together]
        if not len(one):
            continue
        # Sorting one key a pair is several times faster than letting scipy sum duplicates.
        keys = np.minimum(one, other).astype(np.int64) * size + np.maximum(one, other)
        keys.sort()
        first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
        counts = np.diff(np.append(first, len(keys))).astype(np.float32)
        counts *= np.float32(weight * (window - distance + 1) / window)
        keys = keys[first]
        where = ((keys // size).astype(np.int32), (keys % size).astype(np.int32))
        total = total + sp.csr_matrix((counts, where), shape=(size, size))
    return total


def ppmi(upper: sp.csr_matrix, *, smoothing: float = 0.75, least: float = 0.0) -> sp.csr_matrix:
    """Positive pointwise mutual information, symmetric, of the counts whose upper triangle is *upper*.

    Counts below *least* are noise and dropped. A context's probability is its frequency to the power of
    *smoothing*, which takes away the advantage of rare contexts; the two directions are averaged.
    """
    counts = upper.copy()
    counts.data[counts.data < least] = 0.0
    counts.eliminate_zeros()
    both = (counts + counts.T).tocoo()
    rows = np.asarray(both.sum(axis=1)).ravel().astype(np.float64)
    contexts = rows**smoothing
    contexts /= max(contexts.sum(), 1e-12)
    joint = both.data.astype(np.float64)
    forth = np.log(joint / (rows[both.row] * contexts[both.col]))
    back = np.log(joint / (rows[both.col] * contexts[both.row]))
    values = np.maximum((forth + back) / 2, 0.0).astype(np.float32)
    matrix = sp.csr_matrix((values, (both.row, both.col)), shape=both.shape)
    matrix.eliminate_zeros()
    return matrix


def decompose(
    matrix: sp.csr_matrix, dimension: int, *, seed: int, iterations: int = 4, extra: int = 64
) -> NDArray[np.float32]:
    """Unit row vectors from the strongest *dimension* eigenvectors of the symmetric *matrix*.

    The eigenvectors are not scaled by their eigenvalues: equal weight for weak directions measured best. Rows
    of tokens that never occur are zero.
    """
    size = matrix.shape[0]
    dimension = min(dimension, size)
    width = min(size, dimension + extra)
    basis = np.random.default_rng(seed).standard_normal((size, width)).astype(np.float32)
    with one_thread():
        for _ in range(iterations):
            basis = torch.linalg.qr(torch.from_numpy(matrix @ basis)).Q.numpy()
        small = torch.from_numpy(basis).T @ torch.from_numpy(matrix @ basis)
        values, rotation = torch.linalg.eigh((small + small.T) / 2)
        strongest = np.argsort(-np.abs(values.numpy()), kind="stable")[:dimension]
        vectors = (torch.from_numpy(basis) @ rotation[:, torch.from_numpy(strongest)]).numpy()
    # An eigenvector's sign is arbitrary: its largest entry is made positive.
    peaks = vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])]
    return unit_rows(vectors * np.where(peaks < 0, -1, 1).astype(np.float32))


def unit_rows(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows scaled to length 1; rows of zeros stay zero."""
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = (matrix / np.maximum(lengths, 1e-9)).astype(np.float32)
    return scaled


def token_weights(frequency: NDArray[np.float64], softening: float) -> NDArray[np.float32]:
    """Smooth inverse frequency ``a / (a + f)`` (Arora, Liang and Ma 2017); 0 for the unknown token."""
    weights = (softening / (softening + frequency)).astype(np.float32)
    weights[0] = 0.0
    return weights


def project(
    vectors: NDArray[np.float32], sentences: NDArray[np.float32], dimension: int
) -> NDArray[np.float32]:
    """*vectors* in the *dimension* directions in which *sentences* of the trade vary most.

    A decomposition of all texts spends directions on what no tender or product speaks of; the principal axes
    of the trade's own sentence vectors (not centred: inner products must survive) keep what it needs.
    """
    with one_thread():
        exact = torch.from_numpy(sentences.astype(np.float64))
        values, all_axes = torch.linalg.eigh(exact.T @ exact)
        strongest = np.argsort(-values.numpy(), kind="stable")[:dimension]
        axes = all_axes.numpy()[:, strongest]
        peaks = axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])]
        signed = torch.from_numpy(axes * np.where(peaks < 0, -1, 1))
        rotated: NDArray[np.float32] = (torch.from_numpy(vectors.astype(np.float64)) @ signed).numpy()
    return rotated.astype(np.float32)
