"""Two bits a component: vectors told in a sixteenth of their bytes, and compared in that form.

A vector is rotated by a fixed orthogonal matrix that looks random; whatever the vectors were like, the
components then are spread like a normal distribution of variance norm² / d, for which the best four levels
are known. So nothing is trained: a row's code depends on the row alone, and a release made from an older one
takes codes over. On our vectors they name the right rows as well as a product quantizer trained on them does
(``python -m tests.benchmarks.engines … --others``).

The levels: Lloyd-Max for the normal distribution (Max, Quantizing for Minimum Distortion, 1960, table I). The
idea: Zandieh et al., TurboQuant, 2025. Four bits (two components) are a code of FAISS' fast scan, which looks
up sixteen sums at once in registers (André, Kermarrec & Le Scouarnec, Quicker ADC, 2019).
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
from numpy.typing import NDArray

from indexes.scoring import library, score_all
from indexes.splice import Splice

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Bytes = NDArray[np.uint8]

_THRESHOLD, _INNER, _OUTER = 0.9816, 0.4528, 1.5104
# FAISS compares 32 rows at once: their codes lie together, byte by byte, in this order.
BLOCK = 32
_ORDER = np.array([0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15])
_ROWS = 1_024  # rotated at a time, in cache
_ABSENT = np.iinfo(np.int64).min  # a row that fills up the last block


def code_bytes(dimension: int) -> int:
    """Bytes of a row's code: four components each."""
    return -(-dimension // 4)


def encode(vectors: Floats, scale: float) -> Bytes:
    """(n, b) the codes of *vectors* (n, d) of norms up to about *scale*; each depends on its row alone."""
    codes = np.empty((len(vectors), code_bytes(vectors.shape[1])), np.uint8)

    def encode_from(at: int) -> None:
        codes[at : at + _ROWS] = _encode(vectors[at : at + _ROWS], scale)

    with ThreadPoolExecutor() as pool:  # numpy lets go of the interpreter
        for _ in pool.map(encode_from, range(0, len(vectors), _ROWS)):
            pass
    return codes


def _encode(vectors: Floats, scale: float) -> Bytes:
    turned = _rotate(vectors)
    positive = (turned > 0).view(np.uint8)
    np.abs(turned, out=turned)
    outer = (turned > np.float32(_THRESHOLD * scale / np.sqrt(len(turned)))).view(np.uint8)
    level = positive | outer * np.uint8(2)
    found: Bytes = (level[0::4] | level[1::4] << 2 | level[2::4] << 4 | level[3::4] << 6).T
    return found


def _rotate(vectors: Floats) -> Floats:
    """(w, n) *vectors* (n, d) rotated, w being d rounded up to a multiple of four.

    Random signs and Hadamard transforms, by additions one component at a time: unlike a matrix product that
    gives a row the same bits in any company, and on any machine. Where w is no power of two, the transform
    takes the first and the last components in turn (as in Kac's random walk).
    """
    width, count = 4 * code_bytes(vectors.shape[1]), len(vectors)
    turned = np.zeros((width, count), np.float32)
    turned[: vectors.shape[1]] = vectors.T
    window = 1 << (width.bit_length() - 1)
    spare = np.empty((window // 2, count), np.float32)
    for round, signs in enumerate(_signs(width)):
        turned *= signs[:, None]
        start = 0 if round % 2 == 0 else width - window
        part, step = turned[start : start + window], 1
        while step < window:
            pairs = part.reshape(window // (2 * step), 2, step, count)
            difference = spare.reshape(window // (2 * step), step, count)
            np.subtract(pairs[:, 0], pairs[:, 1], out=difference)
            pairs[:, 0] += pairs[:, 1]
            pairs[:, 1] = difference
            step *= 2
        part *= np.float32(1 / np.sqrt(window))
    return turned


@cache
def _signs(width: int) -> Floats:
    """(rounds, width) of 1 and -1, always the same."""
    rounds = 2 if width & (width - 1) == 0 else 4
    drawn = hashlib.shake_256(b"rongtong").digest(rounds * width)
    return np.where(np.frombuffer(drawn, np.uint8) & 1, np.float32(1), np.float32(-1)).reshape(rounds, width)


def pack(codes: Bytes) -> Bytes:
    """(n / 32 rounded up, 32 b) *codes* (n, b) as FAISS compares them; absent rows are zeros."""
    count, width = codes.shape
    packed = np.zeros((-(-count // BLOCK), width, 2, BLOCK // 2), np.uint8)
    for at in range(0, len(packed), _ROWS):
        part = np.zeros((len(packed[at : at + _ROWS]), BLOCK, width), np.uint8)
        given = codes[at * BLOCK : (at + _ROWS) * BLOCK]
        part.reshape(-1, width)[: len(given)] = given
        halves = part.reshape(-1, 2, BLOCK // 2, width)[:, :, _ORDER].transpose(1, 0, 3, 2)
        low, high = np.ascontiguousarray(halves)
        packed[at : at + _ROWS, :, 0] = (low & 15) | (high << 4)
        packed[at : at + _ROWS, :, 1] = (low >> 4) | (high & 240)
    return packed.reshape(len(packed), BLOCK * width)


def unpack(packed: Bytes, count: int) -> Bytes:
    """(count, b) the codes that :func:`pack` packed."""
    width = packed.shape[1] // BLOCK
    codes = np.empty((len(packed), 2, BLOCK // 2, width), np.uint8)
    blocks = packed.reshape(len(packed), width, 2, BLOCK // 2)
    for at in range(0, len(packed), _ROWS):
        even, odd = blocks[at : at + _ROWS, :, 0], blocks[at : at + _ROWS, :, 1]
        part = codes[at : at + _ROWS]
        part[:, 0, _ORDER] = ((even & 15) | (odd << 4)).transpose(0, 2, 1)
        part[:, 1, _ORDER] = ((even >> 4) | (odd & 240)).transpose(0, 2, 1)
    return codes.reshape(-1, width)[:count]


def spliced(old: Bytes, splice: Splice, fresh: Bytes) -> Bytes:
    """The packed codes of the rows of *splice*, of *old* packed ones and those of the *fresh* rows (m, b).
    Where 32 rows that lay together still do, their block is copied."""
    width = fresh.shape[1]
    source = np.append(splice.source, np.full(-splice.size % BLOCK, _ABSENT)).reshape(-1, BLOCK)
    first = source[:, 0]
    together = (first >= 0) & (first % BLOCK == 0) & (source == first[:, None] + np.arange(BLOCK)).all(axis=1)
    packed = np.empty((len(source), BLOCK * width), np.uint8)
    packed[together] = old[first[together] // BLOCK]
    rows = source[~together].ravel()
    codes = np.zeros((rows.size, width), np.uint8)
    kept, new = rows >= 0, (rows < 0) & (rows != _ABSENT)
    blocks, place = np.unique(rows[kept] // BLOCK, return_inverse=True)
    opened = unpack(old[blocks], blocks.size * BLOCK)
    codes[kept] = opened[place * BLOCK + rows[kept] % BLOCK]
    codes[new] = fresh[~rows[new]]
    packed[~together] = pack(codes)
    return packed


class CodeScan:
    """FAISS' scan over packed codes."""

    def __init__(self, packed: Bytes, count: int, dimension: int, scale: float) -> None:
        """*packed*: the codes of *count* vectors of *dimension*, made with *scale*; they are copied."""
        faiss, width = library(), 4 * code_bytes(dimension)
        self._index = faiss.IndexPQFastScan(width, width // 2, 4, faiss.METRIC_INNER_PRODUCT)
        faiss.copy_array_to_vector(_centroids(width, scale).ravel(), self._index.pq.centroids)
        self._index.is_trained = True
        self._index.codes.resize(packed.size)
        if packed.size:
            faiss.memcpy(self._index.codes.get(), faiss.swig_ptr(packed), packed.nbytes)
        self._index.ntotal, self._index.ntotal2 = count, len(packed) * BLOCK
        self._rotation = np.ascontiguousarray(_rotate(np.eye(dimension, dtype=np.float32)))

    def nearest(self, queries: Floats, depth: int) -> tuple[Floats, Rows]:
        """Estimated scores and rows, both (q, depth), of the *depth* best rows, best first."""
        turned = np.stack([score_all(self._rotation, query) for query in queries])
        scores, rows = self._index.search(turned, depth)
        return scores, rows


def _centroids(width: int, scale: float) -> Floats:
    """(width / 2, 16, 2) the pair of components that each code of four bits stands for."""
    level = np.array([-_INNER, _INNER, -_OUTER, _OUTER], np.float32) * np.float32(scale / np.sqrt(width))
    code = np.arange(16)
    return np.tile(np.stack([level[code & 3], level[code >> 2]], axis=1), (width // 2, 1, 1))
