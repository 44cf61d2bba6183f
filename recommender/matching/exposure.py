"""Fair exposure: a list's places as attention, spread so that near-equals take turns to be seen.

Who stands at rank r is seen with weight 1 / log2(r + 1), and deserves attention in proportion to its score.
Over many lists the two are to agree: amortised fairness of attention (Biega, Gummadi & Weikum 2018; fairness
of exposure: Singh & Joachims 2018). :func:`spread` is a pure function of scores and past balances: the same
ledger gives the same list. What it may cost is bounded four times: the first places stay, few places are
moved, nobody passes one who is better by more than a margin, and nDCG against the order by score stays high.
A new enterprise starts at a balance of zero, so that who was never seen comes before who was seen a lot.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from recommender.ranking import probability

LOOKED_AT = 50  # places that are arranged; beyond them nobody reads, and the order by score stays
WAITING = 10  # candidates behind the list that may take turns in it

FEW_SME = "为合格中小企业保留的位置，评分相近 / a place kept for qualified SMEs; the scores are close"
SELDOM_SEEN = "此前展示少于应得，与评分相近者轮流 / seen less than it deserves; takes turns with near-equals"


@dataclass(frozen=True, slots=True)
class Fairness:
    """The rules. ``sme_share`` of the places go to qualified SMEs where there are any close enough (the plan
    of 2018 reserves 30 % of a buyer's yearly budget for SMEs); ``moved_share`` bounds the places that may be
    moved; ``margin`` is the most log-odds that one may pass another over; ``least_ndcg`` the relevance that
    must remain; ``untouched`` the first places that follow the score; ``step`` the difference of balances,
    in attention of one first place, from which it is another's turn."""

    sme_share: float = 0.3
    moved_share: float = 0.2
    margin: float = 0.4
    least_ndcg: float = 0.95
    untouched: int = 1
    step: float = 1.0


@dataclass(frozen=True, slots=True)
class Exposure:
    """What the ledger knew when ``day`` began: for each enterprise the attention that it got less what it
    deserved. With ``moves`` false the list stays as scored, and is only counted."""

    day: date
    balance: Mapping[str, float] = field(default_factory=dict)
    rules: Fairness = Fairness()
    moves: bool = True


@dataclass(frozen=True, slots=True)
class Seat:
    """A place in the list: who takes it, by its place in the order by score, and why it was lifted there."""

    place: int
    lifted: str = ""


def spread(
    odds: Sequence[float],
    balance: Sequence[float],
    small: Sequence[bool],
    may_rise: Sequence[bool],
    top_k: int,
    rules: Fairness,
) -> list[Seat]:
    """Seats for the first *top_k* of n candidates.

    *odds* (n,) are log-odds, best first; *balance* (n,) attention got less deserved; *small* (n,) who is a
    qualified SME; *may_rise* (n,) who may be lifted at all. Unlifted candidates keep their order.
    """
    left = list(range(len(odds)))
    count = min(top_k, len(left))
    most_moves = math.ceil(rules.moved_share * count)
    wanted = math.ceil(rules.sme_share * count)
    gains = [probability(each) for each in odds]
    least = rules.least_ndcg * _dcg(gains[:count])
    seats: list[Seat] = []
    moves = seated = 0  # places moved, SMEs seated
    for at in range(count):
        best, ahead = left[0], left[: count - at]  # who would fill the rest of the list
        seat = Seat(best)
        if at >= min(rules.untouched, count - 1) and moves < most_moves:
            near = [each for each in left[1:] if may_rise[each] and odds[best] - odds[each] <= rules.margin]
            short = wanted - seated - sum(small[each] for each in ahead)
            # no more places are kept than there are SMEs waiting that could take them
            short = min(short, sum(small[each] and may_rise[each] for each in left[len(ahead) :]))
            if short > 0 and len(ahead) <= min(short, most_moves - moves):
                seat = next((Seat(each, FEW_SME) for each in near if small[each] and each not in ahead), seat)
            elif moves < most_moves - max(short, 0):
                turn = min(near, key=lambda each: (balance[each], each), default=best)
                drops_sme = short >= 0 and turn not in ahead and small[ahead[-1]] and not small[turn]
                if balance[best] - balance[turn] >= rules.step and not drops_sme:
                    seat = Seat(turn, SELDOM_SEEN)
        if seat.lifted:
            order = [*(each.place for each in seats), seat.place, *(e for e in left if e != seat.place)]
            if _dcg([gains[each] for each in order[:count]]) < least:
                seat = Seat(best)
        moves += bool(seat.lifted)
        seated += small[seat.place]
        left.remove(seat.place)
        seats.append(seat)
    return seats


def attention(shown: Sequence[str], waiting: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Enterprise id → attention that one list gave it, and that it deserved.

    *shown* are the ids of the list, in order; *waiting* the scores of all who could have stood in it.
    """
    given = {each: weight(rank) for rank, each in enumerate(shown[:LOOKED_AT], 1)}
    total = sum(waiting.values())
    share = sum(given.values()) / total if total > 0 else 0.0
    return {each: (given.get(each, 0.0), score * share) for each, score in waiting.items()}


def weight(rank: int) -> float:
    """How much a place is seen: 1 at the first, 0.5 at the third; the discount of DCG."""
    return 1.0 / math.log2(rank + 1)


def gini(values: Sequence[float]) -> float:
    """Concentration of n amounts ≥ 0: 0 where all are alike, 1 − 1/n where one has everything; 0 for none.

    >>> gini([0, 0, 0, 1])
    0.75
    """
    total = sum(values)
    if total <= 0:
        return 0.0
    ranked = sum(rank * value for rank, value in enumerate(sorted(values), 1))
    return 2 * ranked / (len(values) * total) - (len(values) + 1) / len(values)


def _dcg(gains: Sequence[float]) -> float:
    return sum(gain * weight(rank) for rank, gain in enumerate(gains, 1))
