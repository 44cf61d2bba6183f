"""Why an enterprise is not recommended for a need, and what would have to change.

Its rank is counted over the whole release, not only over the candidates that the list measures. Its score is
set beside that of the tenth, feature by feature, and the difference adds up. Then every change that lies in
its hands is tried, alone and in pairs, by measuring the enterprise as it would be with the same model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import combinations

import numpy as np

from indexes.errors import UnknownId
from recommender.explanation.changes import Step, steps
from recommender.explanation.sentences import why_not
from recommender.matching import exact, suppliers
from recommender.matching.common import Parts, coverages, links_of
from recommender.matching.exact import Asking, Features, Rows
from recommender.query import Filters, Policy, SupplierQuery
from recommender.ranking import probability
from recommender.ranking.features import FEATURES, Floats
from recommender.requirements import failing
from recommender.results import Change, Difference, KeptOut, Requirement, WhyNot

TOP = 10
_PAIRED = 6  # single changes that are tried in pairs, those that add most
_TOLD, _TOLD_PAIRS = 5, 3  # single changes and pairs that are told
_STRANGE = 0.4  # cosine below which two texts do not speak of the same
_SLIGHT = 0.005  # log-odds that no reader would see


@dataclass(frozen=True, slots=True)
class Field:
    """Everybody measured: c rows, their features, log-odds and the verdicts of those that were judged. Who
    was not judged cannot come near, and its log-odds are the most that they could be."""

    rows: Rows
    features: Features
    log_odds: Floats
    verdicts: dict[int, tuple[Requirement, ...]]


def explain(parts: Parts, query: SupplierQuery, enterprise_id: str) -> WhyNot:
    """Why *enterprise_id* is not among the first ten for the query's need, or that it is.

    Raises UnknownId where the release does not hold it.
    """
    snapshot = parts.snapshot
    own = snapshot.enterprises.documents.row_of(enterprise_id)
    if own is None:
        raise UnknownId(
            "The release holds no such enterprise.",
            field="enterprise_id",
            value=enterprise_id,
            mend="import it and run `rongtong refresh`",
        )
    asking = exact.asking(parts, query)
    everybody = _measured(parts, asking, own)
    me = int(np.searchsorted(everybody.rows, own))
    others = _competitors(everybody, me, query.policy)
    order = others[np.lexsort((everybody.rows[others], -everybody.log_odds[others]))]
    rank = 1 + _before(everybody, others, me, float(everybody.log_odds[me]))
    tenth = int(order[min(TOP, len(order)) - 1]) if len(order) else me
    verdicts = everybody.verdicts.get(own, ())
    kept_out = tuple(_kept_out(parts, asking, own, verdicts, rank))
    enterprise, _ = exact.stored(parts, own)
    barred = any(each.by not in ("requirement", "arrangement") for each in kept_out)
    short = not barred and (rank > TOP or bool(failing(verdicts)))
    changes = tuple(_changes(parts, asking, everybody, others, me)) if short else ()
    found = WhyNot(
        release=snapshot.release,
        query=suppliers.echoed(query, asking.reading),
        enterprise_id=enterprise_id,
        name=enterprise.name,
        rank=rank,
        candidates=len(others) + 1,
        score=probability(float(everybody.log_odds[me])),
        tenth_score=probability(float(everybody.log_odds[tenth])),
        listed=rank <= TOP and not kept_out,
        kept_out=kept_out,
        differences=_differences(parts, everybody, me, tenth),
        requirements=verdicts,
        changes=changes,
    )
    return replace(found, for_supplier=why_not(found))


def _measured(parts: Parts, asking: Asking, own: int) -> Field:
    """Everybody who may be a candidate, and *own*, who need not be. Judged are those who could stand above
    the tenth or above *own*; under strict policy all."""
    allowed = asking.allowed.copy()
    allowed[own] = True
    rows = np.flatnonzero(allowed)
    _, features = exact.measured(parts, asking, rows)
    model = parts.model
    log_odds = model.log_odds(model.contributions(features))
    verdicts: dict[int, tuple[Requirement, ...]] = {}
    if not asking.reading.demands:
        return Field(rows, features, log_odds, verdicts)
    curve = next((c for c in model.curves if c.feature == "requirement_coverage"), None)
    worst, best = curve(np.array([-1.0, 1.0])).tolist() if curve else (0.0, 0.0)
    coverage = np.full(len(rows), np.nan)
    me = int(np.searchsorted(rows, own))
    least = -np.inf
    if asking.query.policy is Policy.LENIENT:
        surest = np.partition(log_odds, -min(TOP + 1, len(rows)))[-min(TOP + 1, len(rows))]
        least = min(float(surest), float(log_odds[me])) + worst
    close = np.flatnonzero(log_odds + best >= least)
    for place in close.tolist():
        verdicts[int(rows[place])] = exact.verdicts(parts, asking, int(rows[place]))
    coverage[close] = coverages([verdicts[int(row)] for row in rows[close]])
    features["requirement_coverage"] = coverage
    judged = model.log_odds(model.contributions(features))
    judged[np.isnan(coverage)] += best
    return Field(rows, features, judged, verdicts)


def _competitors(everybody: Field, me: int, policy: Policy) -> Rows:
    """The places of all others that the policy lets into the list."""
    places = np.delete(np.arange(len(everybody.rows)), me)
    if policy is Policy.LENIENT:
        return places
    return np.array(
        [p for p in places if not failing(everybody.verdicts.get(int(everybody.rows[p]), ()))], np.int64
    )


def _before(everybody: Field, others: Rows, me: int, odds: float) -> int:
    """How many of *others* stand before *me* if it had *odds*; equals stand in the order of the rows."""
    theirs = everybody.log_odds[others]
    return int((theirs > odds).sum() + (theirs[others < me] == odds).sum())


def _kept_out(
    parts: Parts, asking: Asking, own: int, verdicts: Sequence[Requirement], rank: int
) -> Iterator[KeptOut]:
    """What keeps *own* off the list apart from its score."""
    snapshot, query = parts.snapshot, asking.query
    if suppliers.is_buyer(snapshot, query.need)[own]:
        yield KeptOut("buyer", query.need.buyer_name, "贵企业就是采购方", "it is the buyer itself")
    for field in fields(Filters):
        values = getattr(query.filters, field.name)
        if not values or field.name in ("link", "buyer"):
            continue
        passed = snapshot.enterprises_within(Filters(**{field.name: values}), query.as_of)
        if passed is not None and not passed[own]:
            words = "、".join(values)
            english = f"the filter {field.name} keeps it out: {words}"
            yield KeptOut(field.name, words, f"不符合筛选条件：{words}", english)
    links = links_of(query)
    if links and not asking.offered[snapshot.offering_rows(own)].any():
        words = "、".join(links)
        yield KeptOut("link", words, "在所选链条上没有登记产品或能力", f"offers nothing on the link {words}")
    if query.policy is Policy.STRICT:
        for failed in failing(verdicts):
            yield KeptOut(
                "requirement",
                failed.requirement,
                f"不满足必备要求：{failed.requirement}",
                f"fails the must-have {failed.requirement}",
            )
    if rank <= TOP and asking.allowed[own]:
        found = suppliers.listed(parts, query)
        if snapshot.enterprises.documents.id_of(own) not in found:
            yield KeptOut(
                "arrangement",
                "",
                "与榜上企业重复登记或内容几乎相同，或评分相近者轮流展示",
                "it repeats a listed enterprise, or near-equals take turns to be seen",
            )


def _differences(parts: Parts, everybody: Field, me: int, tenth: int) -> tuple[Difference, ...]:
    """Feature by feature, *me* against *tenth*; the differences add up to that of the log-odds."""
    pair = np.array([me, tenth])
    values = {name: column[pair] for name, column in everybody.features.items()}
    added = parts.model.contributions(values)
    found = []
    for column, feature in enumerate(parts.model.features):
        own, theirs = (_known(value) for value in values.get(feature, np.full(2, np.nan)))
        if own is not None or theirs is not None:
            mine, other = added[:, column].tolist()
            found.append(Difference(feature, own, theirs, mine, other))
    places = list(FEATURES)
    return tuple(sorted(found, key=lambda each: places.index(each.feature)))


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _changes(parts: Parts, asking: Asking, everybody: Field, others: Rows, me: int) -> Iterator[Change]:
    """The single changes that help; where none is enough, the pairs that are; where none is, all at once."""
    own = int(everybody.rows[me])
    verdicts = everybody.verdicts.get(own, ())
    firm = exact.stored(parts, own)
    rows = parts.snapshot.offering_rows(own)
    alike = parts.snapshot.offerings.vectors.rows(rows) @ asking.reading.vector
    nearest = int(np.argmax(alike)) if len(rows) else -1
    near = np.fmax(everybody.features["semantic_match"][me], everybody.features["profile_match"][me])

    def tried(several: Sequence[Step]) -> Change:
        return _change(parts, asking, everybody, others, me, several)

    each = [
        (step, tried([step]))
        for step in steps(
            asking.need,
            asking.reading.demands,
            verdicts,
            firm,
            nearest,
            stale=_stale(parts, everybody, me),
            strange=bool(near < _STRANGE),
        )
    ]
    helping = sorted((e for e in each if e[1].gain > _SLIGHT), key=lambda e: -e[1].gain)
    yield from (change for _, change in helping[:_TOLD])
    if any(change.enough for _, change in helping):
        return
    best = [step for step, _ in helping[:_PAIRED]]
    pairs = [change for pair in combinations(best, 2) if (change := tried(pair)).enough]
    yield from sorted(pairs, key=lambda change: -change.gain)[:_TOLD_PAIRS]
    if not pairs and len(best) > 1:
        yield tried(best)


def _stale(parts: Parts, everybody: Field, me: int) -> bool:
    curve = next((c for c in parts.model.curves if c.feature == "freshness"), None)
    return curve is not None and bool(curve(everybody.features["freshness"][[me]])[0] < 0)


def _change(
    parts: Parts, asking: Asking, everybody: Field, others: Rows, me: int, several: Sequence[Step]
) -> Change:
    """What *several* steps together would do."""
    own = int(everybody.rows[me])
    firm = exact.stored(parts, own)
    for step in sorted(several, key=lambda step: step.told.kind != "offering"):
        firm = step.apply(firm)
    features, lexical = exact.supposed(parts, asking, own, *firm)
    model = parts.model
    odds = float(model.log_odds(model.contributions(features))[0])
    theirs = everybody
    if lexical > asking.lexical_best:
        # the best BM25 is the measure of all: where it rises, everybody else's share of it falls
        scaled = dict(everybody.features)
        scaled["lexical_match"] = scaled["lexical_match"] * (asking.lexical_best / lexical)
        shift = model.contributions(scaled) - model.contributions(everybody.features)
        theirs = Field(everybody.rows, scaled, everybody.log_odds + shift.sum(axis=1), everybody.verdicts)
    rank = 1 + _before(theirs, others, me, odds)
    strict = asking.query.policy is Policy.STRICT
    fails = strict and bool(asking.reading.demands and failing(exact.judged(asking, *firm)))
    gain = odds - float(everybody.log_odds[me])
    enough = rank <= TOP and not fails
    return Change(tuple(step.told for step in several), gain, probability(odds), rank, enough)
