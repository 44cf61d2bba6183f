"""From scores to places: diversity first, then fair exposure, and a note on whoever was moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recommender.matching.diversity import Twin
from recommender.matching.exposure import LOOKED_AT, WAITING, Exposure, Seat, spread
from recommender.results import Moved


@dataclass(frozen=True, slots=True)
class Placed:
    """Who stands at a place of the list: its place in the order by score, and why it is not there."""

    place: int
    moved: Moved | None = None


def arrange(
    odds: Sequence[float],
    twins: Mapping[int, Twin],
    top_k: int,
    *,
    exposure: Exposure | None = None,
    ids: Sequence[str] = (),
    small: Sequence[bool] = (),
) -> list[Placed]:
    """The first *top_k* of n candidates with log-odds *odds* (n,), best first.

    Twins yield to others by their penalty. Where *exposure* is given, those that :func:`looked_at` names take
    turns: *ids* and *small*, who is a qualified SME, speak of them. Whoever carries no note stands in the
    order of the scores.
    """
    looked = looked_at(len(odds), top_k)
    keys = [each - (twins[place].penalty if place in twins else 0.0) for place, each in enumerate(odds)]
    order = sorted(range(looked), key=lambda place: (-keys[place], place))
    first = min(top_k, LOOKED_AT)
    seats = [Seat(place) for place in order[:first]]
    if exposure is not None and exposure.moves:
        seats = spread(
            [keys[place] for place in order],
            [exposure.balance.get(ids[place], 0.0) for place in order],
            [small[place] and place not in twins for place in order],
            [place not in twins for place in order],
            first,
            exposure.rules,
        )
        seats = [Seat(order[seat.place], seat.lifted) for seat in seats]
    seated = {seat.place for seat in seats}
    rest = sorted(set(range(len(odds))) - seated, key=lambda place: (-keys[place], place))
    seats += [Seat(place) for place in rest[: top_k - len(seats)]]
    placed: list[Placed] = []
    passed = -1  # the worst place by score that came before without being lifted
    for seat in seats:
        moved = None
        if seat.lifted:
            moved = Moved(seat.place + 1, seat.lifted)
        elif seat.place in twins and seat.place < passed:
            moved = Moved(seat.place + 1, twins[seat.place].reason)
        placed.append(Placed(seat.place, moved))
        if not seat.lifted:
            passed = max(passed, seat.place)
    return placed


def looked_at(count: int, top_k: int) -> int:
    """How many of *count* candidates, best first, are compared and may take turns in a list of *top_k*."""
    return min(count, min(top_k, LOOKED_AT) + WAITING)
