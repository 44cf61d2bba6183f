"""What is measured of a pair of need and enterprise, and what each measure is called.

The same features serve both directions, so that a pair means the same to the buyer and to the supplier.
Every feature is an array over the candidates; NaN says "not known", which never counts for or against.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from indexes.filters import FilterColumns
from recommender.catalogue.domain import Enterprise, Need, Offering
from recommender.distance import distances
from recommender.places import Places
from recommender.retrieval import Candidates
from recommender.snapshot import Snapshot
from recommender.standing import ORDER_DAYS, yearly_business
from recommender.text.normalise import for_search

Floats = NDArray[np.float64]

# Of an order to a year's business of the supplier: carried with ease, out of reach, worth it, a trifle
_EASY, _TOO_MUCH, _WORTH, _TRIFLE = 0.5, 5.0, 1e-4, 1e-6
_FAR_BELOW = 0.3  # cosine
_MUNICIPALITY = np.isin(np.arange(100), (11, 12, 31, 50))  # by the first two digits of a region's code

FEATURES: dict[str, tuple[str, str]] = {
    "semantic_match": ("最佳产品语义匹配", "best offering, by meaning"),
    "profile_match": ("企业整体语义匹配", "whole profile, by meaning"),
    "breadth": ("所需各项的覆盖面", "share of the things named that are covered"),
    "corroboration": ("其余资料佐证", "borne out by the rest of the profile"),
    "lexical_match": ("关键词匹配", "shared words"),
    "requirement_coverage": ("资质与要求满足度", "requirements met"),
    "site_match": ("靠近项目所在地", "near the place of work"),
    "region_match": ("靠近采购方", "near the buyer"),
    "distance": ("距离（公里）", "distance in kilometres"),
    "chain_match": ("产业链一致", "same industry chain"),
    "link_match": ("链路一致", "same link"),
    "graph_match": ("产业链图谱路径", "path through the chain graph"),
    "tier": ("优质企业梯度", "quality tier"),
    "assessment": ("五维评价", "five-dimension assessment"),
    "capacity_fit": ("产能满足需求量", "capacity for the quantity"),
    "scale_fit": ("承接规模", "large enough for the order"),
    "freshness": ("资料未更新天数", "days since the profile changed"),
    "track_record": ("历史对接成效", "earlier matches that succeeded"),
    "reciprocity": ("对方意愿", "the other side's own interest"),
}
"""Feature name → (Chinese label, English label), in the order in which a reader wants them."""


def region_match(asked: NDArray[np.int64], candidates: NDArray[np.int64]) -> Floats:
    """How near two places are by GB/T 2260 code: 1 same county, 0.8 same city, 0.4 same province, 0 else.

    Codes are six-digit integers, 0 where unknown; *asked* has one row or as many as *candidates*. A code of a
    whole province or city counts as near as its own level allows. Municipalities (11, 12, 31, 50) are cities.
    """
    if not asked.any():
        return np.full(len(candidates), np.nan)
    asked, candidates = np.broadcast_arrays(asked, candidates)
    near = np.zeros(len(candidates))
    province = asked // 10000 == candidates // 10000
    municipality = _MUNICIPALITY[asked // 10000]
    near[province] = 0.4
    near[province & municipality] = 0.8
    city = (asked // 100 == candidates // 100) & (asked // 100 % 100 > 0)
    near[city] = 0.8
    near[city & (asked == candidates) & (asked % 100 > 0)] = 1.0
    near[(asked == 0) | (candidates == 0)] = np.nan
    return near


def supplier_features(
    snapshot: Snapshot,
    found: Candidates,
    need: Need,
    places: Places,
    as_of: date,
    history: Mapping[str, Floats] | None = None,
) -> dict[str, Floats]:
    """Features of the enterprises *found* for *need*, which is wanted at *places*, as things stand *as_of*.

    *history* replaces the columns ``track_record``, ``booked`` and ``booked_day`` (n,) of the release: to
    rank as on a past day, which did not know what came later. Distance, the same from both sides, counts
    once, as ``site_match`` or ``region_match``.
    """
    columns, rows = snapshot.enterprises.filters, found.rows
    features = _text_features(found) | _offering_matches(snapshot, found, need)
    features |= place_features(snapshot, rows, places)
    chains = [need.industry_chain] if need.industry_chain else []
    features["chain_match"] = chain_match(columns, rows, chains)
    features["tier"] = columns.numbers("tier_order")[rows]
    features["assessment"] = columns.numbers("assessment")[rows]

    features["scale_fit"] = scale_fit(np.array([_number(need.budget)]), columns.numbers("business")[rows])
    features["freshness"] = freshness(columns.numbers("changed")[rows], as_of)
    features["track_record"] = _past(snapshot, history, "track_record")[rows]
    features["reciprocity"] = reciprocity(snapshot, found, need, as_of, history)
    return features


def reciprocity(
    snapshot: Snapshot,
    found: Candidates,
    need: Need,
    as_of: date,
    history: Mapping[str, Floats] | None = None,
) -> Floats:
    """(c,) the supplier's own view of the match, the product of what is known of three shares: how the need
    stands among the open needs that suit it best, whether the order is worth its while, how much of a year's
    business the orders won here leave free. *history*: see :func:`supplier_features`."""
    columns, rows = snapshot.enterprises.filters, found.rows
    business = columns.numbers("business")[rows]
    interest = _interest(found.profile, columns.numbers("nearest_needs")[rows])
    booked, day = (_past(snapshot, history, name)[rows] for name in ("booked", "booked_day"))
    free = _free(_still_booked(booked, day, as_of), business)
    if need.budget is None:
        return _joined(interest, free)
    return _joined(interest, _worth(np.array([_number(need.budget)]), business), free)


def _past(snapshot: Snapshot, history: Mapping[str, Floats] | None, name: str) -> Floats:
    return snapshot.enterprises.filters.numbers(name) if history is None else history[name]


def place_features(snapshot: Snapshot, rows: NDArray[np.int64], places: Places) -> dict[str, Floats]:
    """What *places* alone decide of the enterprises *rows*."""
    here = _codes(snapshot.enterprises.filters, "region_code", rows)
    return _place_matches(np.array([int(places.site or 0)]), np.array([int(places.seat or 0)]), here)


def with_best_offerings(
    rough: Mapping[str, Floats],
    positions: NDArray[np.int64],
    snapshot: Snapshot,
    found: Candidates,
    need: Need,
) -> dict[str, Floats]:
    """What :func:`supplier_features` gives of *found*, which are the candidates at *positions* of those that
    *rough* is of, with their best offerings measured since."""
    features = {name: values[positions] for name, values in rough.items()}
    return features | {"semantic_match": found.semantic} | _offering_matches(snapshot, found, need)


def _offering_matches(snapshot: Snapshot, found: Candidates, need: Need) -> dict[str, Floats]:
    """What the best offering of each decides."""
    offers, known = snapshot.offerings.filters, found.offering >= 0
    best = found.offering[known]
    link, capacity = np.full((2, len(found.rows)), np.nan)
    link[known] = offers.has_any("link", [need.link.value], best)
    same_unit = offers.has_any("unit", [for_search(need.unit)], best)
    capacity[known] = np.where(same_unit, offers.numbers("capacity")[best], np.nan)
    return {"link_match": link, "capacity_fit": capacity_fit(capacity, np.array([_number(need.quantity)]))}


def need_features(
    snapshot: Snapshot,
    found: Candidates,
    enterprise: Enterprise,
    offerings: Sequence[Offering],
    as_of: date,
) -> dict[str, Floats]:
    """Features of the needs *found* for *enterprise*; ``found.offering`` counts in *offerings*.

    What belongs to the enterprise alone (tier, assessments, freshness, track record) is the same for every
    need and left out. ``reciprocity`` is the buyer's view: how the enterprise stands among those that suit
    the need best.
    """
    columns, rows = snapshot.needs.filters, found.rows
    features = _text_features(found)
    here = np.array([int(enterprise.region or 0)])
    features |= _place_matches(_codes(columns, "site_code", rows), _codes(columns, "seat_code", rows), here)
    features["chain_match"] = chain_match(columns, rows, enterprise.industry_chains)
    features["link_match"] = np.full(len(rows), np.nan)
    known = found.offering >= 0
    links = np.array([offering.link.value for offering in offerings])
    units = np.array([offering.unit for offering in offerings])
    for link in {offering.link.value for offering in offerings}:
        offers = known & (links[found.offering] == link)
        features["link_match"][offers] = columns.has_any("link", [link], rows[offers])
    capacity = np.full(len(rows), np.nan)
    if offerings:
        able = np.array([_number(offering.capacity) for offering in offerings])
        capacity[known] = able[found.offering[known]]
    for unit in {offering.unit for offering in offerings}:
        measured = known & (units[found.offering] == unit)
        capacity[measured & ~columns.has_any("unit", [for_search(unit)], rows)] = np.nan
    features["capacity_fit"] = capacity_fit(capacity, columns.numbers("quantity")[rows])
    business = np.array([_number(yearly_business(enterprise))])
    features["scale_fit"] = scale_fit(columns.numbers("budget")[rows], business)
    features["reciprocity"] = _interest(found.profile, columns.numbers("nearest_enterprises")[rows])
    return features


def capacity_fit(capacity: Floats, quantity: Floats) -> Floats:
    """The share of *quantity* that *capacity*, of the same unit, covers: 1 where it is enough."""
    return np.minimum(_ratio(capacity, quantity), 1.0)


def scale_fit(budget: Floats, business: Floats) -> Floats:
    """Whether a firm with *business* (yuan a year) can carry an order of *budget* (yuan).

    1 up to half of a year's business, 0 from five times of it, linear in the logarithm between.
    """
    return 1.0 - _decades(_ratio(budget, business), _EASY, _TOO_MUCH)


def freshness(changed: Floats, as_of: date) -> Floats:
    """Days from *changed* (proleptic ordinals, UTC) to *as_of*; NaN where it had not been written then."""
    days = as_of.toordinal() - changed
    # west of Greenwich the day of writing can be tomorrow
    return np.where(days < -1, np.nan, np.maximum(days, 0.0))


def _interest(alike: Floats, nearest: Floats) -> Floats:
    """How a match of cosine *alike* stands among those that suit the other side best, 0–1.

    *nearest* is the mean cosine of the ten best that it has, as in cross-domain similarity local scaling
    (Conneau et al. 2018): 1 where the match is among them, 0 where it is 0.3 below.
    """
    return np.clip(1.0 - (nearest - alike) / _FAR_BELOW, 0.0, 1.0)


def _worth(budget: Floats, business: Floats) -> Floats:
    """Whether the order pays: 1 from a ten-thousandth of a year's business, 0.3 at a millionth of it."""
    return 0.3 + 0.7 * _decades(_ratio(budget, business), _TRIFLE, _WORTH)


def _still_booked(booked: Floats, booked_day: Floats, as_of: date) -> Floats:
    """What is left on *as_of* of orders that stood at *booked* on *booked_day* and end a year after."""
    left = np.clip(1.0 - (as_of.toordinal() - booked_day) / ORDER_DAYS, 0.0, 1.0)
    return np.asarray(booked * left)


def _free(booked: Floats, business: Floats) -> Floats:
    """The share of a year's business that orders won here leave free: 1/2 where they fill a year."""
    return 1.0 / (1.0 + _ratio(booked, business))


def _joined(*parts: Floats) -> Floats:
    """The product of those *parts* that are known; NaN where none is."""
    there = [~np.isnan(part) for part in parts]
    product = reduce(np.multiply, [np.where(at, part, 1.0) for at, part in zip(there, parts, strict=True)])
    return np.where(reduce(np.logical_or, there), product, np.nan)


def _decades(ratio: Floats, low: float, high: float) -> Floats:
    """0 up to *low*, 1 from *high*, linear in the logarithm between."""
    with np.errstate(divide="ignore"):
        place = np.log(ratio / low) / math.log(high / low)
    return np.asarray(np.clip(place, 0.0, 1.0))


def _ratio(over: Floats, under: Floats) -> Floats:
    """*over* / *under*; NaN where either is unknown, negative, or the lower one 0."""
    over, under = np.broadcast_arrays(over, under)
    fit = (over >= 0) & (under > 0)
    return np.asarray(np.divide(over, under, out=np.full(len(fit), np.nan), where=fit))


def _number(number: float | None) -> float:
    return math.nan if number is None else float(number)


def _codes(columns: FilterColumns, name: str, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.nan_to_num(columns.numbers(name)[rows]).astype(np.int64)


def _place_matches(
    site: NDArray[np.int64], seat: NDArray[np.int64], here: NDArray[np.int64]
) -> dict[str, Floats]:
    """Nearness to the site where there is one, otherwise to the buyer's seat: never both. By the border that
    both are within, and by kilometres, which know no border."""
    site, seat, here = np.broadcast_arrays(site, seat, here)
    near_seat = np.where(site > 0, np.nan, region_match(seat, here))
    return {
        "site_match": region_match(site, here),
        "region_match": near_seat,
        "distance": distances(np.where(site > 0, site, seat), here),
    }


def _text_features(found: Candidates) -> dict[str, Floats]:
    # BM25 as a share of the best that this query reaches: its own scale means nothing across queries
    share = found.lexical / found.lexical_best if found.lexical_best > 0 else np.zeros(len(found.rows))
    path = np.full(len(found.rows), np.nan) if found.graph is None else found.graph
    return {
        "semantic_match": found.semantic,
        "profile_match": found.profile,
        "lexical_match": share,
        "graph_match": path,
    }


def chain_match(columns: FilterColumns, rows: NDArray[np.int64], chains: Sequence[str]) -> Floats:
    """1 where one of *chains* is stated, 0 where only others are, NaN where either side states none."""
    if not chains:
        return np.full(len(rows), np.nan)
    same = columns.has_any("industry_chain", chains, rows)
    stated = columns.has_label("industry_chain", rows)
    return np.where(stated, same.astype(np.float64), np.nan)
