"""A need is read once, whoever asks, and alone as together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recommender.catalogue import Need
from recommender.engine import Engine
from recommender.matching import suppliers
from recommender.matching.common import Parts
from recommender.matching.reading import Reader, Reading, read_together
from recommender.query import SupplierQuery
from tests.recommender.conftest import DAY, Counting

NEEDS = (Need("1", "轴箱轴承采购", "用于动车组"), Need("2", "棉纱", "精梳棉纱 32 支", buyer_name="某纺织厂"))


def test_an_equal_need_is_not_read_again(engine: Engine, counting: Counting) -> None:
    parts = Parts.of(engine.snapshot, counting, engine.model)
    first, again = parts.reading(NEEDS[0]), parts.reading(replace(NEEDS[0]))
    assert again is first
    assert parts.reading(replace(NEEDS[0], description="用于地铁")) is not first
    _ = first.vector, first.phrases
    before = counting.texts
    _ = again.vector, again.phrases
    assert counting.texts == before


def test_a_need_of_endless_text_is_not_kept(engine: Engine) -> None:
    reader, endless = Reader(engine.encoder), replace(NEEDS[0], description="轴承" * 1_000)
    assert reader.reading(endless) is not reader.reading(endless)
    assert reader.reading(endless).tokens == Reading(engine.encoder, endless).tokens


def test_needs_are_read_together_as_alone_and_once(engine: Engine, counting: Counting) -> None:
    readings = [Reading(counting, need) for need in NEEDS]
    known = readings[1].vector
    before = counting.texts
    together = read_together(readings, counting)
    assert counting.texts == before + 3
    assert (together[1] == known).all()
    assert (together[0] == Reading(engine.encoder, NEEDS[0]).vector).all()
    assert not np.array_equal(together[0], together[1])


def test_what_was_read_is_at_hand_for_the_engine_of_the_next_release(
    engine: Engine, counting: Counting
) -> None:
    reader, query = Reader(counting), SupplierQuery(NEEDS[0], DAY, explain=True)
    first = Engine(engine.snapshot, reader).suppliers(query)
    before = counting.texts
    assert Engine(engine.snapshot, reader).suppliers(query) == first
    assert counting.texts == before
    Engine(engine.snapshot, counting).suppliers(query)
    assert counting.texts > before


def test_an_answer_does_not_depend_on_what_was_asked_before(engine: Engine) -> None:
    query = SupplierQuery(NEEDS[0], DAY, explain=True)
    parts = Parts.of(engine.snapshot, engine.encoder, engine.model)

    def answer() -> dict[str, object]:
        ((asked, found),) = suppliers.find(parts, [query])
        return suppliers.answer(parts, asked, found).to_json()

    fresh = answer()
    assert answer() == fresh
