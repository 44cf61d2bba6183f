"""Suppliers for a need: the way of a recommendation, from top to bottom.

:func:`find` names candidates by meaning and by words among those that the filters let pass; :func:`measure`
scores the likeliest exactly and judges their requirements; :func:`answer` keeps whom the policy admits,
arranges them, and explains the few that are returned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby, pairwise

import numpy as np

from indexes.topk import best_rows
from recommender.catalogue.domain import Enterprise, Need, Scope, Size
from recommender.chains.crossing import chain_unstated, crossing, crossing_mask, in_scope
from recommender.chains.transfer import Reaching
from recommender.explanation import (
    Lexical,
    Match,
    Offer,
    Quoted,
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
    depth,
    echo,
    links_of,
)
from recommender.matching.diversity import enterprise_twins
from recommender.matching.exposure import attention
from recommender.matching.judging import standings
from recommender.matching.policy import left_out, places_to_show, still_open
from recommender.matching.reading import Reading, read_together
from recommender.query import Policy, SupplierQuery
from recommender.ranking import probability, score
from recommender.ranking.features import supplier_features, with_best_offerings
from recommender.ranking.whole import whole_features
from recommender.results import LeftOut, Recommendation, Result
from recommender.retrieval import Candidates, Held, cosines, find_suppliers, with_exact_offerings
from recommender.snapshot import Mask, Snapshot
from recommender.stages import stage

_BLOCK = 256  # needs that share one scan of the vectors
_COMPARED = 8  # offerings of an enterprise whose words are compared with another's
_SMALL = frozenset((Size.MEDIUM, Size.SMALL, Size.MICRO))


@dataclass(frozen=True, slots=True)
class Found:
    """A query's candidates, its need as it was read, the offerings that count (m,) and whom it reaches
    through the chain graph."""

    candidates: Candidates
    reading: Reading
    offered: Mask
    reached: Reaching | None


def find(parts: Parts, queries: Sequence[SupplierQuery]) -> Iterator[tuple[SupplierQuery, Found]]:
    """Each query with its candidates, in order; neighbours with the same filters share scans."""
    for _, alike in groupby(queries, lambda q: (q.filters, q.link, q.as_of)):
        same = list(alike)
        with stage("filters"):
            allowed, offered = within(parts.snapshot, same[0])
        for start in range(0, len(same), _BLOCK):
            block = same[start : start + _BLOCK]
            with stage("read"):
                readings = [parts.reading(query.need) for query in block]
                vectors = read_together(readings, parts.encoder)
                words = [reading.tokens for reading in readings]
            with stage("graph"):
                reached = [parts.reached(query.need) for query in block]
            candidates = find_suppliers(
                parts.snapshot,
                vectors,
                words,
                allowed,
                offered,
                depth(max(query.top_k for query in block)),
                reached,
            )
            each = zip(block, candidates, readings, reached, strict=True)
            for query, found, reading, through in each:
                yield query, Found(found, reading, offered, through)


def measure(parts: Parts, query: SupplierQuery, found: Found) -> Measured:
    """The likeliest candidates, measured exactly, with a verdict on each demand of the need.

    A strict list that is not filled by them is measured deeper, down to the last candidate.
    """
    snapshot, need, reading = parts.snapshot, query.need, found.reading
    others, asked = found.candidates, reading.demands
    kept_in = ~is_buyer(snapshot, need)[others.rows]
    if query.scope is not Scope.ANY:
        kept_in &= in_scope(crossing_mask(snapshot, need, found.reached, others.rows), query.scope)
    if not kept_in.all():
        others = others.take(np.flatnonzero(kept_in))
    rows = others.rows
    with stage("measure"):
        rough = supplier_features(snapshot, others, need, reading.places, query.as_of)
        likeliest = score(parts.model, rough, rows, len(rows)).positions
        named, kept = reading.named, KEPT + query.top_k
    while True:
        with stage("measure"):
            taken = np.sort(likeliest[:kept])
            likely = others.take(taken)
            held = Held.by(snapshot, likely.rows)
            candidates = with_exact_offerings(snapshot, likely, reading.vector, found.offered, held)
            features = with_best_offerings(rough, taken, snapshot, candidates, need)
            features |= whole_features(snapshot, candidates, reading.vector, named, held)
        with stage("judge"):
            stand = standings(snapshot, candidates.rows, asked, need, query.as_of)
            if asked:
                features["requirement_coverage"] = stand.coverages
        with stage("measure"):
            scored = score(parts.model, features, candidates.rows, len(candidates.rows))
            measured = Measured(candidates, scored, stand)
        enough = query.policy is Policy.LENIENT or kept >= len(rows)
        if enough or len(places_to_show(measured, query.policy)) >= query.top_k:
            return measured
        kept *= 2


@dataclass(frozen=True, slots=True)
class Ranked:
    """The list before anything is said of it: who is ``listed``, by its place among those ``shown``, which
    are the places by score that the policy admits; ``heads`` are the first of these."""

    measured: Measured
    shown: Sequence[int]
    heads: Sequence[Enterprise]
    listed: Sequence[Placed]


def rank(parts: Parts, query: SupplierQuery, found: Found) -> Ranked:
    """Who stands where in the list for a need."""
    measured = measure(parts, query, found)
    with stage("arrange"):
        shown = places_to_show(measured, query.policy)
        heads = [
            parts.snapshot.enterprise(measured.row(place))
            for place in shown[: looked_at(len(shown), query.top_k)]
        ]
        return Ranked(measured, shown, heads, _arranged(parts.snapshot, query, measured, shown, heads))


def answer(parts: Parts, query: SupplierQuery, found: Found) -> Recommendation:
    """The enterprises for a need, best first, each explained where the query asks for it."""
    ranked = rank(parts, query, found)
    measured, shown, heads, listed = ranked.measured, ranked.shown, ranked.heads, ranked.listed
    with stage("arrange"):
        places_shown = [shown[each.place] for each in listed]
        results = [
            replace(in_brief(parts, query, measured, place, rank), moved=each.moved)
            for rank, (each, place) in enumerate(zip(listed, places_shown, strict=True), 1)
        ]
    notes = still_open(query.policy, (measured.unproven(place) for place in places_shown))
    notes += chain_unstated(query.scope, query.need)
    if query.explain and results:
        with stage("explain"):
            results = _explained(parts, query, found, measured, places_shown, results)
            notes += nothing_close(results, found.reading.phrases.wanted)
    return Recommendation(
        parts.snapshot.release,
        echoed(query, found.reading),
        tuple(results),
        explain=query.explain,
        left_out=_left_out(parts, query, measured, shown),
        attention=_attention(query, measured, shown, heads, listed),
        weighed=tuple(head.enterprise_id for head in heads) if query.exposure else (),
        notes=notes,
    )


# ---------------------------------------------------------------------- who may be a candidate


def within(snapshot: Snapshot, query: SupplierQuery) -> tuple[Mask | None, Mask]:
    """Enterprises (n,) that the filters let pass (None: all), and their offerings (m,) that count."""
    return snapshot.suppliers_within(query.filters, links_of(query), query.as_of)


def is_buyer(snapshot: Snapshot, need: Need) -> Mask:
    """(n,) the enterprises that are the need's buyer: nobody is recommended to itself."""
    return snapshot.enterprises.filters.mask_any("name", [t for t in (need.buyer_id, need.buyer_name) if t])


# ---------------------------------------------------------------------- who stands where


def _arranged(
    snapshot: Snapshot,
    query: SupplierQuery,
    measured: Measured,
    shown: Sequence[int],
    heads: Sequence[Enterprise],
) -> list[Placed]:
    """The list; *heads* are the first of the *shown*, those that are compared."""
    rows = np.array([measured.row(place) for place in shown[: len(heads)]], np.int64)

    def words(place: int) -> str:
        offerings = snapshot.offering_rows(int(rows[place]))[:_COMPARED]
        told = [snapshot.offering(int(row)) for row in offerings]
        return " ".join([heads[place].description, *(f"{each.title} {each.description}" for each in told)])

    twins = enterprise_twins(heads, snapshot.enterprises.vectors.rows(rows), words)
    odds = [float(measured.scored.log_odds[place]) for place in shown]
    if query.exposure is None:
        return arrange(odds, twins, query.top_k)
    return arrange(
        odds,
        twins,
        query.top_k,
        exposure=query.exposure,
        ids=[head.enterprise_id for head in heads],
        small=[
            head.size in _SMALL and not measured.fails(place)
            for head, place in zip(heads, shown, strict=False)
        ],
    )


def _attention(
    query: SupplierQuery,
    measured: Measured,
    shown: Sequence[int],
    heads: Sequence[Enterprise],
    listed: Sequence[Placed],
) -> dict[str, tuple[float, float]]:
    """What the list gives to each that stands in it or could have, and what its score deserves."""
    if query.exposure is None or not listed:
        return {}
    ids = [head.enterprise_id for head in heads]
    odds = [float(measured.scored.log_odds[place]) for place in shown[: len(heads)]]
    seated = [each.place for each in listed if each.place < len(heads)]
    least = odds[min(query.top_k, len(odds)) - 1] - query.exposure.rules.margin
    waiting = {*seated, *(place for place in range(len(odds)) if odds[place] >= least)}
    return attention([ids[p] for p in seated], {ids[p]: probability(odds[p]) for p in sorted(waiting)})


# ---------------------------------------------------------------------- what is said of each


def in_brief(parts: Parts, query: SupplierQuery, measured: Measured, place: int, rank: int) -> Result:
    """What every result says."""
    enterprise = parts.snapshot.enterprise(measured.row(place))
    return Result(
        enterprise_id=enterprise.enterprise_id,
        name=enterprise.name,
        rank=rank,
        score=probability(float(measured.scored.log_odds[place])),
        base=parts.model.base,
        contributions=(),
        fails=measured.fails(place),
        unproven=measured.unproven(place) if query.policy is Policy.STRICT else (),
    )


def listed(parts: Parts, query: SupplierQuery) -> tuple[str, ...]:
    """The ids of the list for *query*, in order, unexplained."""
    ((query, found),) = find(parts, [replace(query, explain=False)])
    return tuple(result.enterprise_id for result in answer(parts, query, found).results)


def _left_out(parts: Parts, query: SupplierQuery, measured: Measured, shown: Sequence[int]) -> LeftOut | None:
    if query.policy is Policy.LENIENT:
        return None
    return left_out(
        measured, shown, query.top_k, lambda place: in_brief(parts, query, measured, place, place + 1)
    )


def _explained(
    parts: Parts,
    query: SupplierQuery,
    found: Found,
    measured: Measured,
    places: Sequence[int],
    briefs: Sequence[Result],
) -> list[Result]:
    """*briefs* with the parts of their scores, the words that they rest on, and what follows from them."""
    snapshot, reading = parts.snapshot, found.reading
    enterprises = [snapshot.enterprise(measured.row(place)) for place in places]
    quoted = evidence(
        reading.again,
        reading.phrases,
        reading.vector,
        list(quotable_sides(parts, found, measured, places, enterprises)),
        parts.encoder,
        parts.model,
        Lexical(snapshot.enterprises.lexical, reading.tokens, measured.candidates.lexical_best),
    )
    return [
        explained(parts, query, found, measured, *each)
        for each in zip(briefs, places, enterprises, quoted, strict=True)
    ]


def quotable_sides(
    parts: Parts, found: Found, measured: Measured, places: Sequence[int], enterprises: Sequence[Enterprise]
) -> Iterator[tuple[Side, list[Offer]]]:
    """Each of the *enterprises* at *places* as the need met it, and its offerings that may be quoted: the one
    scored comes first."""
    snapshot, vector = parts.snapshot, found.reading.vector
    rows = np.array([measured.row(place) for place in places], np.int64)
    held, profiles = Held.by(snapshot, rows), snapshot.enterprises.vectors.rows(rows)
    positions = measured.scored.positions[np.asarray(places, np.int64)]
    alike = np.where(found.offered[held.rows], cosines(held.vectors, vector), -np.inf)
    alike[np.isin(held.rows, measured.candidates.offering[positions])] = np.inf
    for at, (first, last) in enumerate(pairwise(held.edges.tolist())):
        best = first + best_rows(alike[first:last], QUOTED)
        best = best[alike[best] > -np.inf]
        vectors = held.vectors[best]
        yield (
            Side(
                vectors[0] if len(best) else np.zeros_like(vector),
                profiles[at],
                int(rows[at]),
                float(measured.candidates.lexical[positions[at]]),
            ),
            parts.offers(enterprises[at], [snapshot.offering(row) for row in held.rows[best]], vectors),
        )


def explained(
    parts: Parts,
    query: SupplierQuery,
    found: Found,
    measured: Measured,
    brief: Result,
    place: int,
    enterprise: Enterprise,
    quoted: Quoted,
) -> Result:
    """*brief* of the *enterprise* at *place*, with the parts of its score and what rests on *quoted*."""
    match = matched(quoted, found.reading.phrases)
    result = proven(parts, query, found, measured, brief, place, enterprise, match)
    return replace(
        result,
        for_buyer=for_buyer(enterprise.short_name or enterprise.name, match, result.requirements),
        for_supplier=for_supplier(query.need, match, result.requirements),
    )


def proven(
    parts: Parts,
    query: SupplierQuery,
    found: Found,
    measured: Measured,
    brief: Result,
    place: int,
    enterprise: Enterprise,
    match: Match,
) -> Result:
    """*brief* of the *enterprise* at *place*, with all that is to be shown of it but the sentences."""
    verdicts, values = measured.verdicts_at(place), measured.scored.values
    near = float(np.fmax(values["semantic_match"][place], values["profile_match"][place]))
    owned = len(parts.snapshot.offering_rows(measured.row(place)))
    untouched = float(values["freshness"][place])
    return replace(
        brief,
        contributions=measured.scored.parts(place, parts.model),
        facts=_facts(enterprise),
        requirements=verdicts,
        evidence=tuple(match.evidence),
        unanswered=match.unanswered,
        cross_chain=crossing(
            parts.snapshot,
            query.need,
            enterprise,
            measured.row(place),
            found.reached,
            query.as_of,
        ),
        cautions=cautions(
            enterprise,
            owned,
            match,
            verdicts,
            query.as_of,
            near=near,
            untouched=untouched,
            borne_out=float(values["corroboration"][place]),
        ),
    )


def _facts(enterprise: Enterprise) -> dict[str, object]:
    facts = {
        "region": enterprise.region,
        "tier": enterprise.tier.value if enterprise.tier else "",
        "size": enterprise.size.value if enterprise.size else "",
        "industry": enterprise.industry,
        "industry_chains": list(enterprise.industry_chains),
        "tags": list(enterprise.tags),
    }
    return {name: value for name, value in facts.items() if value}


def echoed(query: SupplierQuery, reading: Reading) -> dict[str, object]:
    need, asked = query.need, reading.demands
    return {
        "need_id": need.need_id,
        "title": need.title,
        "description": need.description,
        "qualification": need.qualification,
        "places": asdict(reading.places),
        "requirements": [{"requirement": d.name, "kind": d.kind, "asked": d.asked.to_json()} for d in asked],
        **echo(query),
        "exposure": query.exposure.day.isoformat() if query.exposure and query.exposure.moves else None,
    }
