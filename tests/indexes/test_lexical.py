from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import bm25s
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import indexes
from indexes.errors import DamagedRelease, InputError
from indexes.files import save_array
from indexes.lexical import LexicalIndex
from tests.indexes.splicing import same_bytes, splice_of

ROOT = Path(indexes.__file__).parents[1]
DOCUMENTS = [["轴承", "钢", "钢"], [], ["轴承"], ["齿轮", "轴承", "304l", "304l", "304l"]]
words = st.sampled_from(["轴承", "钢", "齿轮", "304l", "阀", ""])


@pytest.fixture
def index() -> LexicalIndex:
    return LexicalIndex.build(DOCUMENTS)


def by_definition(documents: list[list[str]], query: list[str], row: int) -> float:
    """The formula of the class, written out."""
    n, mean = len(documents), sum(map(len, documents)) / len(documents)
    total = 0.0
    for token in query:
        tf = documents[row].count(token)
        df = sum(token in document for document in documents)
        if tf:
            length = 1.5 * (1 - 0.75 + 0.75 * len(documents[row]) / mean)
            total += math.log(1 + (n - df + 0.5) / (df + 0.5)) * tf / (tf + length)
    return total


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(words, max_size=6), min_size=1, max_size=6), st.lists(words, max_size=6))
def test_scores_are_those_of_the_formula(documents: list[list[str]], query: list[str]) -> None:
    scores = LexicalIndex.build(documents).scores(query)
    expected = [by_definition(documents, query, row) for row in range(len(documents))]
    assert scores.tolist() == pytest.approx(expected, abs=1e-6)


def test_scores_are_those_of_bm25s() -> None:
    random = np.random.default_rng(3)
    documents = [[f"t{n}" for n in random.zipf(1.5, random.integers(0, 40)) if n < 300] for _ in range(400)]
    oracle = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
    oracle.index(documents, show_progress=False)
    index = LexicalIndex.build(documents)
    for _ in range(30):
        query = [f"t{n}" for n in random.zipf(1.5, 12)]
        assert np.allclose(index.scores(query), oracle.get_scores(query), atol=1e-5)


def test_a_repeated_token_counts_as_often_as_it_is_repeated(index: LexicalIndex) -> None:
    assert index.scores(["钢", "钢", "轴承"]).tolist() == pytest.approx(
        (2 * index.scores(["钢"]) + index.scores(["轴承"])).tolist()
    )


def test_the_order_of_the_query_changes_nothing(index: LexicalIndex) -> None:
    query = ["轴承", "304l", "钢", "钢"]
    assert index.scores(query).tolist() == index.scores(query[::-1]).tolist()


@pytest.mark.parametrize("query", [[], ["不锈"], [""]])
def test_a_query_without_known_tokens_scores_zero_and_finds_nothing(
    index: LexicalIndex, query: list[str]
) -> None:
    assert index.scores(query).tolist() == [0, 0, 0, 0]
    scores, rows = index.search(query, 3)
    assert scores.size == rows.size == 0
    assert index.scores_of(query, np.array([0, 3])).tolist() == [0, 0]
    assert index.token_scores(query, 0) == {}


def test_search_returns_only_documents_that_share_a_token(index: LexicalIndex) -> None:
    scores, rows = index.search(["轴承"], 10)
    assert rows.tolist() == [2, 0, 3]  # the shorter the better
    assert scores.tolist() == index.scores(["轴承"])[rows].tolist()
    assert (scores.dtype, rows.dtype) == (np.float32, np.int64)


def test_search_keeps_to_the_allowed_rows(index: LexicalIndex) -> None:
    allowed = np.array([True, True, False, True])
    assert index.search(["轴承"], 10, allowed)[1].tolist() == [0, 3]
    assert index.search(["轴承"], 1, allowed)[1].tolist() == [0]


def test_equal_documents_are_listed_by_row() -> None:
    index = LexicalIndex.build([["钢"], ["阀"], ["钢"], ["钢"]])
    assert index.search(["钢"], 2)[1].tolist() == [0, 2]


def test_scores_of_some_rows_are_the_scores_of_those_rows(index: LexicalIndex) -> None:
    query = ["轴承", "304l", "304l", "?"]
    rows = np.array([3, 1, 0, 3])
    assert index.scores_of(query, rows).tolist() == index.scores(query)[rows].tolist()


def test_token_scores_add_up_to_the_score(index: LexicalIndex) -> None:
    query = ["轴承", "304l", "304l", "阀", "钢"]
    found = index.token_scores(query, 3)
    assert list(found) == ["304l", "轴承"]
    assert sum(found.values()) == pytest.approx(float(index.scores(query)[3]), abs=1e-6)


def test_document_frequency(index: LexicalIndex) -> None:
    assert [index.document_frequency(token) for token in ("轴承", "304l", "阀")] == [3, 1, 0]


@pytest.mark.parametrize("documents", [[], [[]], [[], []]])
def test_an_index_without_tokens_answers_zeros(documents: list[list[str]], tmp_path: Path) -> None:
    LexicalIndex.build(documents).save(tmp_path)
    index = LexicalIndex.load(tmp_path)
    assert index.size == len(documents)
    assert index.scores(["轴承"]).tolist() == [0] * len(documents)
    assert index.search(["轴承"], 5)[1].size == 0


def test_a_saved_index_answers_the_same(index: LexicalIndex, tmp_path: Path) -> None:
    index.save(tmp_path / "lexical")
    loaded = LexicalIndex.load(tmp_path / "lexical")
    query = ["轴承", "304l", "钢"]
    assert loaded.scores(query).tolist() == index.scores(query).tolist()
    assert loaded.token_scores(query, 3) == index.token_scores(query, 3)
    assert loaded.size == 4


def test_the_same_documents_give_the_same_bytes_whatever_the_hash_seed(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from indexes.lexical import LexicalIndex;"
        "LexicalIndex.build([['b', 'a', 'c'], ['a', 'd', 'a']]).save(Path(sys.argv[1]))"
    )
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run(
            [sys.executable, "-c", program, tmp_path / seed], check=True, env=environment, cwd=ROOT
        )
    names = sorted(path.name for path in (tmp_path / "1").iterdir())
    assert len(names) == 9
    for name in names:
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


def test_answering_does_not_import_bm25s(tmp_path: Path, index: LexicalIndex) -> None:
    index.save(tmp_path)
    program = (
        "import sys; from pathlib import Path; from indexes.lexical import LexicalIndex;"
        "LexicalIndex.load(Path(sys.argv[1])).search(['钢'], 3);"
        "sys.exit(any(name in sys.modules for name in ('bm25s', 'scipy', 'faiss', 'pandas')))"
    )
    subprocess.run([sys.executable, "-c", program, tmp_path], check=True, cwd=ROOT)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["kept", "gone", "fresh"]), st.lists(words, max_size=4)), max_size=8)
)
def test_a_spliced_index_has_the_bytes_of_one_built_of_all(rows: list[tuple[str, list[str]]]) -> None:
    splice = splice_of([fate for fate, _ in rows])
    old = LexicalIndex.build([tokens for fate, tokens in rows if fate != "fresh"])
    fresh = LexicalIndex.build([tokens for fate, tokens in rows if fate == "fresh"])
    whole = LexicalIndex.build([tokens for fate, tokens in rows if fate != "gone"])
    same_bytes(LexicalIndex.spliced(old, splice, fresh).save, whole.save)
    with patch("indexes.postings._AT_ONCE", 2), patch("indexes.lexical._FEW", 0):  # as where there are many
        same_bytes(LexicalIndex.spliced(old, splice, fresh).save, whole.save)
        rebuilt = LexicalIndex.build([tokens for fate, tokens in rows if fate != "gone"])
        same_bytes(rebuilt.save, whole.save)


@pytest.mark.parametrize("row", [-1, 4])
def test_rows_that_are_not_there_are_refused(index: LexicalIndex, row: int) -> None:
    with pytest.raises(InputError):
        index.token_scores(["钢"], row)
    with pytest.raises(InputError):
        index.scores_of(["钢"], np.array([row]))


def test_arguments_that_do_not_fit_are_refused(index: LexicalIndex) -> None:
    with pytest.raises(InputError, match="at least 1"):
        index.search(["钢"], 0)
    with pytest.raises(InputError, match="4 booleans"):
        index.search(["钢"], 1, np.ones(3, bool))


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("posting_rows.npy", np.array([0, 0, 2, 9, 3, 3], np.int32)),
        ("posting_rows.npy", np.array([0], np.int32)),
        ("posting_rows.npy", np.array([0.0] * 6)),
        ("posting_offsets.npy", np.array([0, 9, 4, 5, 6], np.int64)),
        ("posting_offsets.npy", np.array([0, 0, 4, 5, 6], np.int64)),
        ("posting_offsets.npy", np.array([0, 6], np.int64)),
        ("posting_scores.npy", np.full(6, np.nan, np.float32)),
        ("posting_counts.npy", np.ones(5, np.uint16)),
        ("lengths.npy", np.array([3, 0, -1, 5], np.int32)),
        ("lengths.npy", np.array([3, 0], np.int32)),
    ],
)
def test_files_that_do_not_fit_together_are_refused(
    index: LexicalIndex, tmp_path: Path, name: str, array: np.ndarray
) -> None:
    index.save(tmp_path)
    save_array(tmp_path / name, array)
    with pytest.raises(DamagedRelease):
        LexicalIndex.load(tmp_path)


def test_a_missing_file_is_noticed(index: LexicalIndex, tmp_path: Path) -> None:
    index.save(tmp_path)
    (tmp_path / "vocabulary.bin").unlink()
    with pytest.raises(DamagedRelease, match=r"vocabulary\.bin"):
        LexicalIndex.load(tmp_path)
