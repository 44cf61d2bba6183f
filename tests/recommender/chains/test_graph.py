"""The rail graph of conftest answers as one would by hand, from its files as they were written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from indexes.errors import DamagedRelease, UnknownId
from recommender.catalogue.domain import Edge
from recommender.chains.graph import ChainGraph
from recommender.chains.stored import NodeKind, Origin, Sitting
from tests.recommender.chains.conftest import FIRST, KIND, NEEDS, RAIL, TEXTS, TITLES, USED


def names(graph: ChainGraph, steps) -> list[str]:
    return [graph.name(getattr(step, "end", step)) for step in steps]


def test_what_goes_into_a_thing_and_what_it_goes_into(rail: ChainGraph) -> None:
    assert names(rail, rail.upstream(rail.node("轴承"))) == ["轴承钢"]
    assert names(rail, rail.upstream(rail.node("转向架"))) == ["轴承"]
    assert set(names(rail, rail.downstream(rail.node("轴承")))) == {"转向架"}
    assert names(rail, rail.downstream(rail.node("转向架"))) == ["动车组"]


def test_kinds_and_what_is_broader(rail: ChainGraph) -> None:
    assert set(names(rail, rail.kinds(rail.node("轴承")))) >= {"轴箱轴承", "风电轴承"}
    assert names(rail, rail.broader(rail.node("轴箱轴承"))) == ["轴承"]


def test_kinds_of_kinds_belong_to_the_kinds(build_graph: Callable[..., ChainGraph]) -> None:
    graph = build_graph([Edge("阀", "球阀", KIND), Edge("球阀", "浮动球阀", KIND)])
    assert names(graph, graph.kinds(graph.node("阀"))) == ["球阀", "浮动球阀"]
    assert names(graph, graph.kinds(graph.node("阀"), limit=1)) == ["球阀"]


def test_a_substitute_goes_both_ways(rail: ChainGraph) -> None:
    assert names(rail, rail.substitutes(rail.node("滚子轴承"))) == ["轴箱轴承"]
    assert names(rail, rail.substitutes(rail.node("轴箱轴承"))) == ["滚子轴承"]


def test_what_shares_a_process_is_found_with_it(rail: ChainGraph) -> None:
    (shared,) = rail.shared(rail.node("齿轮"))
    assert (rail.name(shared.node), rail.name(shared.through)) == ("轴承", "磨削")
    assert shared.strength == pytest.approx(0.81)


def test_what_everything_shares_is_worth_less(build_graph: Callable[..., ChainGraph]) -> None:
    graph = build_graph([Edge(f"{name}轴", "圆钢", NEEDS) for name in "甲乙丙丁戊"])
    (first, *_) = found = graph.shared(graph.node("甲轴"))
    assert len(found) == 4
    assert first.strength == pytest.approx(0.81 / 2)  # one over the root of four others


def test_a_node_is_found_however_it_is_spelled_and_near_ones_are_suggested(rail: ChainGraph) -> None:
    assert rail.find("軸 承") == rail.node("轴承")
    with pytest.raises(UnknownId, match="轴箱轴承"):
        rail.node("动车轴箱轴承")


@pytest.mark.parametrize("name", ["", "——", "<script>", "轴" * 5_000, "\ud800", "\0"])
def test_odd_names_are_unknown_and_no_more(rail: ChainGraph, name: str) -> None:
    assert rail.find(name) is None
    with pytest.raises(UnknownId):
        rail.node(name)


def test_edges_know_who_says_them(rail: ChainGraph) -> None:
    (needs,) = rail.steps(rail.node("轴承"), [NEEDS], forward=True)
    assert (needs.confidence, needs.origin) == (pytest.approx(0.8), Origin.IMPORTED)
    (said,) = rail.steps(rail.node("轴箱轴承"), [USED], forward=True)  # 用于动车组转向架
    assert (rail.name(said.end), said.origin) == ("动车组", Origin.STATED)
    (inferred,) = rail.steps(rail.node("滚子轴承"), [KIND], forward=False)
    assert (rail.name(inferred.end), inferred.origin) == ("轴承", Origin.INFERRED)


def test_nodes_know_what_they_are(rail: ChainGraph) -> None:
    kinds = {name: rail.kind(rail.node(name)) for name in ("轴承", "轴承钢坯", "磨削", "轨道下游")}
    assert kinds == {
        "轴承": NodeKind.PRODUCT,
        "轴承钢坯": NodeKind.MATERIAL,
        "磨削": NodeKind.PROCESS,
        "轨道下游": NodeKind.SEGMENT,
    }


def test_a_chain_stands_from_upstream_to_downstream(rail: ChainGraph) -> None:
    chain = rail.chain("轨道")
    assert chain is not None
    placed = {rail.name(node): (segment, stated) for node, segment, stated in rail.chain_nodes(chain)}
    assert placed["轴承钢坯"] == ("upstream", False)
    assert placed["轴承"] == ("midstream", False)
    assert placed["轴箱轴承"] == ("midstream", False)  # where the thing stands that it is a kind of
    assert placed["动车组"] == ("downstream", True)
    assert "磨削" not in placed
    assert "轨道下游" not in placed
    assert [e.edge for e in rail.chain_edges(chain)] == sorted(e.edge for e in rail.chain_edges(chain))
    assert rail.chains_of(rail.node("轴承")) == [chain]
    assert rail.chain("没有") is None


def test_that_a_segment_lists_its_goods_makes_them_no_kinds(rail: ChainGraph) -> None:
    assert rail.broader(rail.node("动车组")) == {}
    assert rail.kinds(rail.node("轨道下游")) == {}


def test_enterprises_sit_on_nodes_through_their_offerings(rail: ChainGraph) -> None:
    first, second = rail.suppliers(rail.node("轴箱轴承"))
    assert (first.enterprise, first.offering, first.how) == (0, 0, Sitting.NAME)
    assert (second.enterprise, second.offering, second.how) == (1, 1, Sitting.HEAD)
    assert first.confidence == 1.0 > second.confidence
    assert rail.supplier_count(rail.node("轴箱轴承")) == 2
    assert {rail.name(seat.node) for seat in rail.seats_of(1)} == {"轴箱轴承", "轴承钢", "齿轮"}
    assert rail.seats_of(2) == []


def test_an_enterprise_on_several_nodes_counts_once_by_its_best(rail: ChainGraph) -> None:
    nodes = [rail.node("齿轮"), rail.node("轴箱轴承")]
    rows, sure, places, offerings = rail.enterprises_on(nodes, [0.5, 1.0])
    assert rows.tolist() == [0, 1]
    assert places.tolist() == [1, 1]
    assert offerings.tolist() == [0, 1]
    assert sure[0] == 1.0
    assert rail.enterprises_on([], [])[0].tolist() == []


@pytest.mark.parametrize("least", [0.0, 0.6])
def test_makers_are_counted_for_many_nodes_as_for_one(rail: ChainGraph, least: float) -> None:
    every = [rail.makers(node, least) for node in range(rail.size)]
    assert rail.maker_counts(np.arange(rail.size), least).tolist() == [len(each) for each in every]
    nodes, counts = rail.nodes_with(np.array([0, 1]), least)
    assert dict(zip(nodes.tolist(), counts.tolist(), strict=True)) == {
        node: len(each) for node, each in enumerate(every) if len(each)
    }


def test_of_all_who_sit_on_a_node_some_may_be_asked_for(rail: ChainGraph) -> None:
    able = rail.sits_on([rail.node("齿轮")])
    assert np.flatnonzero(able).tolist() == rail.makers(rail.node("齿轮")).tolist() == [1]
    rows, sure, places, offerings = rail.seated_on([rail.node("轴箱轴承")], [0.5], able)
    assert (rows.tolist(), places.tolist(), offerings.tolist()) == ([1], [0], [1])
    assert sure[0] == 0.5 * rail.suppliers(rail.node("轴箱轴承"))[1].confidence


def test_a_text_finds_its_nodes(rail: ChainGraph) -> None:
    found = rail.nodes_of("采购动车组用轴箱轴承一批、齿轮")
    assert [rail.name(seat.node) for seat in found] == ["齿轮", "轴箱轴承", "动车组"]
    assert found[0].confidence == 1.0


def test_the_same_edges_in_another_order_make_the_same_files(
    rail: ChainGraph, tmp_path: Path, build_graph: Callable[..., ChainGraph]
) -> None:
    before = {path.name: path.read_bytes() for path in (tmp_path / "graph").iterdir()}
    build_graph(tuple(reversed(RAIL)), TITLES, TEXTS, FIRST)
    assert {path.name: path.read_bytes() for path in (tmp_path / "graph").iterdir()} == before


def test_a_graph_without_edges_answers_that_nothing_is_there(build_graph: Callable[..., ChainGraph]) -> None:
    for graph in (build_graph([], ("轴承",), ("轴承",), (0,)), ChainGraph.empty()):
        assert graph.size == graph.edge_count == 0
        assert graph.find("轴承") is None
        assert graph.nodes_of("轴承") == []
        assert graph.suggest("轴承") == []
        assert graph.seats_of(0) == []
        assert graph.chains == ()


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("targets", lambda a: a + 10_000),
        ("outgoing", lambda a: a[::-1].copy()),
        ("incoming_edges", lambda a: a - 5),
        ("spelling_nodes", lambda a: a + 10_000),
        ("confidences", lambda a: a[:-1]),
        ("origins", lambda a: a + 9),
        ("sitting_owners", lambda a: a[:-1]),
    ],
)
def test_a_file_that_does_not_fit_is_refused(rail: ChainGraph, tmp_path: Path, file: str, damage) -> None:
    path = tmp_path / "graph" / f"{file}.npy"
    np.save(path, damage(np.load(path)))
    with pytest.raises(DamagedRelease):
        ChainGraph.load(tmp_path / "graph")
