"""What is cross-chain, and how it is told: the path, its words, its weakest step, what is left to prove."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue.domain import Enterprise, Need, Scope
from recommender.chains.graph import ChainGraph, Step
from recommender.chains.proofs import to_prove
from recommender.chains.quoting import of_need, of_offering, of_standard, of_step
from recommender.chains.stored import Origin
from recommender.chains.transfer import Reaching
from recommender.chains.view import step_document
from recommender.chains.ways import Way
from recommender.snapshot import Snapshot
from recommender.text.titles import wanted

JSON = dict[str, Any]
Mask = NDArray[np.bool_]


def crosses_chains(need: Need, chains: Sequence[str], way: Way | None) -> bool:
    """The rule. Stated on both sides, chains that have none in common; not stated, a path that leaves the
    thing and its kinds: over a material, a process, a standard, a substitute's kinds or makers of both."""
    if need.industry_chain and chains:
        return need.industry_chain not in chains
    return way is not None and way.leaves


def crossing_mask(snapshot: Snapshot, need: Need, reached: Reaching | None, rows: NDArray[np.int64]) -> Mask:
    """(c,) whether each of the enterprises *rows* is cross-chain for *need*: the rule, for many at once."""
    leaves = np.zeros(len(rows), np.bool_)
    if reached is not None and len(reached.rows):
        left = np.array([way.leaves for way in reached.ways], np.bool_)[reached.places]
        leaves = np.isin(rows, reached.rows[left])
    if not need.industry_chain:
        return leaves
    columns = snapshot.enterprises.filters
    stated = columns.has_label("industry_chain", rows)
    same = columns.has_any("industry_chain", [need.industry_chain], rows)
    crosses: Mask = np.where(stated, ~same, leaves)
    return crosses


def in_scope(crosses: Mask, scope: Scope) -> Mask:
    """(c,) which of them *scope* keeps."""
    if scope is Scope.ANY:
        return np.ones(len(crosses), np.bool_)
    return crosses if scope is Scope.CROSS else ~crosses


def chain_unstated(scope: Scope, asking: Need | Enterprise) -> tuple[str, ...]:
    """What is to be said of a list that *scope* narrows where who is *asking* states no industry chain."""
    stated = asking.industry_chain if isinstance(asking, Need) else asking.industry_chains
    if scope is Scope.ANY or stated:
        return ()
    zh, en = ("需求", "need") if isinstance(asking, Need) else ("企业", "enterprise")
    return (
        f"{zh}未写明产业链，是否跨链只按图谱判断：经材料、工艺、标准或替代品到达者算跨链，可能仍在同一产业链，无路径者不算"
        f" / the {en} states no industry chain, so the graph alone tells: what a path over a material, "
        "process, standard or substitute reaches is cross-chain, though it may lie in one chain",
    )


def crossing(
    snapshot: Snapshot,
    need: Need,
    enterprise: Enterprise,
    row: int | None,
    reached: Reaching | None,
    as_of: date,
) -> JSON | None:
    """From which chain to which, the path from what *enterprise* (in *row*) makes to what is needed, the
    words on either side, its weakest step, and what must still be proven; None where no chain is crossed."""
    at = reached.place(row) if reached is not None and row is not None else None
    way = reached.ways[int(reached.places[at])] if reached is not None and at is not None else None
    if not crosses_chains(need, enterprise.industry_chains, way):
        return None
    chains = enterprise.industry_chains
    told: JSON = {"from": chains[0] if chains else "", "to": need.industry_chain, "path": []}
    if reached is not None and at is not None and way is not None:
        told |= _told(snapshot, need, reached, at)
        told["from"] = told["from"] or _chain_of(snapshot.graph, way.node)
        told["to"] = told["to"] or _chain_of(snapshot.graph, way.asked)
    industry = need.industry_chain or wanted(need.title)
    return told | {"to_prove": to_prove(industry, enterprise.certifications, as_of)}


def _told(snapshot: Snapshot, need: Need, reached: Reaching, at: int) -> JSON:
    graph, way, row = snapshot.graph, reached.ways[int(reached.places[at])], int(reached.offerings[at])
    walked = [
        Step(step.end, step.start, step.relation, not step.forward, step.confidence, step.origin, step.edge)
        for step in reversed(way.steps)
    ]
    documents = [step_document(graph, step) | _quotes(of_step(snapshot, step)) for step in walked]
    names = [graph.name(way.node), *(graph.name(step.end) for step in walked)]
    if way.makers or way.standard >= 0:
        names.append(graph.name(way.asked))
        joined = _same_standard if way.standard >= 0 else _made_together
        documents.append(joined(snapshot, names[0], names[1], way))
    if way.standard >= 0:
        documents[-1] |= _quotes(of_standard(snapshot, need, way, row))
    offering = snapshot.offerings.documents.get(row)
    return {
        "path": names,
        "need": of_need(need, reached.words[way.asked]),
        "offering": {"title": offering["title"], **of_offering(graph, offering, way.node)},
        "steps": documents,
        "weakest": min(documents, key=lambda each: float(each["confidence"])) if documents else None,
        "confidence": round(float(reached.confidences[at]), 4),
    }


def _quotes(found: list[JSON]) -> JSON:
    return {"quotes": found} if found else {}


def _made_together(snapshot: Snapshot, one: str, other: str, way: Way) -> JSON:
    return {
        "from": one,
        "to": other,
        "relation": "made_together",
        "forward": True,
        "confidence": round(way.together, 3),
        "origin": Origin.INFERRED.name.lower(),
        "zh": f"有 {way.makers} 家企业同时提供{one}和{other}（推断）",
        "en": f"{way.makers} enterprises offer both {one} and {other} (inferred)",
    }


def _same_standard(snapshot: Snapshot, one: str, other: str, way: Way) -> JSON:
    standard = snapshot.graph.standard_name(way.standard)
    return {
        "from": one,
        "to": other,
        "relation": "same_standard",
        "forward": True,
        "confidence": round(way.together, 3),
        "origin": Origin.STATED.name.lower(),
        "standard": standard,
        "zh": f"{one}与{other}都执行{standard}",
        "en": f"{one} and {other} both name {standard}",
    }


def _chain_of(graph: ChainGraph, node: int) -> str:
    chains = graph.chains_of(node)
    return graph.chains[chains[0]] if chains else graph.name(node)
