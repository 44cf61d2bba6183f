"""A pruned query against the plain sum over all postings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes import pruned
from indexes.lexical import LexicalIndex
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


def test_a_long_query_counts_in_wider_numbers() -> None:
    tokens = [*COMMON * 200, "u"]
    found = INDEX.match(tokens).settle(300)
    assert found.scores[found.best].tolist() == sorted(INDEX.scores(tokens).tolist(), reverse=True)


def test_without_budget_everything_is_added_up() -> None:
    rows = np.arange(40, dtype=np.int32)
    postings = [Posting(n, 1, rows, np.full(40, 0.5, np.float32)) for n in range(3)]
    roomy, spent = Columns(40, 1 << 20), Columns(40, 0)
    assert len(Match(40, postings, roomy)._waiting) == 3
    assert Match(40, postings, spent)._waiting == []
    found = [Match(40, postings, columns).settle(2) for columns in (roomy, spent)]
    assert [each.rows[each.best].tolist() for each in found] == [[0, 1], [0, 1]]


def test_only_the_last_tokens_of_a_sum_wait() -> None:
    rows = np.arange(40, dtype=np.int32)
    high = Posting(1, 1, rows, np.full(40, 9.0, np.float32))  # more than a byte of steps holds
    low = [Posting(n, 1, rows, np.full(40, 0.5, np.float32)) for n in (0, 2)]
    match = Match(40, [low[0], high, low[1]], Columns(40, 1 << 20))
    assert [posting.number for posting, _ in match._waiting] == [2]
    assert match.of(np.array([7])).tolist() == [10.0]


@given(st.lists(st.integers(0, 9), min_size=300, max_size=400), st.integers(1, 5))
def test_a_sampled_floor_is_reached_by_enough(values: list[int], k: int) -> None:
    found = np.array(values, np.float64)
    floor = pruned._at_least(found, k)
    assert np.count_nonzero(found >= floor) >= k
