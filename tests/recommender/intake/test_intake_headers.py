from __future__ import annotations

from dataclasses import fields

import pytest

from indexes.errors import InputError
from recommender.catalogue import Kind
from recommender.catalogue.rows import MAPPINGS
from recommender.intake.fields import RULES
from recommender.intake.headers import JOINED, Names, fold_header, unit_of
from recommender.intake.names import NAMES


def mapping(kind: str, headers: str, **columns: str) -> dict[str, str]:
    """Header to field (or part of a region), for headers with spaces between them."""
    mapped = Names(Kind(kind), columns).mapped(headers.split())
    return {column.header: column.part or column.field for column in mapped.columns}


@pytest.mark.parametrize("kind", list(Kind))
def test_every_field_is_known_by_its_own_name_and_has_a_rule(kind: Kind) -> None:
    for field in fields(MAPPINGS[kind].record_class):
        assert mapping(kind, field.name) == {field.name: field.name}
        assert field.name in RULES[kind] or field.name == "region"


@pytest.mark.parametrize("kind", list(Kind))
def test_the_table_of_names_is_folded_and_names_fields_that_exist(kind: Kind) -> None:
    for field, names in NAMES[kind].items():
        assert Names(kind, {"x": field})
        for name in names.split():
            assert fold_header(name) == name


@pytest.mark.parametrize(
    ("kind", "header", "field"),
    [
        ("enterprises", "公司名称", "name"),
        ("enterprises", "统一信用代码", "credit_code"),
        ("enterprises", "公司介绍", "description"),
        ("enterprises", "主营产品", "tags"),
        ("enterprises", "Company Name", "name"),
        ("enterprises", "*企业名称（必填）", "name"),
        ("offerings", "主营产品", "title"),
        ("offerings", "统一社会信用代码", "enterprise_id"),
        ("needs", "需求标题", "title"),
        ("needs", "采购单位", "buyer_name"),
        ("needs", "performance", "qualification"),
        ("outcomes", "对接阶段", "stage"),
        ("edges", "关联产品", "target"),
    ],
)
def test_usual_headers_are_understood(kind: str, header: str, field: str) -> None:
    mapped = Names(Kind(kind)).mapped([header])
    assert [column.field for column in mapped.columns] == [field]


def test_a_header_with_two_meanings_takes_the_free_one() -> None:
    assert mapping("enterprises", "名称") == {"名称": "name"}
    assert mapping("enterprises", "名称 公司名称") == {"名称": "short_name", "公司名称": "name"}


def test_the_caller_goes_before_the_table() -> None:
    assert mapping("enterprises", "name 品名", 品名="name") == {"品名": "name"}
    assert mapping("needs", "title performance", performance="description")["performance"] == "description"


def test_texts_and_lists_take_all_their_columns_and_others_the_best() -> None:
    mapped = Names(Kind.NEEDS).mapped(["项目编号", "编号", "采购内容", "技术要求"])
    assert [column.field for column in mapped.columns] == ["need_id", "description", "description"]
    assert mapped.unmapped == ("编号",)
    assert "description" in JOINED


def test_a_column_that_is_there_twice_is_joined_or_reported() -> None:
    mapped = Names(Kind.ENTERPRISES).mapped(["名称", "简介", "简介 (2)", "规模", "规模 (2)"])
    assert [column.header for column in mapped.columns] == ["名称", "简介", "简介 (2)", "规模"]
    assert mapped.unmapped == ("规模 (2)",)


def test_a_unit_in_the_header_is_seen() -> None:
    assert [
        unit_of(h) for h in ("注册资本（万元）", "营收(单位：亿元)", "预算/万元", "占比%", "金额元", "名称")
    ] == [
        10_000,
        10**8,
        10_000,
        100,
        1,
        1,
    ]
    assert mapping("needs", "预算金额（万元）") == {"预算金额（万元）": "budget"}


def test_what_a_list_lacks_is_named() -> None:
    assert Names(Kind.ENTERPRISES).lacking(["公司名称"]) == ("enterprise_id",)
    assert Names(Kind.ENTERPRISES).lacking(["公司名称", "信用代码"]) == ()
    assert Names(Kind.OFFERINGS).lacking(["产品"]) == ("enterprise_id",)


def test_a_field_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        Names(Kind.EDGES, {"x": "budget"})
    assert "source" in caught.value.mend
