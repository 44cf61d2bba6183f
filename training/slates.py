"""What a ranker learns from: needs of the past, who was there to choose from, and what became of each.

A slate is one need with its candidates, measured as on the day when the need was first shown: whatever the
outcomes say of later days is hidden from the features. Texts, tiers and certificates are those of the
release, because the catalogue keeps no older ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue.domain import Need, Outcome, Stage
from recommender.matching.common import KEPT, Parts
from recommender.matching.judging import standings
from recommender.matching.suppliers import Found, find
from recommender.query import SupplierQuery
from recommender.ranking import score
from recommender.ranking.features import Floats, supplier_features
from recommender.ranking.whole import whole_features
from recommender.retrieval import Candidates, cosines, with_exact_offerings
from recommender.snapshot import Rows, Snapshot
from recommender.standing import UNKNOWN, pasts

GRADES: Mapping[Stage, int] = {
    Stage.SHOWN: 0,
    Stage.VIEWED: 0,  # a look says more of the place in the list than of the match
    Stage.CONTACTED: 1,
    Stage.MET: 2,
    Stage.QUALIFIED: 3,
    Stage.AWARDED: 4,
}
REJECTED = -1
_LISTED = 100  # results of the list whose candidates a slate holds, beside those with an outcome
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a need: its first *day*, and of each enterprise its grade (−1 rejected, 0 nothing, to 4
    awarded) and, where it is known, its rank in the list that was shown."""

    day: date | None
    grades: Mapping[str, int]
    ranks: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Slate:
    """One need with c candidates: features (c,) each, ``grades`` (c,) as in :class:`Judged`, who was
    ``shown`` (c,) and at which of the ``ranks`` (c,) of that list, 0 for those who were not, and who is
    ``found`` (c,) today, without knowing who was shown."""

    need_id: str
    day: date | None
    ids: tuple[str, ...]
    features: Mapping[str, Floats]
    grades: NDArray[np.int64]
    shown: Mask
    ranks: NDArray[np.int64]
    found: Mask


def judged(outcomes: Iterable[Outcome], before: date | None = None) -> dict[str, Judged]:
    """Need id → what became of it, as known on the day *before*.

    The furthest stage counts; a rejection counts unless the need was awarded to the enterprise all the same.
    Ranks follow the times at which the enterprises were shown, where these are known and differ.
    """
    stages: dict[str, dict[str, set[Stage]]] = defaultdict(lambda: defaultdict(set))
    shown: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    days: dict[str, date] = {}
    for outcome in outcomes:
        if before and outcome.at and outcome.at.date() >= before:
            continue
        stages[outcome.need_id][outcome.enterprise_id].add(outcome.stage)
        if outcome.at:
            day = outcome.at.date()
            days[outcome.need_id] = min(days.get(outcome.need_id, day), day)
            if outcome.stage is Stage.SHOWN:
                shown[outcome.need_id].append((outcome.at, outcome.enterprise_id))
    return {
        need: Judged(
            days.get(need),
            {enterprise: _grade(reached) for enterprise, reached in pairs.items()},
            _ranks(shown[need]),
        )
        for need, pairs in stages.items()
    }


def _grade(reached: set[Stage]) -> int:
    if Stage.REJECTED in reached and Stage.AWARDED not in reached:
        return REJECTED
    return max(GRADES[stage] for stage in reached if stage in GRADES)


def _ranks(shown: list[tuple[datetime, str]]) -> dict[str, int]:
    if len({moment for moment, _ in shown}) < len(shown):
        return {}
    return {enterprise: rank for rank, (_, enterprise) in enumerate(sorted(shown), 1)}


def slates(
    parts: Parts,
    needs: Sequence[Need],
    known: Mapping[str, Judged],
    outcomes: Sequence[Outcome],
    today: date,
) -> Iterator[Slate]:
    """A slate for each of *needs* that *known* judges, in order.

    The candidates are those that *parts* would measure exactly for a list of a hundred, and those shown.
    Where a list's order is not known, the order that the model of *parts* gives to the shown ones stands in
    for it.
    """
    histories: dict[date, Mapping[str, Floats]] = {}
    wanted = [need for need in needs if need.need_id in known]
    days = {need.need_id: known[need.need_id].day or need.published or today for need in wanted}
    queries = [SupplierQuery(need, days[need.need_id], top_k=_LISTED) for need in wanted]
    for query, found in find(parts, queries):
        # as at the beginning of the month: a history for every day would cost more than it tells
        month = query.as_of.replace(day=1)
        if month not in histories:
            histories[month] = history(parts.snapshot, outcomes, month)
        yield _slate(parts, query, found, known[query.need.need_id], histories[month])


def history(snapshot: Snapshot, outcomes: Iterable[Outcome], before: date) -> dict[str, Floats]:
    """The columns (n,) that :func:`supplier_features` takes as its history, as they stood *before* a day."""
    past = pasts(outcomes, before)
    each = [past.get(enterprise, UNKNOWN) for enterprise in snapshot.enterprises.documents.ids()]
    return {
        name: np.array([getattr(one, name) for one in each], np.float64)
        for name in ("track_record", "booked", "booked_day")
    }


def _slate(
    parts: Parts, query: SupplierQuery, found: Found, known: Judged, past: Mapping[str, Floats]
) -> Slate:
    snapshot, need = parts.snapshot, query.need
    documents, reading = snapshot.enterprises.documents, found.reading
    places, asked = reading.places, reading.demands
    rough = supplier_features(snapshot, found.candidates, need, places, query.as_of, past)
    kept = np.sort(score(parts.model, rough, found.candidates.rows, KEPT + _LISTED).positions)
    placed = {enterprise: documents.row_of(enterprise) for enterprise in known.grades}
    seen = np.array(sorted(row for row in placed.values() if row is not None), np.int64)
    retrieved = found.candidates.take(kept)
    candidates = _with_rows(parts, found, retrieved, seen)
    features = supplier_features(snapshot, candidates, need, places, query.as_of, past)
    features |= whole_features(snapshot, candidates, reading.vector, reading.named)
    if asked:
        stand = standings(snapshot, candidates.rows, asked, need, query.as_of)
        features["requirement_coverage"] = stand.coverages
    ids = tuple(documents.id_of(int(row)) for row in candidates.rows)
    shown = np.array([enterprise in known.grades for enterprise in ids], np.bool_)
    ranks = np.array([known.ranks.get(enterprise, 0) for enterprise in ids], np.int64)
    if (ranks[shown] == 0).any():
        order = score(parts.model, features, candidates.rows, len(ids)).positions
        ranks[order[shown[order]]] = np.arange(1, shown.sum() + 1)
    grades = np.array([known.grades.get(enterprise, 0) for enterprise in ids], np.int64)
    again = np.isin(candidates.rows, retrieved.rows)
    return Slate(need.need_id, known.day, ids, features, grades, shown, ranks, again)


def _with_rows(parts: Parts, found: Found, candidates: Candidates, rows: Rows) -> Candidates:
    """*candidates* and the enterprises at *rows*, all measured exactly."""
    snapshot, reading = parts.snapshot, found.reading
    joined = np.union1d(candidates.rows, rows)
    lexical = snapshot.enterprises.lexical.scores(reading.tokens).astype(np.float64)
    all_of_them = replace(
        candidates,
        rows=joined,
        semantic=np.full(len(joined), np.nan),
        offering=np.full(len(joined), -1, np.int64),
        profile=cosines(snapshot.enterprises.vectors.rows(joined), reading.vector),
        lexical=lexical[joined],
        graph=found.reached.values(joined) if found.reached else None,
    )
    return with_exact_offerings(snapshot, all_of_them, reading.vector, found.offered)
