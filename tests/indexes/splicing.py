"""What the tests of spliced parts share: a splice told row by row, and a comparison to the byte."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from indexes.splice import Splice


def splice_of(fates: Sequence[str]) -> Splice:
    """The splice of rows that are each "kept", "gone" or "fresh": the first two are the older collection."""
    old, fresh = count(), count()
    numbers = [(fate, ~next(fresh) if fate == "fresh" else next(old)) for fate in fates]
    return Splice(np.array([number for fate, number in numbers if fate != "gone"], np.int64))


def same_bytes(*saves: Callable[[Path], None]) -> None:
    """Assert that each of *saves* writes the same files."""
    written = []
    for save in saves:
        with TemporaryDirectory() as name:
            save(Path(name))
            written.append({path.name: path.read_bytes() for path in Path(name).iterdir()})
    assert written[0]
    for other in written[1:]:
        assert other == written[0]
