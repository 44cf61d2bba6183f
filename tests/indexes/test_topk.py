import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.topk import best_rows


@given(st.lists(st.integers(-3, 3), max_size=30), st.integers(0, 40))
def test_best_rows_are_those_of_a_stable_sort(scores: list[int], k: int) -> None:
    expected = sorted(range(len(scores)), key=lambda row: (-scores[row], row))[:k]
    assert best_rows(np.array(scores, np.float32), k).tolist() == expected


@pytest.mark.parametrize("k", [0, -1])
def test_no_rows_are_wanted(k: int) -> None:
    assert best_rows(np.ones(3), k).size == 0


def test_minus_infinity_comes_last() -> None:
    assert best_rows(np.array([-np.inf, 0.0, -1.0]), 3).tolist() == [1, 2, 0]
