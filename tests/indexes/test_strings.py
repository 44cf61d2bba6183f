from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.errors import DamagedRelease, InputError
from indexes.splice import Splice
from indexes.strings import StringTable
from tests.indexes.splicing import same_bytes


@given(st.lists(st.text(st.characters()), unique=True, max_size=20), st.text(max_size=3))
def test_every_string_is_found_under_its_number_and_no_other(strings: list[str], other: str) -> None:
    table = StringTable.build(strings)
    assert list(table) == strings
    assert [table.find(string) for string in strings] == list(range(len(strings)))
    assert table.find(other) == (strings.index(other) if other in strings else None)


def test_a_saved_table_answers_the_same(tmp_path: Path) -> None:
    strings = ["轴承", "", "轴", "a\nb", "\ud800", "齿轮箱"]
    StringTable.build(strings).save(tmp_path, "ids")
    table = StringTable.load(tmp_path, "ids")
    assert list(table) == strings
    assert table.find("轴") == 2
    assert table.find("轮") is None


def test_all_strings_come_at_once_as_bytes() -> None:
    assert StringTable.build(["b", "轴承", ""]).pieces() == [b"b", "轴承".encode(), b""]
    assert StringTable.build([]).pieces() == []


def test_an_empty_table_finds_nothing(tmp_path: Path) -> None:
    StringTable.build([]).save(tmp_path, "ids")
    table = StringTable.load(tmp_path, "ids")
    assert len(table) == 0
    assert table.find("") is None


@pytest.mark.parametrize(
    ("old", "fresh"),
    [(["a", "c", "e"], ["b", "d"]), (["c", "a", "e"], ["b", "d"]), (["a", "c", "e"], ["z", "d"])],
)
def test_a_spliced_table_is_the_one_of_all_strings(old: list[str], fresh: list[str]) -> None:
    splice = Splice(np.array([0, ~0, 1, ~1]))
    spliced = StringTable.spliced(StringTable.build(old), splice, StringTable.build(fresh))
    same_bytes(
        lambda folder: spliced.save(folder, "names"),
        lambda folder: StringTable.build([old[0], fresh[0], old[1], fresh[1]]).save(folder, "names"),
    )


def test_a_string_that_comes_twice_from_two_tables_is_refused() -> None:
    table = StringTable.build(["a", "b"])
    with pytest.raises(InputError, match="twice"):
        StringTable.spliced(table, Splice(np.array([0, ~0])), StringTable.build(["a"]))


def test_a_string_given_twice_is_refused() -> None:
    with pytest.raises(InputError, match="listed twice"):
        StringTable.build(["a", "b", "a"])


@pytest.mark.parametrize("number", [-1, 2])
def test_numbers_outside_the_table_are_refused(number: int) -> None:
    with pytest.raises(IndexError):
        StringTable.build(["a", "b"])[number]


def test_a_shortened_file_is_noticed(tmp_path: Path) -> None:
    StringTable.build(["abc", "d"]).save(tmp_path, "ids")
    (tmp_path / "ids.bin").write_bytes(b"abc")
    with pytest.raises(DamagedRelease, match="does not rise from 0 to 3"):
        StringTable.load(tmp_path, "ids")


def test_bytes_that_are_no_text_are_noticed_when_read(tmp_path: Path) -> None:
    StringTable.build(["ab"]).save(tmp_path, "ids")
    (tmp_path / "ids.bin").write_bytes(b"\xff\xff")
    with pytest.raises(DamagedRelease, match="UTF-8"):
        StringTable.load(tmp_path, "ids")[0]
