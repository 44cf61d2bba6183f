from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.errors import FileUnreadable
from recommender.intake import delimited
from recommender.intake.delimited import Encoding, Line, find_encoding, records, text_lines


def read(text: str, delimiter: str = ",") -> list[Line]:
    return list(records(iter(text.splitlines(keepends=True)), delimiter))


def encoding_of(tmp_path: Path, content: bytes) -> Encoding:
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    return find_encoding(path)


@pytest.mark.parametrize(
    ("codec", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("gb18030", "gb18030"),
        ("gbk", "gb18030"),
        ("utf-16", "utf-16"),
    ],
)
def test_the_encoding_is_found_by_reading(tmp_path: Path, codec: str, found: str) -> None:
    assert encoding_of(tmp_path, "名称,简介\n甲公司,齿轮\n".encode(codec)) == Encoding(found)


def test_the_last_line_decides_as_much_as_the_first(tmp_path: Path) -> None:
    plain = b"id,name\n" + b"1,abc\n" * 400_000
    assert encoding_of(tmp_path, plain) == Encoding("utf-8")
    assert encoding_of(tmp_path, plain + "2,甲公司\n".encode("gb18030")) == Encoding("gb18030")
    assert encoding_of(tmp_path, plain + "2,甲公司\n".encode()) == Encoding("utf-8")


def test_a_torn_character_does_not_turn_utf_8_into_another_encoding(tmp_path: Path) -> None:
    content = "甲公司制造齿轮\n".encode() * 100 + "乙".encode()[:2] + b"\n"
    assert encoding_of(tmp_path, content) == Encoding("utf-8", clean=False)


@pytest.mark.parametrize(
    "content",
    [b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0rest", b"PAR1rest", b"\xff\xfe\x00", bytes(range(128, 256)) * 9],
)
def test_what_is_no_text_is_unreadable(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(FileUnreadable):
        encoding_of(tmp_path, content)


def test_one_bad_byte_does_not_make_a_plain_list_unreadable(tmp_path: Path) -> None:
    content = b"id,name\n" + b"1,plain\n" * 1000 + b"2,caf\xe9,x\n"
    assert encoding_of(tmp_path, content) == Encoding("utf-8", clean=False)


def test_quotes_keep_delimiters_lines_and_doubled_quotes() -> None:
    (line,) = read('1,"a, ""b""\nc",2\n')
    assert line.cells == {0: "1", 1: 'a, "b"\nc', 2: "2"}


def test_empty_lines_are_left_out_but_counted() -> None:
    assert [(line.number, line.cells) for line in read("a\n\n , \nb\r\n")] == [(1, {0: "a"}), (4, {0: "b"})]


def test_a_broken_quote_costs_its_own_line_only() -> None:
    lines = read('1,"a"b,c\n2,x,y\n3,"never closed,z\n4,x,y\n')
    assert [(line.number, bool(line.fault)) for line in lines] == [
        (1, True),
        (2, False),
        (3, True),
        (4, False),
    ]
    assert lines[3].cells == {0: "4", 1: "x", 2: "y"}


def test_a_quote_within_a_text_is_a_sign_like_others() -> None:
    (line,) = read('1,5" pipe,12\n')
    assert line.cells[1] == '5" pipe'


def test_a_quote_that_nobody_closes_is_looked_for_only_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "MOST_LINES", 3)
    lines = read('1,"open\n' + "2,x\n" * 5)
    assert [bool(line.fault) for line in lines] == [True, *[False] * 5]


def test_a_line_without_end_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "LONGEST_LINE", 100)
    stream = text_lines(io.StringIO("a" * 1000 + "\nb\n"))
    first, second = records(stream, ",")
    assert "longer" in first.fault
    assert second.cells == {0: "b"}


def test_nul_bytes_do_no_harm() -> None:
    assert list(text_lines(io.StringIO("a\0b\nc\n"))) == ["ab\n", "c\n"]


@given(st.lists(st.lists(st.text(alphabet='ab甲", ;\n', max_size=6), min_size=1, max_size=4), max_size=6))
def test_what_pythons_csv_module_writes_is_read_back(table: list[list[str]]) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerows(table)
    lines = io.StringIO(buffer.getvalue(), newline="")
    expected = [
        {i: cell for i, cell in enumerate(row) if cell.strip()}
        for row in table
        if any(cell.strip() for cell in row)
    ]
    assert [line.cells for line in records(lines, ",")] == expected


@given(st.text(alphabet='a,"\n', max_size=60))
def test_no_text_makes_the_reader_fail_or_lose_a_line(text: str) -> None:
    kept = sum(bool(line.strip(' ,\n"')) for line in text.splitlines())
    seen = "".join(line.value + "".join(map(str, line.cells.values())) for line in read(text))
    assert seen.count("a") >= min(1, kept)
