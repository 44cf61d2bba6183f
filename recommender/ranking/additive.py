"""The additive model: a score is a base plus one curve a feature, so that its parts add up exactly.

A generalized additive model (Hastie & Tibshirani 1986) on the log-odds scale with piecewise linear curves::

    log-odds(x) = base + Σ_f curve_f(x_f)        score = 1 / (1 + exp(−log-odds))
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from indexes.errors import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curve:
    """What a feature adds at each of its values: linear between ``knots`` (value, log-odds), flat outside.

    An absent value (NaN) adds nothing. ``direction`` is +1 where more can only help, −1 where it can only
    hurt, 0 where the curve is free; the knots must agree.
    """

    feature: str
    knots: tuple[tuple[float, float], ...]
    direction: int
    reason: str

    def __post_init__(self) -> None:
        xs = [x for x, _ in self.knots]
        ys = [y for _, y in self.knots]
        if len(xs) < 2 or any(b <= a for a, b in pairwise(xs)):
            raise InputError(
                "A curve needs two or more knots, ascending.", field=self.feature, value=self.knots
            )
        if self.direction and any((b - a) * self.direction < 0 for a, b in pairwise(ys)):
            raise InputError(
                "The knots run against the curve's direction.", field=self.feature, value=self.knots
            )

    def __call__(self, values: Floats) -> Floats:
        xs, ys = zip(*self.knots, strict=True)
        return np.where(np.isnan(values), 0.0, np.interp(values, xs, ys))


@dataclass(frozen=True, slots=True)
class AdditiveModel:
    base: float
    curves: tuple[Curve, ...]

    @property
    def features(self) -> tuple[str, ...]:
        return tuple(curve.feature for curve in self.curves)

    def contributions(self, features: Mapping[str, Floats]) -> Floats:
        """(n, f) log-odds that each of ``self.features`` adds for each of n candidates.

        A feature that *features* lacks adds nothing.
        """
        size = len(next(iter(features.values()))) if features else 0
        absent = np.full(size, np.nan)
        columns = [curve(features.get(curve.feature, absent)) for curve in self.curves]
        return np.stack(columns, axis=1) if columns else np.zeros((size, 0))

    def log_odds(self, contributions: Floats) -> Floats:
        """(n,) base plus the row sums, summed left to right so that a reader's sum agrees to the last bit."""
        total = np.full(len(contributions), self.base)
        for column in contributions.T:
            total = total + column
        return total


def probability(log_odds: float) -> float:
    """The logistic function, without overflow at either end."""
    if log_odds >= 0:
        return 1.0 / (1.0 + math.exp(-log_odds))
    grown = math.exp(log_odds)
    return grown / (1.0 + grown)


def order(log_odds: Floats, ties: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Best first; equal scores by *ties*, ascending, so that the same request always gets the same list."""
    return np.lexsort((np.asarray(ties), -log_odds))
