"""Ranking: features of a pair, and the additive model that turns them into a score."""

from recommender.ranking.additive import AdditiveModel, Curve, probability
from recommender.ranking.features import FEATURES
from recommender.ranking.prior import PRIOR
from recommender.ranking.scoring import Scored, score

__all__ = ["FEATURES", "PRIOR", "AdditiveModel", "Curve", "Scored", "probability", "score"]
