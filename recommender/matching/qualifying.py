"""How one enterprise stands to what many needs demand, at the cost of a few.

Demands repeat (many ask for ISO 9001), and most enterprises state nothing of a demand's kind. So a status is
found once for each distinct demand, and is unknown at once where no offering states what is asked for. Whole
verdicts are made for the needs that are shown.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import date
from functools import cached_property

from recommender.catalogue.domain import Enterprise, Need, Offering
from recommender.requirements import Demand, judge
from recommender.requirements.claims import dimensions_stated, grams, lead_time
from recommender.requirements.quantities import Measure
from recommender.requirements.verdicts import NOT_RECORDED, judge_one, place_code, wanted_kind
from recommender.results import Requirement

_OF_PRODUCT = frozenset({"specification", "quantity", "delivery"})
_NONE: tuple[list[Offering], frozenset[str]] = ([], frozenset())


class Firm:
    """An enterprise with its offerings, to be judged for need after need, as things stand on a day."""

    def __init__(self, enterprise: Enterprise, offerings: Sequence[Offering], as_of: date) -> None:
        self._enterprise = enterprise
        self._offerings = offerings
        self._as_of = as_of
        self._known: dict[Hashable, str] = {}

    @cached_property
    def _stating(self) -> dict[str, tuple[list[Offering], frozenset[str]]]:
        """What offerings state → these offerings and the pairs of characters of their titles: dimensions,
        "delivery" and "quantity"."""
        found: dict[str, list[Offering]] = {}
        for offering in self._offerings:
            kinds = [*dimensions_stated(offering)]
            kinds += ["quantity"] * (offering.capacity is not None)
            kinds += ["delivery"] * (lead_time(offering.description) is not None)
            for kind in kinds:
                found.setdefault(kind, []).append(offering)
        return {
            kind: (stating, frozenset[str]().union(*(grams(each.title) for each in stating)))
            for kind, stating in found.items()
        }

    def status(self, demand: Demand, need: Need) -> str:
        """The status that :func:`judge` finds."""
        if demand.kind in NOT_RECORDED:
            return "unknown"
        if demand.kind in _OF_PRODUCT:
            stating, named = self._stating.get(_stated_by(demand), _NONE)
            if named.isdisjoint(wanted_kind(need.title)):  # none of them can be of the kind that is needed
                return "unknown"
            return judge_one(demand, need, self._enterprise, stating, self._as_of)
        place = place_code(demand, need) if demand.kind == "region" else ""
        key = (demand.kind, demand.name, demand.details, place)
        found = self._known.get(key)
        if found is None:
            found = judge_one(demand, need, self._enterprise, self._offerings, self._as_of)
            self._known[key] = found
        return found

    def verdicts(self, demands: Sequence[Demand], need: Need) -> tuple[Requirement, ...]:
        """The whole verdicts, with their sources."""
        return judge(demands, need, self._enterprise, self._offerings, self._as_of)


def _stated_by(demand: Demand) -> str:
    """What an offering must state to answer a demand of the product."""
    if demand.kind == "specification":
        (asked,) = demand.details
        assert isinstance(asked, Measure)
        return asked.dimension
    return demand.kind
