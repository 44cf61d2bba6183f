from __future__ import annotations

import zipfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_files import raw_workbook, text_cell, workbook

from indexes.errors import FileUnreadable
from recommender.intake import sheet
from recommender.intake.delimited import Line
from recommender.intake.words import UNCALCULATED
from recommender.intake.workbook import open_workbook


def read(path: Path, name: str = "") -> list[Line]:
    with open_workbook(path) as book:
        chosen = next(one for one in book.sheets if not name or one.name == name)
        return list(book.rows(chosen))


def test_cells_come_as_openpyxl_wrote_them(tmp_path: Path) -> None:
    moment = datetime(2026, 7, 3, 9, 30)
    path = workbook(tmp_path / "a.xlsx", ["甲", 12, 1.5, True, moment], [], [None, "  ", "末"])
    assert read(path) == [
        Line(1, {0: "甲", 1: 12, 2: 1.5, 3: True, 4: moment}, 5),
        Line(3, {2: "末"}, 3),
    ]


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.lists(
            st.one_of(st.integers(-(10**9), 10**9), st.text(alphabet="a甲<&\"'_x ", max_size=8)), max_size=4
        ),
        max_size=5,
    )
)
def test_any_table_is_read_as_openpyxl_reads_it(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[object]]
) -> None:
    path = workbook(tmp_path_factory.mktemp("book") / "a.xlsx", *table)
    (oracle,) = openpyxl.load_workbook(path, read_only=True).worksheets
    expected = {
        number: {
            i: cell.value for i, cell in enumerate(row) if cell.value is not None and str(cell.value).strip()
        }
        for number, row in enumerate(oracle.iter_rows(), 1)
    }
    oracle.parent.close()
    assert {line.number: line.cells for line in read(path)} == {
        n: cells for n, cells in expected.items() if cells
    }


def test_a_formula_gives_what_excel_stored_with_it(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="str"><f>cmd()</f><v>ok</v></c></row>'
    path = raw_workbook(tmp_path / "a.xlsx", f"<worksheet><sheetData>{rows}</sheetData></worksheet>")
    assert read(path)[0].cells == {0: 2, 1: "ok"}
    book = openpyxl.Workbook()
    book.active["A1"] = "=1+1"  # never calculated
    book.save(tmp_path / "b.xlsx")
    assert read(tmp_path / "b.xlsx")[0].cells == {0: UNCALCULATED}
    rows = '<row r="1"><c r="A1" t="str"><f>""</f><v></v></c></row>'  # calculated, and empty
    path = raw_workbook(tmp_path / "c.xlsx", f"<worksheet><sheetData>{rows}</sheetData></worksheet>")
    assert read(path) == []


def test_macros_are_never_looked_at(tmp_path: Path) -> None:
    path = raw_workbook(
        tmp_path / "a.xlsx",
        f"<worksheet><sheetData><row>{text_cell('A1', 'x')}</row></sheetData></worksheet>",
        extra={"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0 Auto_Open Shell"},
    )
    assert read(path)[0].cells == {0: "x"}


def test_cells_merged_downwards_give_their_value_to_each_row(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx", ["企业", "产品"], ["甲", "a"], [None, "b"], ["乙", "c"], merge=["A2:A3"]
    )
    assert [line.cells.get(0) for line in read(path)] == ["企业", "甲", "甲", "乙"]


def test_a_number_shown_with_leading_zeros_keeps_them(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = 1
    book.active["A1"].number_format = "000000"
    book.save(tmp_path / "a.xlsx")
    assert read(tmp_path / "a.xlsx")[0].cells == {0: "000001"}


def test_a_stray_cell_in_the_last_row_takes_no_memory(tmp_path: Path) -> None:
    rows = f'<row r="1">{text_cell("A1", "x")}</row><row r="1048576">{text_cell("XFD1048576", "y")}</row>'
    path = raw_workbook(tmp_path / "a.xlsx", f"<worksheet><sheetData>{rows}</sheetData></worksheet>")
    assert [(line.number, line.cells) for line in read(path)] == [(1, {0: "x"}), (1048576, {16383: "y"})]


def test_one_long_text_in_many_cells_is_held_once(tmp_path: Path) -> None:
    rows = "".join(f'<row><c r="A{i}" t="s"><v>0</v></c></row>' for i in range(1, 2001))
    path = raw_workbook(
        tmp_path / "a.xlsx",
        f"<worksheet><sheetData>{rows}</sheetData></worksheet>",
        texts=f"<si><t>{'a' * 1_000_000}</t></si>",
    )
    cells = [line.cells[0] for line in read(path)]
    assert len(cells) == 2000
    assert len({id(cell) for cell in cells}) == 1


def test_a_cell_of_ten_megabytes_is_cut_off_where_no_field_reads_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet, "LONGEST_CELL", 100_000)
    rows = f"<row>{text_cell('A1', 'a' * 10_000_000)}{text_cell('B1', 'b')}</row>"
    path = raw_workbook(tmp_path / "a.xlsx", f"<worksheet><sheetData>{rows}</sheetData></worksheet>")
    (line,) = read(path)
    assert len(str(line.cells[0])) < 1_000_000
    assert line.cells[1] == "b"


@pytest.mark.parametrize(
    "xml",
    [
        "<worksheet><sheetData><row><c",
        '<!DOCTYPE x [<!ENTITY a "b">]><worksheet/>',
        '<worksheet><sheetData><row r="2000000"><c r="A1"><v>1</v></c></row></sheetData></worksheet>',
        '<worksheet><sheetData><row><c r="ZZZ1"><v>1</v></c></row></sheetData></worksheet>',
        '<worksheet><sheetData><row><c r="A1" t="s"><v>7</v></c></row></sheetData></worksheet>',
        '<worksheet><sheetData><row><c r="A1"><v>seven</v></c></row></sheetData></worksheet>',
    ],
)
def test_a_damaged_or_hostile_sheet_is_unreadable(tmp_path: Path, xml: str) -> None:
    with pytest.raises(FileUnreadable):
        read(raw_workbook(tmp_path / "a.xlsx", xml))


def test_a_tag_that_does_not_end_is_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "LONGEST_TAG", 100_000)
    with pytest.raises(FileUnreadable, match="tag"):
        read(raw_workbook(tmp_path / "a.xlsx", f"<worksheet><c r='{'A' * 1_000_000}'/></worksheet>"))


def test_what_is_no_workbook_is_unreadable_and_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    for content in (b"\xd0\xcf\x11\xe0old", b"name,id\n", b"PK\x03\x04torn"):
        path.write_bytes(content)
        with pytest.raises(FileUnreadable) as caught:
            read(path)
        assert caught.value.mend
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "no workbook")
    with pytest.raises(FileUnreadable):
        read(path)


def test_a_zip_bomb_is_refused_by_what_it_declares(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommender.intake.workbook.MOST_BYTES", 1_000_000)
    path = raw_workbook(tmp_path / "a.xlsx", " " * 2_000_000)
    assert path.stat().st_size < 10_000
    with pytest.raises(FileUnreadable, match="unpack"):
        read(path)


@given(st.integers(0, 3000), st.integers(0, 255))
@settings(max_examples=40, deadline=None)
def test_a_flipped_byte_is_read_or_refused_but_never_fails_otherwise(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int
) -> None:
    folder = tmp_path_factory.mktemp("flip")
    content = bytearray(workbook(folder / "a.xlsx", ["name"], ["x"]).read_bytes())
    content[place % len(content)] = value
    path = folder / "b.xlsx"
    path.write_bytes(content)
    with suppress(FileUnreadable):
        read(path)
