"""What a path rests on is quoted as it is stored."""

from __future__ import annotations

from datetime import date

import pytest

from indexes.store import ReleaseStore
from recommender.catalogue import Edge, Enterprise, Kind, Need, Offering
from recommender.chains.quoting import of_standard, of_step, span_of
from recommender.chains.ways import Way
from recommender.encoder import Encoder
from recommender.engine import Engine
from recommender.query import SupplierQuery
from tests.homes import filled
from tests.recommender.chains.conftest import KIND, NEEDS, USED

DAY = date(2026, 11, 21)
NEED = Need("n", "采购 ＰＶＣ V带一批", "须执行 GB/T 10821", industry_chain="农业机械")
FIRMS = (
    Enterprise("farm", "农机带厂（示例）", industry_chains=("农业机械",)),
    Enterprise("fan", "风机带厂（示例）", industry_chains=("通用设备",)),
    Enterprise("belt", "传动厂（示例）", industry_chains=("通用设备",)),
)
OFFERS = (
    Offering("f", "farm", "PVC V带", "依GB/T 10821生产"),
    Offering("w", "fan", "ＰＶＣ Ｖ带定制", "符合GB/T 10821-2008，用于风机。"),
    Offering("b", "belt", "风机"),
)
EDGES = (Edge("PVC V带", "聚氯乙烯", NEEDS), Edge("风机", "轴流风机", KIND))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Engine:
    folder = tmp_path_factory.mktemp("quoting")
    values = {
        Kind.ENTERPRISES: FIRMS,
        Kind.OFFERINGS: OFFERS,
        Kind.EDGES: EDGES,
        Kind.NEEDS: (NEED,),
    }
    filled(folder, encoder, values)
    return Engine.open(ReleaseStore(folder), encoder)


@pytest.mark.parametrize(
    ("text", "spelled", "span"),
    [
        ("采购 ＰＶＣ-U 管", "pvcu管", "ＰＶＣ-U 管"),
        ("軸承座", "轴承", "軸承"),
        ("轴承", "齿轮", None),
        ("", "轴承", None),
        ("轴承", "", None),
    ],
)
def test_words_are_found_however_they_are_written(text: str, spelled: str, span: str | None) -> None:
    found = span_of(text, spelled)
    assert (text[slice(*found)] if found else None) == span


def test_both_sides_of_a_path_are_quoted_from_their_fields(engine: Engine) -> None:
    (result,) = (r for r in engine.suppliers(SupplierQuery(NEED, DAY)).results if r.enterprise_id == "fan")
    assert result.cross_chain is not None
    told = result.cross_chain
    assert told["path"] == ["PVC V带"]
    assert told["need"] == {"field": "title", "span": "ＰＶＣ V带", "start": 3}
    assert told["offering"] == {
        "title": "ＰＶＣ Ｖ带定制",
        "field": "title",
        "span": "ＰＶＣ Ｖ带",
        "start": 0,
        "offering_id": "w",
    }


def test_who_states_an_edge_is_quoted(engine: Engine) -> None:
    graph = engine.snapshot.graph
    (step,) = graph.steps(graph.node("PVC V带"), [USED], forward=True)
    (quote,) = of_step(engine.snapshot, step)
    assert quote == {"field": "description", "span": "用于风机", "start": 18, "offering_id": "w"}
    (imported,) = graph.steps(graph.node("PVC V带"), [NEEDS], forward=True)
    assert of_step(engine.snapshot, imported) == []


@pytest.mark.parametrize("by_need", [True, False])
def test_both_sides_that_name_a_standard_are_quoted(engine: Engine, by_need: bool) -> None:
    graph = engine.snapshot.graph
    number = graph.standard("GB/T 10821")
    assert number is not None
    rows = {engine.snapshot.offering(row).offering_id: row for row in range(3)}
    citing = -1 if by_need else rows["f"]
    way = Way(graph.node("PVC V带"), 0.5, graph.node("风机"), standard=number, citing=citing)
    one, other = of_standard(engine.snapshot, NEED, way, rows["w"])
    assert (one["span"], one["offering_id"]) == ("GB/T 10821-2008", "w")
    assert (other["span"], other.get("offering_id")) == ("GB/T 10821", None if by_need else "f")
