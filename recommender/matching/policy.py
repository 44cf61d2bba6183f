"""Strict or lenient: what becomes of a candidate that fails a must-have requirement, and saying so.

A must-have that is ``missing`` or in ``conflict`` is failed. Lenient ranks such a candidate lower (through
requirement coverage) and names what it fails; strict leaves it out and says how many and why. What is
``unknown`` is never failed: silence in a profile is no proof of lacking. Strict keeps it and names it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from recommender.matching.common import Measured
from recommender.query import Policy
from recommender.requirements import failing
from recommender.results import LeftOut, Result

_TOLD = 3  # candidates left out that are named


def still_open(policy: Policy, unproven: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """What is to be said of a strict list by the must-haves of each result that are *unproven*: that nobody
    is left out for what is unknown, so that the list does not read as if everybody had proved everything."""
    open_ = sum(bool(names) for names in unproven) if policy is Policy.STRICT else 0
    if not open_:
        return ()
    return (
        f"严格模式只排除已知不满足必备要求者；名单中 {open_} 项尚有必备要求待核实 / strict leaves out only "
        f"what is known to fail; {open_} here have must-haves still to be verified",
    )


def places_to_show(measured: Measured, policy: Policy) -> list[int]:
    """The places, by score, of the candidates that *policy* lets into the list."""
    if policy is Policy.LENIENT:
        return list(range(measured.size))
    return [place for place in range(measured.size) if not measured.fails(place)]


def left_out(measured: Measured, shown: Sequence[int], most: int, brief: Callable[[int], Result]) -> LeftOut:
    """What strict policy kept out of a list of at most *most* results.

    *shown* are the qualified places. Counted are those that stood in the list's way: they score better than
    its last result, or than none where the list is not full.
    """
    last = shown[most - 1] if len(shown) >= most else measured.size
    qualified = set(shown)
    missed = [place for place in range(last) if place not in qualified]
    reasons = Counter(name for place in missed for name in dict.fromkeys(measured.fails(place)))
    best = [
        replace(brief(place), requirements=failing(measured.verdicts_at(place))) for place in missed[:_TOLD]
    ]
    return LeftOut(len(missed), dict(reasons.most_common()), tuple(best))
