"""Evidence: words of the need and words of the offer that say the same thing, phrase beside phrase.

A pair is quoted for being alike, for naming the thing itself, and for carrying the match: the need's words
must be near the offering as a whole, the offer's near the need, and masking the need's words must lower the
score. Words that could be masked without a loss are never quoted, nor is a firm's name: 食材管家 is what it
is called, not what it sells.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from recommender.encoder import Encoder
from recommender.explanation.masking import Lexical, Rereading, Side, losses
from recommender.explanation.phrases import Phrases
from recommender.explanation.wording import pieces, runs, says_what
from recommender.ranking import AdditiveModel
from recommender.results import Evidence, Span
from recommender.text.clauses import clauses

_LEAST = 0.4  # below this cosine two phrases do not say the same; nothing is quoted
_CARRIED = 0.5  # how much nearness to the other side as a whole counts beside the pair's own likeness
_TITLE = 0.15  # a title says in the firm's own short words what is offered
_CORE = 0.15  # the need's words name the thing, and not what it is for
_SAID = 0.2  # a phrase of six characters says more than a word of two, on either side
_LOST = 0.6  # what the share of the score that masking takes away counts beside all that
_TRIED = 4  # pairs for an offer of which the need's words are masked
_MOST_OFFER_TEXT = 4_000
_KEPT_TEXTS = 4_096  # whose phrases are remembered
_SHORT = 8  # characters from which on a phrase of the offer is quoted in part

Vectors = NDArray[np.float32]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Offer:
    """An offering that may be quoted: field name → text, and its vector (d,). The id is empty for the
    enterprise's own description; ``names`` are what the enterprise is called."""

    offering_id: str
    fields: Mapping[str, str]
    vector: Vectors
    names: tuple[str, ...] = ()

    def spans(self) -> list[Span]:
        found = []
        for name, text in self.fields.items():
            text = text[:_MOST_OFFER_TEXT]
            for called in self.names:
                text = text.replace(called, "。" * len(called))  # the same length, and never within a phrase
            found += [Span(name, phrase) for phrase in _quotable(text)]
        return found


@lru_cache(maxsize=_KEPT_TEXTS)
def _quotable(text: str) -> tuple[str, ...]:
    """The distinct phrases of *text* that may be quoted; remembered, for an offering suits many needs."""
    found = (piece for clause in clauses(text) for piece in pieces(clause))
    return tuple(phrase for phrase in dict.fromkeys(found) if says_what(phrase))


@dataclass(frozen=True, slots=True)
class Pair:
    """Words of both sides that may be quoted together; ``worth`` before anything is masked."""

    phrase: int
    offer: Span
    offering_id: str
    similarity: float
    worth: float


@dataclass(frozen=True, slots=True)
class Quoted:
    """What is quoted of one enterprise, what says most first, and how near any of its words come to those
    that name the thing wanted (cosine; NaN where nothing does or nothing may be quoted)."""

    pairs: tuple[Evidence, ...] = ()
    core: float = math.nan


def evidence(
    rereading: Rereading,
    phrases: Phrases,
    vector: Vectors,
    enterprises: Sequence[tuple[Side, Sequence[Offer]]],
    encoder: Encoder,
    model: AdditiveModel,
    lexical: Lexical | None = None,
) -> list[Quoted]:
    """For each enterprise one pair of quotations from each of its offers that has any, no pair of words
    twice. *rereading*, *phrases* and *vector* (d,) are the need's."""
    offers = [offer for _, several in enterprises for offer in several]
    if not offers or not phrases.phrases:
        return [Quoted() for _ in enterprises]
    spans = [offer.spans() for offer in offers]
    encoded = encoder.encode([span.span for several in spans for span in several])
    parts = np.split(encoded, np.cumsum([len(several) for several in spans])[:-1])
    paired = _pairs(phrases, vector, offers, spans, parts)
    tried = [[next(paired) for _ in several] for _, several in enterprises]
    worth = np.full(len(phrases.phrases), -np.inf)
    for pair in (pair for each in tried for several, _ in each for pair in several):
        worth[pair.phrase] = max(worth[pair.phrase], pair.worth)
    asked = [int(row) for row in np.argsort(-worth, kind="stable") if np.isfinite(worth[row])]
    lost = np.full((len(enterprises), len(phrases.phrases)), np.nan)
    words = [phrases.phrases[row].span for row in asked]
    lost[:, asked] = losses(rereading, words, [side for side, _ in enterprises], model, lexical)
    chosen = [
        [best for several, _ in each if (best := _chosen(several, lost[place]))]
        for place, each in enumerate(tried)
    ]
    narrow = _narrowed([pair for pairs in chosen for pair in pairs], phrases, encoder)
    return [
        Quoted(
            _quoted([next(narrow) for _ in pairs], phrases),
            max((core for _, core in each if not math.isnan(core)), default=math.nan),
        )
        for pairs, each in zip(chosen, tried, strict=True)
    ]


def _said(phrases: Phrases) -> Floats:
    """(m,) what each phrase of the need is worth by itself: how much it says, and if it names the thing."""
    core = [phrases.phrases[row].span for row in phrases.core]
    said = [_SAID * _length(p.span) + _CORE * any(_shares(p.span, c) for c in core) for p in phrases.phrases]
    return np.array(said, np.float64)


def _length(span: str) -> float:
    """How much a phrase says by its length: 1 from six characters, less again where it is long to read."""
    return min(len(span), 6) / 6 - max(len(span) - 12, 0) / 12


def _shares(span: str, core: str) -> bool:
    """Whether *span* ends as *core* does, or stands in it, or it in *span*."""
    return span in core or core in span or span[-2:] == core[-2:]


def _pairs(
    phrases: Phrases,
    need_vector: Vectors,
    offers: Sequence[Offer],
    spans: Sequence[Sequence[Span]],
    encoded: Sequence[Vectors],
) -> Iterator[tuple[list[Pair], float]]:
    """The best pairs of each offer, each with another phrase of the need, best first, and the cosine of the
    span that comes nearest to the core (NaN where there is none). *encoded* are the vectors of *spans*."""
    said = _said(phrases)[:, None]
    rows, core = np.arange(len(phrases.phrases)), list(phrases.core)
    for offer, several, vectors in zip(offers, spans, encoded, strict=True):
        if not several:
            yield [], math.nan
            continue
        alike = phrases.vectors @ vectors.T
        titles = np.array([_TITLE * (span.field == "title") for span in several])
        lengths = np.array([_SAID * _length(span.span) for span in several])
        worth = alike + _CARRIED * (phrases.vectors @ offer.vector)[:, None] + said
        worth += _CARRIED * (vectors @ need_vector) + titles + lengths
        worth[alike < _LEAST] = -np.inf
        columns = worth.argmax(axis=1)
        best = worth[rows, columns]
        pairs = [
            Pair(row, several[column], offer.offering_id, float(alike[row, column]), float(best[row]))
            for row in np.argsort(-best, kind="stable")[:_TRIED].tolist()
            if np.isfinite(best[row])
            for column in (int(columns[row]),)
        ]
        yield pairs, float(alike[core].max()) if core else math.nan


def _chosen(pairs: Sequence[Pair], lost: Floats) -> Pair | None:
    """The pair that says the same and carries the score; None where no words do. *lost* (p,) by phrase."""
    losing = [(pair, float(lost[pair.phrase])) for pair in pairs]
    carrying = [(pair, 0.0 if math.isnan(loss) else loss) for pair, loss in losing if not loss <= 0]
    most = max((loss for _, loss in carrying), default=0.0) or 1.0
    best = max(carrying, key=lambda each: each[0].worth + _LOST * each[1] / most, default=None)
    return replace(best[0], worth=best[0].worth + _LOST * best[1] / most) if best else None


def _narrowed(pairs: Sequence[Pair], phrases: Phrases, encoder: Encoder) -> Iterator[Pair]:
    """*pairs*, each long phrase of an offer cut to the run of words that says what the need's phrase says."""
    if not pairs:
        return
    inner = [list(runs(p.offer.span)) if len(p.offer.span) > _SHORT else [] for p in pairs]
    encoded = encoder.encode([run for several in inner for run in several])
    ends = np.cumsum([len(several) for several in inner])
    for pair, several, part in zip(pairs, inner, np.split(encoded, ends[:-1]), strict=True):
        alike = part @ phrases.vectors[pair.phrase]
        best = int(np.argmax(alike)) if several else -1
        if several and alike[best] > pair.similarity:
            span = Span(pair.offer.field, several[best])
            yield replace(pair, offer=span, similarity=float(alike[best]))
        else:
            yield pair


def _quoted(pairs: Sequence[Pair], phrases: Phrases) -> tuple[Evidence, ...]:
    found: dict[tuple[Span, Span], Evidence] = {}
    for pair in sorted(pairs, key=lambda pair: -pair.worth):
        phrase = phrases.phrases[pair.phrase]
        words = Span(phrase.field, phrase.span)
        similarity = round(min(1.0, pair.similarity), 4)
        found.setdefault((words, pair.offer), Evidence(words, pair.offer, pair.offering_id, similarity))
    return tuple(found.values())
