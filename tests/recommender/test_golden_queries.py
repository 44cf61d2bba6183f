"""The operator's list of golden queries, as it is typed in Excel."""

import json
from pathlib import Path

import pytest

from indexes.errors import InputError
from recommender.golden import GoldenQuery, read_golden


def test_a_workspace_without_the_file_has_no_golden_queries(tmp_path: Path):
    assert read_golden(tmp_path) == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_headers_lists_and_defaults_are_understood(tmp_path: Path, encoding: str):
    text = "需求,需求编号,企业编号,前几名\n轴箱轴承,,E1;E2、E3,5\n,N1,E4,\n"
    (tmp_path / "golden.csv").write_text(text, encoding=encoding)
    assert read_golden(tmp_path) == (
        GoldenQuery("golden.csv, row 2", "轴箱轴承", "", ("E1", "E2", "E3"), 5),
        GoldenQuery("golden.csv, row 3", "", "N1", ("E4",), 10),
    )


def test_lines_of_json_are_read_too(tmp_path: Path):
    lines = [
        {"text": "轴承", "enterprise_id": ["E1", "E2"], "within": 3},
        {"need_id": "N1", "enterprise_id": "E4"},
    ]
    (tmp_path / "golden.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    first, second = read_golden(tmp_path)
    assert (first.text, first.enterprise_ids, first.within) == ("轴承", ("E1", "E2"), 3)
    assert (second.need_id, second.asked) == ("N1", "N1")


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (",,E1,10", "text"),
        ("轴承,N1,E1,10", "text"),
        ("轴承,,,10", "enterprise_id"),
        ("轴承,,;,10", "enterprise_id"),
        ("轴承,,E1,0", "within"),
        ("轴承,,E1,-1", "within"),
        ("轴承,,E1,ten", "within"),
        ("轴承,,E1,1001", "within"),
        ("轴" * 20_001 + ",,E1,10", "text"),
        ("轴承,,E1,10,more", "golden"),
    ],
)
def test_a_wrong_row_is_named_with_its_field(tmp_path: Path, row: str, field: str):
    (tmp_path / "golden.csv").write_text(f"text,need_id,enterprise_id,within\n轴承,,E1,1\n{row}\n", "utf-8")
    with pytest.raises(InputError, match="row 3") as caught:
        read_golden(tmp_path)
    assert caught.value.field == field


def test_two_lists_and_a_list_without_end_are_refused(tmp_path: Path):
    (tmp_path / "golden.csv").write_text("text,enterprise_id\n" + "轴承,E1\n" * 1001, "utf-8")
    with pytest.raises(InputError, match="more than 1,000 rows"):
        read_golden(tmp_path)
    (tmp_path / "golden.jsonl").write_text("{}")
    with pytest.raises(InputError, match="two lists"):
        read_golden(tmp_path)


@pytest.mark.parametrize(
    "content", ["", "no header here", "\x00\x01", "enterprise_id,within\nE1,3\n", "text\n轴承\n"]
)
def test_a_file_that_is_no_list_is_refused(tmp_path: Path, content: str):
    (tmp_path / "golden.csv").write_text(content)
    with pytest.raises(InputError):
        read_golden(tmp_path)
