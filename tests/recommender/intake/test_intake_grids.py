from __future__ import annotations

from recommender.catalogue import Kind
from recommender.intake.delimited import Line
from recommender.intake.grids import Row, find_header, rows_of
from recommender.intake.headers import Names


def lines(*rows: list[object]) -> list[Line]:
    return [
        Line(number, {i: cell for i, cell in enumerate(row) if cell not in (None, "")}, len(row))
        for number, row in enumerate(rows, 1)
        if any(row)
    ]


def table(kind: str, *rows: list[object], ragged: bool = False) -> tuple[list[str], list[Row], set[str]]:
    nameless: set[str] = set()
    header, found = rows_of(lines(*rows), Names(Kind(kind)), ragged=ragged, nameless=nameless)
    assert header is not None
    return list(header.labels.values()), list(found), nameless


def test_the_header_is_found_under_titles_and_empty_rows() -> None:
    labels, rows, _ = table(
        "enterprises",
        ["2026年企业名单"],
        [],
        ["填表单位：", "某局"],
        ["企业名称", "信用代码"],
        [],
        ["甲", "X"],
    )
    assert labels == ["企业名称", "信用代码"]
    assert rows == [Row(6, {"企业名称": "甲", "信用代码": "X"})]


def test_a_row_of_groups_above_the_header_is_passed_over() -> None:
    labels, rows, _ = table(
        "enterprises",
        ["基本信息", "", "联系信息", ""],
        ["企业名称", "信用代码", "联系人", "电话"],
        ["甲", "X", "张", "1"],
    )
    assert labels == ["企业名称", "信用代码", "联系人", "电话"]
    assert len(rows) == 1


def test_a_header_of_two_rows_is_joined() -> None:
    labels, rows, _ = table(
        "offerings",
        ["企业编号", "产品", "", "备注"],
        ["", "名称", "单位", ""],
        ["E1", "齿轮", "台", ""],
        ["E2", "轴承", "套", ""],
    )
    assert labels == ["企业编号", "产品/名称", "产品/单位", "备注"]
    assert [row.cells["产品/名称"] for row in rows] == ["齿轮", "轴承"]


def test_a_header_of_two_rows_that_only_together_name_the_record() -> None:
    labels, _, _ = table("offerings", ["企业", "", "产品"], ["编号", "名称", "名称"], ["E1", "甲", "齿轮"])
    assert labels == ["企业/编号", "企业/名称", "产品/名称"]
    mapped = Names(Kind.OFFERINGS).mapped(labels)
    assert {column.header: column.field for column in mapped.columns}["产品/名称"] == "title"


def test_the_first_row_of_data_is_no_second_header() -> None:
    _, rows, _ = table("enterprises", ["企业名称", "信用代码", "", ""], ["甲", "X", "a", "b"])
    assert len(rows) == 1


def test_a_table_without_any_known_header_takes_its_first_row() -> None:
    header = find_header(lines(["x", "y"], ["1", "2"]), Names(Kind.EDGES))
    assert header is not None
    assert (header.at, header.complete) == (0, False)


def test_equal_headers_are_numbered_and_nameless_columns_are_reported() -> None:
    labels, rows, nameless = table(
        "edges", ["source", "target", "relation", "note", "note", ""], ["a", "b", "c", "d", "e", "f"]
    )
    assert labels == ["source", "target", "relation", "note", "note (2)"]
    assert rows[0].cells["note (2)"] == "e"
    assert nameless == {"column 6"}


def test_too_many_cells_are_a_fault_too_few_a_note_and_empty_ones_nothing() -> None:
    _, rows, _ = table(
        "edges",
        ["source", "target", "relation", "chain"],
        ["a", "b", "c", "d", "e"],
        ["a", "b", "c"],
        ["a", "b", "c", "d", "", ""],
        ragged=True,
    )
    assert [(bool(row.fault), bool(row.note)) for row in rows] == [
        (True, False),
        (False, True),
        (False, False),
    ]


def test_a_header_that_is_printed_again_is_no_record() -> None:
    _, rows, _ = table(
        "edges", ["source", "target", "relation"], ["a", "b", "c"], ["source", "target", "relation"]
    )
    assert [row.fault for row in rows] == ["", "repeats the header"]
