"""A pruned query against the plain sum over all postings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from indexes import pruned
from indexes.lexical import LexicalIndex
from indexes.postings import Postings, impact, rarity
from indexes.pruned import Columns, Match, Posting
from indexes.topk import best_rows

COMMON, RARE = "abcdef", "uvwxyz"


def documents(count: int = 300, seed: int = 0) -> list[list[str]]:
    """Documents of which nearly all hold the common tokens, often several times, and few the rare ones."""
    draw = np.random.default_rng(seed)
    return [
        [t for t in COMMON for _ in range(draw.poisson(1.5))] + [t for t in RARE if draw.random() < 0.03]
        for _ in range(count)
    ]


INDEX = LexicalIndex.build(documents())


@pytest.fixture(autouse=True)
def _frequent_from_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruned, "LEAST", 10)


queries = st.lists(st.sampled_from([*COMMON, *RARE, "?"]), max_size=40)


@given(queries, st.integers(1, 400), st.integers(0, 2**32 - 1))
def test_best_and_others_have_the_scores_of_the_plain_sum(tokens: list[str], k: int, seed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pruned, "LEAST", 10)
        patch.setattr(pruned, "_BLOCK", 16)
        draw = np.random.default_rng(seed)
        scores = INDEX.scores(tokens)
        match = INDEX.match(tokens)
        rows = draw.integers(0, INDEX.size, 50)
        assert match.of(rows).tolist() == scores[rows].tolist()
        for allowed in (None, draw.random(INDEX.size) < 0.3):
            hits = np.flatnonzero(scores if allowed is None else scores * allowed)
            best = hits[best_rows(scores[hits], k)]
            found = match.settle(k, allowed, rows)
            assert found.rows[found.best].tolist() == best.tolist()
            assert found.of(best).tolist() == scores[best].tolist()
            assert found.of(rows).tolist() == scores[rows].tolist()


def test_frequent_tokens_wait_and_few_documents_are_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    match = INDEX.match([*COMMON, *RARE])
    assert len(match._waiting) == len(COMMON)
    settled = []
    exact = Match.of
    monkeypatch.setattr(Match, "of", lambda self, rows: settled.append(rows.size) or exact(self, rows))
    match.settle(10)
    assert 10 <= settled[0] < INDEX.size // 4


@pytest.mark.parametrize(("k1", "b"), [(0.0, 0.75), (1.5, 1.0)])
def test_a_document_without_words_scores_nothing(k1: float, b: float) -> None:
    index = LexicalIndex.build([*documents(), []], k1=k1, b=b)
    found = index.match([*COMMON]).of(np.arange(index.size))
    assert found.tolist() == index.scores([*COMMON]).tolist()
    assert found[-1] == 0


def test_a_long_query_counts_in_wider_numbers() -> None:
    tokens = [*COMMON * 200, "u"]
    found = INDEX.match(tokens).settle(300)
    assert found.scores[found.best].tolist() == sorted(INDEX.scores(tokens).tolist(), reverse=True)


def held_by_all(*counts: int) -> tuple[list[Posting], Postings, NDArray[np.float64]]:
    """Tokens that each of forty documents holds so often, and what :class:`Columns` needs of them."""
    rows, below = np.tile(np.arange(40, dtype=np.int32), len(counts)), np.linspace(0.5, 2.0, 40)
    held = np.repeat(np.array(counts, np.uint16), 40)
    offsets = np.arange(0, held.size + 1, 40)
    scores = impact(rarity(np.array(40), 40), held, np.tile(below, len(counts)))
    each = zip(np.split(rows, len(counts)), np.split(scores, len(counts)), strict=True)
    postings = [Posting(number, 1, *parts) for number, parts in enumerate(each)]
    return postings, Postings(offsets, rows, held, np.full(40, 9, np.int32)), below


def test_without_budget_everything_is_added_up() -> None:
    postings, held, below = held_by_all(1, 2, 3)
    roomy, spent = Columns(held, below, 1 << 20), Columns(held, below, 0)
    assert len(Match(postings, roomy)._waiting) == 3
    assert Match(postings, spent)._waiting == []
    found = [Match(postings, columns).settle(2) for columns in (roomy, spent)]
    assert [each.rows[each.best].tolist() for each in found] == [[0, 1], [0, 1]]
    assert found[0].scores[found[0].best].tolist() == found[1].scores[found[1].best].tolist()


def test_documents_may_hold_a_token_hundreds_of_times() -> None:
    postings, held, below = held_by_all(1, 300, 65_535)
    match = Match(postings, Columns(held, below, 1 << 20))
    assert len(match._waiting) == 3
    rows = np.arange(40)
    assert match.of(rows).tolist() == Match(postings, Columns(held, below, 0)).of(rows).tolist()


def test_only_the_last_tokens_of_a_sum_wait() -> None:
    postings, held, below = held_by_all(1, 2, 3)
    high = postings[1]._replace(
        scores=postings[1].scores * np.float32(1e4)
    )  # more than a byte of steps holds
    match = Match([postings[0], high, postings[2]], Columns(held, below, 1 << 20))
    assert [posting.number for posting, _ in match._waiting] == [2]
    parts = [float(each.scores[7]) for each in (postings[0], high, postings[2])]
    assert match.of(np.array([7])).tolist() == [np.float32(sum(parts))]


@given(st.lists(st.integers(0, 9), min_size=300, max_size=400), st.integers(1, 5))
def test_a_sampled_floor_is_reached_by_enough(values: list[int], k: int) -> None:
    found = np.array(values, np.float64)
    floor = pruned._at_least(found, k)
    assert np.count_nonzero(found >= floor) >= k
