"""What is measured of a pair of need and enterprise, and what each measure is called.

The same features serve both directions, so that a pair means the same to the buyer and to the supplier.
Every feature is an array over the candidates; NaN says "not known", which never counts for or against.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEATURES: dict[str, tuple[str, str]] = {
    "semantic_match": ("最佳产品语义匹配", "best offering, by meaning"),
    "profile_match": ("企业整体语义匹配", "whole profile, by meaning"),
    "lexical_match": ("关键词匹配", "shared words"),
    "requirement_coverage": ("资质与要求满足度", "requirements met"),
    "region_match": ("地域接近", "same region"),
    "chain_match": ("产业链一致", "same industry chain"),
    "link_match": ("链路一致", "same link"),
    "tier": ("优质企业梯度", "quality tier"),
    "assessment": ("五维评价", "five-dimension assessment"),
}
"""Feature name → (Chinese label, English label), in the order in which a reader wants them."""


def region_match(asked: NDArray[np.int64], candidates: NDArray[np.int64]) -> Floats:
    """How near two places are by GB/T 2260 code: 1 same county, 0.8 same city, 0.4 same province, 0 else.

    Codes are six-digit integers, 0 where unknown; *asked* has one row or as many as *candidates*. A code of a
    whole province or city counts as near as its own level allows. Municipalities (11, 12, 31, 50) are cities.
    """
    asked, candidates = np.broadcast_arrays(asked, candidates)
    near = np.zeros(len(candidates))
    province = asked // 10000 == candidates // 10000
    municipality = np.isin(asked // 10000, (11, 12, 31, 50))
    near[province] = 0.4
    near[province & municipality] = 0.8
    city = (asked // 100 == candidates // 100) & (asked // 100 % 100 > 0)
    near[city] = 0.8
    near[city & (asked == candidates) & (asked % 100 > 0)] = 1.0
    near[(asked == 0) | (candidates == 0)] = np.nan
    return near


def lexical_match(scores: Floats, best: float) -> Floats:
    """BM25 scores as a share of the *best* score that this query reaches anywhere, 0–1."""
    return scores / best if best > 0 else np.zeros_like(scores)
