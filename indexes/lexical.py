"""Keyword search: BM25 over tokens.

Every document's score for every token that it holds is computed beforehand, so that a query only adds them up
(as bm25s does it, to which this is tested equal). What the scores are made of, counts and lengths, is kept
beside them: a refresh that changes a few documents changes every score, for the mean length moves, but reads
only those few again.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexes.files import check_numbers, check_offsets, damaged, load_array, load_json, save_array, save_json
from indexes.postings import Postings, norms, scored, spliced
from indexes.pruned import Columns, Match, Posting, add_all
from indexes.splice import Splice
from indexes.strings import StringTable
from indexes.vectors import check_rows, check_search

# Okapi BM25's usual constants: term saturation and length normalisation.
K1, B = 1.5, 0.75
_MOST = 65_535  # times that a token counts in a document
_FEW = 1 << 19  # postings from which on they are sorted by counting


class LexicalBuilder:
    """Takes documents one by one and keeps numbers alone: eight bytes for each distinct token of each."""

    def __init__(self, *, k1: float = K1, b: float = B) -> None:
        self._numbers = _Numbers()
        self._tokens, self._counts = array("i"), array("H")
        self._distinct, self._lengths = array("i"), array("i")
        self._k1, self._b = k1, b

    def add(self, tokens: Sequence[str]) -> None:
        """The next document."""
        held = Counter(tokens)
        self._tokens.extend(map(self._numbers.__getitem__, held))
        self._counts.extend(min(count, _MOST) for count in held.values())
        self._distinct.append(len(held))
        self._lengths.append(len(tokens))

    def build(self) -> LexicalIndex:
        """The index of all documents added. Same documents, same bytes on disk."""
        words = sorted(self._numbers, key=lambda word: word.encode("utf-8", "surrogatepass"))
        place = np.empty(len(words), np.int32)
        place[np.fromiter(map(self._numbers.__getitem__, words), np.int64, len(words))] = np.arange(
            len(words)
        )
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.frombuffer(self._distinct, np.int32))])
        tokens = place[np.frombuffer(self._tokens, np.int32)]
        counts = np.frombuffer(self._counts, np.uint16)
        if tokens.size < _FEW:
            order = np.argsort(tokens, kind="stable")  # documents rise within a token
            documents = np.repeat(np.arange(len(self._lengths), dtype=np.int32), np.diff(starts))
            offsets = np.concatenate(
                [np.zeros(1, np.int64), np.cumsum(np.bincount(tokens, minlength=len(words)))]
            )
            rows, counts = documents[order], counts[order]
        else:
            from scipy.sparse import csr_array  # takes as long to import as so few tokens to sort

            by_token = csr_array((counts, tokens, starts), (len(self._lengths), len(words))).tocsc()
            offsets, rows = by_token.indptr.astype(np.int64), by_token.indices.astype(np.int32)
            counts = by_token.data
        postings = Postings(offsets, rows, counts, np.array(self._lengths, np.int32))
        return LexicalIndex(
            StringTable.build(words), postings, scored(postings, self._k1, self._b), self._k1, self._b
        )


class _Numbers(dict[str, int]):
    """Numbers tokens through as they come."""

    def __missing__(self, token: str) -> int:
        self[token] = number = len(self)
        return number


class LexicalIndex:
    """n documents of tokens, scored by BM25 in Lucene's form: a token of the query that a document holds adds

        log(1 + (n - df + ½) / (df + ½)) · tf / (tf + k1 (1 - b + b length / mean length))

    with tf its count in the document, df the number of documents that hold it (Kamphuis et al., ECIR 2020).
    All scores are ≥ 0, and 0 exactly where no token is shared. A token that the query repeats counts as often
    as it is repeated, as in bm25s; unknown tokens count nothing. Threads may share an index.
    """

    def __init__(
        self, vocabulary: StringTable, postings: Postings, scores: NDArray[np.float32], k1: float, b: float
    ) -> None:
        """*scores* are what each posting adds. Use :meth:`build` or :class:`LexicalBuilder`."""
        self._vocabulary = vocabulary
        # needs share most of their words, and looking one up on disk takes longer than scoring it
        self._find: Callable[[str], int | None] = lru_cache(maxsize=1 << 16)(vocabulary.find)
        self._postings_held = postings
        self._offsets, self._rows, self._scores = postings.offsets, postings.rows, scores
        self._k1, self._b = k1, b
        self._columns = Columns(postings, norms(postings.lengths, k1, b), budget=scores.nbytes)

    @classmethod
    def build(cls, token_lists: Iterable[Sequence[str]], *, k1: float = K1, b: float = B) -> LexicalIndex:
        """The index of *token_lists*, one a document; lists may be empty. Same lists, same bytes on disk."""
        builder = LexicalBuilder(k1=k1, b=b)
        for tokens in token_lists:
            builder.add(tokens)
        return builder.build()

    @classmethod
    def spliced(cls, old: LexicalIndex, splice: Splice, fresh: LexicalIndex) -> LexicalIndex:
        """The index of all documents, from the *old* ones and the *fresh* ones indexed alone: what
        :meth:`build` makes of them together, to the byte. K1 and b are those of *fresh*."""
        words, postings = spliced(
            (old._vocabulary, old._postings_held), splice, (fresh._vocabulary, fresh._postings_held)
        )
        scores = scored(postings, fresh._k1, fresh._b)
        return cls(words, postings, scores, fresh._k1, fresh._b)

    def hold_words(self) -> None:
        """Keep the vocabulary in memory from now on: for those who ask thousands of times."""
        held = {piece: number for number, piece in enumerate(self._vocabulary.pieces())}
        self._find = lambda token: held.get(token.encode("utf-8", "surrogatepass"))

    @property
    def size(self) -> int:
        """How many documents there are."""
        return int(self._postings_held.lengths.size)

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
        return Match([posting for _, posting in self._postings(tokens)], self._columns)

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
        asked = wanted.astype(self._rows.dtype)  # rows of another type would have all postings copied
        found = np.zeros((len(tokens), wanted.size))
        numbers = [(at, number) for at, number in enumerate(map(self._find, tokens)) if number is not None]
        if not numbers:
            return found
        places = np.empty((len(numbers), wanted.size), np.int64)
        for place, (_, number) in zip(places, numbers, strict=True):
            start, end = int(self._offsets[number]), int(self._offsets[number + 1])
            np.minimum(self._rows[start:end].searchsorted(asked), end - start - 1, out=place)
            place += start
        scores = np.where(self._rows[places] == asked, self._scores[places].astype(np.float64), 0.0)
        found[[at for at, _ in numbers]] = scores
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
        counted = Counter(tokens)
        found = map(self._find, counted)
        known = [each for each in zip(found, counted.items(), strict=True) if each[0] is not None]
        numbers = np.array([number for number, _ in known], np.int64)
        starts, ends = self._offsets[numbers], self._offsets[numbers + 1]
        order = np.lexsort((numbers, ends - starts))
        spans = zip(order.tolist(), starts[order].tolist(), ends[order].tolist(), strict=True)
        postings = []
        for at, start, end in spans:
            number, (token, repeats) = known[at]
            assert number is not None
            posting = Posting(number, repeats, self._rows[start:end], self._scores[start:end])
            postings.append((token, posting))
        return postings

    def save(self, folder: Path) -> None:
        """Write the index into *folder*, which is made where it is missing."""
        folder.mkdir(parents=True, exist_ok=True)
        save_json(folder / "lexical.json", {"k1": self._k1, "b": self._b})
        self._vocabulary.save(folder, "vocabulary")
        save_array(folder / "posting_offsets.npy", self._offsets)
        save_array(folder / "posting_rows.npy", self._rows)
        save_array(folder / "posting_counts.npy", self._postings_held.counts)
        save_array(folder / "posting_scores.npy", self._scores)
        save_array(folder / "lengths.npy", self._postings_held.lengths)

    @classmethod
    def load(cls, folder: Path) -> LexicalIndex:
        """The index that :meth:`save` wrote, memory-mapped.

        :raises DamagedRelease: files are missing or do not fit together.
        """
        facts = load_json(folder / "lexical.json")
        k1, b = facts.get("k1"), facts.get("b")
        if not (isinstance(k1, float) and k1 >= 0 and isinstance(b, float) and 0 <= b <= 1):
            damaged(folder / "lexical.json", "does not state the constants of BM25")
        vocabulary = StringTable.load(folder, "vocabulary")
        offsets = load_array(folder / "posting_offsets.npy", np.int64)
        rows = load_array(folder / "posting_rows.npy", np.int32)
        counts = load_array(folder / "posting_counts.npy", np.uint16)
        scores = load_array(folder / "posting_scores.npy", np.float32)
        lengths = load_array(folder / "lengths.npy", np.int32)
        if offsets.size != len(vocabulary) + 1 or not scores.size == counts.size == rows.size:
            damaged(folder / "posting_offsets.npy", "does not fit the vocabulary and the postings")
        check_offsets(folder / "posting_offsets.npy", offsets, rows.size)
        if bool((offsets[1:] == offsets[:-1]).any()):
            damaged(folder / "posting_offsets.npy", "has a token that no document holds")
        check_numbers(folder / "posting_rows.npy", rows, lengths.size)
        if scores.size and not float(scores.min()) >= 0:  # NaN is not either
            damaged(folder / "posting_scores.npy", "has a score below zero")
        if lengths.size and lengths.min() < 0:
            damaged(folder / "lengths.npy", "has a length below zero")
        return cls(vocabulary, Postings(offsets, rows, counts, lengths), scores, k1, b)
