"""The model that ships: curves set from what buyers weigh, before any outcome of one's own is known.

Each curve states its reason. The slopes of the three text features and of the region follow a conditional
logit fitted on the development contracts, cross-validated by supplier, rounded, and drawn in where the data
say little; the others are judgement, kept small beside them.
"""

from __future__ import annotations

from recommender.ranking.additive import AdditiveModel, Curve

PRIOR = AdditiveModel(
    base=-5.5,  # where contributions reach 5.5, half are right answers to the sample's golden queries
    curves=(
        Curve(
            "semantic_match",
            ((0.0, -0.7), (0.2, 0.0), (0.6, 1.5), (1.0, 2.5)),
            +1,
            "The offering that comes nearest is what would be bought.",
        ),
        Curve(
            "profile_match",
            ((0.0, -1.4), (0.2, 0.0), (0.6, 2.8), (1.0, 4.0)),
            +1,
            "A firm whose whole business lies near the need supplies it as a matter of course: it weighs "
            "more than a single product, for catalogues list what was sold once too.",
        ),
        Curve(
            "breadth",
            ((0.0, -0.15), (0.5, 0.0), (1.0, 0.15)),
            +1,
            "Of a need that names several things, who offers all of them saves the buyer a second contract. "
            "Kept small: counts of offerings near a need, tried as breadth, harm.",
        ),
        Curve(
            "corroboration",
            ((0.1, -2.0), (0.4, 0.0)),
            +1,
            "A single offering that is much nearer to the need than all else that the firm says of itself is "
            "a claim that nothing bears out: one may have been written for the need. Firms of many trades "
            "look alike, so only the extreme costs anything: steeper curves, tried, bury honest ones.",
        ),
        Curve(
            "lexical_match",
            ((0.0, 0.0), (1.0, 2.3)),
            +1,
            "The very words: model codes, trade names and materials that vectors blur.",
        ),
        Curve(
            "requirement_coverage",
            ((-1.0, -2.0), (0.0, 0.0), (1.0, 1.2)),
            +1,
            "Who lacks a required certificate cannot be awarded; who shows all can be at once.",
        ),
        Curve(
            "site_match",
            ((0.0, 0.0), (0.4, 1.4), (0.8, 2.2), (1.0, 2.3)),
            +1,
            "Work is done at its site: who is near knows the ground and is on time. A quarter of the awarded "
            "projects stay in their province, where a twenty-fifth would by chance.",
        ),
        Curve(
            "region_match",
            ((0.0, 0.0), (0.4, 0.5), (0.8, 0.8), (1.0, 0.9)),
            +1,
            "Goods travel, but near suppliers deliver and maintain at less cost.",
        ),
        Curve(
            "distance",
            ((0.0, 0.3), (600.0, 0.0)),
            -1,
            "The next city may lie in another province. Beyond a day's drive it makes no difference.",
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
            "graph_match",
            ((0.0, 0.0), (1.0, 0.5)),
            +1,
            "A path through the chain graph from the thing needed to a thing made: its confidence counts, so "
            "that a kind of it weighs more than what is only made of the same material.",
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
        Curve(
            "capacity_fit",
            ((0.0, -0.6), (0.5, -0.2), (1.0, 0.0)),
            +1,
            "Who can make a part of the quantity serves a part of the need. To have enough is no merit, so "
            "that who states no capacity loses nothing.",
        ),
        Curve(
            "scale_fit",
            ((0.0, -0.8), (1.0, 0.0)),
            +1,
            "An order of several years' business is more than a firm can finance and deliver.",
        ),
        Curve(
            "freshness",
            ((0.0, 0.0), (365.0, 0.0), (1460.0, -0.3)),
            -1,
            "What nobody has touched for years may no longer be offered; within a year it is as good as new.",
        ),
        Curve(
            "track_record",
            ((-0.5, -0.6), (0.0, 0.0), (0.5, 0.6)),
            +1,
            "Who qualified more often than is usual will again, who was rejected more often, too. Without a "
            "history nothing is added: the usual is assumed.",
        ),
        Curve(
            "reciprocity",
            ((0.0, -0.6), (0.5, -0.2), (1.0, 0.0)),
            +1,
            "A partner who has better matches, finds the order a trifle or is booked out will hardly answer. "
            "To be willing is the rule and adds nothing.",
        ),
    ),
)
