"""Which vector index a collection gets, by its size or as it was told, and how to open it again."""

from __future__ import annotations

from collections.abc import Mapping
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

_KINDS: Mapping[str, type[ExactIndex | ApproximateIndex]] = {
    kind.kind: kind for kind in (ExactIndex, HalfIndex, ApproximateIndex)
}

# From here an approximate search takes less than half the time of an exact one for the best 800 (1.2 against
# 2.6 ms for 60,000 × 256) and a fifth for the best 10; below, a millisecond is not worth a missing row.
APPROXIMATE_FROM = 65_536


def kind_for(engine: Engine, size: int) -> str:
    """``exact``, ``half`` or ``approximate``: what *engine* means for *size* rows."""
    if engine == "auto":
        return "approximate" if size >= APPROXIMATE_FROM else "exact"
    return engine


def build(vectors: NDArray[np.float32], engine: Engine = "auto") -> VectorIndex:
    """An index of *vectors* (n, d); row i is vector i.

    :raises InputError: not a matrix, no columns, not finite, or out of the engine's range.
    """
    return _KINDS[kind_for(engine, len(vectors))].from_vectors(vectors)


def save_spliced(
    folder: Path, old: VectorIndex, splice: Splice, fresh: NDArray[np.float32], engine: Engine = "auto"
) -> None:
    """Write what :func:`build` makes of all rows of *splice*, those of *old* and the *fresh* vectors (m, d),
    into *folder*, to the byte; what follows from a row alone is copied.

    :raises InputError: *old* has 16-bit floats only and *engine* asks for more, or it is searched elsewhere.
    """
    kind = kind_for(engine, splice.size)
    if isinstance(old, HalfIndex) != (kind == HalfIndex.kind) or not isinstance(
        old, ExactIndex | ApproximateIndex
    ):
        raise InputError(
            "an index of one kind of floats cannot become one of another",
            field="engine",
            value=engine,
            mend="build of all vectors",
        )
    if kind == ApproximateIndex.kind:
        ApproximateIndex.save_spliced(folder, old, splice, fresh)
    else:
        held = old.exact if isinstance(old, ApproximateIndex) else old
        (HalfIndex if kind == HalfIndex.kind else ExactIndex).save_spliced(folder, held, splice, fresh)


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
