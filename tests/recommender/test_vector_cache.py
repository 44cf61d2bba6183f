from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.vector_cache import VectorCache


class Counting:
    """An encoder whose vector is the text's length, and which counts what it is asked."""

    name, dimension = "counting", 2

    def __init__(self, fingerprint: str = "f" * 64) -> None:
        self.fingerprint = fingerprint
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked.extend(texts)
        return np.array([[len(text), 1.0] for text in texts], np.float32).reshape(-1, 2)


@pytest.fixture
def encoder() -> Counting:
    return Counting()


def test_a_text_is_embedded_once_however_often_it_is_asked_for(tmp_path: Path, encoder: Counting):
    cache = VectorCache(tmp_path, encoder)
    assert cache.encode(["一", "二二", "一"])[:, 0].tolist() == [1.0, 2.0, 1.0]
    again = VectorCache(tmp_path, encoder)
    assert again.encode(["二二", "三三三"])[:, 0].tolist() == [2.0, 3.0]
    assert encoder.asked == ["一", "二二", "三三三"]
    assert (cache.added, again.added) == (2, 1)


def test_vectors_of_another_encoder_are_never_taken(tmp_path: Path, encoder: Counting):
    VectorCache(tmp_path, encoder).encode(["一"])
    other = Counting("e" * 64)
    VectorCache(tmp_path, other).encode(["一"])
    assert other.asked == ["一"]


@pytest.mark.parametrize(
    "damage", [lambda d: d[:-1], lambda d: d[:-3] + b"abc", lambda d: b"", lambda d: b"x" + d]
)
def test_a_damaged_segment_is_dropped_and_made_anew(tmp_path: Path, encoder: Counting, damage):
    VectorCache(tmp_path, encoder).encode(["二二"])
    (segment,) = tmp_path.glob("*/*.vectors")
    segment.write_bytes(damage(segment.read_bytes()))
    assert VectorCache(tmp_path, encoder).encode(["二二"])[:, 0].tolist() == [2.0]
    assert encoder.asked == ["二二", "二二"]


def test_each_text_has_its_own_vector_whatever_the_order_of_their_keys(tmp_path: Path, encoder: Counting):
    texts = ["字" * length for length in range(1, 41)]
    VectorCache(tmp_path, encoder).encode(texts)
    assert VectorCache(tmp_path, encoder).encode(texts[::-1])[:, 0].tolist() == list(range(40, 0, -1))
    assert encoder.asked == texts


def test_a_segment_of_another_dimension_is_not_read(tmp_path: Path, encoder: Counting):
    VectorCache(tmp_path, encoder).encode(["一"])
    wider = Counting()
    wider.dimension = 3
    wider.encode = lambda texts: np.full((len(texts), 3), 7, np.float32)
    assert VectorCache(tmp_path, wider).encode(["一"]).tolist() == [[7.0, 7.0, 7.0]]


def test_an_interrupted_embedding_keeps_the_segments_it_has_made(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("recommender.vector_cache._SEGMENT", 2)

    class Failing(Counting):
        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            if "五" in texts:
                raise KeyboardInterrupt
            return super().encode(texts)

    with pytest.raises(KeyboardInterrupt):
        VectorCache(tmp_path, Failing()).encode(["一", "二", "三", "四", "五"])
    encoder = Counting()
    VectorCache(tmp_path, encoder).encode(["一", "二", "三", "四", "五"])
    assert encoder.asked == ["五"]


def test_pruning_forgets_what_is_no_longer_there(tmp_path: Path, encoder: Counting, monkeypatch):
    monkeypatch.setattr("recommender.vector_cache._SEGMENT", 1)
    cache = VectorCache(tmp_path, encoder)
    cache.encode(["一", "二", "三", "四"])
    cache.prune(["四"])
    encoder.asked.clear()
    again = VectorCache(tmp_path, encoder)
    again.encode(["四", "一"])
    assert encoder.asked == ["一"]


def test_a_cache_has_outgrown_what_it_is_of_when_it_has_doubled_since_all_was_known(
    tmp_path: Path, encoder: Counting, monkeypatch
):
    monkeypatch.setattr("recommender.vector_cache._SEGMENT", 1)
    cache = VectorCache(tmp_path, encoder)
    cache.encode(["一", "二", "三"])
    assert cache.outgrown()  # nobody has told what is held
    cache.prune(["一", "二"])
    assert not VectorCache(tmp_path, encoder).outgrown()
    cache.encode(["四", "五"])
    assert not cache.outgrown()
    cache.encode(["六"])
    assert cache.outgrown()
    cache.prune(["六"])
    assert not cache.outgrown()


def test_clearing_embeds_everything_again_and_no_texts_is_no_rows(tmp_path: Path, encoder: Counting):
    cache = VectorCache(tmp_path, encoder)
    cache.encode(["一"])
    cache.clear()
    cache.encode(["一"])
    assert encoder.asked == ["一", "一"]
    assert cache.encode([]).shape == (0, 2)
