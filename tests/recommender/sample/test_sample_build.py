"""The drawn sample: its size, its consistency, its variety, and that it comes out the same again."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time
from itertools import pairwise

import pytest

from recommender.catalogue.domain import Link, NeedStatus, Size, Stage, Visibility
from recommender.sample.build import Sample, build_sample
from recommender.sample.chains import load_chains
from recommender.sample.check import common_runs
from recommender.sample.figures import size_class

CHAINS = load_chains()


def test_it_has_the_size_that_was_asked_for(sample: Sample) -> None:
    assert len(sample.enterprises) == 1200
    assert len(sample.needs) == 300
    assert 3500 < len(sample.offerings) < 4600
    assert 40 <= len(sample.golden) <= 60
    buyers = {need.buyer_id for need in sample.needs}
    assert 50 <= len(buyers) <= 80


def test_all_seven_links_have_offerings_and_needs_and_supply_has_most(sample: Sample) -> None:
    for records in (sample.offerings, sample.needs):
        counts = Counter(record.link for record in records)
        assert set(counts) == set(Link)
        assert counts[Link.SUPPLY] > len(records) / 2


def test_every_enterprise_is_plainly_fictional_and_its_figures_fit(sample: Sample) -> None:
    assert len({e.name for e in sample.enterprises}) == 1200
    for e in sample.enterprises:
        assert e.name.endswith("（示例）")
        assert e.enterprise_id == e.credit_code
        assert "example.com" in e.contact
        assert e.employees is not None
        assert e.revenue is not None
        assert e.size is size_class(e.industry, e.employees, e.revenue)
        assert e.description
        assert e.founded is not None
        assert e.founded < sample.as_of


def test_most_enterprises_are_smes_and_all_sizes_occur(sample: Sample) -> None:
    sizes = Counter(e.size for e in sample.enterprises)
    assert set(sizes) == set(Size)
    assert sizes[Size.LARGE] < 250


def test_certificates_are_valid_expiring_and_expired(sample: Sample) -> None:
    left = [
        (c.expires - sample.as_of).days for e in sample.enterprises for c in e.certifications if c.expires
    ]
    assert 0.03 < sum(days < 0 for days in left) / len(left) < 0.12
    assert 0.04 < sum(0 <= days <= 90 for days in left) / len(left) < 0.15


def test_an_enterprise_has_two_to_six_offerings_whose_shares_sum_to_at_most_one(sample: Sample) -> None:
    counts = Counter(offering.enterprise_id for offering in sample.offerings)
    assert set(counts.values()) <= {2, 3, 4, 5, 6}
    shares: Counter[str] = Counter()
    for offering in sample.offerings:
        shares[offering.enterprise_id] += offering.weight or 0.0
    assert max(shares.values()) <= 1.0


def test_some_capacity_is_idle_for_a_time_and_some_products_are_first_of_their_kind(sample: Sample) -> None:
    idle = [o for o in sample.offerings if o.available_from and o.available_until]
    assert 80 < len(idle) < 400
    assert all(o.available_from < o.available_until for o in idle if o.available_from and o.available_until)
    assert sum(o.first_of_kind for o in sample.offerings) > 15


def test_every_product_has_at_least_two_suppliers(sample: Sample) -> None:
    suppliers: dict[str, set[str]] = {}
    for offering in sample.offerings:
        suppliers.setdefault(sample.offering_topics[offering.offering_id], set()).add(offering.enterprise_id)
    assert all(len(suppliers[node.topic]) >= 2 for chain in CHAINS.values() for node in chain.nodes)


def test_several_firms_stand_in_two_chains(sample: Sample) -> None:
    assert sum(len(e.industry_chains) == 2 for e in sample.enterprises) > 60


def test_needs_are_open_closed_and_awarded_with_dates_that_fit(sample: Sample) -> None:
    assert {need.status for need in sample.needs} == set(NeedStatus)
    assert {need.visibility for need in sample.needs} == set(Visibility)
    today = datetime.combine(sample.as_of, time())
    for need in sample.needs:
        assert need.published is not None
        assert need.published <= sample.as_of
        assert need.deadline is not None
        assert need.deadline.date() > need.published
        if need.status is NeedStatus.AWARDED:
            assert need.deadline < today
    assert sum(n.deadline > today for n in sample.needs if n.deadline and n.status is NeedStatus.OPEN) > 180


def test_required_certificates_stand_in_the_qualification_text(sample: Sample) -> None:
    asked = [need for need in sample.needs if need.required_certifications and need.qualification]
    assert len(asked) > 100
    for need in asked:
        assert all(name in need.qualification for name in need.required_certifications)


def test_outcomes_are_a_funnel_in_order(sample: Sample) -> None:
    counts = Counter(outcome.stage for outcome in sample.outcomes)
    order = [Stage.SHOWN, Stage.VIEWED, Stage.CONTACTED, Stage.MET, Stage.QUALIFIED, Stage.AWARDED]
    assert all(counts[a] > counts[b] > 0 for a, b in pairwise(order))
    awards = Counter(outcome.need_id for outcome in sample.outcomes if outcome.stage is Stage.AWARDED)
    assert max(awards.values()) == 1
    needs = {need.need_id: need for need in sample.needs}
    assert all(needs[need_id].status is NeedStatus.AWARDED for need_id in awards)
    assert all(o.at is not None and o.at.date() < sample.as_of for o in sample.outcomes)


def test_outcomes_prefer_who_really_offers_the_thing(sample: Sample) -> None:
    topics: dict[str, set[str]] = {}
    for offering in sample.offerings:
        topics.setdefault(offering.enterprise_id, set()).add(sample.offering_topics[offering.offering_id])

    def share(stage: Stage) -> float:
        pairs = [o for o in sample.outcomes if o.stage is stage]
        return sum(sample.need_topics[o.need_id] in topics[o.enterprise_id] for o in pairs) / len(pairs)

    assert share(Stage.SHOWN) + 0.2 < share(Stage.QUALIFIED)


def test_every_golden_query_has_right_answers_that_offer_the_thing(sample: Sample) -> None:
    known = {enterprise.enterprise_id for enterprise in sample.enterprises}
    best = Counter(j.need_id for j in sample.judgments if j.grade >= 2)
    assert all(best[query.need_id] >= 2 for query in sample.golden)
    assert {judgment.grade for judgment in sample.judgments} == {1, 2, 3}
    assert {judgment.enterprise_id for judgment in sample.judgments} <= known


def _names() -> list[str]:
    nodes = [node for chain in CHAINS.values() for node in chain.nodes]
    names = {n for node in nodes for n in (*node.names, *node.kinds, *node.used_in, *node.processes)}
    return [*names, *(chain.name for chain in CHAINS.values())]


@pytest.mark.parametrize(
    ("kind", "field", "share"),
    [
        ("offerings", "description", 0.02),
        ("enterprises", "description", 0.035),
        ("needs", "description", 0.04),
        ("needs", "qualification", 0.10),  # notices do repeat themselves
    ],
)
def test_no_frame_is_repeated_often(sample: Sample, kind: str, field: str, share: float) -> None:
    texts = [getattr(record, field) for record in getattr(sample, kind)]
    assert common_runs(texts, _names(), 12, share) == []


def test_few_offerings_share_a_description_and_no_needs_do(sample: Sample) -> None:
    texts = Counter(offering.description for offering in sample.offerings)
    assert max(texts.values()) <= 6
    assert len(texts) > 0.97 * len(sample.offerings)
    assert len({need.title for need in sample.needs}) == len(sample.needs)


def test_the_same_seed_and_day_give_the_same_sample(sample: Sample) -> None:
    assert build_sample(sample.as_of) == sample


def test_another_day_moves_dates_and_keeps_who_offers_what(sample: Sample) -> None:
    later = build_sample(date(2027, 3, 3))
    assert [e.name for e in later.enterprises] == [e.name for e in sample.enterprises]
    assert [o.title for o in later.offerings] == [o.title for o in sample.offerings]
    assert later.need_topics == sample.need_topics
