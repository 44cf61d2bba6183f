"""Policy, diversity and exposure on the whole way, on a catalogue of near-equals."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from indexes.store import ReleaseStore
from recommender.catalogue import (
    Certification,
    Enterprise,
    Kind,
    Need,
    Offering,
    Size,
    Visibility,
)
from recommender.encoder import load_encoder
from recommender.engine import Engine
from recommender.matching import suppliers as suppliers_module
from recommender.matching.exposure import SELDOM_SEEN, Exposure, Fairness
from recommender.query import BuyerQuery, Policy, SupplierQuery
from tests.homes import filled
from training.models import packaged_encoder

DAY = date(2026, 11, 21)
HOLDER, OTHER = (Certification("IATF 16949"),), (Certification("ISO 14001"),)
PRODUCTS = (
    "汽车变速箱齿轮",
    "汽车变速器齿轮轴",
    "汽车传动齿轮",
    "汽车差速器齿轮",
    "汽车变速箱齿轮毛坯",
    "汽车齿轮锻件",
)
ENTERPRISES = (
    *(Enterprise(f"g{n}", f"齿轮{n}厂", size=Size.LARGE, certifications=HOLDER) for n in range(4)),
    Enterprise("lacks", "无证齿轮厂", size=Size.LARGE, certifications=OTHER),
    Enterprise("silent", "未报证齿轮厂", size=Size.SMALL),
    Enterprise("g0-again", "齿轮0厂 ", size=Size.LARGE, certifications=HOLDER),
)
OFFERINGS = (
    *(Offering(f"o{n}", f"g{n}", PRODUCTS[n]) for n in range(4)),
    Offering("o4", "lacks", PRODUCTS[0]),
    Offering("o5", "silent", PRODUCTS[5]),
    Offering("o6", "g0-again", PRODUCTS[0]),
)
GEARS = Need(
    "gears", "汽车变速箱齿轮采购", "供应商须通过IATF 16949认证。", qualification="须通过IATF 16949认证。"
)
OPEN = {"visibility": Visibility.PUBLIC, "deadline": datetime(2027, 6, 1)}
NEEDS = (
    Need("lot1", "汽车变速箱齿轮采购一标段", buyer_name="示例汽车集团", **OPEN),
    Need("lot2", "汽车变速箱齿轮采购二标段", buyer_name="示例汽车集团", **OPEN),
    Need("shaft", "汽车变速箱齿轮轴采购", buyer_name="另一集团", **OPEN),
    Need("asks", "汽车变速箱齿轮采购", qualification="须通过IATF 16949认证。", buyer_name="第三集团", **OPEN),
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    home: Path = tmp_path_factory.mktemp("gears")
    encoder = load_encoder(packaged_encoder())
    filled(
        home,
        encoder,
        {Kind.ENTERPRISES: ENTERPRISES, Kind.OFFERINGS: OFFERINGS, Kind.NEEDS: NEEDS},
    )
    return Engine.open(ReleaseStore(home), encoder)


def suppliers(engine, **options):
    return engine.suppliers(SupplierQuery(GEARS, DAY, **options))


def by_id(answer):
    return {result.enterprise_id: result for result in answer.results}


def test_lenient_keeps_who_fails_and_names_what(engine):
    answer = suppliers(engine, explain=False)
    assert by_id(answer)["lacks"].fails == ("IATF 16949",)
    assert by_id(answer)["g1"].fails == ()
    assert by_id(answer)["lacks"].score < by_id(answer)["g0"].score
    assert answer.left_out is None
    assert "left_out" not in answer.to_json()
    assert answer.query["policy"] == "lenient"


def test_strict_leaves_out_who_fails_and_says_how_many_and_why(engine):
    answer = suppliers(engine, policy=Policy.STRICT)
    assert "lacks" not in by_id(answer)
    assert (answer.left_out.count, answer.left_out.reasons) == (1, {"IATF 16949": 1})
    (missed,) = answer.left_out.to_json()["best"]
    assert (missed["enterprise_id"], missed["fails"]) == ("lacks", ["IATF 16949"])
    assert missed["requirements"][0]["status"] == "missing"
    assert missed["rank"] == 1 + sum(
        each.score > missed["score"] for each in suppliers(engine, explain=False).results
    )


def test_strict_keeps_who_is_silent_and_says_that_nothing_is_known(engine):
    silent = by_id(suppliers(engine, policy=Policy.STRICT))["silent"]
    assert (silent.fails, silent.unproven) == ((), ("IATF 16949",))
    assert by_id(suppliers(engine, policy=Policy.STRICT))["g0"].unproven == ()


@pytest.mark.parametrize("explain", [True, False])
def test_a_strict_list_says_how_many_of_it_are_still_to_be_verified(engine, explain):
    strict = suppliers(engine, policy=Policy.STRICT, explain=explain)
    waiting = sum(bool(result.unproven) for result in strict.results)
    assert waiting
    assert f"名单中 {waiting} 项" in strict.notes[0]
    assert "notes" not in suppliers(engine, explain=False).to_json()


def test_only_those_in_the_way_count_as_left_out(engine):
    best = suppliers(engine, policy=Policy.STRICT, top_k=1)
    assert len(best.results) == 1
    assert best.left_out.count == 0


def test_a_strict_list_is_filled_from_deeper_candidates(engine, monkeypatch):
    monkeypatch.setattr("recommender.matching.suppliers.KEPT", 2)
    judged = []
    measured = suppliers_module.Measured
    monkeypatch.setattr(
        suppliers_module, "Measured", lambda *parts: judged.append(len(parts[2])) or measured(*parts)
    )
    need = Need("g", "汽车差速器齿轮", qualification="须通过ISO 14001认证")
    answer = engine.suppliers(SupplierQuery(need, DAY, top_k=2, policy=Policy.STRICT, explain=False))
    assert {result.enterprise_id for result in answer.results} == {"lacks", "silent"}
    assert judged == [4, len(ENTERPRISES)]


def test_an_enterprise_that_is_registered_twice_goes_to_the_end(engine):
    answer = suppliers(engine)
    last = answer.results[-1]
    assert last.enterprise_id in ("g0", "g0-again")
    assert last.moved.by_score < last.rank
    assert "重复登记" in last.moved.reason
    unmoved = [result.score for result in answer.results if result.moved is None]
    assert unmoved == sorted(unmoved, reverse=True)


def test_similar_needs_of_one_buyer_do_not_fill_the_list(engine):
    asking = ENTERPRISES[0]
    found = engine.buyers(BuyerQuery(asking, (OFFERINGS[0],), DAY, explain=False)).results
    moved = [result for result in found if result.moved]
    assert [result.need_id in ("lot1", "lot2") for result in moved] == [True]
    assert moved[0].rank > moved[0].moved.by_score
    assert moved[0].to_json(explain=False)["moved"]["from"] == moved[0].moved.by_score


def test_who_was_seldom_seen_takes_a_turn(engine):
    plain = [result.enterprise_id for result in suppliers(engine, top_k=3).results]
    rules = Fairness(sme_share=0.0, margin=9.0, least_ndcg=0.0)
    exposure = Exposure(DAY, dict.fromkeys(plain, 9.0), rules)
    answer = suppliers(engine, top_k=3, exposure=exposure)
    (lifted,) = [result for result in answer.results if result.moved]
    assert lifted.moved.reason == SELDOM_SEEN
    assert lifted.enterprise_id not in plain
    assert lifted.moved.by_score > lifted.rank
    assert answer.results[0].enterprise_id == plain[0]
    assert answer.query["exposure"] == DAY.isoformat()
    unmoved = suppliers(engine, top_k=3, exposure=replace(exposure, moves=False))
    assert [result.enterprise_id for result in unmoved.results] == plain
    assert unmoved.query["exposure"] is None


def test_a_list_tells_the_ledger_what_it_gave_and_what_was_deserved(engine):
    answer = suppliers(engine, top_k=2, exposure=Exposure(DAY, rules=Fairness(margin=9.0)))
    given = {each: amounts[0] for each, amounts in answer.attention.items() if amounts[0]}
    assert set(given) == {result.enterprise_id for result in answer.results}
    assert len(answer.attention) > 2
    assert sum(given.values()) == pytest.approx(sum(due for _, due in answer.attention.values()))
    assert suppliers(engine, top_k=2).attention == {}


def test_the_ranking_that_is_evaluated_is_never_rearranged(engine):
    exposure = Exposure(DAY, {"g0": 99.0})
    query = SupplierQuery(GEARS, DAY, explain=False, exposure=exposure)
    (ranked,) = engine.ranking([query], "full")
    scores = [score for _, score in ranked]
    assert scores == sorted(scores, reverse=True)
    assert dict(ranked) == {r.enterprise_id: r.score for r in suppliers(engine, explain=False).results}
