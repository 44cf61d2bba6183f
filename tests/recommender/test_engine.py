import math
from dataclasses import replace

import numpy as np
import pytest

from indexes.errors import EncoderError, InputError, NoRelease
from indexes.store import ReleaseStore
from recommender.catalogue import Enterprise, Link, Need
from recommender.engine import Engine
from recommender.query import (
    BuyerQuery,
    Filters,
    SupplierQuery,
    enterprise_from_text,
    need_from_text,
)
from recommender.results import Recommendation, Result
from tests.recommender.conftest import DAY, ENTERPRISES, NEEDS, OFFERINGS

AXLE = NEEDS[0]


def suppliers(engine: Engine, need: Need, **options) -> tuple[Result, ...]:
    return engine.suppliers(SupplierQuery(need, DAY, **options)).results


def buyers(engine: Engine, index: int = 0, **options) -> tuple[Result, ...]:
    enterprise = ENTERPRISES[index]
    offerings = tuple(o for o in OFFERINGS if o.enterprise_id == enterprise.enterprise_id)
    return engine.buyers(BuyerQuery(enterprise, offerings, DAY, **options)).results


def ids(results: tuple[Result, ...]) -> list[str]:
    return [result.enterprise_id for result in results]


def test_who_makes_the_thing_comes_first_and_says_why(engine: Engine):
    best = suppliers(engine, AXLE)[0]
    assert (best.enterprise_id, best.rank) == ("bearing", 1)
    assert (best.evidence[0].offering_id, best.evidence[0].offer.span) == ("b1", "动车组轴箱轴承")
    assert "轴箱轴承" in best.evidence[0].need.span
    assert [(r.requirement, r.status) for r in best.requirements] == [("ISO/TS 22163", "met")]
    assert "动车组轴箱轴承" in best.for_buyer
    assert "已均满足" in best.for_supplier or "均已满足" in best.for_supplier


def test_base_and_contributions_are_the_log_odds_of_the_score(engine: Engine):
    for result in (*suppliers(engine, AXLE), *buyers(engine)):
        total = result.base + sum(part.contribution for part in result.contributions)
        assert math.log(result.score / (1 - result.score)) == pytest.approx(total, abs=1e-6)


def test_every_quoted_span_is_a_substring_of_the_field_it_names(engine: Engine):
    offers = {o.offering_id: o for o in OFFERINGS}
    firms = {e.enterprise_id: e for e in ENTERPRISES}
    quoted = 0
    for result in suppliers(engine, AXLE):
        for evidence in result.evidence:
            assert evidence.need.span in getattr(AXLE, evidence.need.field)
            source = offers.get(evidence.offering_id) or firms[result.enterprise_id]
            assert evidence.offer.span in getattr(source, evidence.offer.field)
            quoted += 1
        for requirement in result.requirements:
            assert requirement.asked.span in getattr(AXLE, requirement.asked.field)
    assert quoted >= 3


def test_masking_the_quoted_words_lowers_the_score(engine: Engine):
    best = suppliers(engine, AXLE)[0]
    span = best.evidence[0].need
    masked = replace(
        AXLE, title=AXLE.title.replace(span.span, ""), description=AXLE.description.replace(span.span, "")
    )
    again = {r.enterprise_id: r for r in suppliers(engine, masked)}
    assert again["bearing"].score < best.score


def test_an_enterprise_without_offerings_is_found_by_its_own_words(engine: Engine):
    best = suppliers(engine, need_from_text("地铁车辆空调检修"))[0]
    assert best.enterprise_id == "silent"
    assert (best.evidence[0].offering_id, best.evidence[0].offer.field) == ("", "description")
    assert any("未登记产品" in caution for caution in best.cautions)


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ("region=湖南", {"bearing", "bank"}),
        ("region=4302", {"bearing"}),
        ("tier=little_giant", {"bearing"}),
        ("certification=ISO9001", {"bearing"}),
        ("certification=IRIS", {"bearing"}),
        ("certification=CRCC", set()),
        ("industry_chain=轨道交通装备", {"bearing"}),
        ("size=micro", set()),
        ("link=capital", {"bank"}),
    ],
)
def test_hard_filters_let_only_the_right_ones_pass(engine: Engine, filters: str, left: set[str]):
    found = suppliers(engine, AXLE, filters=Filters.parse(filters))
    assert set(ids(found)) == left


def test_an_expired_certificate_does_not_pass_the_filter(engine: Engine):
    query = SupplierQuery(AXLE, DAY.replace(year=2028), filters=Filters.parse("certification=IRIS"))
    assert engine.suppliers(query).results == ()


def test_an_offer_whose_time_has_passed_is_not_offered(engine: Engine):
    (bank,) = suppliers(engine, need_from_text("轴承企业订单贷款"), link=Link.CAPITAL)
    assert {evidence.offering_id for evidence in bank.evidence} <= {"k1"}


def test_a_region_in_the_text_counts_and_is_said_to_be_inferred(engine: Engine):
    answer = engine.suppliers(SupplierQuery(need_from_text("株洲轴承采购"), DAY))
    places = answer.query["places"]
    assert (places["site"], places["site_words"]) == ("430200", "株洲")
    parts = {part.feature: part.value for part in answer.results[0].contributions}
    assert parts["site_match"] == 0.8
    assert "region_match" not in parts


def test_top_k_bounds_the_list_and_ranks_follow_scores(engine: Engine):
    found = suppliers(engine, AXLE, top_k=2)
    assert [r.rank for r in found] == [1, 2]
    assert found[0].score >= found[1].score
    assert ids(found) == ids(suppliers(engine, AXLE))[:2]


def test_a_batch_answers_as_one_by_one(engine: Engine):
    queries = [SupplierQuery(need, DAY, link=link) for need in NEEDS for link in (None, Link.CAPITAL)]
    assert [a.to_json() for a in engine.suppliers_many(queries)] == [
        engine.suppliers(query).to_json() for query in queries
    ]


def test_buyers_are_open_needs_whose_deadline_has_not_passed(engine: Engine):
    found = buyers(engine)
    assert found[0].need_id == "axle"
    assert {r.need_id for r in found} == {"axle", "cotton"}
    assert found[0].name == "示例轨道车辆集团"
    assert found[0].requirements[0].status == "met"


def test_needs_are_confidential_unless_the_caller_may_see_them(engine: Engine):
    everything = buyers(engine, visibility=("public", "registered", "invited"))
    assert "secret" in {r.need_id for r in everything}


def test_an_enterprise_typed_as_text_gets_buyers_with_what_it_lacks(engine: Engine):
    enterprise, offerings = enterprise_from_text("我们生产铁路轴承")
    best = engine.buyers(BuyerQuery(enterprise, offerings, DAY)).results[0]
    assert best.need_id == "axle"
    assert best.requirements[0].status == "unknown"
    assert "ISO/TS 22163" in best.for_supplier


def test_contacts_never_reach_a_release(home, engine: Engine):
    for path in home.glob("releases/**/*"):
        if path.is_file():
            assert "张三".encode() not in path.read_bytes()
    assert engine.snapshot.enterprise(engine.snapshot.enterprises.documents.row_of("bearing")).contact == ""


@pytest.mark.parametrize(
    "text", ["轴承", "ERP", "後臺ＥＲＰ軟體", "≥6.3MPa", "𠮷", "?1", "x" * 20_000, "轴承，" * 6_000]
)
def test_any_text_with_a_word_gets_an_answer(engine: Engine, text: str):
    answer = engine.suppliers(SupplierQuery(need_from_text(text), DAY))
    assert isinstance(answer, Recommendation)
    assert all(np.isfinite(r.score) for r in answer.results)


@pytest.mark.parametrize("system", ["lexical", "dense", "hybrid", "full"])
def test_each_system_ranks_by_itself(engine: Engine, system: str):
    (ranked,) = engine.ranking([SupplierQuery(AXLE, DAY)], system)
    assert ranked[0][0] == "bearing"
    assert [s for _, s in ranked] == sorted((s for _, s in ranked), reverse=True)


def test_an_unknown_system_is_refused(engine: Engine):
    with pytest.raises(InputError):
        list(engine.ranking([SupplierQuery(AXLE, DAY)], "magic"))


def test_a_release_of_another_encoder_is_not_opened(engine: Engine):
    class Other:
        name, dimension, fingerprint = "other", 256, "0" * 64

    with pytest.raises(EncoderError, match="other"):
        Engine(engine.snapshot, Other())


def test_without_a_release_the_error_says_what_to_do(tmp_path, encoder):
    with pytest.raises(NoRelease, match="refresh"):
        Engine.open(ReleaseStore(tmp_path), encoder)


def test_stated_chains_that_differ_are_marked_as_cross_chain(engine: Engine):
    need = replace(AXLE, industry_chain="半导体")
    best = suppliers(engine, need)[0]
    assert best.cross_chain is not None
    assert {name: best.cross_chain[name] for name in ("from", "to", "path")} == {
        "from": "轨道交通装备",
        "to": "半导体",
        "path": [],
    }
    assert suppliers(engine, AXLE)[0].cross_chain is None


def test_an_enterprise_unknown_to_the_release_can_ask_for_buyers(engine: Engine):
    answer = engine.buyers(BuyerQuery(Enterprise("new", "新公司", description="动车组轴承"), (), DAY))
    assert answer.results[0].need_id == "axle"


def test_nobody_is_recommended_to_itself(engine: Engine):
    own = replace(AXLE, buyer_id="bearing")
    assert "bearing" not in ids(suppliers(engine, own))
    assert "bearing" not in ids(suppliers(engine, replace(AXLE, buyer_name="湘江轴承有限公司（示例）")))
    buyer = Enterprise("x", "示例轨道车辆集团", description="轴承")
    assert {r.need_id for r in engine.buyers(BuyerQuery(buyer, (), DAY)).results} == {"cotton"}
