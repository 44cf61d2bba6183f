"""What a match loses when words of the need are masked: the proof that quoted words carry the score.

Leave-one-out, the oldest way to ask a model what it looked at (Li, Monroe & Jurafsky 2016): the words are
taken out, the need is read again, and the model scores what is left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from indexes.lexical import LexicalIndex
from recommender import profile
from recommender.catalogue.domain import Need
from recommender.encoder import Encoder
from recommender.ranking import AdditiveModel
from recommender.text.tokens import tokens

Vectors = NDArray[np.float32]
Floats = NDArray[np.float64]

_MASK = "，"
_MOST_READ = 6_000  # characters of masked needs that are read for one answer


@dataclass(frozen=True, slots=True)
class Side:
    """An enterprise as the need met it: the vectors (d,) of its best ``offering`` (zero where it has none)
    and of its whole ``profile``, its row in the lexical index and its BM25."""

    offering: Vectors
    profile: Vectors
    row: int = -1
    lexical: float = 0.0


@dataclass(frozen=True, slots=True)
class Lexical:
    """The index that gave the BM25 of the sides, the tokens of the need, and the best that it reached."""

    index: LexicalIndex
    tokens: Sequence[str]
    best: float


def masked(need: Need, words: str) -> Need:
    """*need* with *words* taken out wherever they stand in its title and description."""
    return replace(
        need, title=need.title.replace(words, _MASK), description=need.description.replace(words, _MASK)
    )


class Rereading:
    """A *need* read again with words taken out, and what those words are; once for each, for whoever asks
    about the same need again and again. Thread-safe: what two threads remember at once is the same."""

    def __init__(self, need: Need, encoder: Encoder) -> None:
        self._need, self._encoder = need, encoder
        self.length = len(need.title) + len(need.description)
        self._text = f"{need.title}\n{need.description}"
        self._vectors: dict[str, Vectors] = {}
        self._gone: dict[str, Counter[str]] = {}

    def vectors(self, spans: Sequence[str]) -> Vectors:
        """(1 + s, d) the vector of the need, and of what is left without each of *spans*."""
        every = ["", *spans]  # nothing taken out
        if lacking := [span for span in every if span not in self._vectors]:
            needs = [masked(self._need, span) if span else self._need for span in lacking]
            texts = [profile.need_texts(need) for need in needs]
            distinct = list(dict.fromkeys(text for each in texts for text in each))
            vectors = dict(zip(distinct, self._encoder.encode(distinct), strict=True))
            for span, each in zip(lacking, texts, strict=True):
                self._vectors[span] = profile.need_vector(*(vectors[text] for text in each))
        return np.stack([self._vectors[span] for span in every])

    def gone(self, span: str) -> Counter[str]:
        """The tokens of *span* as often as it stands in the need."""
        if span not in self._gone:
            self._gone[span] = Counter(tokens(span) * self._text.count(span))
        return self._gone[span]


def losses(
    rereading: Rereading,
    spans: Sequence[str],
    sides: Sequence[Side],
    model: AdditiveModel,
    lexical: Lexical | None = None,
) -> Floats:
    """(r, s) log-odds that each of r *sides* loses in the text features where one of s *spans* is masked; NaN
    for the last spans where the need is so long that reading it again takes too much time.

    Without *lexical* shared words are left out of the account. Their share is of the best of the *sides*,
    which stands for the best of all.
    """
    read = spans[: max(4, _MOST_READ // (rereading.length + 1))]
    found = np.full((len(sides), len(spans)), np.nan)
    if not read or not sides:
        return found
    needs = rereading.vectors(read)
    curves = {curve.feature: curve for curve in model.curves}
    total = np.zeros((len(sides), len(needs)))
    for feature, others in (
        ("semantic_match", np.stack([side.offering for side in sides])),
        ("profile_match", np.stack([side.profile for side in sides])),
    ):
        if feature in curves:
            alike = (others @ needs.T).astype(np.float64)
            alike[~others.any(axis=1)] = np.nan
            total += curves[feature](alike)
    if lexical and lexical.best > 0 and "lexical_match" in curves:
        total += curves["lexical_match"](_shares(rereading, read, sides, lexical))
    found[:, : len(read)] = total[:, :1] - total[:, 1:]
    return found


def _shares(rereading: Rereading, spans: Sequence[str], sides: Sequence[Side], lexical: Lexical) -> Floats:
    """(r, 1 + s) BM25 as a share of the best, for the whole need and for each masked one."""
    gone = [rereading.gone(span) for span in spans]
    held = Counter(lexical.tokens)
    rows = np.array([side.row for side in sides])
    taken = list({t: None for counts in gone for t in counts if t in held})
    added = lexical.index.added_by(taken, rows)
    less = np.zeros((1 + len(spans), len(taken)))
    place = {token: at for at, token in enumerate(taken)}
    for row, counts in enumerate(gone, 1):
        for token, count in counts.items():
            if token in place:
                less[row, place[token]] = min(count, held[token])
    whole = np.array([[side.lexical] for side in sides])
    scores = np.maximum(whole - (less @ added).T, 0.0)
    best = scores.max(axis=0)
    scale = lexical.best / best[0] if best[0] > 0 else 1.0
    return np.asarray(np.divide(scores, best * scale, out=np.zeros_like(scores), where=best > 0))
