"""Buyers for an enterprise: the way of a recommendation in the other direction, from top to bottom.

:func:`find` names open needs by meaning and by words among those that the caller may see; :func:`measure`
scores the likeliest exactly and judges what each demands; :func:`answer` keeps those that the policy admits,
moves repetitions down, and explains the few that are returned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from indexes.topk import best_rows
from recommender import profile
from recommender.catalogue.domain import Enterprise, Need, Scope
from recommender.chains.crossing import chain_unstated, crosses_chains, crossing
from recommender.explanation import (
    Side,
    cautions,
    evidence,
    for_buyer,
    for_supplier,
    matched,
    nothing_close,
)
from recommender.matching.arrangement import Placed, arrange, looked_at
from recommender.matching.common import (
    KEPT,
    QUOTED,
    Measured,
    Parts,
    Vectors,
    depth,
    echo,
    links_of,
)
from recommender.matching.diversity import need_twins
from recommender.matching.policy import left_out, places_to_show, still_open
from recommender.matching.qualifying import Firm
from recommender.query import BuyerQuery, Policy
from recommender.ranking import probability, score
from recommender.ranking.features import Floats, need_features
from recommender.ranking.whole import borne_out
from recommender.requirements import Demand, coverage_of
from recommender.results import LeftOut, Recommendation, Requirement, Result
from recommender.retrieval import Asking, Candidates, find_needs
from recommender.snapshot import Snapshot

_BLOCK = 256  # enterprises that share one scan of the needs


@dataclass(frozen=True, slots=True)
class Found:
    """Candidate needs, the vectors (m, d) of the offerings that ask, and the ``whole`` profile's (d,)."""

    candidates: Candidates
    offerings: Vectors
    whole: Vectors


@dataclass(frozen=True, slots=True)
class Standings:
    """How an enterprise stands to what each of c needs demands, by position: the statuses of its demands."""

    firm: Firm
    asked: Sequence[tuple[Need, tuple[Demand, ...]]]
    statuses: Sequence[tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.asked)

    @property
    def coverages(self) -> Floats:
        """(c,) requirement coverage, NaN where nothing is asked."""
        each = zip(self.asked, self.statuses, strict=True)
        return np.array([coverage_of(asked, s) if asked else np.nan for (_, asked), s in each], np.float64)

    def fails(self, position: int) -> tuple[str, ...]:
        return self._musts(position, ("missing", "conflict"))

    def unproven(self, position: int) -> tuple[str, ...]:
        return self._musts(position, ("unknown",))

    def _musts(self, position: int, statuses: tuple[str, ...]) -> tuple[str, ...]:
        stands = zip(self.asked[position][1], self.statuses[position], strict=True)
        return tuple(demand.name for demand, status in stands if demand.must and status in statuses)

    def at(self, position: int) -> tuple[Requirement, ...]:
        need, asked = self.asked[position]
        return self.firm.verdicts(asked, need)


@dataclass(frozen=True, slots=True)
class Judged:
    """Needs measured exactly; ``standings`` stand by position, as the candidates do."""

    measured: Measured
    standings: Standings

    def need(self, place: int) -> Need:
        return self.standings.asked[int(self.measured.scored.positions[place])][0]


def find(parts: Parts, queries: Sequence[BuyerQuery]) -> Iterator[tuple[BuyerQuery, Found]]:
    """Each query with the open needs that its caller may see, by meaning and by words, in order; nobody gets
    needs of its own. Neighbours with the same filters share scans."""
    snapshot = parts.snapshot
    for _, alike in groupby(queries, lambda q: (q.filters, q.link, q.visibility, q.as_of)):
        same = list(alike)
        allowed = snapshot.needs_within(same[0].filters, links_of(same[0]), same[0].visibility, same[0].as_of)
        for start in range(0, len(same), _BLOCK):
            block = same[start : start + _BLOCK]
            firms = [
                Asking(
                    *vectors,
                    profile.enterprise_tokens(query.enterprise, query.offerings),
                    snapshot.needs.filters.mask_any("buyer", _identities(query.enterprise)),
                )
                for query, vectors in zip(block, _vectors(parts, block), strict=True)
            ]
            found = find_needs(snapshot, firms, allowed, depth(max(query.top_k for query in block)))
            for query, firm, candidates in zip(block, firms, found, strict=True):
                yield query, Found(candidates, firm.offerings, firm.profile)


def _vectors(parts: Parts, queries: Sequence[BuyerQuery]) -> list[tuple[Vectors, Vectors]]:
    """Of each enterprise that asks the vectors (m, d) of its offerings and (d,) of its whole profile: the
    release's where that holds it just so, else made anew."""
    held = {at: vectors for at, query in enumerate(queries) if (vectors := _held(parts.snapshot, query))}
    texts = [
        [profile.standing_text(query.enterprise), *map(profile.offering_text, query.offerings)]
        for at, query in enumerate(queries)
        if at not in held
    ]
    edges = np.cumsum([len(each) for each in texts])[:-1]
    made = iter(np.split(parts.encoder.encode([text for each in texts for text in each]), edges))
    return [held[at] if at in held else _made(next(made), query) for at, query in enumerate(queries)]


def _made(encoded: Vectors, query: BuyerQuery) -> tuple[Vectors, Vectors]:
    """From the vectors of an enterprise's standing and of its offerings."""
    weights = [offering.weight for offering in query.offerings]
    described = bool(query.enterprise.description)
    return encoded[1:], profile.profile_vector(encoded[0], encoded[1:], weights, described=described)


def _held(snapshot: Snapshot, query: BuyerQuery) -> tuple[Vectors, Vectors] | None:
    row = snapshot.enterprises.documents.row_of(query.enterprise.enterprise_id)
    if row is None or snapshot.enterprise(row) != query.enterprise:
        return None
    rows = snapshot.offering_rows(row)
    if tuple(map(snapshot.offering, rows)) != query.offerings:
        return None
    return snapshot.offerings.vectors.rows(rows), snapshot.enterprises.vectors.rows(np.array([row]))[0]


def measure(parts: Parts, query: BuyerQuery, found: Found) -> Judged:
    """The likeliest needs, measured exactly, with verdicts on what each demands.

    A strict list that is not filled by them is measured deeper, down to the last candidate.
    """
    snapshot, enterprise, offerings = parts.snapshot, query.enterprise, query.offerings
    rough = need_features(snapshot, found.candidates, enterprise, offerings, query.as_of)
    rows = found.candidates.rows
    likeliest = score(parts.model, rough, rows, len(rows)).positions
    firm = Firm(enterprise, offerings, query.as_of)
    if query.scope is not Scope.ANY:
        wanted = query.scope is Scope.CROSS
        needs = [snapshot.need_asking(int(rows[at]))[0] for at in likeliest]
        crossing = [_crosses(parts, enterprise, need) is wanted for need in needs]
        likeliest = likeliest[np.array(crossing, np.bool_)]
    kept = KEPT + query.top_k
    while True:
        taken = np.sort(likeliest[:kept])
        candidates = found.candidates.take(taken)
        features = {name: values[taken] for name, values in rough.items()}
        asked = [snapshot.need_asking(int(row)) for row in candidates.rows]
        stand = Standings(firm, asked, [tuple(firm.status(d, need) for d in of) for need, of in asked])
        features["requirement_coverage"] = stand.coverages
        vectors = snapshot.needs.vectors.rows(candidates.rows)
        features["corroboration"] = borne_out(
            found.offerings, candidates.offering.tolist(), vectors, found.whole
        )
        scored = score(parts.model, features, candidates.rows, len(candidates.rows))
        measured = Measured(candidates, scored, stand)
        enough = query.policy is Policy.LENIENT or kept >= len(likeliest)
        if enough or len(places_to_show(measured, query.policy)) >= query.top_k:
            return Judged(measured, stand)
        kept *= 2


@dataclass(frozen=True, slots=True)
class Ranked:
    """The list before anything is said of it: what is ``listed``, by its place among those ``shown``, which
    are the places by score that the policy admits."""

    judged: Judged
    shown: Sequence[int]
    listed: Sequence[Placed]


def rank(parts: Parts, query: BuyerQuery, found: Found) -> Ranked:
    """Which need stands where in the list for an enterprise."""
    judged = measure(parts, query, found)
    shown = places_to_show(judged.measured, query.policy)
    return Ranked(judged, shown, _arranged(parts, query, judged, shown))


def answer(parts: Parts, query: BuyerQuery, found: Found) -> Recommendation:
    """The open needs for an enterprise, best first, each explained where the query asks for it."""
    ranked = rank(parts, query, found)
    judged, shown = ranked.judged, ranked.shown
    results = []
    unproven = []
    for number, each in enumerate(ranked.listed, 1):
        place = shown[each.place]
        unproven.append(judged.measured.unproven(place))
        brief = replace(_brief(parts, query, judged, place, number), moved=each.moved)
        results.append(_explained(parts, query, found, judged, brief, place) if query.explain else brief)
    asked = {
        "enterprise_id": query.enterprise.enterprise_id,
        "name": query.enterprise.name,
        "offerings": [offering.title for offering in query.offerings],
    }
    return Recommendation(
        parts.snapshot.release,
        asked | echo(query),
        tuple(results),
        explain=query.explain,
        notes=still_open(query.policy, unproven)
        + chain_unstated(query.scope, query.enterprise)
        + (nothing_close(results, None, needs=True) if query.explain else ()),
        left_out=_left_out(parts, query, judged, shown),
    )


def _row(parts: Parts, enterprise: Enterprise) -> int | None:
    """Where the release holds *enterprise*; None where it does not."""
    return parts.snapshot.enterprises.documents.row_of(enterprise.enterprise_id)


def _crosses(parts: Parts, enterprise: Enterprise, need: Need) -> bool:
    """Whether *need* lies outside the chain of *enterprise*, by the one rule."""
    row, reached = _row(parts, enterprise), parts.reached(need)
    at = reached.place(row) if reached is not None and row is not None else None
    way = reached.ways[int(reached.places[at])] if reached is not None and at is not None else None
    return crosses_chains(need, enterprise.industry_chains, way)


def _identities(enterprise: Enterprise) -> list[str]:
    """What a need's buyer field says where the buyer is *enterprise*."""
    return [text for text in (enterprise.enterprise_id, enterprise.name, enterprise.short_name) if text]


def _arranged(parts: Parts, query: BuyerQuery, judged: Judged, shown: Sequence[int]) -> list[Placed]:
    first = shown[: looked_at(len(shown), query.top_k)]
    rows = np.array([judged.measured.row(place) for place in first], np.int64)
    twins = need_twins([judged.need(place) for place in first], parts.snapshot.needs.vectors.rows(rows))
    return arrange([float(judged.measured.scored.log_odds[place]) for place in shown], twins, query.top_k)


def _brief(parts: Parts, query: BuyerQuery, judged: Judged, place: int, rank: int) -> Result:
    need, measured = judged.need(place), judged.measured
    return Result(
        enterprise_id=need.buyer_id,
        name=need.buyer_name,
        rank=rank,
        score=probability(float(measured.scored.log_odds[place])),
        base=parts.model.base,
        contributions=measured.scored.parts(place, parts.model),
        need_id=need.need_id,
        title=need.title,
        requirements=measured.verdicts_at(place),
        fails=measured.fails(place),
        unproven=measured.unproven(place) if query.policy is Policy.STRICT else (),
    )


def _left_out(parts: Parts, query: BuyerQuery, judged: Judged, shown: Sequence[int]) -> LeftOut | None:
    if query.policy is Policy.LENIENT:
        return None
    return left_out(
        judged.measured, shown, query.top_k, lambda place: _brief(parts, query, judged, place, place + 1)
    )


def _explained(
    parts: Parts, query: BuyerQuery, found: Found, judged: Judged, brief: Result, place: int
) -> Result:
    """*brief* with the words that it rests on."""
    reading, values = parts.reading(judged.need(place)), judged.measured.scored.values
    need, vector, vectors = reading.need, reading.vector, found.offerings
    near = float(np.fmax(values["semantic_match"][place], values["profile_match"][place]))
    best = best_rows(vectors @ vector, QUOTED) if len(vectors) else np.zeros(0, np.int64)
    (quoted,) = evidence(
        reading.again,
        reading.phrases,
        vector,
        [
            (
                Side(vectors[best[0]] if len(best) else np.zeros_like(vector), found.whole),
                parts.offers(query.enterprise, [query.offerings[i] for i in best], vectors[best]),
            )
        ],
        parts.encoder,
        parts.model,
    )
    enterprise, verdicts = query.enterprise, brief.requirements
    match = matched(quoted, reading.phrases)
    return replace(
        brief,
        facts=_facts(need),
        evidence=quoted.pairs,
        unanswered=match.unanswered,
        cross_chain=crossing(
            parts.snapshot,
            need,
            enterprise,
            _row(parts, enterprise),
            parts.reached(need),
            query.as_of,
        ),
        cautions=cautions(
            enterprise,
            len(query.offerings),
            match,
            verdicts,
            query.as_of,
            near=near,
            borne_out=float(values["corroboration"][place]),
        ),
        for_buyer=for_buyer(enterprise.short_name or enterprise.name, match, verdicts),
        for_supplier=for_supplier(need, match, verdicts),
    )


def _facts(need: Need) -> dict[str, object]:
    facts = {
        "region": need.region,
        "industry_chain": need.industry_chain,
        "link": need.link.value,
        "budget": need.budget,
        "deadline": need.deadline.isoformat() if need.deadline else "",
    }
    return {name: value for name, value in facts.items() if value}
