"""The one face of the recommender: a need in, suppliers out; an enterprise in, buyers out.

The way of a request: what the caller may see and the hard filters become a bitmap; meaning and words name
candidates; the additive model ranks them; requirements are judged for the best; the few that are returned are
explained.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from indexes.errors import EncoderError, InputError
from indexes.release import load_verified
from indexes.store import ReleaseStore
from indexes.topk import best_rows
from recommender import profile
from recommender.catalogue.domain import Enterprise, Need, Offering
from recommender.encoder import Encoder
from recommender.explanation import Phrases, cautions, evidence, for_buyer, for_supplier, phrases_of
from recommender.places import places_of
from recommender.query import SYSTEMS, BuyerQuery, SupplierQuery
from recommender.ranking import PRIOR, AdditiveModel, Scored, probability, score
from recommender.ranking.features import Floats, need_features, supplier_features
from recommender.requirements import coverage, demands, judge
from recommender.results import Evidence, Recommendation, Requirement, Result
from recommender.retrieval import (
    Candidates,
    dense_score,
    find_needs,
    find_suppliers,
    fused_score,
    with_exact_offerings,
)
from recommender.snapshot import Mask, Snapshot
from recommender.text.titles import subject

_DEPTH = 400  # rows that each source of candidates contributes at the least
_KEPT = 200  # candidates that are measured exactly and whose requirements are judged, at the least
_BLOCK = 64  # needs that share one scan of the vectors
_QUOTED = 2  # offerings quoted as evidence for one enterprise

Vectors = NDArray[np.float32]
Judge = Callable[[int], tuple[Requirement, ...]]


@dataclass(frozen=True, slots=True)
class _Found:
    """A query's candidates with the need's vector (d,) and the offerings that count (m,)."""

    candidates: Candidates
    vector: Vectors
    offered: Mask


class Engine:
    """Answers from one release with the encoder that made it. Thread-safe: nothing changes after opening."""

    def __init__(self, snapshot: Snapshot, encoder: Encoder, model: AdditiveModel = PRIOR) -> None:
        """Raises EncoderError where *encoder* is not the one that the release was made with."""
        made_with = snapshot.manifest.encoder
        if made_with.fingerprint != encoder.fingerprint:
            raise EncoderError(
                "The release was made with another encoder.",
                field="encoder",
                value=encoder.name,
                mend=f"refresh, or set the encoder back to {made_with.name}",
            )
        self.snapshot = snapshot
        self.encoder = encoder
        self.model = model

    @classmethod
    def open(cls, store: ReleaseStore, encoder: Encoder) -> Engine:
        """The engine on the live release. Raises NoRelease, DamagedRelease or EncoderError."""
        live = store.current()
        return cls(Snapshot(load_verified(live.path), live.path), encoder)

    @property
    def release(self) -> str:
        return self.snapshot.release

    # ------------------------------------------------------------------ suppliers for a need

    def suppliers(self, query: SupplierQuery) -> Recommendation:
        """Enterprises for a need, best first, each explained where the query asks for it."""
        return next(self.suppliers_many([query]))

    def suppliers_many(self, queries: Sequence[SupplierQuery]) -> Iterator[Recommendation]:
        """As :meth:`suppliers` for each query in order; needs with the same filters share scans."""
        for query, found in self._find(queries):
            yield self._answer(query, found)

    def ranking(self, queries: Sequence[SupplierQuery], system: str) -> Iterator[list[tuple[str, float]]]:
        """For each query, enterprise ids and scores, best first, by one half of the engine or by all of it.

        ``lexical`` and ``dense`` are the two halves, ``hybrid`` their reciprocal rank fusion, ``full`` what
        :meth:`suppliers` answers. Scores of different systems are not comparable. Raises InputError for
        another *system*.
        """
        if system not in SYSTEMS:
            raise InputError("No such system.", field="system", value=system, mend=f"of {', '.join(SYSTEMS)}")
        if system == "full":
            for answer in self.suppliers_many(queries):
                yield [(result.enterprise_id, result.score) for result in answer.results]
            return
        measure = {"lexical": lambda c: c.lexical, "dense": dense_score, "hybrid": fused_score}[system]
        for query, found in self._find(queries):
            scores = measure(found.candidates)
            best = [at for at in best_rows(scores, query.top_k) if scores[at] > 0]
            ids = self.snapshot.enterprises.documents
            yield [(ids.id_of(int(found.candidates.rows[at])), float(scores[at])) for at in best]

    def _find(self, queries: Sequence[SupplierQuery]) -> Iterator[tuple[SupplierQuery, _Found]]:
        """Each query with its candidates, in order."""
        for _, alike in groupby(queries, lambda q: (q.filters, q.link, q.as_of)):
            same = list(alike)
            allowed, offered = self._within(same[0])
            for start in range(0, len(same), _BLOCK):
                block = same[start : start + _BLOCK]
                texts = [text for query in block for text in profile.need_texts(query.need)]
                encoded = self.encoder.encode(texts)
                vectors = np.stack(
                    [profile.need_vector(*encoded[i : i + 3]) for i in range(0, len(texts), 3)]
                )
                candidates = find_suppliers(
                    self.snapshot,
                    vectors,
                    [profile.need_tokens(query.need) for query in block],
                    allowed,
                    offered,
                    max(_DEPTH, 2 * max(query.top_k for query in block)),
                )
                for query, found, vector in zip(block, candidates, vectors, strict=True):
                    yield query, _Found(found, vector, offered)

    def _within(self, query: SupplierQuery) -> tuple[Mask | None, Mask]:
        """Enterprises (n,) that the filters let pass (None: all), and their offerings (m,) that count."""
        links = tuple(query.filters.link) or ((query.link.value,) if query.link else ())
        allowed = self.snapshot.enterprises_within(query.filters, query.as_of)
        offered = self.snapshot.offerings_within(links, query.as_of)
        if allowed is not None:
            offered &= allowed[self.snapshot.owner]
        if links:
            allowed = np.zeros(len(self.snapshot.first) - 1, np.bool_)
            allowed[self.snapshot.owner[offered]] = True
        return allowed, offered

    def _answer(self, query: SupplierQuery, found: _Found) -> Recommendation:
        need, snapshot = query.need, self.snapshot
        found = replace(found, candidates=_without_buyer(snapshot, found.candidates, need))
        asked = demands(need)
        places = places_of(need)
        rough = supplier_features(snapshot, found.candidates, need, places)
        kept = np.sort(score(self.model, rough, found.candidates.rows, max(_KEPT, 2 * query.top_k)).positions)
        candidates = with_exact_offerings(snapshot, found.candidates.take(kept), found.vector, found.offered)
        features = supplier_features(snapshot, candidates, need, places)
        verdicts: list[tuple[Requirement, ...]] = [()] * len(kept)
        if asked:
            for position, row in enumerate(candidates.rows):
                offerings = [snapshot.offering(r) for r in snapshot.offering_rows(row)]
                verdicts[position] = judge(asked, need, snapshot.enterprise(row), offerings, query.as_of)
            features["requirement_coverage"] = _coverage(verdicts)
        scored = score(self.model, features, candidates.rows, query.top_k)
        quotable = self._quotable(need, found.vector) if query.explain else None
        results = [
            self._supplier(query, replace(found, candidates=candidates), scored, place, quotable, verdicts)
            for place in range(len(scored.positions))
        ]
        echo = {
            "need_id": need.need_id,
            "title": need.title,
            "description": need.description,
            "qualification": need.qualification,
            "places": asdict(places),
            "requirements": [
                {"requirement": d.name, "kind": d.kind, "asked": d.asked.to_json()} for d in asked
            ],
        }
        return Recommendation(self.release, echo | _echo(query), tuple(results), explain=query.explain)

    def _supplier(
        self,
        query: SupplierQuery,
        found: _Found,
        scored: Scored,
        place: int,
        quotable: Phrases | None,
        verdicts: Sequence[tuple[Requirement, ...]],
    ) -> Result:
        position = int(scored.positions[place])
        row = int(found.candidates.rows[position])
        documents, odds = self.snapshot.enterprises.documents, float(scored.log_odds[place])
        if quotable is None:
            name = str(documents.get(row)["name"])
            return Result(documents.id_of(row), name, place + 1, probability(odds), self.model.base, ())
        enterprise = self.snapshot.enterprise(row)
        rows = self.snapshot.offering_rows(row)
        owned = len(rows)
        rows = rows[found.offered[rows]]
        if len(rows):
            alike = self.snapshot.offerings.vectors.rows(rows) @ found.vector
            # what was scored is what is quoted first
            alike[rows == found.candidates.offering[position]] = np.inf
            rows = rows[best_rows(alike, _QUOTED)]
        quoted = self._quote(
            quotable,
            found.vector,
            enterprise,
            [self.snapshot.offering(r) for r in rows],
            self.snapshot.offerings.vectors.rows(rows),
        )
        return Result(
            enterprise_id=enterprise.enterprise_id,
            name=enterprise.name,
            rank=place + 1,
            score=probability(odds),
            base=self.model.base,
            contributions=scored.parts(place, self.model),
            facts=_enterprise_facts(enterprise),
            requirements=verdicts[position],
            evidence=quoted,
            cross_chain=_cross_chain(query.need, enterprise),
            cautions=cautions(enterprise, owned, quoted, verdicts[position], query.as_of),
            for_buyer=for_buyer(enterprise.short_name or enterprise.name, quoted, verdicts[position]),
            for_supplier=for_supplier(query.need, quoted, verdicts[position]),
        )

    # ------------------------------------------------------------------ buyers for an enterprise

    def buyers(self, query: BuyerQuery) -> Recommendation:
        """Open needs for an enterprise, best first, each explained where the query asks for it."""
        enterprise, offerings, snapshot = query.enterprise, query.offerings, self.snapshot
        texts = [profile.standing_text(enterprise), *(profile.offering_text(o) for o in offerings)]
        standing, *_ = vectors = self.encoder.encode(texts)
        whole = profile.profile_vector(
            standing, vectors[1:], [o.weight for o in offerings], described=bool(enterprise.description)
        )
        links = tuple(query.filters.link) or ((query.link.value,) if query.link else ())
        found = find_needs(
            snapshot,
            vectors[1:],
            whole,
            profile.enterprise_tokens(enterprise, offerings),
            snapshot.needs_within(query.filters, links, query.visibility, query.as_of)
            & ~snapshot.needs.filters.mask_any("buyer", _identities(enterprise)),
            max(_DEPTH, 2 * query.top_k),
        )
        rough = need_features(snapshot, found, enterprise, offerings)
        kept = np.sort(score(self.model, rough, found.rows, max(_KEPT, 2 * query.top_k)).positions)
        found = found.take(kept)
        needs = [snapshot.need(row) for row in found.rows]
        verdicts = [judge(demands(need), need, enterprise, offerings, query.as_of) for need in needs]
        features = need_features(snapshot, found, enterprise, offerings)
        features["requirement_coverage"] = _coverage(verdicts)
        scored = score(self.model, features, found.rows, query.top_k)
        results = []
        for place, position in enumerate(scored.positions):
            odds, need = float(scored.log_odds[place]), needs[position]
            brief = Result(
                need.buyer_id,
                need.buyer_name,
                place + 1,
                probability(odds),
                self.model.base,
                scored.parts(place, self.model),
                need.need_id,
                need.title,
                requirements=verdicts[position],
            )
            results.append(self._explained(query, vectors[1:], brief, need) if query.explain else brief)
        echo = {
            "enterprise_id": enterprise.enterprise_id,
            "name": enterprise.name,
            "offerings": [offering.title for offering in offerings],
        }
        return Recommendation(self.release, echo | _echo(query), tuple(results), explain=query.explain)

    def buyers_many(self, queries: Sequence[BuyerQuery]) -> Iterator[Recommendation]:
        """As :meth:`buyers` for each query in order."""
        for query in queries:
            yield self.buyers(query)

    def _explained(self, query: BuyerQuery, vectors: Vectors, result: Result, need: Need) -> Result:
        """*result* of a need with the words that it rests on; *vectors* (m, d) are the offerings'."""
        vector = profile.need_vector(*self.encoder.encode(profile.need_texts(need)))
        best = best_rows(vectors @ vector, _QUOTED) if len(vectors) else np.zeros(0, np.int64)
        quoted = self._quote(
            self._quotable(need, vector),
            vector,
            query.enterprise,
            [query.offerings[i] for i in best],
            vectors[best],
        )
        enterprise, verdicts = query.enterprise, result.requirements
        return replace(
            result,
            facts=_need_facts(need),
            evidence=quoted,
            cross_chain=_cross_chain(need, enterprise),
            cautions=cautions(enterprise, len(query.offerings), quoted, verdicts, query.as_of),
            for_buyer=for_buyer(enterprise.short_name or enterprise.name or "该企业", quoted, verdicts),
            for_supplier=for_supplier(need, quoted, verdicts),
        )

    # ------------------------------------------------------------------ both directions

    def _quotable(self, need: Need, vector: Vectors) -> Phrases:
        fields = {"title": subject(need.title), "description": need.description}
        return phrases_of(fields, self.encoder, most_alike=vector, but=need.buyer_name)

    def _quote(
        self,
        quotable: Phrases,
        need_vector: Vectors,
        enterprise: Enterprise,
        offerings: Sequence[Offering],
        vectors: Vectors,
    ) -> tuple[Evidence, ...]:
        """Evidence from *offerings* with *vectors* (m, d), or else from the enterprise's description."""
        offers = [
            (offering.offering_id, {"title": offering.title, "description": offering.description}, vector)
            for offering, vector in zip(offerings, vectors, strict=True)
        ]
        if not offers and enterprise.description:
            (vector,) = self.encoder.encode([enterprise.description])
            offers = [("", {"description": enterprise.description}, vector)]
        return evidence(quotable, need_vector, offers, self.encoder)


def _without_buyer(snapshot: Snapshot, found: Candidates, need: Need) -> Candidates:
    """*found* without the buyer: nobody is recommended to itself."""
    buyer = [text for text in (need.buyer_id, need.buyer_name) if text]
    itself = snapshot.enterprises.filters.mask_any("name", buyer)[found.rows]
    return found.take(np.flatnonzero(~itself)) if itself.any() else found


def _identities(enterprise: Enterprise) -> list[str]:
    """What a need's buyer field says where the buyer is *enterprise*."""
    return [text for text in (enterprise.enterprise_id, enterprise.name, enterprise.short_name) if text]


def _coverage(verdicts: Sequence[tuple[Requirement, ...]]) -> Floats:
    """(c,) requirement coverage, NaN where nothing is asked."""
    return np.array([coverage(v) if v else np.nan for v in verdicts], np.float64)


def _cross_chain(need: Need, enterprise: Enterprise) -> Mapping[str, object] | None:
    """From which stated industry chain to which, where the two sides have none in common."""
    chains = enterprise.industry_chains
    if not need.industry_chain or not chains or need.industry_chain in chains:
        return None
    return {"from": chains[0], "to": need.industry_chain, "path": []}


def _echo(query: SupplierQuery | BuyerQuery) -> dict[str, object]:
    return {
        "filters": query.filters.to_json(),
        "link": query.link.value if query.link else None,
        "top_k": query.top_k,
        "as_of": query.as_of.isoformat(),
    }


def _enterprise_facts(enterprise: Enterprise) -> dict[str, object]:
    facts = {
        "region": enterprise.region,
        "tier": enterprise.tier.value if enterprise.tier else "",
        "size": enterprise.size.value if enterprise.size else "",
        "industry": enterprise.industry,
        "industry_chains": list(enterprise.industry_chains),
        "tags": list(enterprise.tags),
    }
    return {name: value for name, value in facts.items() if value}


def _need_facts(need: Need) -> dict[str, object]:
    facts = {
        "region": need.region,
        "industry_chain": need.industry_chain,
        "link": need.link.value,
        "budget": need.budget,
        "deadline": need.deadline.isoformat() if need.deadline else "",
    }
    return {name: value for name, value in facts.items() if value}
