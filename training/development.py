"""How an encoder does by itself on the development contracts: a quick check for its card.

A model that learned from contracts is measured by cross-validation: each contract by the one of several
models that knows none of its winner's.

The listed companies that have products are ranked for each awarded project by the cosine of the need (buyer
and title) with each company's profile vector; one winner is right. The product as a whole is measured
elsewhere; this says only what the vectors are worth before anything is added to them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommender.encoder import Encoder, normalised
from training.awards import JUDGEMENTS, NEEDS, fold_of
from training.corpus import flat, records
from training.metrics import Interval, bootstrap

LEAST_SHARE = 0.1
"""Added to the square root of a product's share of revenue: what a product without a share weighs."""
INDUSTRY_WEIGHT = 0.2
NAME_WEIGHT = 0.1


@dataclass(frozen=True, slots=True)
class DevelopmentFigures:
    """Means over the needs, each with its 95 % bootstrap interval."""

    needs: int
    companies: int
    recall_at_10: Interval
    recall_at_100: Interval
    reciprocal_rank: Interval


def measure(data: Path, encoders: Sequence[Encoder]) -> DevelopmentFigures | None:
    """Figures on the development contracts in *data*; None where the files are not all there.

    *encoders* are one that learned from no contract, or one for each fold (:func:`training.awards.fold_of`)
    that learned from those of the other folds.
    """
    products_file, companies_file = (
        data / "catalogue/products_listed.csv",
        data / "catalogue/enterprises_listed.csv",
    )
    if not all(path.is_file() for path in (data / NEEDS, data / JUDGEMENTS, products_file, companies_file)):
        return None
    products: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for row in records(products_file):
        share = flat(row.get("revenue_share"))
        products[flat(row.get("enterprise_id"))].append((flat(row.get("product")), float(share or 0)))
    listed = [row for row in records(companies_file) if flat(row.get("enterprise_id")) in products]
    place = {flat(row.get("enterprise_id")): number for number, row in enumerate(listed)}
    winners = {flat(row.get("need_id")): flat(row.get("enterprise_id")) for row in records(data / JUDGEMENTS)}
    needs = [row for row in records(data / NEEDS) if winners.get(flat(row.get("need_id"))) in place]
    if not needs:
        return None
    won = [winners[flat(row.get("need_id"))] for row in needs]
    right, folds = np.array([place[each] for each in won]), np.array([fold_of(each) for each in won])
    ranks = np.zeros(len(needs), np.int64)
    for fold, encoder in enumerate(encoders):
        own = np.flatnonzero(folds == fold) if len(encoders) > 1 else np.arange(len(needs))
        profiles = _profiles(encoder, listed, [products[identity] for identity in place])
        asked = [needs[row] for row in own]
        queries = encoder.encode([f"{flat(row.get('buyer'))} {flat(row.get('title'))}" for row in asked])
        scores = queries @ profiles.T
        ranks[own] = 1 + (scores > scores[np.arange(len(own)), right[own]][:, None]).sum(axis=1)
    return DevelopmentFigures(
        needs=len(needs),
        companies=len(listed),
        recall_at_10=bootstrap((ranks <= 10).astype(np.float64)),
        recall_at_100=bootstrap((ranks <= 100).astype(np.float64)),
        reciprocal_rank=bootstrap(1.0 / ranks),
    )


def _profiles(
    encoder: Encoder, listed: list[dict[str, object]], products: list[list[tuple[str, float]]]
) -> NDArray[np.float32]:
    titles = [title for own in products for title, _ in own]
    shares = np.array([max(share, 0.0) for own in products for _, share in own])
    owners = np.repeat(np.arange(len(products)), [len(own) for own in products])
    sums = np.zeros((len(products), encoder.dimension), dtype=np.float32)
    np.add.at(
        sums, owners, encoder.encode(titles) * (LEAST_SHARE + np.sqrt(shares))[:, None].astype(np.float32)
    )
    industries = encoder.encode([flat(row.get("sw_industry")) for row in listed])
    names = encoder.encode([flat(row.get("name")) for row in listed])
    return normalised(normalised(sums) + INDUSTRY_WEIGHT * industries + NAME_WEIGHT * names)
