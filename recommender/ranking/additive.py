"""The additive model: a score is a base plus one curve a feature, so that its parts add up exactly.

A generalized additive model (Hastie & Tibshirani 1986) on the log-odds scale with piecewise linear curves::

    log-odds(x) = base + Σ_f curve_f(x_f)        score = 1 / (1 + exp(−log-odds))
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.errors import InputError

Floats = NDArray[np.float64]

FORMAT = 1
_MOST_CURVES, _MOST_KNOTS, _MOST_TEXT, _LARGEST = 100, 1000, 2000, 1e9


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

    @property
    def neutral(self) -> float:
        """The value that adds nothing, as an absent one does: where the curve is 0, or nearest to 0.

        Of several, the best there is: a fault counts, its absence is no merit.
        """
        ranked = sorted(self.knots, key=lambda knot: (abs(knot[1]), -knot[0] * (self.direction or 1)))
        return ranked[0][0]

    def __call__(self, values: Floats) -> Floats:
        return np.where(np.isnan(values), 0.0, np.interp(values, *_places(self.knots)))


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
        found = np.zeros((size, len(self.curves)))
        for column, curve in enumerate(self.curves):
            if curve.feature in features:
                found[:, column] = curve(features[curve.feature])
        return found

    def log_odds(self, contributions: Floats) -> Floats:
        """(n,) base plus the row sums, summed left to right so that a reader's sum agrees to the last bit."""
        total = np.full(len(contributions), self.base)
        for column in contributions.T:
            total = total + column
        return total

    def to_json(self) -> dict[str, Any]:
        return {"format": FORMAT} | asdict(self)

    @classmethod
    def from_json(cls, value: object) -> AdditiveModel:
        """The model that :meth:`to_json` wrote. Raises ValueError, saying why, for anything else."""
        if not isinstance(value, dict) or value.get("format") != FORMAT:
            raise ValueError(f"no additive model of format {FORMAT}")
        curves = value.get("curves")
        if not isinstance(curves, list) or not 1 <= len(curves) <= _MOST_CURVES:
            raise ValueError("curves are missing or too many")
        read = tuple(_curve(curve) for curve in curves)
        if len({curve.feature for curve in read}) != len(read):
            raise ValueError("a feature has two curves")
        return cls(_number(value.get("base"), "base"), read)


def _curve(value: object) -> Curve:
    if not isinstance(value, dict):
        raise ValueError("a curve is not an object")
    feature, reason, direction = value.get("feature"), value.get("reason"), value.get("direction")
    knots = value.get("knots")
    if not isinstance(feature, str) or not isinstance(reason, str) or len(feature) + len(reason) > _MOST_TEXT:
        raise ValueError("a curve's feature or reason is no text, or too long")
    if type(direction) is not int or direction not in (-1, 0, 1):
        raise ValueError(f"the direction of {feature} is not -1, 0 or 1")
    if (
        not isinstance(knots, list)
        or len(knots) > _MOST_KNOTS
        or not all(isinstance(knot, list) and len(knot) == 2 for knot in knots)
    ):
        raise ValueError(f"the knots of {feature} are not a short list of pairs")
    pairs = tuple((_number(x, feature), _number(y, feature)) for x, y in knots)
    try:
        return Curve(feature, pairs, direction, reason)
    except InputError as error:
        raise ValueError(f"{feature}: {error.message}") from error


def _number(value: object, name: str) -> float:
    """A float that no sum of curves can drive to infinity."""
    if type(value) not in (int, float) or not abs(value) <= _LARGEST:  # type: ignore[arg-type]
        raise ValueError(f"a number of {name} is none, or too large")
    return float(value)  # type: ignore[arg-type]


@lru_cache(maxsize=1024)
def _places(knots: tuple[tuple[float, float], ...]) -> tuple[Floats, Floats]:
    """Values and log-odds of *knots*, as arrays: to make them anew takes longer than to use them."""
    values, odds = np.array(knots, np.float64).T.copy()
    return values, odds


def probability(log_odds: float) -> float:
    """The logistic function, without overflow at either end."""
    if log_odds >= 0:
        return 1.0 / (1.0 + math.exp(-log_odds))
    grown = math.exp(log_odds)
    return grown / (1.0 + grown)


def order(log_odds: Floats, ties: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Best first; equal scores by *ties*, ascending, so that the same request always gets the same list."""
    return np.lexsort((np.asarray(ties), -log_odds))
