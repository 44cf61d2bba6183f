"""The chain files keep what the generator builds on, and the checker notices when they do not."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from recommender.catalogue.domain import Link, Relation
from recommender.intake.codes import industry_name, region_name
from recommender.sample.chains import Chain, edges, load_chains, resolve
from recommender.sample.check import common_runs, problems
from recommender.sample.links import load_providers
from recommender.sample.names import words
from recommender.sample.phrases import SLOT, pools, required

CHAINS = load_chains()
RAIL = CHAINS["rail"]


def test_all_ten_chains_of_the_policy_are_there() -> None:
    keys = {"rail", "aircraft", "nev", "storage", "mobile", "machinery", "chemical", "agri", "seed"}
    assert set(CHAINS) == keys | {"semiconductor"}


@pytest.mark.parametrize("key", sorted(CHAINS))
def test_a_chain_file_has_no_problems(key: str) -> None:
    assert problems(CHAINS[key], CHAINS) == []


def _with_first_node(**changes: Any) -> Chain:
    first, *rest = RAIL.nodes
    return replace(RAIL, nodes=(replace(first, **changes), *rest))


@pytest.mark.parametrize(
    ("chain", "said"),
    [
        (replace(RAIL, nodes=RAIL.nodes[:20]), "20 nodes"),
        (replace(RAIL, clusters=("999999",)), "999999 is no place"),
        (replace(RAIL, industries={**RAIL.industries, "upstream": ("9999",)}), "9999 is no class"),
        (_with_first_node(needs=("不存在的料",)), "不存在的料 is no node"),
        (_with_first_node(name="孤立的料", used_in=()), "not connected"),
        (_with_first_node(also=(RAIL.nodes[1].name,)), "stands 2 times"),
        (
            _with_first_node(offers=("外径{外径:9-3:1}mm，用于铁路轴承套圈的圆钢，逐支探伤",) * 3),
            "empty range",
        ),
        (
            _with_first_node(offers=("外径{外径:3-9}mm，用于铁路轴承套圈的圆钢，逐支探伤",) * 3),
            "does not parse",
        ),
        (_with_first_node(price=(9.0, 3.0)), "no range"),
    ],
)
def test_the_checker_notices(chain: Chain, said: str) -> None:
    assert any(said in text for text in problems(chain, {**CHAINS, "rail": chain}))


def test_a_frame_that_many_sentences_share_is_found_outside_names() -> None:
    texts = ["甲公司生产轴承，质量可靠交期准时。", "乙公司生产轴承，质量可靠交期准时。", "别的话。"]
    runs = [run for run, _ in common_runs(texts, ["轴承"], 6, 0.5)]
    assert "质量可靠交期" in runs
    assert not any("轴承" in run for run in runs)


def test_edges_join_each_pair_once_and_name_their_chain() -> None:
    found = list(edges(CHAINS.values()))
    assert max(Counter((e.source, e.target, e.relation, e.chain) for e in found).values()) == 1
    assert {edge.chain for edge in found} == {chain.name for chain in CHAINS.values()}
    assert not any(":" in edge.target for edge in found)


def test_edges_tell_what_stands_in_each_segment_of_a_chain() -> None:
    listed = {(e.source, e.target) for e in edges(CHAINS.values())}
    assert ("轨道交通装备上游", "高碳铬轴承钢") in listed
    assert ("轨道交通装备上游", industry_name(RAIL.industries["upstream"][0])) in listed
    for chain in CHAINS.values():
        words = {"upstream": "上游", "midstream": "中游", "downstream": "下游"}
        assert all((chain.name + words[node.segment], node.name) in listed for node in chain.nodes)


def test_another_name_is_listed_as_a_kind_unless_it_only_goes_on() -> None:
    kinds = {(e.source, e.target) for e in edges(CHAINS.values()) if e.relation is Relation.HAS_KIND}
    assert ("高碳铬轴承钢", "GCr15轴承钢") in kinds
    assert ("轮对", "轮对总成") not in kinds


def test_a_reference_may_lead_to_another_chain() -> None:
    node = resolve(CHAINS, "rail", "semiconductor:IGBT芯片")
    assert node is not None
    assert node.chain == "semiconductor"


def test_each_other_link_has_a_dozen_kinds_of_provider_with_several_phrasings() -> None:
    providers = load_providers()
    kinds = Counter(provider.link for provider in providers)
    assert {link for link in Link if kinds[link] >= 12} == set(Link) - {Link.SUPPLY}
    assert len({provider.topic for provider in providers}) == len(providers)
    for provider in providers:
        assert len(provider.offers) >= 3
        assert len(provider.wants) >= 2
        assert industry_name(provider.industry)


def test_slots_of_the_phrases_and_providers_have_ranges_or_known_names() -> None:
    given = {"chain", "product", "city"}
    texts = [t for p in load_providers() for t in (*p.titles, *p.offers, *p.want_titles, *p.wants)]
    assert all(required(text) <= given for text in texts)
    for text in [*texts, *(t for group in pools().values() for pool in group.values() for t in pool)]:
        assert "{" not in SLOT.sub("", text)
        for _, low, high, step in SLOT.findall(text):
            assert not low or (Decimal(low) < Decimal(high) and Decimal(step) > 0)


def test_the_words_of_names_hold_valid_codes() -> None:
    assert all(industry_name(trade.industry) for trade in words().trades)
    assert all(region_name(code) for code in words().elsewhere)
    assert set(words().chains) == set(CHAINS)
