"""From a thing to things whose makers could turn to it; small graphs, likeness set by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from recommender.catalogue import Edge, Need
from recommender.chains.graph import ChainGraph
from recommender.chains.transfer import reaching
from recommender.chains.ways import by_standard, forms, neighbours, siblings
from tests.recommender.chains.conftest import BY, KIND, NEEDS, USED

Build = Callable[..., ChainGraph]


def alike(graph: ChainGraph, *names: str) -> ChainGraph:
    """*graph*, of which the encoder finds these names to mean the same."""
    vectors = np.array(graph.stored.arrays.vectors)
    vectors[[graph.node(name) for name in names]] = vectors[graph.node(names[0])]
    return ChainGraph(replace(graph.stored, arrays=replace(graph.stored.arrays, vectors=vectors)))


def names(graph: ChainGraph, found) -> dict[str, list[str]]:
    return {graph.name(way.node): [graph.name(step.end) for step in way.steps] for way in found}


def test_a_material_is_reached_in_its_other_forms(build_graph: Build) -> None:
    graph = build_graph([Edge("电机", "无取向硅钢", NEEDS), Edge("无取向硅钢片", "铁", NEEDS)])
    for one, other in (("无取向硅钢", "无取向硅钢片"), ("无取向硅钢片", "无取向硅钢")):
        (way,) = forms(graph, graph.node(one), 1.0)
        assert graph.name(way.node) == other
        assert not way.leaves


def test_another_kind_of_the_same_thing_is_reached_where_it_is_alike(build_graph: Build) -> None:
    graph = build_graph([Edge("轴承钢", f"{name}轴承钢", KIND) for name in ("高碳铬", "渗碳", "不锈")])
    graph = alike(graph, "高碳铬轴承钢", "渗碳轴承钢")
    found = siblings(graph, graph.node("高碳铬轴承钢"), 1.0)
    assert names(graph, found) == {"渗碳轴承钢": ["轴承钢", "渗碳轴承钢"]}
    assert not any(way.leaves for way in found)


def test_kinds_of_what_has_very_many_are_no_siblings(build_graph: Build) -> None:
    graph = build_graph([Edge("阀", f"{name}型阀", KIND) for name in map(chr, range(0x4E00, 0x4E00 + 60))])
    graph = alike(graph, "一型阀", "丁型阀")
    assert siblings(graph, graph.node("一型阀"), 1.0) == []


@pytest.mark.parametrize("edge", [Edge("蜂窝板", "芳纶", NEEDS), Edge("芳纶", "蜂窝板", USED)])
def test_a_like_thing_of_the_same_material_is_reached_however_the_list_says_it(
    build_graph: Build, edge: Edge
) -> None:
    graph = build_graph([Edge("绝缘板", "芳纶", NEEDS), edge, Edge("手套", "芳纶", NEEDS)])
    graph = alike(graph, "绝缘板", "蜂窝板")
    found = neighbours(graph, graph.node("绝缘板"), 1.0)
    assert names(graph, found) == {"蜂窝板": ["芳纶", "蜂窝板"]}
    assert all(way.leaves for way in found)


def test_what_the_broader_thing_shares_its_kinds_share_too_and_the_other_s_kinds(build_graph: Build) -> None:
    graph = build_graph(
        [
            Edge("碳丝", "T7碳丝", KIND),
            Edge("碳丝", "预氧化", BY),
            Edge("航空碳丝", "预氧化", BY),
            Edge("航空碳丝", "T9碳丝", KIND),
        ]
    )
    graph = alike(graph, "碳丝", "T7碳丝", "T9碳丝", "航空碳丝")
    found = neighbours(graph, graph.node("T7碳丝"), 1.0)
    way = names(graph, found)["T9碳丝"]
    assert way == ["碳丝", "预氧化", "航空碳丝", "T9碳丝"]


STANDARD = (
    [Edge("收割机", "割台V带", NEEDS), Edge("风机", "风机V带", NEEDS), Edge("水泵", "密封垫", NEEDS)],
    ["割台V带", "风机V带", "密封垫", "风机V带"],
    ["割台V带，依GB/T 10821生产", "风机V带 符合GB/T 10821-2008", "密封垫 依GB/T 10821", "风机V带"],
    [0, 1, 2, 3],
)


def test_a_like_thing_made_to_the_same_standard_is_reached_through_who_names_it(build_graph: Build) -> None:
    graph = alike(build_graph(*STANDARD), "割台V带", "风机V带")
    (found,) = by_standard(graph, graph.node("割台V带"), 1.0, ())
    assert (graph.name(found.way.node), graph.standard_name(found.way.standard)) == ("风机V带", "GB/T 10821")
    assert (found.rows.tolist(), found.offerings.tolist(), found.way.citing) == ([1], [1], 0)
    assert found.way.confidence == pytest.approx(0.7 / 3**0.25, rel=1e-3)
    assert found.way.leaves


def test_a_standard_that_the_need_names_counts_where_no_offering_on_the_thing_does(
    build_graph: Build,
) -> None:
    edges, titles, texts, starts = STANDARD
    graph = alike(build_graph(edges, titles, ["割台V带", *texts[1:]], starts), "割台V带", "风机V带")
    assert list(by_standard(graph, graph.node("割台V带"), 1.0, ())) == []
    found = reaching(graph, Need("n", "割台V带采购", "须符合GB/T 10821"))
    assert found is not None
    way = found.ways[int(found.places[found.place(1) or 0])]
    assert (way.citing, graph.standard_name(way.standard)) == (-1, "GB/T 10821")
    assert found.place(3) is None  # makes the like thing, but names no standard
