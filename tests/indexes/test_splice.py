"""A splice says where each row of a new collection comes from."""

import numpy as np
import pytest

from indexes.errors import InputError
from indexes.splice import Splice


def test_rows_are_kept_fresh_or_gone() -> None:
    splice = Splice(np.array([~0, 1, 3, ~1]))
    assert (splice.kept.tolist(), splice.old.tolist(), splice.fresh.tolist()) == ([1, 2], [1, 3], [0, 3])
    assert splice.new_rows(5).tolist() == [-1, 1, -1, 2, -1]


def test_runs_join_what_adjoins() -> None:
    assert list(Splice(np.array([0, 1, ~0, ~1, 2, 4])).runs()) == [
        (False, 0, 2),
        (True, 0, 2),
        (False, 2, 3),
        (False, 4, 5),
    ]
    assert list(Splice(np.zeros(0, np.int64)).runs()) == []


@pytest.mark.parametrize("source", [[~1], [~0, ~0], [2, 2], [3, 1], [~1, ~0]])
def test_fresh_rows_come_in_order_and_older_ones_once(source: list[int]) -> None:
    with pytest.raises(InputError):
        Splice(np.array(source))


def test_a_row_that_goes_leaves_its_place_to_the_one_that_comes_for_it() -> None:
    splice = Splice(np.array([~0, 1, ~1, 4, ~2, ~3]))  # 0 changed, 2 and 3 became one, two came behind
    places, own = splice.places(6)
    assert places.tolist() == [0, 1, 2, 2, 3, 4]
    assert own.tolist() == [True, True, True, False, True, True]


def test_a_row_for_which_none_comes_has_no_place_of_its_own() -> None:
    places, own = Splice(np.array([1])).places(3)
    assert places.tolist() == [-1, 0, 0]
    assert own.tolist() == [False, True, False]
