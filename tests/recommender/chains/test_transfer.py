"""Who is reached across chains, by which path, and what is left to prove."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from numpy.typing import NDArray

from indexes.store import ReleaseStore
from recommender.catalogue import (
    Certification,
    Edge,
    Enterprise,
    Kind,
    Need,
    Offering,
    Scope,
)
from recommender.chains.crossing import crosses_chains, in_scope
from recommender.chains.graph import ChainGraph
from recommender.chains.proofs import PROOFS, certificate_for, to_prove
from recommender.chains.transfer import Reaching, reaching
from recommender.encoder import Encoder
from recommender.engine import Engine
from recommender.query import BuyerQuery, SupplierQuery
from recommender.requirements.certificates import canonical
from recommender.retrieval import find_suppliers
from tests.homes import filled
from tests.recommender.chains.conftest import BY, KIND, NEEDS

DAY = date(2026, 11, 21)
AXLE = Need("n", "轴承采购", industry_chain="轨道交通装备")

FIRMS = (
    Enterprise("same", "轨道轴承厂（示例）", industry_chains=("轨道交通装备",)),
    Enterprise("wind", "风电轴承厂（示例）", industry_chains=("风电装备",)),
    Enterprise("yarn", "棉纺厂（示例）", industry_chains=("纺织服装",)),
    Enterprise("plain", "齿轮厂（示例）"),
)
OFFERS = (
    Offering("s", "same", "轴箱轴承"),
    Offering("w", "wind", "风电轴承"),
    Offering("y", "yarn", "棉纱"),
    Offering("g", "plain", "精密主轴"),
)
EDGES = (
    Edge("轴承", "轴箱轴承", KIND, "轨道", 0.9),
    Edge("轴承", "风电轴承", KIND, "轨道", 0.8),
    Edge("电主轴", "轴承钢", NEEDS),
)


@pytest.fixture(scope="module")
def transferring(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Engine:
    folder = tmp_path_factory.mktemp("transfer")
    values = {
        Kind.ENTERPRISES: FIRMS,
        Kind.OFFERINGS: OFFERS,
        Kind.EDGES: EDGES,
        Kind.NEEDS: (AXLE,),
    }
    filled(folder, encoder, values)
    return Engine.open(ReleaseStore(folder), encoder)


def reached(graph: ChainGraph, title: str) -> dict[int, float]:
    found = reaching(graph, Need("n", title))
    assert found is not None
    return dict(zip(found.rows.tolist(), found.confidences.tolist(), strict=True))


def test_a_need_that_names_nothing_of_the_graph_reaches_nobody(rail: ChainGraph) -> None:
    assert reaching(rail, Need("n", "办公楼物业服务")) is None


def test_makers_of_a_kind_are_reached_with_the_product_of_edge_and_kind(
    build_graph: Callable[..., ChainGraph],
) -> None:
    graph = build_graph([Edge("轴承", "轴箱轴承", KIND, "", 0.8)], ["轴承", "轴箱轴承"], starts=[0, 1])
    assert reached(graph, "轴承采购") == pytest.approx({0: 1.0, 1: 0.8 * 0.9})


def test_a_maker_of_the_material_is_reached_only_where_it_has_the_process_too(
    build_graph: Callable[..., ChainGraph],
) -> None:
    edges = [Edge("轴承", "轴承钢", NEEDS, "", 0.5), Edge("轴承", "磨削", BY)]
    graph = build_graph(edges, ["轴承钢", "轴承钢", "磨削"], starts=[0, 1])
    assert reached(graph, "轴承采购") == pytest.approx({1: 0.5 * 0.4})


def test_work_is_no_making_and_shares_no_materials(build_graph: Callable[..., ChainGraph]) -> None:
    edges = [Edge("轴承", "轴承钢", NEEDS), Edge("轴承", "磨削", BY)]
    graph = build_graph(edges, ["轴承钢", "磨削"], starts=[0])
    assert reached(graph, "轴承采购")
    assert reached(graph, "轴承维修服务、轴承") == {}


def gears(build_graph: Callable[..., ChainGraph]) -> ChainGraph:
    """Four firms make gears and gear boxes, whose name an encoder holds for its like; a fifth only boxes."""
    titles = [*["齿轮", "变速箱"] * 4, "变速箱"]
    edges = [Edge("齿轮", "合金钢", NEEDS), Edge("变速箱", "铝", NEEDS)]
    graph = build_graph(edges, titles, starts=[0, 2, 4, 6, 8])
    vectors = np.array(graph.stored.arrays.vectors)
    vectors[graph.node("变速箱")] = vectors[graph.node("齿轮")]
    return ChainGraph(replace(graph.stored, arrays=replace(graph.stored.arrays, vectors=vectors)))


def test_what_four_makers_make_beside_the_thing_joins_the_two(build_graph: Callable[..., ChainGraph]) -> None:
    graph = gears(build_graph)
    one, other = graph.node("齿轮"), graph.node("变速箱")
    found = reaching(graph, Need("n", "齿轮采购"))
    assert found is not None
    way = found.ways[int(found.places[found.place(4) or 0])]
    assert (way.makers, way.asked, way.node) == (4, one, other)
    assert reached(graph, "齿轮采购")[4] == pytest.approx(0.7 * 4 / (4 * 5) ** 0.5)
    assert crosses_chains(Need("n", "齿轮采购"), (), way)


def test_who_makes_the_broader_thing_is_not_told_to_come_from_beside_it(
    build_graph: Callable[..., ChainGraph],
) -> None:
    """人字 gears are gears, and no node of the graph; what makers of gears make beside them is less sure."""
    graph = gears(build_graph)
    found = reaching(graph, Need("n", "人字齿轮采购"))
    assert found is not None
    ways = [graph.name(found.ways[at].node) for at in found.places.tolist()]
    assert ways == ["齿轮", "齿轮", "齿轮", "齿轮", "变速箱"]


def test_who_could_make_one_of_two_things_is_not_reached_for_both(
    build_graph: Callable[..., ChainGraph],
) -> None:
    graph = gears(build_graph)
    gear = graph.stored.arrays.vectors[graph.node("齿轮")].astype(np.float32)

    def encoded(likeness: float) -> Callable[[Sequence[str]], NDArray[np.float32]]:
        return lambda texts: np.stack([gear if text == "齿轮" else likeness * gear for text in texts])

    one, both = Need("n", "齿轮采购"), Need("n", "齿轮、棉纱采购")
    assert [
        len(found.rows) if (found := reaching(graph, need, encode)) else 0
        for need, encode in ((one, encoded(0.1)), (both, encoded(0.9)), (both, encoded(0.1)))
    ] == [5, 5, 4]


def test_rows_that_no_path_reaches_are_worth_nothing(build_graph: Callable[..., ChainGraph]) -> None:
    graph = build_graph([Edge("轴承", "轴承钢", NEEDS)], ["轴承", "棉纱"], starts=[0, 1])
    found = reaching(graph, Need("n", "轴承采购"))
    assert found is not None
    assert found.values(np.array([0, 1])).tolist() == [1.0, 0.0]
    assert found.best(np.array([False, True]), 5).tolist() == []
    assert (found.place(0), found.place(1)) == (0, None)


def test_stated_chains_decide_and_only_else_the_path() -> None:
    assert crosses_chains(AXLE, ("风电装备",), None)
    assert not crosses_chains(AXLE, ("风电装备", "轨道交通装备"), None)
    assert not crosses_chains(AXLE, (), None)


def test_a_scope_keeps_one_side_or_both() -> None:
    crosses = np.array([True, False])
    assert in_scope(crosses, Scope.ANY).tolist() == [True, True]
    assert in_scope(crosses, Scope.SAME).tolist() == [False, True]
    assert in_scope(crosses, Scope.CROSS).tolist() == [True, False]


def test_a_supplier_of_another_chain_comes_with_its_path_and_what_is_left_to_prove(
    transferring: Engine,
) -> None:
    answer = transferring.suppliers(SupplierQuery(AXLE, DAY, scope=Scope.CROSS))
    assert answer.query["scope"] == "cross"
    found = {result.enterprise_id: result.cross_chain for result in answer.results}
    assert set(found) == {"wind", "yarn"}
    wind = found["wind"]
    assert wind is not None
    assert (wind["from"], wind["to"], wind["path"]) == ("风电装备", "轨道交通装备", ["风电轴承", "轴承"])
    assert wind["steps"] == [wind["weakest"]]
    assert wind["weakest"]["zh"] == "风电轴承是轴承的一种"
    assert [each["zh"] for each in wind["to_prove"]] == ["新行业的认证：ISO/TS 22163", "样件检测", "现场审核"]
    yarn = found["yarn"]
    assert yarn is not None
    assert yarn["path"] == []


def test_the_same_scope_leaves_other_chains_out_and_any_keeps_all(transferring: Engine) -> None:
    def ids(scope: Scope) -> set[str]:
        return {
            r.enterprise_id for r in transferring.suppliers(SupplierQuery(AXLE, DAY, scope=scope)).results
        }

    assert ids(Scope.SAME) == {"same", "plain"}
    assert ids(Scope.ANY) == ids(Scope.SAME) | ids(Scope.CROSS)


def test_a_scope_without_a_stated_chain_says_that_the_graph_alone_tells(transferring: Engine) -> None:
    def notes(chain: str, scope: Scope) -> str:
        asked = SupplierQuery(Need("m", "轴承采购", industry_chain=chain), DAY, scope=scope)
        return "".join(transferring.suppliers(asked).notes)

    assert "需求未写明产业链" in notes("", Scope.CROSS)
    assert "需求未写明产业链" in notes("", Scope.SAME)
    assert "产业链" not in notes("轨道交通装备", Scope.CROSS) + notes("", Scope.ANY)
    nobody = BuyerQuery(FIRMS[3], (OFFERS[3],), DAY, scope=Scope.CROSS)
    assert "企业未写明产业链" in "".join(transferring.buyers(nobody).notes)


def test_buyers_are_scoped_by_the_same_rule(transferring: Engine) -> None:
    def found(firm: int, scope: Scope) -> list[str]:
        query = BuyerQuery(
            FIRMS[firm], (OFFERS[firm],), DAY, scope=scope, visibility=("public", "registered")
        )
        return [result.need_id for result in transferring.buyers(query).results]

    assert (found(1, Scope.CROSS), found(1, Scope.SAME)) == (["n"], [])
    assert (found(0, Scope.CROSS), found(0, Scope.SAME)) == ([], ["n"])


def test_who_is_reached_is_a_candidate_though_neither_meaning_nor_words_name_it(transferring: Engine) -> None:
    snapshot = transferring.snapshot
    nothing = np.zeros((1, transferring.encoder.dimension), np.float32)
    nobody = np.zeros(len(snapshot.owner), np.bool_)

    def found(through: Reaching | None) -> dict[str, float | None]:
        (each,) = find_suppliers(snapshot, nothing, [["无"]], None, nobody, 1, [through])
        values = [None] * len(each.rows) if each.graph is None else each.graph.tolist()
        return dict(zip(map(snapshot.enterprises.documents.id_of, each.rows), values, strict=True))

    assert found(None) == {"plain": None}
    assert found(reaching(snapshot.graph, AXLE)) == pytest.approx({"plain": 0.0, "same": 0.9 * 0.9})


def test_a_certificate_that_is_held_and_valid_need_not_be_proven() -> None:
    held = Certification("IRIS", date(2027, 1, 1))
    assert [p["en"] for p in to_prove("轨道交通装备", [held], DAY)] == [
        "a sample, tested",
        "an audit on site",
    ]
    assert len(to_prove("轨道交通装备", [replace(held, expires=date(2026, 1, 1))], DAY)) == 3


@pytest.mark.parametrize(
    ("text", "certificate"),
    [("新能源汽车", "IATF 16949"), ("大飞机零件", "AS/EN 9100"), ("地铁车辆", "CURC"), ("棉纱", "")],
)
def test_the_certificate_belongs_to_the_industry_that_asks(text: str, certificate: str) -> None:
    assert certificate_for(text) == certificate


def test_every_certificate_of_the_table_is_one_that_requirements_know() -> None:
    for _, certificate in PROOFS:
        assert canonical(certificate).name == certificate


def test_the_release_of_a_folder_without_a_graph_reaches_nobody() -> None:
    assert reaching(ChainGraph.empty(), AXLE) is None


def test_a_long_name_counts_where_it_is_only_mentioned_and_a_short_one_does_not(
    build_graph: Callable[..., ChainGraph],
) -> None:
    graph = build_graph(
        [Edge("无取向硅钢", "铁", NEEDS), Edge("客车", "铁", NEEDS)], ["无取向硅钢", "客车"], starts=[0, 1]
    )
    assert list(reached(graph, "无取向硅钢集采需求")) == [0]
    assert reaching(graph, Need("n", "客车用润滑脂采购")) is None
