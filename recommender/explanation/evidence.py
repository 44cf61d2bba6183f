"""Evidence: words of the need and words of the offer that say the same thing.

The need's phrase is the one nearest to the offering's vector, so that masking it takes away what made the
two alike; the offer's phrase is the one nearest to that phrase.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.encoder import Encoder
from recommender.explanation.phrases import Phrases, clauses
from recommender.results import Evidence, Span

_LEAST = 0.25  # below this cosine two phrases do not say the same; nothing is quoted


def evidence(
    need: Phrases,
    offers: Sequence[tuple[str, dict[str, str], NDArray[np.float32]]],
    encoder: Encoder,
) -> tuple[Evidence, ...]:
    """One pair of quotations for each offer that has any, in the order given, no need phrase twice.

    *offers* are (offering id, field name → text, vector (d,)); the id is empty for the enterprise's own
    description.
    """
    found: list[Evidence] = []
    for offering_id, fields, vector in offers:
        nearest = need.nearest(vector)
        if nearest is None or nearest[1] < _LEAST:
            continue
        phrase, _, row = nearest
        spans = [Span(name, clause) for name, text in fields.items() for clause in clauses(text[:4000])]
        if not spans:
            continue
        alike = encoder.encode([s.span for s in spans]) @ need.vectors[row]
        best = int(np.argmax(alike))
        if alike[best] < _LEAST:
            continue
        similarity = min(1.0, float(alike[best]))
        pair = Evidence(Span(phrase.field, phrase.span), spans[best], offering_id, round(similarity, 4))
        if not any(e.offer.span == pair.offer.span and e.need == pair.need for e in found):
            found.append(pair)
    return tuple(found)
