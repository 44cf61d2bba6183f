"""Explanations are true, on the bundled sample: a short form of ``tests.benchmarks.faithfulness``."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from recommender.catalogue import open_catalogue
from recommender.engine import Engine
from recommender.explanation.sentences import in_words
from recommender.query import BuyerQuery, SupplierQuery, need_from_text
from recommender.ranking.features import FEATURES
from recommender.results import Result
from tests.benchmarks import faithfulness
from tests.benchmarks.faithfulness import Case, Found

Sample = tuple[Path, Engine]
QUOTED = re.compile("“([^”]*)”")
LISTED = re.compile(r"(?:已满足|不满足|待核实|尚不满足|请补充证明)：([^；。]*)")


@pytest.fixture(scope="module")
def needs(sample: Sample):
    with open_catalogue(f"sqlite:///{sample[0].parent / 'catalogue.db'}") as catalogue:
        return list(catalogue.needs())


@pytest.fixture(scope="module")
def found(sample: Sample, needs) -> Found:
    return faithfulness.measure(sample[1], needs[::6], top_k=4)


@pytest.fixture(scope="module")
def across(sample: Sample, needs) -> Found:
    return faithfulness.measure_across(sample[1], needs)


@pytest.fixture(scope="module")
def partners(sample: Sample, needs) -> Found:
    return faithfulness.measure_partners(sample[1], needs[::6])


def share(cases: list[Case], *, beats: bool) -> float:
    _, right, count = faithfulness.rate(cases, beats=beats)
    assert count > 150
    return right


def test_masking_the_quoted_words_lowers_the_score(found: Found):
    assert share(found.needs, beats=False) > 0.95
    assert share(found.offers, beats=False) > 0.95


def test_and_it_lowers_it_more_than_masking_other_words(found: Found):
    assert share(found.needs, beats=True) > 0.85
    assert share(found.offers, beats=True) > 0.85


def test_what_comes_from_another_chain_stands_the_same_tests(across: Found):
    for cases in (across.needs, across.offers, across.paths):
        _, right, count = faithfulness.rate(cases, beats=False)
        assert count > 20
        assert right > 0.9
        assert faithfulness.rate(cases, beats=True)[1] > 0.85


def test_partners_that_complete_a_need_stand_them_too(partners: Found):
    assert share(partners.needs, beats=False) > 0.95
    assert share(partners.offers, beats=False) > 0.95
    assert share(partners.offers, beats=True) > 0.85
    # each word of what is sought names the kind, and a random span as long is one of them
    assert share(partners.needs, beats=True) > 0.6


def test_contributions_add_up_always(found: Found, across: Found, partners: Found):
    assert max(found.sum_error, across.sum_error, partners.sum_error) < 1e-6


def test_every_span_stands_in_its_field_always(found: Found, across: Found, partners: Found):
    assert min(found.spans, partners.spans) > 1000
    assert across.spans > 100
    assert found.loose == across.loose == partners.loose == 0


def test_a_model_that_was_taught_shuffled_outcomes_has_nothing_to_say(sample: Sample, needs):
    with open_catalogue(f"sqlite:///{sample[0].parent / 'catalogue.db'}") as catalogue:
        true, shuffled = faithfulness.spreads(sample[1], needs, list(catalogue.outcomes()))
    assert shuffled < 0.04
    assert true > 2 * shuffled


def allowed(result: Result) -> set[str]:
    """What a sentence about *result* may quote or name."""
    spans = {span for e in result.evidence for span in (e.need.span, e.offer.span)}
    lacking = {result.unanswered.span} if result.unanswered else set()
    return spans | lacking | {in_words(r) for r in result.requirements}


def check_sentences(result: Result) -> int:
    """Checks both sentences of *result*; gives how many things they quote or name."""
    count = 0
    for sentence in (result.for_buyer, result.for_supplier):
        chinese, english = sentence.split("\n")
        for quoted in (*QUOTED.findall(chinese), *QUOTED.findall(english)):
            assert quoted in allowed(result)
            count += 1
        for listed in LISTED.findall(chinese):
            rest = listed
            for name in sorted(allowed(result), key=len, reverse=True):
                rest = rest.replace(name, "")
            assert set(rest) <= {"、"}, listed
            count += 1
    return count


def test_sentences_quote_and_name_only_what_stands_in_the_result(sample: Sample, needs):
    checked = 0
    for need in needs[::10]:
        for result in sample[1].suppliers(SupplierQuery(need, faithfulness.DAY)).results:
            checked += check_sentences(result)
            assert result.for_buyer.startswith(tuple(n for n in _names(sample[1], result)))
    assert checked > 500
    firm = sample[1].snapshot.enterprise(0)
    offerings = tuple(sample[1].snapshot.offering(int(r)) for r in sample[1].snapshot.offering_rows(0))
    query = BuyerQuery(firm, offerings, faithfulness.DAY, visibility=("public", "registered"))
    assert sum(check_sentences(result) for result in sample[1].buyers(query).results) > 5


def _names(engine: Engine, result: Result) -> tuple[str, ...]:
    row = engine.snapshot.enterprises.documents.row_of(result.enterprise_id)
    assert row is not None
    firm = engine.snapshot.enterprise(row)
    return tuple(name for name in (firm.short_name, firm.name) if name)


def test_a_sentence_of_why_names_only_features_steps_and_numbers_of_the_result(sample: Sample):
    query = SupplierQuery(need_from_text("高速齿轮，须通过 IATF 16949，年需 8000 件"), faithfulness.DAY)
    for row in range(0, 60, 6):
        result = sample[1].why(query, sample[1].snapshot.enterprises.documents.id_of(row))
        chinese, _ = result.for_supplier.split("\n")
        rest = chinese.replace(result.name, "", 1)
        for change in result.changes:
            for step in change.steps:
                rest = rest.replace(step.chinese, "")
            rest = rest.replace(f"第 {change.rank} 名，评分 {change.score:.3f}", "").replace(
                f"第 {change.rank} 名", ""
            )
        for each in result.differences:
            rest = rest.replace(f"{FEATURES[each.feature][0]}（{each.difference:+.2f}）", "")
        for number in (result.candidates, result.rank):
            rest = rest.replace(f" {number} ", " ", 1).replace(f" {number}", " ", 1)
        rest = rest.replace(f"{result.score:.3f}", "").replace(f"{result.tenth_score:.3f}", "")
        assert not re.search(r"\d", rest), chinese
        assert math.isfinite(result.score)
