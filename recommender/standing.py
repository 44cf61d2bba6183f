"""What figures and earlier matches say of an enterprise: how large it is, how it fared, what it has booked,
and for which needs it was right.

The earlier matches can be read as of a past day, so that a past ranking can be measured without its outcome.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from recommender.catalogue.domain import Enterprise, Outcome, Stage

Judgments = Mapping[str, Mapping[str, int]]  # need id → enterprise id → grade

_PATIENCE = 6.0  # earlier matches that the usual rate of success is worth
GRADES = {Stage.QUALIFIED: 1, Stage.AWARDED: 2}
"""How right a match was that came so far."""
_TURNS = 3.0  # times a year that a firm turns over its registered capital, at a cautious guess
ORDER_DAYS = 365  # an order is worked off evenly over a year: the outcomes tell no delivery date


def yearly_business(enterprise: Enterprise) -> float | None:
    """Yuan a year: the revenue, or else three times the registered capital; None where neither is known."""
    if enterprise.revenue is not None and enterprise.revenue > 0:
        return enterprise.revenue
    capital = enterprise.registered_capital
    return _TURNS * capital if capital is not None and capital > 0 else None


@dataclass(frozen=True, slots=True)
class Past:
    """Of one enterprise: ``track_record`` as in :func:`pasts`, what was *booked* in yuan as it stood on
    *booked_day* (a proleptic ordinal). NaN where there is nothing."""

    track_record: float = math.nan
    booked: float = math.nan
    booked_day: float = math.nan


UNKNOWN = Past()


def pasts(outcomes: Iterable[Outcome], before: date | None = None) -> dict[str, Past]:
    """Enterprise id → what *outcomes* say of it; those on or after the day *before* are not looked at, nor,
    where a day is given, those without a date.

    The track record of an enterprise with w pairs that qualified or were awarded and l that were rejected is

        (w + 6 p) / (w + l + 6) − p,    p the share of won pairs among all decided ones of the catalogue:

    how far it succeeds more often than usual, drawn towards 0 where little is known (the posterior mean of a
    beta distribution). Its booked orders are the amounts awarded, each falling linearly to 0 within a year.
    """
    stages: dict[tuple[str, str], set[Stage]] = defaultdict(set)
    awards: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for outcome in outcomes:
        if before and not (outcome.at and outcome.at.date() < before):
            continue
        stages[outcome.enterprise_id, outcome.need_id].add(outcome.stage)
        if outcome.stage is Stage.AWARDED and outcome.amount and outcome.at:
            awards[outcome.enterprise_id].append((outcome.at.toordinal(), outcome.amount))
    decided: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for (enterprise, _), reached in stages.items():
        if Stage.REJECTED in reached and Stage.AWARDED not in reached:
            decided[enterprise][1] += 1
        elif reached & GRADES.keys():
            decided[enterprise][0] += 1
    total = [sum(counts) for counts in zip(*decided.values(), strict=True)] or [0, 0]
    usual = total[0] / sum(total) if sum(total) else math.nan
    records = {
        enterprise: round((won + _PATIENCE * usual) / (won + lost + _PATIENCE) - usual, 6)
        for enterprise, (won, lost) in decided.items()
    }
    return {
        enterprise: Past(records.get(enterprise, math.nan), *_booked(awards.get(enterprise, ())))
        for enterprise in {*records, *awards}
    }


def judgments_of(outcomes: Iterable[Outcome]) -> Judgments:
    """What the catalogue's own outcomes say is right: 2 for who was awarded, 1 for who qualified."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for outcome in outcomes:
        if grade := GRADES.get(outcome.stage, 0):
            of_need = found[outcome.need_id]
            of_need[outcome.enterprise_id] = max(grade, of_need.get(outcome.enterprise_id, 0))
    return dict(found)


def _booked(awards: Iterable[tuple[int, float]]) -> tuple[float, float]:
    """What is still open of *awards* (day, amount) on the day of the last, and that day."""
    listed = sorted(awards)
    if not listed:
        return math.nan, math.nan
    last = listed[-1][0]
    return sum(amount * max(0.0, 1 - (last - day) / ORDER_DAYS) for day, amount in listed), float(last)
