"""Partners are sought once for all deals, and rank for each by its own place and chain."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from recommender.catalogue import Link, Need
from recommender.completion import CompletionQuery, complete, foresee
from recommender.engine import Engine
from recommender.matching.common import Parts
from recommender.matching.partners import Partners
from recommender.query import SupplierQuery
from recommender.results import Result
from tests.recommender.conftest import DAY, Counting

MONEY = Need("", "应收账款保理", link=Link.CAPITAL)
QUERY = SupplierQuery(MONEY, DAY, link=Link.CAPITAL)


@pytest.fixture
def partners(engine: Engine, counting: Counting) -> Partners:
    return Partners(Parts.of(engine.snapshot, counting, engine.model))


def anybody(result: Result) -> bool:
    return True


def test_they_are_those_of_the_list_of_suppliers_with_the_same_scores(
    engine: Engine, partners: Partners
) -> None:
    for query in (QUERY, replace(QUERY, link=None)):
        listed = {r.enterprise_id: r.score for r in engine.suppliers(query).results}
        found = {r.enterprise_id: r.score for r in partners.best(query, 10, anybody)}
        assert found == pytest.approx(listed)


@pytest.mark.parametrize(
    "deal",
    [
        replace(MONEY, description="动车组轴箱轴承", region="430200"),
        replace(MONEY, industry_chain="轨道交通装备"),
        replace(MONEY, description="轴承、棉纱", industry_chain="轨道交通装备"),
    ],
    ids=["thing", "chain", "both"],
)
@pytest.mark.parametrize("link", [Link.CAPITAL, None])
def test_what_a_deal_adds_is_measured_as_if_it_had_been_searched_for(
    engine: Engine, partners: Partners, deal: Need, link: Link | None
) -> None:
    query = replace(QUERY, need=deal, link=link)
    listed = engine.suppliers(query).results
    found = partners.best(query, 10, anybody)
    assert {r.enterprise_id: r.score for r in found} == pytest.approx(
        {r.enterprise_id: r.score for r in listed}
    )
    for one, other in zip(found, listed, strict=True):
        assert {c.feature: c.value for c in one.contributions} == pytest.approx(
            {c.feature: c.value for c in other.contributions}
        )


def test_of_another_thing_only_its_words_are_read(partners: Partners, counting: Counting) -> None:
    partners.best(QUERY, 3, anybody)
    read = counting.texts
    about = replace(QUERY, need=replace(MONEY, description="齿轮箱"))
    (found, *_) = partners.best(about, 3, anybody)
    assert counting.texts <= read + 3  # the title, no buyer, the thing
    assert all(pair.need.field == "title" for pair in found.evidence)


def test_what_the_deal_demands_is_not_demanded_of_a_partner(engine: Engine, partners: Partners) -> None:
    asking = replace(QUERY, need=replace(MONEY, description="须具备ISO 9001认证的专精特新企业制造的轴承"))
    assert engine.suppliers(asking).results[0].requirements
    assert not partners.best(asking, 1, anybody)[0].requirements


def test_another_deal_ranks_them_anew_and_reads_nothing_again(partners: Partners, counting: Counting) -> None:
    query = replace(QUERY, link=None)
    here = {r.enterprise_id: r for r in partners.best(query, 3, anybody)}
    read = counting.texts
    deal = replace(MONEY, region="430200", buyer_name="株洲的集团")
    there = {r.enterprise_id: r for r in partners.best(replace(query, need=deal), 3, anybody)}
    assert counting.texts == read > 0
    assert {id: r.evidence for id, r in there.items()} == {id: r.evidence for id, r in here.items()}
    assert {id: r.score for id, r in there.items()} != {id: r.score for id, r in here.items()}


def test_another_day_on_which_the_same_is_offered_reads_nothing_again(
    partners: Partners, counting: Counting
) -> None:
    query = replace(QUERY, link=None)
    partners.best(query, 3, anybody)
    read = counting.texts
    partners.best(replace(query, as_of=DAY + timedelta(1)), 3, anybody)
    assert counting.texts == read > 0


def test_what_was_foreseen_is_not_read_again_for_the_first_need(
    engine: Engine, partners: Partners, counting: Counting
) -> None:
    foresee(engine.snapshot, partners.best, DAY)
    need = Need("n", "减速器采购", "合同价款 800 万元，预付款 10%，需提供预付款保函。")
    read = counting.texts
    found = complete(CompletionQuery(need, DAY), engine.snapshot, partners.best)
    assert found.suggestions
    assert counting.texts == read > 0


def test_who_does_not_fit_makes_room_for_the_next(partners: Partners) -> None:
    query = replace(QUERY, link=None)
    first, second = partners.best(query, 2, anybody)
    (found,) = partners.best(query, 1, lambda result: result.enterprise_id != first.enterprise_id)
    assert found.enterprise_id == second.enterprise_id
    assert partners.best(query, 3, lambda result: False) == []


def test_a_buyer_is_no_partner_of_its_own_deal(partners: Partners) -> None:
    (bank, *_) = partners.best(QUERY, 1, anybody)
    own = replace(QUERY, need=replace(MONEY, buyer_id=bank.enterprise_id))
    assert bank.enterprise_id not in [r.enterprise_id for r in partners.best(own, 3, anybody)]
