"""Evidence: words of the need and words of the offer that say the same thing.

The pair quoted is the one most alike among words that also carry the match: the need's words
must be near the offering as a whole, so that masking them lowers the score, and the offer's near the need.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.encoder import Encoder
from recommender.explanation.phrases import Phrases
from recommender.results import Evidence, Span
from recommender.text.clauses import clauses

_LEAST = 0.4  # below this cosine two phrases do not say the same; nothing is quoted
_CARRIED = 0.5  # how much nearness to the other side as a whole counts beside the pair's own likeness
_TITLE = 0.15  # a title says in the firm's own short words what is offered
_MOST_OFFER_TEXT = 4_000

Vectors = NDArray[np.float32]


def evidence(
    need: Phrases,
    need_vector: Vectors,
    offers: Sequence[tuple[str, dict[str, str], Vectors]],
    encoder: Encoder,
) -> tuple[Evidence, ...]:
    """One pair of quotations for each offer that has any, in the order given, no pair of words twice.

    *offers* are (offering id, field name → text, vector (d,)); the id is empty for the enterprise's own
    description. *need_vector* (d,) is the need's.
    """
    found: list[Evidence] = []
    for offering_id, fields, vector in offers:
        texts = {name: text[:_MOST_OFFER_TEXT] for name, text in fields.items()}
        spans = [Span(name, clause) for name, text in texts.items() for clause in clauses(text)]
        if not spans or not need.phrases:
            continue
        offered = encoder.encode([span.span for span in spans])
        alike = need.vectors @ offered.T
        titles = np.array([span.field == "title" for span in spans])
        worth = alike + _CARRIED * (need.vectors @ vector)[:, None]
        worth += _CARRIED * (offered @ need_vector)[None, :] + _TITLE * titles[None, :]
        row, column = np.unravel_index(int(np.argmax(worth)), worth.shape)
        if alike[row, column] < _LEAST:
            continue
        phrase, similarity = need.phrases[row], min(1.0, float(alike[row, column]))
        pair = Evidence(Span(phrase.field, phrase.span), spans[column], offering_id, round(similarity, 4))
        if not any((e.need, e.offer) == (pair.need, pair.offer) for e in found):
            found.append(pair)
    return tuple(found)
