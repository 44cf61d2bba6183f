"""How enterprises, offerings and needs become texts for the encoder and tokens for the lexical half.

One place decides what is searched, so that indexing and asking can never disagree.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue.domain import Enterprise, Need, Offering
from recommender.intake.codes import industry_name
from recommender.text.substance import substance
from recommender.text.titles import wanted
from recommender.text.tokens import tokens

Vectors = NDArray[np.float32]

# A company's own words beyond this say nothing new about what it can do.
_LONGEST = 20_000
_LEAST_ROOT = np.float32(0.1)
BUYER, DESCRIPTION = 0.2, 0.7
"""What a buyer's name and a description count beside what a need is about."""
K1, B = 1.2, 0.5
"""Of BM25. A long list of products is no fault in a supplier, so length weighs less than Okapi's 0.75."""


def offering_text(offering: Offering) -> str:
    """What is embedded of an offering."""
    return _joined(offering.title, offering.description)


def standing_text(enterprise: Enterprise) -> str:
    """What is embedded of an enterprise beside its offerings: trade, chains, tags and its own words."""
    return _joined(
        industry_name(enterprise.industry) if enterprise.industry else "",
        *enterprise.industry_chains,
        *enterprise.tags,
        enterprise.description,
    )


def enterprise_tokens(enterprise: Enterprise, offerings: Sequence[Offering]) -> list[str]:
    """The lexical document of an enterprise: its name, everything it offers, and its standing.

    The standing comes last, so that an endless description is what is cut and not the offerings.
    """
    texts = [enterprise.name, enterprise.short_name, *(offering_text(o) for o in offerings)]
    return tokens(_joined(*texts, standing_text(enterprise)))


def profile_vector(
    standing: Vectors, offerings: Vectors, weights: Sequence[float | None], *, described: bool
) -> Vectors:
    """(d,) the enterprise as a whole: its offerings' mean, weighted by the root of their revenue share, and
    its standing.

    *standing* (d,), *offerings* (m, d); ``described``: see :func:`standing_weight`.
    """
    total = np.zeros_like(standing)
    if len(offerings):
        total += unit(roots(weights) @ offerings)
    return unit(total + unit(standing) * np.float32(standing_weight(described=described)))


def roots(weights: Sequence[float | None]) -> Vectors:
    """(m,) what each offering counts in a profile, by its share of revenue.

    Shares are rooted because a product with 1 % of revenue is still a product that can be bought; an unknown
    share counts as 10 %.
    """
    shares = np.array([0.1 if w is None else max(w, 0.0) for w in weights], np.float32)
    return np.sqrt(shares) + _LEAST_ROOT


def standing_weight(*, described: bool) -> float:
    """What an enterprise's standing counts beside its offerings: half where it is described in its own words.

    Mere labels of its trade say a tenth (at a half they cost two points of Recall@10 on the development
    contracts).
    """
    return 0.5 if described else 0.1


def need_texts(need: Need) -> tuple[str, str, str]:
    """What is embedded of a need: what it is about, who wants it, and the substance of its description."""
    return wanted(need.title), need.buyer_name, substance(need.description[:_LONGEST])


def need_vector(about: Vectors, buyer: Vectors, description: Vectors) -> Vectors:
    """(d,) the need from the vectors of its three texts, any of which may be zero.

    What it is about leads and the description supports. The buyer's name hints at the trade (a power grid
    buys cables): on the development contracts a fifth gains a point of Recall@10, a half loses one.
    """
    return unit(unit(about) + unit(buyer) * np.float32(BUYER) + unit(description) * np.float32(DESCRIPTION))


def need_tokens(need: Need) -> list[str]:
    """The lexical query or document of a need; qualification texts are all alike and stay out."""
    return tokens(_joined(wanted(need.title), need.industry_chain, substance(need.description[:_LONGEST])))


def unit(vector: Vectors) -> Vectors:
    """*vector* (d,) at length 1; a zero vector stays zero."""
    length = float(np.linalg.norm(vector))
    return vector / np.float32(length) if length > 0 else vector


def _joined(*texts: str) -> str:
    return " ".join(t for t in texts if t)[:_LONGEST]
