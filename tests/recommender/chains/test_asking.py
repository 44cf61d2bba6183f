"""A title is read for the thing that it asks for."""

from __future__ import annotations

import pytest

from recommender.chains.asking import asked_for

NODES = {"直流接触器与熔断器": 0}


def things(title: str, buyer: str = "") -> list[str]:
    return [each.thing for each in asked_for(title, NODES.get, buyer)]


@pytest.mark.parametrize(
    "title",
    [
        "石英坩埚",
        "新项目定点：石英坩埚",
        "急需石英坩埚供应商",
        "征集能做石英坩埚的专精特新企业",
        "关于石英坩埚二供开发的需求",
        "石英坩埚集采需求预公告",
        "石英坩埚小批量试制与后续批产",
        "石英坩埚（24台）采购项目（第二次）",
        "2026年第2批物资：石英坩埚",
        "苏州工厂石英坩埚长期协作",
        "石英坩埚及配套服务采购",
        "2026年度石英坩埚框架协议采购",
        "石英坩埚采购项目询比（比选）公告",
    ],
)
def test_how_it_is_bought_is_no_part_of_the_thing(title: str) -> None:
    assert things(title) == ["石英坩埚"]


def test_the_thing_for_some_use_and_of_some_project_is_that_thing_qualified() -> None:
    for title in ("轮式拖拉机用驱动桥采购", "轮式拖拉机项目驱动桥采购"):
        whole, thing = asked_for(title, NODES.get)
        assert (thing.thing, thing.qualified, whole.qualified) == ("驱动桥", True, False)


@pytest.mark.parametrize(
    "title", ["军用电源采购", "使用寿命试验台", "办公用房家具", "工程塑料", "工程机械采购"]
)
def test_a_use_within_a_word_is_no_purpose(title: str) -> None:
    assert len(things(title)) == 1


def test_the_name_of_the_buyer_is_no_part_of_the_thing() -> None:
    assert things("庆云拖拉机制造变速箱询比采购", "台州庆云拖拉机制造集团有限公司") == ["变速箱"]


def test_several_things_are_several_unless_one_node_has_that_name() -> None:
    assert things("变压器、环网柜采购") == ["变压器", "环网柜"]
    assert things("直流接触器与熔断器年度备件") == ["直流接触器与熔断器"]


def test_a_service_is_not_the_thing_that_is_served() -> None:
    assert things("电梯维保服务采购") == ["电梯维保服务"]


@pytest.mark.parametrize("title", ["", "采购", "（）", "——", "用" * 400, "采购" * 200, "(" * 3_000])
def test_odd_titles_ask_for_something_or_nothing_but_never_fail(title: str) -> None:
    assert all(thing for thing in things(title))
