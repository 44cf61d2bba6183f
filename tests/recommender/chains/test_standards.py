"""Standards are read as they are written, and only those of things."""

from __future__ import annotations

import pytest

from recommender.chains.standards import standards


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("依GB/T 3098.1-2010生产", ["GB/T 3098.1"]),
        ("符合GB38031—2020、IEC 62619:2022和EN 50155", ["GB 38031", "IEC 62619", "EN 50155"]),
        ("按IEC 61169-54与ISO 10791-7检验", ["IEC 61169-54", "ISO 10791-7"]),
        ("UL 94 V-0", ["UL 94"]),
        ("ISO 9001、IATF 16949、ISO/IEC 17025、GB/T 19001", []),
        ("JB04-03-22地块、GB2路、SH 600976", []),
        ("型号NB1234567，DN100", []),
    ],
)
def test_standards_of_things_are_read_without_their_years(text: str, found: list[str]) -> None:
    assert [name for name, _, _ in standards(text)] == found


def test_what_is_read_is_where_it_stands() -> None:
    text = "割台V带，依GB/T 10821-2008生产"
    ((_, start, end),) = standards(text)
    assert text[start:end] == "GB/T 10821-2008"
