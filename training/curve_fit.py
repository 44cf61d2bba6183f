"""Fitting the curves of an additive model to past choices, drawn towards the curves that it had before.

A candidate that came further is to stand above every one of its list that came less far: conditional logit
(McFadden 1974), here one term for each candidate i that came further than some others::

    loss = − Σ_i w_i · log( e^{s_i} / (e^{s_i} + Σ_j v_j e^{s_j}) )  +  Σ_k (d_k − p_k)² / (2 σ² b_k)

j runs over the candidates of the same need with a lower grade; s is the score, linear in the rises d_k of the
curves between neighbouring knots; p_k are the rises of the model before, b_k the share of its curve's width
that a rise takes. The second sum is a normal prior, a random walk: the climb of a curve from end to end is
believed to lie within ± σ of what it was, however finely it is cut, so a few outcomes move little and
thousands decide. Where a curve is 0 it stays 0, so that "unknown" keeps meaning what it meant; its direction
stays, too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize

from recommender.ranking.additive import AdditiveModel, Curve
from recommender.ranking.features import Floats
from training.slates import GRADES, Slate

BELIEF = 0.15
"""σ: log-odds by which a curve may easily differ from the prior's, end to end."""
FINEST = 8
"""Rises of a curve: the widest are halved until there are as many."""
UNSHOWN = 0.5
"""v_j of candidates that nobody was shown: they may be as good, so they count half. Without them, the fit
would think little of what the shown ones have in common."""
UNSHOWN_MOST = 100
"""Unshown candidates of a need that are drawn, to stand for all of them."""


@dataclass(frozen=True, slots=True)
class _Terms:
    """t terms over the n rows of *design* (n, k): term i compares the rows ``members[starts[i]:starts[i+1]]``
    of which the first is the one that came further; ``log_weights`` (m,) are log v, 0 for the first."""

    design: Floats
    members: NDArray[np.int64]
    starts: NDArray[np.int64]
    log_weights: Floats
    weights: Floats


def fit(
    slates: Sequence[Slate],
    prior: AdditiveModel,
    *,
    belief: float = BELIEF,
    unshown: float = UNSHOWN,
    seed: int = 0,
) -> AdditiveModel:
    """*prior* with its curves fitted to *slates*, and the base so that scores stay comparable with its own.
    The same slates and seed give the same model."""
    known = prior
    prior = replace(prior, curves=tuple(_finer(curve) for curve in prior.curves))
    before = np.concatenate([_rises(curve) for curve in prior.curves])
    spread = belief * np.sqrt(np.concatenate([_widths(curve) for curve in prior.curves]))
    terms = _terms(slates, prior, unshown, np.random.default_rng(seed))

    def objective(rises: Floats) -> tuple[float, Floats]:
        loss, slope = _loss(terms, rises)
        off = (rises - before) / spread
        return loss + 0.5 * float(off @ off), slope + off / spread

    bounds = [
        (0.0, None) if curve.direction else (None, None) for curve in prior.curves for _ in curve.knots[1:]
    ]
    found = minimize(objective, before, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500})
    curves, at = [], 0
    for curve in prior.curves:
        count = len(curve.knots) - 1
        curves.append(_with_rises(curve, found.x[at : at + count]))
        at += count
    model = AdditiveModel(prior.base, tuple(curves))
    return replace(model, base=comparable_base(slates, known, model))


def comparable_base(slates: Sequence[Slate], known: AdditiveModel, model: AdditiveModel) -> float:
    """The base with which *model* gives the shown candidates the mean score that *known* gives them.

    A conditional logit says who stands above whom and nothing of the level. Set to the share that qualified,
    few of a hundred shown, it would make all scores drop on the day of promotion although no match is worse.
    """
    shown = [slate for slate in slates if slate.shown.any()]
    if not shown:
        return known.base
    odds = np.concatenate([_parts(model, slate)[slate.shown] for slate in shown])
    aim = _mean_score(known.base, np.concatenate([_parts(known, slate)[slate.shown] for slate in shown]))

    def excess(base: float) -> float:
        return _mean_score(base, odds) - aim

    return round(float(brentq(excess, -odds.max() - 40, -odds.min() + 40)), 6)


def _mean_score(base: float, odds: Floats) -> float:
    return float((1.0 / (1.0 + np.exp(-np.clip(base + odds, -700, 700)))).mean())


def _parts(model: AdditiveModel, slate: Slate) -> Floats:
    return np.asarray(model.contributions(slate.features).sum(axis=1))


def _finer(curve: Curve) -> Curve:
    """The same curve with knots between its knots, :data:`FINEST` rises at the least."""
    knots = list(curve.knots)
    while len(knots) <= FINEST:
        at = max(range(len(knots) - 1), key=lambda i: knots[i + 1][0] - knots[i][0])
        (x, y), (end, height) = knots[at], knots[at + 1]
        knots.insert(at + 1, ((x + end) / 2, (y + height) / 2))
    return replace(curve, knots=tuple(knots))


def _widths(curve: Curve) -> Floats:
    """(knots − 1,) the share of the curve's width that each rise takes."""
    widths = np.diff([x for x, _ in curve.knots])
    return np.asarray(widths / widths.sum())


def _rises(curve: Curve) -> Floats:
    """(knots − 1,) how far the curve goes from knot to knot in its direction, each ≥ 0 (of either sign where
    it has none)."""
    return np.diff([height for _, height in curve.knots]) * (curve.direction or 1)


def _with_rises(curve: Curve, rises: Floats) -> Curve:
    heights = np.concatenate([[0.0], np.cumsum(rises)]) * (curve.direction or 1)
    xs = [x for x, _ in curve.knots]
    heights -= heights[xs.index(curve.neutral)]
    return replace(
        curve, knots=tuple((x, round(float(y), 6) + 0.0) for x, y in zip(xs, heights, strict=True))
    )


def _passed(curve: Curve, values: Floats) -> Floats:
    """(n, knots − 1) how much of each rise counts at *values*: 1 where it lies between the neutral knot and
    the value, −1 where the value is on the other side, a part where the value lies within; 0 for NaN. Rises
    times this is the curve."""
    xs = np.array([x for x, _ in curve.knots])
    part = np.clip((values[:, None] - xs[:-1]) / np.diff(xs), 0.0, 1.0)
    part -= (xs[:-1] < curve.neutral).astype(np.float64)
    return np.where(np.isnan(values)[:, None], 0.0, part) * (curve.direction or 1)


def design(features: Mapping[str, Floats], model: AdditiveModel) -> Floats:
    """(c, k) the share of each rise of each curve that counts for each of c candidates."""
    size = len(next(iter(features.values())))
    absent = np.full(size, np.nan)
    return np.concatenate([_passed(c, features.get(c.feature, absent)) for c in model.curves], axis=1)


def _terms(
    slates: Sequence[Slate], prior: AdditiveModel, unshown: float, random: np.random.Generator
) -> _Terms:
    matrices: list[Floats] = []
    members: list[int] = []
    starts: list[int] = [0]
    log_weights: list[float] = []
    weights: list[float] = []
    first = 0
    for slate in slates:
        others = np.flatnonzero(~slate.shown)
        drawn = random.permutation(others)[:UNSHOWN_MOST]
        weight = math.log(unshown * len(others) / len(drawn)) if len(drawn) else 0.0
        rows = np.sort(np.concatenate([np.flatnonzero(slate.shown), drawn]))
        grades, shown = slate.grades[rows], slate.shown[rows]
        idle = int(((grades == 0) & shown).sum())
        matrices.append(design({name: column[rows] for name, column in slate.features.items()}, prior))
        for i in np.flatnonzero(shown):
            lower = np.flatnonzero(grades < grades[i])
            if not len(lower):
                continue
            # who stands far down is looked at less: each success there stands for several (Joachims,
            # Swaminathan & Schnabel 2017), with the discount of nDCG as the chance of a look
            looked = math.log2(1 + max(int(slate.ranks[rows[i]]), 1))
            weights.append(grades[i] * looked if grades[i] > 0 else 1.0 / idle)
            members += [first + int(i), *(first + lower).tolist()]
            log_weights += [0.0, *np.where(shown[lower], 0.0, weight).tolist()]
            starts.append(len(members))
        first += len(rows)
    width = sum(len(curve.knots) - 1 for curve in prior.curves)
    return _Terms(
        np.concatenate([np.zeros((0, width)), *matrices]),
        np.array(members, np.int64),
        np.array(starts, np.int64),
        np.array(log_weights, np.float64),
        np.array(weights, np.float64) / max(GRADES.values()),
    )


def _loss(terms: _Terms, rises: Floats) -> tuple[float, Floats]:
    """The first sum of the loss and its slope (k,)."""
    if not len(terms.weights):
        return 0.0, np.zeros_like(rises)
    begin, lengths = terms.starts[:-1], np.diff(terms.starts)
    odds = (terms.design @ rises)[terms.members] + terms.log_weights
    top = np.maximum.reduceat(odds, begin)
    grown = np.exp(odds - np.repeat(top, lengths))
    sums = np.add.reduceat(grown, begin)
    loss = terms.weights @ (np.log(sums) + top - odds[begin])
    pull = grown * np.repeat(terms.weights / sums, lengths)
    pull[begin] -= terms.weights
    return float(loss), np.bincount(terms.members, pull, len(terms.design)) @ terms.design
