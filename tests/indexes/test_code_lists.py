from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from indexes.code_lists import CodeLists
from indexes.errors import DamagedRelease
from indexes.files import save_array
from indexes.splice import Splice

LISTS = [[7, 5], [], [2**32 - 1], [1, 2, 3]]


def test_lists_come_back_for_the_rows_asked_for(tmp_path: Path) -> None:
    CodeLists.build(LISTS).save(tmp_path)
    loaded = CodeLists.load(tmp_path)
    rows = np.array([3, 1, 0, 3])
    whose, codes = loaded.at(rows)
    assert [codes[whose == at].tolist() for at in range(4)] == [LISTS[row] for row in rows]
    assert loaded.at(rows[:0])[1].size == 0
    assert (loaded.size, CodeLists.build([]).size) == (4, 0)


def test_spliced_lists_are_those_of_a_full_build(tmp_path: Path) -> None:
    fresh = [[9, 9], []]
    splice = Splice(np.array([~0, 0, 1, ~1, 3]))
    wanted = CodeLists.build([fresh[0], LISTS[0], LISTS[1], fresh[1], LISTS[3]])
    CodeLists.spliced(CodeLists.build(LISTS), splice, CodeLists.build(fresh)).save(tmp_path / "spliced")
    wanted.save(tmp_path / "built")
    for name in ("codes.npy", "code_offsets.npy"):
        assert (tmp_path / "spliced" / name).read_bytes() == (tmp_path / "built" / name).read_bytes()


def test_lists_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    CodeLists.build(LISTS).save(tmp_path)
    for offsets in ([], [0, 3], [0, 7], [0, 4, 2, 6], [1, 6]):
        save_array(tmp_path / "code_offsets.npy", np.array(offsets, np.int64))
        with pytest.raises(DamagedRelease):
            CodeLists.load(tmp_path)
