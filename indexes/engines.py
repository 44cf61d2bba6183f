"""Which vector index a collection gets, by its size or as it was told, and how to open it again."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from indexes.approximate import CODES, ApproximateIndex
from indexes.errors import InputError
from indexes.exact import FACTS, ExactIndex
from indexes.files import load_json
from indexes.half import HalfIndex
from indexes.splice import Splice
from indexes.tuning import Tuning
from indexes.vectors import VectorIndex

Engine = Literal["auto", "exact", "half", "approximate"]
ENGINES: tuple[Engine, ...] = get_args(Engine)

# From here an approximate search takes less than half the time of an exact one for the best 800 (1.2 against
# 2.6 ms for 60,000 × 256) and a fifth for the best 10; below, a millisecond is not worth a missing row.
APPROXIMATE_FROM = 65_536


def kind_for(engine: Engine, size: int) -> str:
    """``exact``, ``half`` or ``approximate``: what *engine* means for *size* rows."""
    if engine == "auto":
        return "approximate" if size >= APPROXIMATE_FROM else "exact"
    return engine


def as_stored(vectors: NDArray[np.float32], engine: Engine) -> NDArray[np.float32]:
    """*vectors* (n, d) as an index of *engine* gives them back."""
    if kind_for(engine, len(vectors)) == HalfIndex.kind:
        return vectors.astype(np.float16).astype(np.float32)
    return vectors


def build(
    vectors: NDArray[np.float32], engine: Engine = "auto", older: tuple[VectorIndex, Splice] | None = None
) -> VectorIndex:
    """An index of *vectors* (n, d); row i is vector i.

    *older* is an index of an older release and how the rows come from it: what follows from a row alone is
    taken over. The index is the same as without it, sooner.

    :raises InputError: not a matrix, no columns, not finite, or out of the engine's range.
    """
    kind = kind_for(engine, len(vectors))
    if kind == "half":
        return HalfIndex.from_vectors(vectors)
    if kind == "exact":
        return ExactIndex.from_vectors(vectors)
    index, splice = older or (None, None)
    if isinstance(index, ApproximateIndex) and splice is not None:
        return ApproximateIndex.from_vectors(vectors, older=(index, splice))
    return ApproximateIndex.from_vectors(vectors)


def spliced(
    old: VectorIndex, splice: Splice, fresh: NDArray[np.float32], engine: Engine = "auto"
) -> VectorIndex:
    """What :func:`build` makes of all rows of *splice*, those of *old* and the *fresh* vectors (m, d).

    :raises InputError: *old* has 16-bit floats only and *engine* asks for more.
    """
    if isinstance(old, HalfIndex) and kind_for(engine, splice.size) != HalfIndex.kind:
        raise InputError(
            "an index of 16-bit floats cannot become another",
            field="engine",
            value=engine,
            mend="build of all vectors",
        )
    whole = np.empty((splice.size, old.dimension), np.float32)
    whole[splice.kept] = old.rows(splice.old)
    whole[splice.fresh] = fresh
    return build(whole, engine, (old, splice))


def load(folder: Path, tuning: Tuning | None = None) -> VectorIndex:
    """The index that was saved in *folder*, whose files must have been verified
    (:func:`indexes.release.load_verified`), with the costs measured for it.

    :raises DamagedRelease: files are missing, damaged or do not fit together.
    """
    if (folder / CODES).exists():
        return ApproximateIndex.load(folder, tuning)
    if load_json(folder / FACTS).get("kind") == HalfIndex.kind:
        return HalfIndex.load(folder, tuning)
    return ExactIndex.load(folder, tuning)
