from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender import remembering
from recommender.encoder import Encoder
from recommender.remembering import RememberingEncoder


class Counting:
    """An encoder that keeps what it was asked for."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder, self.asked = encoder, list[str]()
        self.name, self.dimension, self.fingerprint = (
            encoder.name,
            encoder.dimension,
            encoder.fingerprint,
        )

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += texts
        return self.encoder.encode(texts)


def test_vectors_are_those_of_the_encoder_and_phrases_are_encoded_once(encoder: Encoder) -> None:
    counting = Counting(encoder)
    remembered = RememberingEncoder(counting)
    texts = ["轴箱轴承", "", "棉纱", "轴箱轴承", "长" * 65]
    for _ in range(2):
        assert np.array_equal(remembered.encode(texts), encoder.encode(texts))
    assert counting.asked == ["轴箱轴承", "", "棉纱", "长" * 65, "长" * 65]
    assert (remembered.name, remembered.dimension, remembered.fingerprint) == (
        encoder.name,
        encoder.dimension,
        encoder.fingerprint,
    )
    assert remembered.encode([]).shape == (0, encoder.dimension)


def test_what_is_returned_may_be_written_to(encoder: Encoder) -> None:
    remembered = RememberingEncoder(encoder)
    remembered.encode(["棉纱"])[:] = 0
    assert np.array_equal(remembered.encode(["棉纱"]), encoder.encode(["棉纱"]))


def test_what_was_not_asked_for_lately_is_forgotten(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembering, "_KEPT", 2)
    counting = Counting(encoder)
    remembered = RememberingEncoder(counting)
    for text in "一二三四五":
        remembered.encode([text])
    remembered.encode(["四", "五", "一"])
    assert counting.asked == [*"一二三四五", "一"]
    assert len(remembered._old) + len(remembered._young) <= 2 * 2
