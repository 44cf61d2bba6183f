"""What is measured of a pair of need and enterprise, and what each measure is called.

The same features serve both directions, so that a pair means the same to the buyer and to the supplier.
Every feature is an array over the candidates; NaN says "not known", which never counts for or against.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indexes.filters import FilterColumns
from recommender.catalogue.domain import Enterprise, Need, Offering
from recommender.places import Places
from recommender.retrieval import Candidates
from recommender.snapshot import Snapshot

Floats = NDArray[np.float64]

FEATURES: dict[str, tuple[str, str]] = {
    "semantic_match": ("最佳产品语义匹配", "best offering, by meaning"),
    "profile_match": ("企业整体语义匹配", "whole profile, by meaning"),
    "lexical_match": ("关键词匹配", "shared words"),
    "requirement_coverage": ("资质与要求满足度", "requirements met"),
    "site_match": ("靠近项目所在地", "near the place of work"),
    "region_match": ("靠近采购方", "near the buyer"),
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


def supplier_features(snapshot: Snapshot, found: Candidates, need: Need, places: Places) -> dict[str, Floats]:
    """Features of the enterprises *found* for *need*, which is wanted at *places*."""
    columns, rows = snapshot.enterprises.filters, found.rows
    features = _text_features(found)
    here = _codes(columns, "region_code", rows)
    features |= _place_matches(np.array([int(places.site or 0)]), np.array([int(places.seat or 0)]), here)
    chains = [need.industry_chain] if need.industry_chain else []
    features["chain_match"] = _chain_match(columns, rows, chains)
    linked = snapshot.offerings.filters.mask_any("link", [need.link.value])
    known = found.offering >= 0
    features["link_match"] = np.full(len(rows), np.nan)
    features["link_match"][known] = linked[found.offering[known]]
    features["tier"] = columns.numbers("tier_order")[rows]
    features["assessment"] = columns.numbers("assessment")[rows]
    return features


def need_features(
    snapshot: Snapshot, found: Candidates, enterprise: Enterprise, offerings: Sequence[Offering]
) -> dict[str, Floats]:
    """Features of the needs *found* for *enterprise*; ``found.offering`` counts in *offerings*.

    What belongs to the enterprise alone (tier, assessments) is the same for every need and left out.
    """
    columns, rows = snapshot.needs.filters, found.rows
    features = _text_features(found)
    here = np.array([int(enterprise.region or 0)])
    features |= _place_matches(_codes(columns, "site_code", rows), _codes(columns, "seat_code", rows), here)
    features["chain_match"] = _chain_match(columns, rows, enterprise.industry_chains)
    features["link_match"] = np.full(len(rows), np.nan)
    for link in {offering.link for offering in offerings}:
        linked = columns.mask_any("link", [link.value])[rows]
        offers = np.array([at >= 0 and offerings[at].link == link for at in found.offering], np.bool_)
        features["link_match"][offers] = linked[offers]
    return features


def _codes(columns: FilterColumns, name: str, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.nan_to_num(columns.numbers(name)[rows]).astype(np.int64)


def _place_matches(
    site: NDArray[np.int64], seat: NDArray[np.int64], here: NDArray[np.int64]
) -> dict[str, Floats]:
    """Nearness to the site where there is one, otherwise to the buyer's seat: never both."""
    site, seat, here = np.broadcast_arrays(site, seat, here)
    near_seat = np.where(site > 0, np.nan, region_match(seat, here))
    return {"site_match": region_match(site, here), "region_match": near_seat}


def _text_features(found: Candidates) -> dict[str, Floats]:
    # BM25 as a share of the best that this query reaches: its own scale means nothing across queries
    share = found.lexical / found.lexical_best if found.lexical_best > 0 else np.zeros(len(found.rows))
    return {"semantic_match": found.semantic, "profile_match": found.profile, "lexical_match": share}


def _chain_match(columns: FilterColumns, rows: NDArray[np.int64], chains: Sequence[str]) -> Floats:
    """1 where one of *chains* is stated, 0 where only others are, NaN where either side states none."""
    if not chains:
        return np.full(len(rows), np.nan)
    same = columns.mask_any("industry_chain", chains)[rows]
    stated = columns.mask_prefix("industry_chain", [""])[rows]
    return np.where(stated, same.astype(np.float64), np.nan)
