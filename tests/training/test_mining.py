"""Which counter-examples are mined, in a plane where every angle can be read off."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from training.examples import Example
from training.mining import HardNegatives
from training.settings import TrainingSettings

# Text i has the single token i, and its vector points to ANGLES[i] degrees.
ANGLES = (0, 10, 20, 30, 40, 90)


def vectors(bags: list[NDArray[np.int64]]) -> NDArray[np.float32]:
    angles = np.radians([ANGLES[int(bag[0])] for bag in bags])
    return np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)


def example(a: int, b: int, group: int, other: int = -1) -> Example:
    return Example("made_up", np.array([a]), np.array([b]), group, other)


class Pool:
    """Stands in for the material: its pairs, and how often they were asked for."""

    def __init__(self, examples: list[Example]) -> None:
        self.examples = examples
        self.asked = 0

    def pool(self, kind: str) -> list[Example]:
        self.asked += 1
        return self.examples


def mined(pool: Pool, batch: list[Example], step: int = 1, most: int = 2) -> list[list[int]]:
    hard = HardNegatives(pool, TrainingSettings(hard_negatives=most), vectors)  # type: ignore[arg-type]
    return find(hard, batch, step)


def find(hard: HardNegatives, batch: list[Example], step: int) -> list[list[int]]:
    sides = vectors([e.a for e in batch]), vectors([e.b for e in batch])
    return [[int(bag[0]) for bag in bags] for bags in hard.find(batch, *sides, step)]


def test_the_nearest_strangers_are_taken_hardest_first() -> None:
    pairs = [example(0, 1, group=0), example(0, 5, group=1), example(0, 3, group=2), example(0, 4, group=3)]
    assert mined(Pool(pairs), [pairs[0]]) == [[3, 4]]
    assert mined(Pool(pairs), [pairs[0]], most=1) == [[3]]


def test_what_scores_like_the_true_partner_is_taken_for_another_right_answer() -> None:
    # cos 10° is 0.985, of which 95 % is 0.936: 20° (0.940) is too good to be wrong, 30° (0.866) is not
    pairs = [example(0, 1, group=0), example(0, 2, group=1), example(0, 3, group=2)]
    assert mined(Pool(pairs), [pairs[0]]) == [[3]]


@pytest.mark.parametrize("stranger", [example(0, 3, group=0), example(0, 3, group=9, other=7)])
def test_partners_of_the_same_group_are_never_taken(stranger: Example) -> None:
    pairs = [example(0, 1, group=0, other=7), stranger, example(0, 4, group=3)]
    assert mined(Pool(pairs), [pairs[0]]) == [[4]]


def test_the_index_is_made_anew_after_so_many_steps() -> None:
    pool = Pool([example(0, 1, group=0), example(0, 3, group=1)])
    hard = HardNegatives(pool, TrainingSettings(hard_negatives=1, mine_every=10), vectors)  # type: ignore[arg-type]
    for step, asked in ((1, 1), (10, 1), (11, 2), (20, 2)):
        find(hard, pool.examples[:1], step)
        assert pool.asked == asked
