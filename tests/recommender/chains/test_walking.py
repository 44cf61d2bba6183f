"""Paths and reaches, against hand-made answers and against networkx."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import networkx
import pytest

from recommender.catalogue.domain import Edge, Relation
from recommender.chains.graph import ChainGraph
from recommender.chains.placing import Seat
from recommender.chains.stored import Sitting
from recommender.chains.walking import expand, path, reach
from tests.recommender.chains.conftest import KIND, NEEDS, USED


def walked(graph: ChainGraph, start: str, end: str) -> list[str]:
    found = path(graph, graph.node(start), graph.node(end))
    assert found is not None
    return [graph.name(step.end) for step in found.steps]


def test_a_path_follows_edges_in_either_direction_and_names_its_weakest(rail: ChainGraph) -> None:
    found = path(rail, rail.node("轴承钢坯"), rail.node("转向架"))
    assert found is not None
    assert [rail.name(step.end) for step in found.steps] == ["轴承钢", "轴承", "转向架"]
    assert [step.forward for step in found.steps] == [False, False, True]
    assert found.confidence == pytest.approx(0.9 * 0.8 * 0.9)
    assert found.weakest is found.steps[1]


def test_the_way_to_itself_is_no_step_and_sure(rail: ChainGraph) -> None:
    found = path(rail, rail.node("轴承"), rail.node("轴承"))
    assert found is not None
    assert (found.steps, found.confidence, found.weakest) == ((), 1.0, None)


def test_the_surer_way_is_taken_though_it_is_longer(build_graph: Callable[..., ChainGraph]) -> None:
    edges = [Edge("甲泵", "丙钢", NEEDS, "", 0.2), Edge("甲泵", "乙轴", NEEDS), Edge("乙轴", "丙钢", NEEDS)]
    assert walked(build_graph(edges), "甲泵", "丙钢") == ["乙轴", "丙钢"]


def test_a_way_round_is_taken_past_a_node_that_everything_touches(
    build_graph: Callable[..., ChainGraph],
) -> None:
    crowd = [Edge(f"物{i}号泵", "水", NEEDS) for i in range(400)]
    ways = [Edge("甲泵", "水", NEEDS), Edge("乙泵", "水", NEEDS)]
    around = [Edge("甲泵", "丙轴", NEEDS), Edge("丁架", "丙轴", NEEDS), Edge("丁架", "乙泵", NEEDS)]
    assert walked(build_graph([*crowd, *ways, *around]), "甲泵", "乙泵") == ["丙轴", "丁架", "乙泵"]
    assert walked(build_graph([*crowd, *ways]), "甲泵", "乙泵") == ["水", "乙泵"]


def test_no_path_is_longer_than_eight_steps(build_graph: Callable[..., ChainGraph]) -> None:
    line = [Edge(f"第{i}轴", f"第{i + 1}轴", NEEDS, "", 1.0) for i in range(10)]
    graph = build_graph(line)
    assert path(graph, graph.node("第0轴"), graph.node("第9轴")) is None
    assert len(walked(graph, "第0轴", "第8轴")) == 8


def test_unjoined_parts_have_no_path(build_graph: Callable[..., ChainGraph]) -> None:
    graph = build_graph([Edge("轴承", "圆钢", NEEDS), Edge("面包", "面粉", NEEDS)])
    assert path(graph, graph.node("轴承"), graph.node("面粉")) is None


def test_paths_are_as_sure_as_those_of_networkx(build_graph: Callable[..., ChainGraph]) -> None:
    rng = random.Random(7)
    edges = [
        Edge(f"甲{rng.randrange(40)}件乙", f"甲{rng.randrange(40)}件乙", rng.choice([NEEDS, USED]), "", w)
        for w in [rng.choice([0.5, 0.7, 0.9, 1.0]) for _ in range(90)]
    ]
    graph = build_graph(edges)
    oracle = networkx.Graph()
    for node in range(graph.size):
        for step in graph.steps(node, forward=True):
            paid = 0.05 - math.log(step.confidence)
            known = oracle.get_edge_data(step.start, step.end, {"weight": math.inf})["weight"]
            oracle.add_edge(step.start, step.end, weight=min(paid, known))
    compared = 0
    for start in range(graph.size):
        costs, ways = networkx.single_source_dijkstra(oracle, start)
        for end, cost in costs.items():
            found = path(graph, start, end)
            if cost < 3.0 and len(ways[end]) <= 8:
                assert found is not None
                mine = sum(0.05 - math.log(step.confidence) for step in found.steps)
                assert mine == pytest.approx(cost, abs=1e-6)
                compared += 1
    assert compared > 300


def test_a_need_reaches_kinds_before_what_is_broader(rail: ChainGraph) -> None:
    found = {rail.name(each.node): each for each in expand(rail, "轴承")}
    assert found["轴承"].confidence == 1.0
    assert found["轴箱轴承"].confidence == pytest.approx(0.9 * 0.9)
    assert found["滚子轴承"].confidence == pytest.approx(0.9 * 0.75, abs=0.01)  # inferred to be a kind
    assert [step.relation for step in found["轴箱轴承"].steps] == [KIND]
    sure = [each.confidence for each in expand(rail, "轴承")]
    assert sure == sorted(sure, reverse=True)


def test_other_kinds_of_the_broader_thing_do_not_meet_a_need(rail: ChainGraph) -> None:
    found = {rail.name(each.node) for each in expand(rail, "轴箱轴承")}
    assert {"轴箱轴承", "轴承", "滚子轴承"} <= found
    assert "风电轴承" not in found


def test_the_head_of_a_text_is_broader_than_the_text(rail: ChainGraph) -> None:
    (bearing,) = (each for each in expand(rail, "机床主轴轴承") if rail.name(each.node) == "轴承")
    assert bearing.broader
    assert bearing.confidence < 0.5
    assert "风电轴承" not in {rail.name(each.node) for each in expand(rail, "机床主轴轴承")}


def test_depth_limit_and_least_bound_a_reach(rail: ChainGraph) -> None:
    seat = [Seat(rail.node("轴承"), 1.0, Sitting.NAME)]
    assert [each.node for each in reach(rail, seat, depth=0)] == [seat[0].node]
    assert len(reach(rail, seat, limit=2)) == 2
    assert len(reach(rail, seat, least=0.95)) == 1
    only = reach(rail, seat, factors={(Relation.PROCESSED_BY, True): 0.5})
    assert [rail.name(each.node) for each in only] == ["轴承", "磨削"]
