"""The plain words cover the model, and say what the code does."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from indexes.store import ReleaseStore
from recommender.catalogue import (
    Enterprise,
    Kind,
    Need,
    Offering,
    Outcome,
    Size,
    Stage,
    as_record,
    open_catalogue,
)
from recommender.engine import Engine
from recommender.matching.exposure import Fairness
from recommender.query import SupplierQuery
from recommender.ranking import FEATURES
from recommender.ranking.words import NEVER, RULES, WORDS
from recommender.refresh import refresh

NEED = Need("n", "轴承采购")


def test_every_feature_has_words_in_both_languages():
    assert list(WORDS) == list(FEATURES)
    for zh, en in [*WORDS.values(), *NEVER, *RULES.values()]:
        assert zh.endswith("。")
        assert en.endswith(".")


def test_the_rule_of_turns_is_told_with_its_own_figures():
    rules = Fairness()
    for words in RULES["exposure"]:
        assert f"{rules.sme_share:.0%}" in words
        assert f"{rules.moved_share:.0%}" in words
    assert rules.untouched == 1


@pytest.mark.parametrize(
    "differing",
    [
        {"ownership": "国有"},
        {"size": Size.LARGE},
        {"founded": date(1950, 1, 1)},
        {"contact": "张三 010-0000-0000 轴承采购"},
        {"website": "https://轴承采购.example", "employees": 9000, "credit_rating": "AAA"},
        {},  # but for what happened to it: see below
    ],
)
def test_what_never_counts_leaves_the_score_alone(tmp_path, encoder, differing):
    """Two firms that differ in nothing else; the other one has also been shown, viewed and contacted."""
    firms = [Enterprise("a", "甲厂", **differing), Enterprise("b", "乙厂")]
    offerings = [Offering(f"{firm.enterprise_id}1", firm.enterprise_id, "滚动轴承") for firm in firms]
    seen = [
        Outcome("n", "b", stage, at=datetime(2026, 1, 1))
        for stage in (Stage.SHOWN, Stage.VIEWED, Stage.CONTACTED)
    ]
    catalogue = open_catalogue(f"sqlite:///{tmp_path / 'catalogue.db'}")
    with catalogue.transaction() as transaction:
        for kind, values in (
            (Kind.ENTERPRISES, firms[::-1]),  # imported in the other order, too
            (Kind.OFFERINGS, offerings),
            (Kind.NEEDS, [NEED]),
            (Kind.OUTCOMES, seen),
        ):
            records = [as_record(value) for value in values]
            transaction.upsert(kind, records, given=records[0].keys())
    store = ReleaseStore(tmp_path)
    refresh(catalogue, store, encoder, cache=tmp_path / "cache")
    catalogue.close()
    answer = Engine.open(store, encoder).suppliers(SupplierQuery(NEED, date(2026, 11, 21)))
    first, second = answer.results
    assert (first.enterprise_id, second.enterprise_id) == ("a", "b")
    assert first.score == second.score
    assert first.contributions == second.contributions
