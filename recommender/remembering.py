"""An encoder that remembers the phrases it has lately encoded.

To explain a list, hundreds of short texts are encoded: clauses of offers and of needs, which come again
within a request and from one to the next.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.encoder import Encoder

_LONGEST = 64  # characters of a text that is remembered
_KEPT = 8_192  # texts of a generation; two are kept
_MANY = 512  # texts asked for at once from which on nothing is looked up


class RememberingEncoder:
    """*encoder*, with the same vectors. Threads may share it."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        # what was asked for lately, and before that: no lock is needed to forget
        self._young: dict[str, NDArray[np.float32]] = {}
        self._old: dict[str, NDArray[np.float32]] = {}

    @property
    def name(self) -> str:
        return self._encoder.name

    @property
    def dimension(self) -> int:
        return self._encoder.dimension

    @property
    def fingerprint(self) -> str:
        return self._encoder.fingerprint

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See :meth:`Encoder.encode`."""
        if len(texts) > _MANY:
            return self._encoder.encode(texts)
        young, old = self._young, self._old
        found = {text: held for text in texts if (held := young.get(text, old.get(text))) is not None}
        lacking = [text for text in dict.fromkeys(texts) if text not in found]
        for text, vector in zip(lacking, self._encoder.encode(lacking) if lacking else (), strict=True):
            found[text] = vector
            if len(text) <= _LONGEST:
                young[text] = vector.copy()
        if len(young) >= _KEPT:
            self._old, self._young = young, {}
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        return np.concatenate([found[text] for text in texts]).reshape(len(texts), self.dimension)
