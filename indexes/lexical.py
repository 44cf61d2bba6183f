"""Keyword search: BM25 over tokens.

bm25s builds the index: it computes every document's score for every token it holds, so that a query only
adds them up. Adding up takes numpy alone, over bm25s' own arrays read from disk as they are needed, because
importing bm25s costs a one-shot command 0.3 s. Tested equal to bm25s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.files import check_numbers, check_offsets, damaged, load_array, load_json, save_array, save_json
from indexes.pruned import Columns, Match, Posting, add_all
from indexes.strings import StringTable
from indexes.vectors import check_rows, check_search

# Okapi BM25's usual constants: term saturation and length normalisation.
K1, B = 1.5, 0.75


class LexicalIndex:
    """n documents of tokens, scored by BM25 in Lucene's form: a token of the query that a document holds adds

        log(1 + (n - df + ½) / (df + ½)) · tf / (tf + k1 (1 - b + b length / mean length))

    with tf its count in the document, df the number of documents that hold it (Kamphuis et al., ECIR 2020).
    All scores are ≥ 0, and 0 exactly where no token is shared. A token that the query repeats counts as often
    as it is repeated, as in bm25s; unknown tokens count nothing. Threads may share an index.
    """

    def __init__(
        self,
        size: int,
        vocabulary: StringTable,
        offsets: NDArray[np.int64],
        rows: NDArray[np.int32],
        scores: NDArray[np.float32],
    ) -> None:
        """Postings by token: token t of *vocabulary* is in documents ``rows[offsets[t]:offsets[t+1]]``, which
        rise, and adds *scores* of the same places."""
        self._size = size
        self._vocabulary = vocabulary
        # needs share most of their words, and looking one up on disk takes longer than scoring it
        self._find = lru_cache(maxsize=1 << 16)(vocabulary.find)
        self._offsets = offsets
        self._rows = rows
        self._scores = scores
        self._columns = Columns(size, budget=scores.nbytes)

    @classmethod
    def build(cls, token_lists: Sequence[Sequence[str]], *, k1: float = K1, b: float = B) -> LexicalIndex:
        """The index of *token_lists*, one a document; lists may be empty. Same lists, same bytes on disk."""
        words = sorted(set().union(*token_lists))
        vocabulary = StringTable.build(words)
        if not words:
            return cls(
                len(token_lists),
                vocabulary,
                np.zeros(1, np.int64),
                np.zeros(0, np.int32),
                np.zeros(0, np.float32),
            )
        import bm25s

        numbers = {word: number for number, word in enumerate(words)}
        bm25 = bm25s.BM25(k1=k1, b=b, method="lucene", dtype="float32", int_dtype="int32", backend="numpy")
        bm25.index(
            ([[numbers[token] for token in tokens] for tokens in token_lists], numbers),
            create_empty_token=False,
            show_progress=False,
        )
        found: dict[str, Any] = bm25.scores
        return cls(
            len(token_lists),
            vocabulary,
            found["indptr"].astype(np.int64),
            found["indices"].astype(np.int32),
            found["data"].astype(np.float32),
        )

    @property
    def size(self) -> int:
        """How many documents there are."""
        return self._size

    def document_frequency(self, token: str) -> int:
        """How many documents hold *token*."""
        number = self._vocabulary.find(token)
        return 0 if number is None else int(self._offsets[number + 1] - self._offsets[number])

    def scores(self, tokens: Sequence[str]) -> NDArray[np.float32]:
        """The score (n,) of every document for the query *tokens*; zeros for a query without known tokens."""
        total = np.zeros(self.size, np.float64)
        add_all(total, [posting for _, posting in self._postings(tokens)])
        return total.astype(np.float32)

    def match(self, tokens: Sequence[str]) -> Match:
        """The scores of the best documents for *tokens* and of any others, without computing all."""
        return Match(self.size, [posting for _, posting in self._postings(tokens)], self._columns)

    def search(
        self, tokens: Sequence[str], k: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Scores and rows of the best documents that share a token with the query, at most *k*, best first,
        equal scores by row number; with *allowed* (n,), only rows where it is True. Not padded.

        :raises InputError: k < 1, or *allowed* is of the wrong shape or kind.
        """
        check_search(k, allowed, self.size)
        found = self.match(tokens).settle(k, allowed)
        return found.scores[found.best], found.rows[found.best]

    def scores_of(self, tokens: Sequence[str], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """``scores(tokens)[rows]``, without scoring the other documents."""
        wanted = check_rows(rows, self.size)
        total = np.zeros(wanted.size, np.float64)
        for _, posting in self._postings(tokens):
            total += posting.at(wanted)
        return total.astype(np.float32)

    def added_by(self, tokens: Sequence[str], rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """(t, r) what each of t *tokens* adds to the scores of *rows* (r,), once each, 0 where unknown."""
        wanted = check_rows(rows, self.size)
        found = np.zeros((len(tokens), wanted.size))
        place = {token: at for at, token in enumerate(tokens)}
        for token, posting in self._postings(list(place)):
            found[place[token]] = posting.at(wanted)
        return found

    def token_scores(self, tokens: Sequence[str], row: int) -> dict[str, float]:
        """What each token adds to the score of document *row*, repeats included, greatest first.

        Tokens that add nothing are left out; the values add up to the score.
        """
        wanted = check_rows(np.array([row]), self.size)
        added = {token: float(posting.at(wanted)[0]) for token, posting in self._postings(tokens)}
        return {t: s for t, s in sorted(added.items(), key=lambda item: (-item[1], item[0])) if s}

    def _postings(self, tokens: Sequence[str]) -> list[tuple[str, Posting]]:
        """Each known token in the query with its postings, the rarest first: the one order of addition."""
        known = []
        for token, repeats in Counter(tokens).items():
            number = self._find(token)
            if number is not None:
                start, end = int(self._offsets[number]), int(self._offsets[number + 1])
                known.append((end - start, number, repeats, token, slice(start, end)))
        return [
            (token, Posting(number, repeats, self._rows[span], self._scores[span]))
            for _, number, repeats, token, span in sorted(known)  # no two numbers are the same
        ]

    def save(self, folder: Path) -> None:
        """Write the index into *folder*, which is made where it is missing."""
        folder.mkdir(parents=True, exist_ok=True)
        save_json(folder / "lexical.json", {"size": self.size, "tokens": len(self._vocabulary)})
        self._vocabulary.save(folder, "vocabulary")
        save_array(folder / "posting_offsets.npy", self._offsets)
        save_array(folder / "posting_rows.npy", self._rows)
        save_array(folder / "posting_scores.npy", self._scores)

    @classmethod
    def load(cls, folder: Path) -> LexicalIndex:
        """The index that :meth:`save` wrote, memory-mapped.

        :raises DamagedRelease: files are missing or do not fit together.
        """
        facts = load_json(folder / "lexical.json")
        size = facts.get("size")
        vocabulary = StringTable.load(folder, "vocabulary")
        offsets = load_array(folder / "posting_offsets.npy", np.int64)
        rows = load_array(folder / "posting_rows.npy", np.int32)
        scores = load_array(folder / "posting_scores.npy", np.float32)
        if type(size) is not int or size < 0 or facts.get("tokens") != len(vocabulary):
            damaged(folder / "lexical.json", "does not fit the vocabulary")
        if offsets.size != len(vocabulary) + 1 or scores.size != rows.size:
            damaged(folder / "posting_offsets.npy", "does not fit the vocabulary and the postings")
        check_offsets(folder / "posting_offsets.npy", offsets, rows.size)
        if bool((offsets[1:] == offsets[:-1]).any()):
            damaged(folder / "posting_offsets.npy", "has a token that no document holds")
        check_numbers(folder / "posting_rows.npy", rows, size)
        if scores.size and not float(scores.min()) >= 0:  # NaN is not either
            damaged(folder / "posting_scores.npy", "has a score below zero")
        return cls(size, vocabulary, offsets, rows, scores)
