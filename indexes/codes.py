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
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.pages import on_large_pages
from indexes.scoring import library, score_all
from indexes.splice import Splice

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_THRESHOLD, _INNER, _OUTER = 0.9816, 0.4528, 1.5104
_LOST = 0.1175  # of the variance, by these levels (ibid.)
# Below this part of what a score may be at most, nothing is divided by it.
_LEAST = 1e-6
# Rows up to which collecting those beyond a bound takes less than a list of the best, 0.7 against 0.8 ms of a
# hundred thousand; the numbers of what is collected come from memory then, 2.7 against 2.1 ms of a million,
# unless the list is deep. A filter that makes it so is worth a part of the codes to a batch: 0.7 against 3.5
# ms a query where a tenth of a million passes, but no less than before where half do.
_SAMPLED_UP_TO, _DEEP = 1 << 18, 4_096
# Codes of 32 rows lie together, byte by byte, in this order, as FAISS compares them …
BLOCK = 32
# … and it takes so many blocks at once in a ninth less time than one: 2.9 against 3.2 ms for a million rows.
_AT_ONCE = 2
_ORDER = np.array([0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15])
_ROWS = 1_024  # rotated at a time, in cache
_NOTHING = np.zeros(0, np.float32), np.zeros(0, np.int64)
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
        self._rotation = np.ascontiguousarray(_rotate(np.eye(dimension, dtype=np.float32)))
        self._scale = scale
        self._every = _one_list(packed, np.arange(count), scale)
        self._sample = _one_list(pack(_first_of_each_block(packed)), np.arange(len(packed)), scale)
        self._flat: Any = _flat(packed, count, scale) if count > _SAMPLED_UP_TO else None

    def collects(self, depth: int, filtered: bool) -> bool:
        """Whether :meth:`nearest` collects what lies beyond a sampled bound, as a :meth:`part` allows,
        or makes a list of the *depth* best."""
        return self._flat is None or (filtered and depth > _DEEP)

    def part(self, codes: Bytes, rows: Rows) -> Any:
        """What :meth:`nearest` shall read of *rows* (m,) with these *codes* (m, b), all that a filter lets
        pass. Worth making for a batch."""
        return _one_list(pack(codes), rows, self._scale)

    def nearest(
        self, queries: Floats, depth: int, allowed: Mask | None = None, part: Any = None
    ) -> Iterator[tuple[Floats, Rows]]:
        """For each of *queries* (q, d) the estimated scores and rows, both (m,), of those that score beyond a
        bound by code, where they are *allowed* (n,); the same sooner by the :meth:`part` of these. The bound
        lies below the *depth*-th best of all rows, or at that one, but for one query in a thousand under a
        filter. *depth* is no more than there are.

        At it none comes along: which of several with its score FAISS names would depend on how it proceeds,
        and a query must find the same alone as in a batch.
        """
        turned = np.stack([score_all(self._rotation, query) for query in queries])
        read = self._every if part is None else part
        found: Iterable[tuple[Floats, Rows]] = (
            self._beyond_a_sample(turned, depth, read, allowed is None)
            if self.collects(depth, allowed is not None)
            else map(_before_the_last, *self._flat.search(turned, depth))
        )
        for near, rows in found:
            if allowed is not None:
                places = np.flatnonzero(allowed[rows])
                near, rows = near[places], rows[places]
            yield near, rows

    def _beyond_a_sample(
        self, turned: Floats, depth: int, read: Any, surely: bool
    ) -> Iterator[tuple[Floats, Rows]]:
        """As :meth:`nearest` for each of *turned* (q, w), of the rows that are *read*; *surely* says whether
        there must be *depth* of them.

        A sample tells a score that enough rows exceed: to collect those takes half as long as to keep a
        list of the best. Each query is divided by it, so that one bound, 1, does for the two that FAISS
        compares in less than twice the time of one.
        """
        expected = depth / BLOCK
        likely = min(int(expected + 3 * np.sqrt(expected)) + 4, self._sample.ntotal)
        floors = self._sample.search(turned, likely)[0][:, -1]
        bounded = floors > _LEAST * self._scale * np.linalg.norm(turned, axis=1)
        for at in range(0, len(turned), 2):
            pair = at + np.flatnonzero(bounded[at : at + 2])
            found = iter(_above_one(read, turned[pair] / floors[pair, None]) if pair.size else [])
            for query in range(at, min(at + 2, len(turned))):
                near, rows = next(found) if bounded[query] else _NOTHING
                if not bounded[query] or (surely and near.size < depth):
                    near, rows = self._every.search(turned[query : query + 1], depth)
                    yield _before_the_last(near[0], rows[0])
                else:
                    yield near * floors[query], rows

    def least(self, query: Floats, score: np.float32) -> float:
        """What a row of that *score* or more for *query* (d,) scores by code at least, but for one in
        thirty thousand. Nothing is said of scores that are not positive.

        The levels shrink a vector of the norm they are made for by the variance that they lose, and lengthen
        one much shorter; what else they change is spread over all components, for a score like a normal
        distribution. Four standard deviations: the best of 300 of our queries are all within them.
        """
        if score <= 0:
            return -np.inf
        spread = np.sqrt(_LOST * (1 - _LOST) / self._rotation.shape[0]) * self._scale
        return float((1 - _LOST) * score - 4 * spread * np.linalg.norm(query))


def _above_one(read: Any, turned: Floats) -> list[tuple[Floats, Rows]]:
    """Scores and rows, both (m,), of those *read* that score above 1 by code for each of *turned* (q, w)."""
    ends, near, rows = read.range_search(turned, 1.0)
    return [(near[start:end], rows[start:end]) for start, end in pairwise(ends.tolist())]


def _before_the_last(near: Floats, rows: Rows) -> tuple[Floats, Rows]:
    """Those of *rows* (m,), best first, that score better than the last of them."""
    more = int(np.count_nonzero(near > near[-1]))
    return near[:more], rows[:more]


def _first_of_each_block(packed: Bytes) -> Bytes:
    """(blocks, b) the code of every 32nd row of *packed* ones, from the first on."""
    first = packed.reshape(len(packed), packed.shape[1] // BLOCK, 2, BLOCK // 2)[..., 0]
    return ((first[:, :, 0] & 15) | (first[:, :, 1] << 4)).astype(np.uint8, copy=False)


def _together(packed: Bytes) -> Bytes:
    """*packed* codes with the same bytes of the blocks that are compared at once beside each other."""
    width = packed.shape[1] // BLOCK
    whole = np.zeros((-(-len(packed) // _AT_ONCE), width, _AT_ONCE, BLOCK), np.uint8)
    for place in range(_AT_ONCE):
        part = packed[place::_AT_ONCE]
        whole[: len(part), :, place] = part.reshape(len(part), width, BLOCK)
    return whole.reshape(len(whole), _AT_ONCE * packed.shape[1])


def _flat(packed: Bytes, count: int, scale: float) -> Any:
    """The index of FAISS that holds the *packed* codes of *count* rows."""
    faiss, width, packed = library(), packed.shape[1] // BLOCK * 4, _together(packed)
    index = faiss.IndexPQFastScan(width, width // 2, 4, faiss.METRIC_INNER_PRODUCT, _AT_ONCE * BLOCK)
    faiss.copy_array_to_vector(_centroids(width, scale).ravel(), index.pq.centroids)
    index.is_trained = True
    index.codes.resize(packed.size)
    _fill(faiss.rev_swig_ptr(index.codes.get(), packed.size), packed)
    index.ntotal, index.ntotal2 = count, len(packed) * _AT_ONCE * BLOCK
    return index


def _one_list(packed: Bytes, numbers: Rows, scale: float) -> Any:
    """As :func:`_flat` for rows of these *numbers*, in an inverted list, as only those can be asked for all
    rows beyond a score."""
    faiss, width, packed = library(), packed.shape[1] // BLOCK * 4, _together(packed)
    whole = faiss.IndexFlatIP(width)
    whole.add(np.zeros((1, width), np.float32))
    index = faiss.IndexIVFPQFastScan(
        whole, width, 1, width // 2, 4, faiss.METRIC_INNER_PRODUCT, _AT_ONCE * BLOCK
    )
    index.by_residual, index.is_trained = False, True
    faiss.copy_array_to_vector(_centroids(width, scale).ravel(), index.pq.centroids)
    lists = faiss.downcast_InvertedLists(index.invlists)
    lists.resize(0, numbers.size)
    if numbers.size:
        _fill(faiss.rev_swig_ptr(lists.get_codes(0), packed.size), packed)
        faiss.memcpy(lists.get_ids(0), faiss.swig_ptr(numbers), numbers.nbytes)
    index.ntotal = numbers.size
    return index


def _fill(codes: Bytes, packed: Bytes) -> None:
    on_large_pages(codes)
    codes[:] = packed.ravel()


def _centroids(width: int, scale: float) -> Floats:
    """(width / 2, 16, 2) the pair of components that each code of four bits stands for."""
    level = np.array([-_INNER, _INNER, -_OUTER, _OUTER], np.float32) * np.float32(scale / np.sqrt(width))
    code = np.arange(16)
    return np.tile(np.stack([level[code & 3], level[code >> 2]], axis=1), (width // 2, 1, 1))
