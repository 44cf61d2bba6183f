from __future__ import annotations

import json
from pathlib import Path

import pyarrow
import pytest
from intake_files import workbook
from pyarrow import parquet

from indexes.errors import FileUnreadable
from recommender.catalogue import Kind
from recommender.intake.grids import Row
from recommender.intake.headers import Names
from recommender.intake.readers import open_source

NAMES = Names(Kind.EDGES)
EDGES = [["source", "target", "relation"], ["钢轨", "钢坯", "needs_material"]]


def read(path: Path) -> list[Row]:
    with open_source(path, NAMES) as source:
        return list(source.rows)


def write(path: Path, text: str, codec: str = "utf-8") -> Path:
    path.write_bytes(text.encode(codec))
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_delimiter_of_a_csv_is_found_whatever_ends_its_lines(
    tmp_path: Path, delimiter: str, end: str
) -> None:
    text = end.join(delimiter.join(row) for row in EDGES)
    (row,) = read(write(tmp_path / "a.csv", text))
    assert row.cells == dict(zip(*EDGES, strict=True))


def test_a_delimiter_within_the_texts_is_not_taken_for_the_one_between_them(tmp_path: Path) -> None:
    (row,) = read(write(tmp_path / "a.csv", "source,target,relation\na;b;c;d,e;f;g;h,has_kind\n"))
    assert row.cells["source"] == "a;b;c;d"


def test_excels_own_first_line_names_the_delimiter(tmp_path: Path) -> None:
    (row,) = read(write(tmp_path / "a.csv", "sep=;\nsource;target;relation\na;b;has_kind\n"))
    assert row.cells == {"source": "a", "target": "b", "relation": "has_kind"}


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_files_are_read_in_their_encoding(tmp_path: Path, codec: str) -> None:
    text = "\n".join("\t".join(row) for row in EDGES)
    assert read(write(tmp_path / "a.tsv", text, codec))[0].cells["source"] == "钢轨"
    line = json.dumps(dict(zip(*EDGES, strict=True)), ensure_ascii=False)
    assert read(write(tmp_path / "a.jsonl", line, codec))[0].cells["source"] == "钢轨"


def test_a_row_with_a_torn_character_is_rejected_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    good = "钢轨,钢坯,has_kind\n".encode() * 60
    path.write_bytes(b"source,target,relation\n" + good + b"\xe4\xb8,b,has_kind\n" + good)
    rows = read(path)
    assert [row.number for row in rows if row.fault] == [62]
    assert len(rows) == 121


def test_the_sheet_whose_header_fits_is_taken_and_the_others_are_named(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx", ["说明"], ["请填写"], more={"数据": [*EDGES], "旧": [["source"], ["x"]]}
    )
    with open_source(path, NAMES) as source:
        assert (source.sheet, source.other_sheets) == ("数据", ("Sheet", "旧"))
        assert len(list(source.rows)) == 1
        done, size = source.position()
        assert done == size


def test_broken_lines_of_json_are_faults_of_their_own(tmp_path: Path) -> None:
    deep = "[" * 100_000
    lines = [
        '{"a": 1}',
        "{",
        "[1]",
        "null",
        deep,
        '{"a": 1, "a": 2}',
        '{"a": NaN}',
        "",
        '{"a": ' + "1" * 5000 + "}",
        '{"b": 2}',
    ]
    rows = read(write(tmp_path / "a.jsonl", "\n".join(lines)))
    assert [(row.number, bool(row.fault)) for row in rows] == [
        (1, False),
        (2, True),
        (3, True),
        (4, True),
        (5, True),
        (6, True),
        (7, True),
        (9, True),
        (10, False),
    ]


def test_deep_nesting_within_a_line_is_refused(tmp_path: Path) -> None:
    (row,) = read(write(tmp_path / "a.jsonl", '{"a": ' + "[" * 30 + "]" * 30 + "}"))
    assert "nested" in row.fault


def test_parquet_comes_with_its_types(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(pyarrow.table({"source": ["a"], "weight": [0.5], "tags": [["x", "y"]]}), path)
    assert read(path) == [Row(1, {"source": "a", "weight": 0.5, "tags": ["x", "y"]})]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b""),
        ("a.csv", b"\n\n"),
        ("a.csv", b"PK\x03\x04"),
        ("a.xlsx", b"source,target\n"),
        ("a.parquet", b"PAR1 but no more"),
        ("a.jsonl", b"\x89PNG\r\n\x1a\n\x00\xff\xfe\xfd\xfc"),
        ("a.doc", b"text"),
    ],
)
def test_a_file_that_is_something_else_is_unreadable(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(FileUnreadable):
        read(path)


def test_a_file_that_is_not_there_is_unreadable(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(FileUnreadable):
            read(path)
