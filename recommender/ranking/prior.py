"""The model that ships: curves set from what buyers weigh, before any outcome is known.

Each curve states its reason. The weights of the three text features, and of region, were set on the
development contracts (see the README's quality table); the others are judgement, kept small beside them.
"""

from __future__ import annotations

from recommender.ranking.additive import AdditiveModel, Curve

PRIOR = AdditiveModel(
    base=-3.0,
    curves=(
        Curve(
            "semantic_match",
            ((0.0, -1.0), (0.3, 0.0), (0.6, 1.5), (1.0, 3.0)),
            +1,
            "The offering that comes nearest is what would be bought.",
        ),
        Curve(
            "profile_match",
            ((0.0, -1.0), (0.3, 0.0), (0.6, 1.5), (1.0, 2.5)),
            +1,
            "A firm whose whole business lies near the need supplies it as a matter of course.",
        ),
        Curve(
            "lexical_match",
            ((0.0, 0.0), (1.0, 2.0)),
            +1,
            "The very words: model codes, trade names and materials that vectors blur.",
        ),
        Curve(
            "requirement_coverage",
            ((-1.0, -1.5), (0.0, 0.0), (1.0, 1.0)),
            +1,
            "Who lacks a required certificate cannot be awarded; who shows all can be at once.",
        ),
        Curve(
            "region_match",
            ((0.0, 0.0), (0.4, 0.35), (0.8, 0.7), (1.0, 0.75)),
            +1,
            "Near suppliers deliver, install and maintain at less cost; a quarter of contracts stay near.",
        ),
        Curve(
            "chain_match",
            ((0.0, 0.0), (1.0, 0.3)),
            +1,
            "Known in the buyer's industry chain; from outside it is no fault.",
        ),
        Curve(
            "link_match", ((0.0, -0.4), (1.0, 0.0)), +1, "A bank is no supplier of steel, whatever its words."
        ),
        Curve(
            "tier",
            ((0.0, 0.0), (1.0, 0.05), (2.0, 0.15), (3.0, 0.25), (4.0, 0.3)),
            +1,
            "Specialised, little-giant and champion firms were assessed by the state; firms without a tier "
            "lose nothing.",
        ),
        Curve(
            "assessment",
            ((40.0, -0.3), (70.0, 0.0), (95.0, 0.3)),
            +1,
            "Mean of the five assessments, technology, quality, delivery, cost and response.",
        ),
    ),
)
