"""Vectors kept by content, so that a refresh embeds only what is new, and an interrupted one goes on.

    cache/<encoder fingerprint>/<number>.vectors   magic, dimension, rows; then a key a row (a hash of its
                                                   text), in order, first all first halves; then a checksum a
                                                   row (of its vector); then the vectors
    cache/<encoder fingerprint>/held               how many texts were held when all were last known

A segment is written once, under another name first, so a kill leaves whole segments only and the work done so
far is kept. Segments are mapped, not read: a refresh that asks for a few texts touches a few keys and rows. A
row that does not match its checksum is embedded again; a file that is no segment is dropped. Segments of
other encoders are removed once they are older than this one's.
"""

from __future__ import annotations

import hashlib
import shutil
import struct
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexes.errors import DamagedRelease
from indexes.files import map_file, write_atomically
from recommender.encoder import Encoder

Vectors = NDArray[np.float32]

_HEADER = struct.Struct("<8sII")
_MAGIC = b"RTVEC03\n"
_KEY = np.dtype("<u8")  # halves of a key and whole checksums
_SEGMENT = 16_384  # texts embedded between two saves: what an interrupted refresh can lose
_BATCH = 2_048
_HELD = "held"


class VectorCache:
    """The vectors of one encoder in *folder*. One process at a time writes (the refresh lock sees to it).

    ``added`` counts the texts that the encoder had to embed since the cache was opened.
    """

    def __init__(self, folder: Path, encoder: Encoder) -> None:
        self._root = folder
        self._folder = folder / encoder.fingerprint[:32]
        self._encoder = encoder
        self._segments: list[_Segment] | None = None
        self.added = 0

    def encode(
        self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.float32]:
        """(n, d) vectors of *texts*, embedding those that the cache lacks.

        *progress* hears how many of how many texts new to the cache are done. Raises OSError where the cache
        cannot be written.
        """
        every = _keys(texts)
        first, place = _distinct(every)
        keys = every[first]
        found = np.empty((len(keys), self.dimension), np.float32)
        lacking = self._read(keys, found)
        new = lacking[np.argsort(first[lacking], kind="stable")]  # in the order in which they were asked for
        for start in range(0, len(new), _SEGMENT):
            part = new[start : start + _SEGMENT]
            for at in range(0, len(part), _BATCH):
                rows = part[at : at + _BATCH]
                found[rows] = self._encoder.encode([texts[first[row]] for row in rows])
                if progress:
                    progress(start + min(at + _BATCH, len(part)), len(new))
            self._append(keys[part], found[part])
        self.added += len(new)
        return found[place]

    @property
    def dimension(self) -> int:
        """Of the encoder's vectors."""
        return self._encoder.dimension

    def outgrown(self) -> bool:
        """Whether most of the cache may be of texts that nothing holds any more: it has doubled since
        :meth:`prune` was told all that are held."""
        try:
            held = int((self._folder / _HELD).read_text("ascii"))
        except (OSError, ValueError):
            held = 0
        return self._size > _most(held)

    def prune(self, texts: Sequence[str]) -> None:
        """Forget texts other than *texts* once they are most of the cache, and all other encoders' vectors
        that are older than this one's."""
        every = _keys(texts)
        keys = every[_distinct(every)[0]]
        if self._size > _most(len(keys)):
            vectors = np.empty((len(keys), self.dimension), np.float32)
            lacking = self._read(keys, vectors)
            keys, vectors = np.delete(keys, lacking, axis=0), np.delete(vectors, lacking, axis=0)
            self.clear()
            self._append(keys, vectors)
        self._folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self._folder / _HELD, f"{len(keys)}\n".encode())
        oldest = min((p.stat().st_mtime for p in self._folder.glob("*.vectors")), default=0.0)
        for other in self._root.iterdir() if self._root.is_dir() else ():
            if other.is_dir() and other != self._folder:
                used = max((p.stat().st_mtime for p in other.glob("*.vectors")), default=0.0)
                if used < oldest:
                    shutil.rmtree(other)

    def clear(self) -> None:
        """Forget every vector of this encoder."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._segments = []

    @property
    def _size(self) -> int:
        return sum(segment.size for segment in self._held())

    def _held(self) -> list[_Segment]:
        if self._segments is None:
            self._segments = []
            for path in sorted(self._folder.glob("*.vectors")):
                try:
                    self._segments.append(_Segment(path))
                except ValueError:
                    path.unlink()
        return self._segments

    def _read(self, keys: NDArray[np.uint64], out: Vectors) -> NDArray[np.int64]:
        """Write the vectors of *keys* (n, 2) into *out* (n, d); the rows of those that are not there."""
        lacking = np.arange(len(keys))
        for segment in self._held():
            if not len(lacking):
                break
            if segment.dimension != self.dimension:
                continue
            lacking = lacking[~segment.read(keys[lacking], lacking, out)]
        return lacking

    def _append(self, keys: NDArray[np.uint64], vectors: Vectors) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        order = np.lexsort((keys[:, 1], keys[:, 0]))
        keys, vectors = keys[order], vectors[order]
        checks = np.fromiter(map(_check, vectors), np.uint64, len(vectors))
        header = _HEADER.pack(_MAGIC, vectors.shape[1], len(keys))
        parts = (keys.T.astype(_KEY), checks.astype(_KEY), np.ascontiguousarray(vectors, "<f4"))
        numbers = [int(p.stem) for p in self._folder.glob("*.vectors") if p.stem.isdecimal()]
        path = self._folder / f"{max(numbers, default=0) + 1:06d}.vectors"
        # not brought to the disk: a segment that a failing machine tears is dropped, and embedded again
        aside = path.with_name(f".{path.name}.new")
        aside.write_bytes(header + b"".join(part.tobytes() for part in parts))
        aside.rename(path)
        self._held().append(_Segment(path))


def _most(held: int) -> int:
    """Vectors that a cache may hold where *held* texts are."""
    return 2 * held + _SEGMENT


class _Segment:
    """One file, mapped. Raises ValueError where it is none."""

    def __init__(self, path: Path) -> None:
        try:
            data = map_file(path)
        except DamagedRelease as error:
            raise ValueError(error.message) from error
        if len(data) < _HEADER.size:
            raise ValueError("torn")
        magic, columns, rows = _HEADER.unpack_from(data)
        if magic != _MAGIC or len(data) != _HEADER.size + rows * (24 + 4 * columns):
            raise ValueError("of another kind or torn")
        starts = np.cumsum([_HEADER.size, 16 * rows, 8 * rows]).tolist()
        self.size, self.dimension = int(rows), int(columns)
        self._keys = np.frombuffer(data, _KEY, 2 * rows, starts[0]).reshape(2, rows)
        self._checks = np.frombuffer(data, _KEY, rows, starts[1])
        self._vectors = np.frombuffer(data, "<f4", rows * columns, starts[2]).reshape(rows, columns)

    def read(self, keys: NDArray[np.uint64], rows: NDArray[np.int64], out: Vectors) -> NDArray[np.bool_]:
        """Write the vectors of *keys* (n, 2) that are here to *rows* (n,) of *out*; which are."""
        here = np.minimum(self._keys[0].searchsorted(keys[:, 0]), self.size - 1)
        found: NDArray[np.bool_] = (self._keys[:, here] == keys.T).all(axis=0)
        for place in np.flatnonzero(found).tolist():
            vector = self._vectors[here[place]]
            found[place] = _check(vector) == self._checks[here[place]]
        out[rows[found]] = self._vectors[here[found]]
        return found


def _keys(texts: Iterable[str]) -> NDArray[np.uint64]:
    """(n, 2) a key for each text."""
    told = (hashlib.blake2b(t.encode("utf-8", "surrogatepass"), digest_size=16).digest() for t in texts)
    return np.frombuffer(b"".join(told), _KEY).reshape(-1, 2).astype(np.uint64)


def _distinct(keys: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of *keys* (n, 2): the first row (m,) of each distinct one, and which of these each row (n,) is."""
    order = np.lexsort((keys[:, 1], keys[:, 0]))  # stable: the first row of equal ones comes first
    rises = (keys[order[1:]] != keys[order[:-1]]).any(axis=1)
    starts = np.concatenate([np.ones(min(len(keys), 1), np.bool_), rises])
    place = np.empty(len(keys), np.int64)
    place[order] = np.cumsum(starts) - 1
    return order[starts], place


def _check(vector: Vectors) -> int:
    return int.from_bytes(hashlib.blake2b(vector.tobytes(), digest_size=8).digest(), "little")
