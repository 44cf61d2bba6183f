"""Scoring candidates: features through the additive model into an order, each part kept."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.ranking.additive import AdditiveModel, order
from recommender.ranking.features import FEATURES, Floats
from recommender.results import Contribution

Positions = NDArray[np.int64]
_PLACES = {feature: place for place, feature in enumerate(FEATURES)}


@dataclass(frozen=True, slots=True)
class Scored:
    """r candidates, best first: their positions among the candidates (r,), log-odds (r,), what each feature
    of the model added (r, f) and the features as measured (r,) each."""

    positions: Positions
    log_odds: Floats
    contributions: Floats
    values: Mapping[str, Floats]

    def parts(self, place: int, model: AdditiveModel) -> tuple[Contribution, ...]:
        """What made up the score at *place*; features that are not known add nothing and are left out."""
        parts = [
            Contribution(feature, value, float(self.contributions[place, column]))
            for column, feature in enumerate(model.features)
            if feature in self.values and not math.isnan(value := float(self.values[feature][place]))
        ]
        return tuple(sorted(parts, key=lambda part: _PLACES[part.feature]))


def score(model: AdditiveModel, features: Mapping[str, Floats], rows: Positions, most: int) -> Scored:
    """The *most* best candidates by *model*; equal scores in the order of *rows* (c,)."""
    contributions = model.contributions(features)
    log_odds = model.log_odds(contributions)
    best = order(log_odds, rows)[:most]
    return Scored(best, log_odds[best], contributions[best], {n: v[best] for n, v in features.items()})
