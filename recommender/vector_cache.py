"""Vectors kept by content, so that a refresh embeds only what is new.

    cache/<encoder fingerprint>/<number>.vectors   magic, dimension, rows, sha256 of the rest;
                                                   then a sha256 a row (of its text), then the vectors

A segment is written once, under another name first, so a kill leaves whole segments only and the work done
so far is kept. One that does not match its checksum is dropped and its texts are embedded again. Segments of
other encoders are removed once they are older than this one's.
"""

from __future__ import annotations

import hashlib
import shutil
import struct
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexes.files import write_atomically
from recommender.encoder import Encoder

Vectors = NDArray[np.float32]

_HEADER = struct.Struct("<8sII32s")
_MAGIC = b"RTVEC01\n"
_KEY_BYTES = 32
_SEGMENT = 16_384  # texts embedded between two saves: what an interrupted refresh can lose
_BATCH = 2_048


class VectorCache:
    """The vectors of one encoder in *folder*. One process at a time writes (the refresh lock sees to it).

    ``added`` counts the texts that the encoder had to embed since the cache was opened.
    """

    def __init__(self, folder: Path, encoder: Encoder) -> None:
        self._root = folder
        self._folder = folder / encoder.fingerprint[:32]
        self._encoder = encoder
        self._rows: dict[bytes, tuple[int, int]] = {}  # key → segment, row
        self._segments: list[Vectors] = []
        self._loaded = False
        self.added = 0

    def encode(
        self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.float32]:
        """(n, d) vectors of *texts*, embedding those that the cache lacks.

        *progress* hears how many of how many texts new to the cache are done. Raises OSError where the cache
        cannot be written.
        """
        self._load()
        keys = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
        lacking = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._rows}
        new = list(lacking.items())
        for start in range(0, len(new), _SEGMENT):
            part = new[start : start + _SEGMENT]
            vectors = np.zeros((len(part), self._encoder.dimension), np.float32)
            for at in range(0, len(part), _BATCH):
                vectors[at : at + _BATCH] = self._encoder.encode([text for _, text in part[at : at + _BATCH]])
                if progress:
                    progress(start + min(at + _BATCH, len(part)), len(new))
            self._append([key for key, _ in part], vectors)
        self.added += len(new)
        found = np.empty((len(keys), self._encoder.dimension), np.float32)
        for row, key in enumerate(keys):
            segment, place = self._rows[key]
            found[row] = self._segments[segment][place]
        return found

    def prune(self, texts: Sequence[str]) -> None:
        """Forget texts other than *texts* once they are most of the cache, and all other encoders' vectors
        that are older than this one's."""
        self._load()
        keys = {hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts}
        kept = [key for key in self._rows if key in keys]
        if len(self._rows) > 2 * len(kept) + _SEGMENT:
            vectors = np.stack([self._segments[s][r] for s, r in map(self._rows.__getitem__, kept)])
            self.clear()
            self._append(kept, vectors)
        oldest = min((p.stat().st_mtime for p in self._folder.glob("*.vectors")), default=0.0)
        for other in self._root.iterdir() if self._root.is_dir() else ():
            if other.is_dir() and other != self._folder:
                used = max((p.stat().st_mtime for p in other.glob("*.vectors")), default=0.0)
                if used < oldest:
                    shutil.rmtree(other)

    @property
    def dimension(self) -> int:
        """Of the encoder's vectors."""
        return self._encoder.dimension

    def outgrown(self, counts: Mapping[str, int]) -> bool:
        """Whether most of the cache must be of texts that a release with *counts* no longer holds."""
        self._load()
        return len(self._rows) > 2 * sum(counts.values()) + _SEGMENT

    def clear(self) -> None:
        """Forget every vector of this encoder."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._rows, self._segments, self._loaded = {}, [], True

    def _append(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        body = b"".join(keys) + vectors.tobytes()
        header = _HEADER.pack(_MAGIC, vectors.shape[1], len(keys), hashlib.sha256(body).digest())
        numbers = [int(p.stem) for p in self._folder.glob("*.vectors") if p.stem.isdecimal()]
        write_atomically(self._folder / f"{max(numbers, default=0) + 1:06d}.vectors", header + body)
        self._hold(keys, vectors)

    def _hold(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        self._rows.update((key, (len(self._segments), row)) for row, key in enumerate(keys))
        self._segments.append(vectors)

    def _load(self) -> None:
        if self._loaded:
            return
        self._loaded = True
        for path in sorted(self._folder.glob("*.vectors")):
            read = _read(path, self._encoder.dimension)
            if read is None:
                path.unlink()
            else:
                self._hold(*read)


def _read(path: Path, dimension: int) -> tuple[list[bytes], Vectors] | None:
    """Keys and vectors of a segment; None where it is torn, altered or another format's."""
    data = path.read_bytes()
    if len(data) < _HEADER.size:
        return None
    magic, columns, rows, checksum = _HEADER.unpack_from(data)
    body = memoryview(data)[_HEADER.size :]
    whole = magic == _MAGIC and columns == dimension and len(body) == rows * (_KEY_BYTES + 4 * columns)
    if not whole or hashlib.sha256(body).digest() != checksum:
        return None
    keys = [bytes(body[start : start + _KEY_BYTES]) for start in range(0, rows * _KEY_BYTES, _KEY_BYTES)]
    return keys, np.frombuffer(body[rows * _KEY_BYTES :], np.float32).reshape(rows, columns)
