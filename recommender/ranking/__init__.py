"""Ranking: features of a pair, and the additive model that turns them into a score."""

from recommender.ranking.additive import AdditiveModel, Curve, order, probability
from recommender.ranking.features import FEATURES
from recommender.ranking.prior import PRIOR

__all__ = ["FEATURES", "PRIOR", "AdditiveModel", "Curve", "order", "probability"]
