"""The one face of the recommender: a need in, suppliers out; an enterprise in, buyers out.

The way of a request: what the caller may see and the hard filters become a bitmap; meaning and words name
candidates; the additive model ranks them; requirements are judged for the best; the few that are returned are
explained.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from indexes.errors import EncoderError
from indexes.release import load_verified
from indexes.store import ReleaseStore
from indexes.topk import best_rows
from recommender import profile
from recommender.catalogue.domain import Enterprise, Need, Offering
from recommender.encoder import Encoder
from recommender.explanation import Phrases, cautions, evidence, for_buyer, for_supplier, phrases_of
from recommender.places import mentioned_region
from recommender.query import BuyerQuery, SupplierQuery
from recommender.ranking import FEATURES, PRIOR, AdditiveModel, order, probability
from recommender.ranking.features import Floats, lexical_match, region_match
from recommender.requirements import coverage, demands, judge
from recommender.results import Contribution, Recommendation, Requirement, Result
from recommender.retrieval import Candidates, dense_score, find_needs, find_suppliers, fused_score
from recommender.snapshot import Snapshot

SYSTEMS = ("lexical", "dense", "hybrid", "full")
_DEPTH = 400  # rows that each source of candidates contributes at the least
_JUDGED = 200  # candidates whose requirements are judged at the least
_QUOTED = 2  # offerings quoted as evidence for one enterprise

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Ranked:
    """Candidates in final order with the parts of their scores; (r,) and (r, f)."""

    positions: NDArray[np.int64]
    log_odds: Floats
    contributions: Floats
    values: Mapping[str, Floats]
    verdicts: Mapping[int, tuple[Requirement, ...]]


class Engine:
    """Answers from one release with the encoder that made it. Thread-safe: nothing changes after opening."""

    def __init__(self, snapshot: Snapshot, encoder: Encoder, model: AdditiveModel = PRIOR) -> None:
        """Raises EncoderError where *encoder* is not the one that the release was made with."""
        made_with = snapshot.manifest.encoder.fingerprint
        if made_with != encoder.fingerprint:
            raise EncoderError(
                "The release was made with another encoder.",
                field="encoder",
                value=encoder.name,
                mend=f"refresh, or set the encoder back to {snapshot.manifest.encoder.name}",
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
        need = query.need
        vector = self._need_vector(need)
        found = self._find_suppliers(query, vector, max(_DEPTH, 2 * query.top_k))
        asked = demands(need)
        region, region_words = _region(need)
        features = self._supplier_features(found, need, region)

        def judged(position: int) -> tuple[Requirement, ...]:
            row = int(found.rows[position])
            offerings = [self.snapshot.offering(r) for r in self.snapshot.offering_rows(row)]
            return judge(asked, need, self.snapshot.enterprise(row), offerings, query.as_of)

        ranked = self._rank(features, found.rows, query.top_k, judged if asked else None)
        quotable = (
            phrases_of(
                {"title": need.title, "description": need.description}, self.encoder, most_alike=vector
            )
            if query.explain
            else None
        )
        results = [
            self._supplier(query, vector, found, ranked, place, quotable)
            for place in range(len(ranked.positions))
        ]
        return Recommendation(
            self.release,
            {
                "need_id": need.need_id,
                "title": need.title,
                "description": need.description,
                "region": region,
                "region_inferred_from": region_words,
                "requirements": [
                    {"requirement": d.name, "kind": d.kind, "asked": d.asked.to_json()} for d in asked
                ],
                "filters": query.filters.to_json(),
                "link": query.link.value if query.link else None,
                "top_k": query.top_k,
                "as_of": query.as_of.isoformat(),
            },
            tuple(results),
            explain=query.explain,
        )

    def suppliers_many(self, queries: Sequence[SupplierQuery]) -> Iterator[Recommendation]:
        for query in queries:
            yield self.suppliers(query)

    def ranking(self, query: SupplierQuery, system: str) -> list[tuple[str, float]]:
        """Enterprise ids and scores, best first, by one half of the engine alone or by all of it.

        ``lexical`` and ``dense`` are the two halves, ``hybrid`` their reciprocal rank fusion, ``full`` what
        :meth:`suppliers` answers. Scores of different systems are not comparable.
        """
        found = self._find_suppliers(query, self._need_vector(query.need), max(_DEPTH, 2 * query.top_k))
        if system == "full":
            return [(r.enterprise_id, r.score) for r in self.suppliers(query).results]
        scores = {"lexical": lambda: found.lexical, "dense": lambda: dense_score(found)}.get(
            system, lambda: fused_score(found)
        )()
        best = [i for i in best_rows(scores, query.top_k) if scores[i] > 0]
        ids = self.snapshot.enterprises.documents
        return [(ids.id_of(int(found.rows[i])), float(scores[i])) for i in best]

    def _need_vector(self, need: Need) -> Vectors:
        headline, description = self.encoder.encode(profile.need_texts(need))
        return profile.need_vector(headline, description)

    def _find_suppliers(self, query: SupplierQuery, vector: Vectors, depth: int) -> Candidates:
        links = tuple(query.filters.link) or ((query.link.value,) if query.link else ())
        allowed = self.snapshot.enterprises_within(query.filters, query.as_of)
        offered = self.snapshot.offerings_within(links, query.as_of)
        if links:
            held = np.zeros(len(self.snapshot.first) - 1, np.bool_)
            held[self.snapshot.owner[offered]] = True
            allowed = held if allowed is None else allowed & held
        return find_suppliers(self.snapshot, vector, profile.need_tokens(query.need), allowed, offered, depth)

    def _supplier_features(self, found: Candidates, need: Need, region: str) -> dict[str, Floats]:
        columns = self.snapshot.enterprises.filters
        rows = found.rows
        features = _text_features(found)
        features["region_match"] = region_match(
            np.array([int(region or 0)]), np.nan_to_num(columns.numbers("region_code")[rows]).astype(np.int64)
        )
        features["chain_match"] = np.full(len(rows), np.nan)
        if need.industry_chain:
            same = columns.mask_any("industry_chain", [need.industry_chain])[rows]
            stated = columns.mask_prefix("industry_chain", [""])[rows]
            features["chain_match"] = np.where(stated, same.astype(float), np.nan)
        linked = self.snapshot.offerings.filters.mask_any("link", [need.link.value])
        known = found.offering >= 0
        features["link_match"] = np.full(len(rows), np.nan)
        features["link_match"][known] = linked[found.offering[known]]
        features["tier"] = columns.numbers("tier_order")[rows]
        features["assessment"] = columns.numbers("assessment")[rows]
        return features

    def _supplier(
        self,
        query: SupplierQuery,
        vector: Vectors,
        found: Candidates,
        ranked: _Ranked,
        place: int,
        quotable: Phrases | None,
    ) -> Result:
        position = int(ranked.positions[place])
        row = int(found.rows[position])
        score = probability(float(ranked.log_odds[place]))
        if quotable is None:
            documents = self.snapshot.enterprises.documents
            return Result(
                documents.id_of(row), str(documents.get(row)["name"]), place + 1, score, self.model.base, ()
            )
        enterprise = self.snapshot.enterprise(row)
        rows = self.snapshot.offering_rows(row)
        if len(rows):
            alike = self.snapshot.offerings.vectors.rows(rows) @ vector
            # the offering that was scored leads, whatever else the enterprise has
            alike[rows == found.offering[position]] = np.inf
            rows = rows[best_rows(alike, _QUOTED)]
        quoted = self._quote(quotable, enterprise, [self.snapshot.offering(r) for r in rows], rows)
        verdicts = ranked.verdicts.get(position, ())
        return Result(
            enterprise_id=enterprise.enterprise_id,
            name=enterprise.name,
            rank=place + 1,
            score=score,
            base=self.model.base,
            contributions=self._contributions(ranked, place),
            facts=_facts(enterprise),
            requirements=verdicts,
            evidence=quoted,
            cautions=cautions(
                enterprise, len(self.snapshot.offering_rows(row)), quoted, verdicts, query.as_of
            ),
            for_buyer=for_buyer(enterprise.short_name or enterprise.name, quoted, verdicts),
            for_supplier=for_supplier(query.need, quoted, verdicts),
        )

    # ------------------------------------------------------------------ buyers for an enterprise

    def buyers(self, query: BuyerQuery) -> Recommendation:
        """Open needs for an enterprise, best first, each explained where the query asks for it."""
        enterprise, offerings = query.enterprise, query.offerings
        texts = [profile.offering_text(o) for o in offerings]
        vectors = self.encoder.encode([profile.standing_text(enterprise), *texts])
        whole = profile.profile_vector(vectors[0], vectors[1:], [o.weight for o in offerings])
        links = tuple(query.filters.link) or ((query.link.value,) if query.link else ())
        allowed = self.snapshot.needs_within(query.filters, links, query.visibility, query.as_of)
        found = find_needs(
            self.snapshot,
            vectors[1:],
            whole,
            profile.enterprise_tokens(enterprise, offerings),
            allowed,
            max(_DEPTH, 2 * query.top_k),
        )
        needs: dict[int, Need] = {}

        def need_at(position: int) -> Need:
            if position not in needs:
                needs[position] = self.snapshot.need(int(found.rows[position]))
            return needs[position]

        def judged(position: int) -> tuple[Requirement, ...]:
            need = need_at(position)
            return judge(demands(need), need, enterprise, offerings, query.as_of)

        ranked = self._rank(
            self._need_features(found, enterprise, offerings), found.rows, query.top_k, judged
        )
        results = [
            self._buyer(
                query, vectors[1:], whole, found, ranked, place, need_at(int(ranked.positions[place]))
            )
            for place in range(len(ranked.positions))
        ]
        return Recommendation(
            self.release,
            {
                "enterprise_id": enterprise.enterprise_id,
                "name": enterprise.name,
                "offerings": [o.title for o in offerings],
                "filters": query.filters.to_json(),
                "link": query.link.value if query.link else None,
                "top_k": query.top_k,
                "as_of": query.as_of.isoformat(),
            },
            tuple(results),
            explain=query.explain,
        )

    def buyers_many(self, queries: Sequence[BuyerQuery]) -> Iterator[Recommendation]:
        for query in queries:
            yield self.buyers(query)

    def _need_features(
        self, found: Candidates, enterprise: Enterprise, offerings: Sequence[Offering]
    ) -> dict[str, Floats]:
        columns = self.snapshot.needs.filters
        rows = found.rows
        features = _text_features(found)
        features["region_match"] = region_match(
            np.nan_to_num(columns.numbers("region_code")[rows]).astype(np.int64),
            np.array([int(enterprise.region or 0)]),
        )
        features["chain_match"] = np.full(len(rows), np.nan)
        if enterprise.industry_chains:
            same = columns.mask_any("industry_chain", enterprise.industry_chains)[rows]
            stated = columns.mask_prefix("industry_chain", [""])[rows]
            features["chain_match"] = np.where(stated, same.astype(float), np.nan)
        features["link_match"] = np.full(len(rows), np.nan)
        for link in {o.link for o in offerings}:
            linked = columns.mask_any("link", [link.value])[rows]
            best_has = np.array([i >= 0 and offerings[i].link == link for i in found.offering], np.bool_)
            features["link_match"][best_has] = linked[best_has]
        return features

    def _buyer(
        self,
        query: BuyerQuery,
        vectors: Vectors,
        whole: Vectors,
        found: Candidates,
        ranked: _Ranked,
        place: int,
        need: Need,
    ) -> Result:
        position = int(ranked.positions[place])
        score = probability(float(ranked.log_odds[place]))
        if not query.explain:
            return Result(
                need.buyer_id,
                need.buyer_name,
                place + 1,
                score,
                self.model.base,
                (),
                need.need_id,
                need.title,
            )
        need_vector = self.snapshot.needs.vectors.rows(found.rows[position : position + 1])[0]
        quotable = phrases_of(
            {"title": need.title, "description": need.description}, self.encoder, most_alike=need_vector
        )
        best = best_rows(vectors @ need_vector, _QUOTED) if len(vectors) else np.zeros(0, np.int64)
        quoted = self._quote(
            quotable, query.enterprise, [query.offerings[i] for i in best], vectors=vectors[best]
        )
        verdicts = ranked.verdicts.get(position, ())
        return Result(
            enterprise_id=need.buyer_id,
            name=need.buyer_name,
            rank=place + 1,
            score=score,
            base=self.model.base,
            contributions=self._contributions(ranked, place),
            need_id=need.need_id,
            title=need.title,
            facts=_need_facts(need),
            requirements=verdicts,
            evidence=quoted,
            cautions=cautions(query.enterprise, len(query.offerings), quoted, verdicts, query.as_of),
            for_buyer=for_buyer(
                query.enterprise.short_name or query.enterprise.name or "该企业", quoted, verdicts
            ),
            for_supplier=for_supplier(need, quoted, verdicts),
        )

    # ------------------------------------------------------------------ both directions

    def _rank(
        self,
        features: dict[str, Floats],
        rows: NDArray[np.int64],
        top_k: int,
        judged: object,
    ) -> _Ranked:
        """Score all candidates; judge the requirements of the best, score those again with their coverage."""
        contributions = self.model.contributions(features)
        log_odds = self.model.log_odds(contributions)
        ranking = order(log_odds, rows)
        verdicts: dict[int, tuple[Requirement, ...]] = {}
        if callable(judged) and len(rows):
            kept = ranking[: max(_JUDGED, 2 * top_k)]
            verdicts = {int(position): judged(int(position)) for position in kept}
            features = {name: values[kept] for name, values in features.items()}
            features["requirement_coverage"] = np.array(
                [coverage(verdicts[int(p)]) if verdicts[int(p)] else np.nan for p in kept]
            )
            contributions = self.model.contributions(features)
            log_odds = self.model.log_odds(contributions)
            again = order(log_odds, rows[kept])[:top_k]
            return _Ranked(
                kept[again], log_odds[again], contributions[again], _taken(features, again), verdicts
            )
        chosen = ranking[:top_k]
        return _Ranked(chosen, log_odds[chosen], contributions[chosen], _taken(features, chosen), verdicts)

    def _contributions(self, ranked: _Ranked, place: int) -> tuple[Contribution, ...]:
        """The parts of one score, features that are not known left out (they add exactly nothing)."""
        parts: list[Contribution] = []
        for column, feature in enumerate(self.model.features):
            value = float(ranked.values[feature][place]) if feature in ranked.values else np.nan
            if not np.isnan(value):
                parts.append(Contribution(feature, value, float(ranked.contributions[place, column])))
        return tuple(sorted(parts, key=lambda part: list(FEATURES).index(part.feature)))

    def _quote(
        self,
        quotable: Phrases,
        enterprise: Enterprise,
        offerings: Sequence[Offering],
        rows: NDArray[np.int64] | None = None,
        vectors: Vectors | None = None,
    ) -> tuple[object, ...]:
        if vectors is None:
            assert rows is not None
            vectors = self.snapshot.offerings.vectors.rows(rows)
        offers = [
            (o.offering_id, {"title": o.title, "description": o.description}, vector)
            for o, vector in zip(offerings, vectors, strict=True)
        ]
        if not offers and enterprise.description:
            (vector,) = self.encoder.encode([enterprise.description])
            offers = [("", {"description": enterprise.description}, vector)]
        return evidence(quotable, offers, self.encoder)


def _text_features(found: Candidates) -> dict[str, Floats]:
    return {
        "semantic_match": found.semantic,
        "profile_match": found.profile,
        "lexical_match": lexical_match(found.lexical, found.lexical_best),
    }


def _taken(features: Mapping[str, Floats], chosen: NDArray[np.int64]) -> dict[str, Floats]:
    return {name: values[chosen] for name, values in features.items()}


def _region(need: Need) -> tuple[str, str]:
    """The need's region code, and the words it was inferred from where no field states it."""
    if need.region:
        return need.region, ""
    for text in (need.title, need.buyer_name, need.description):
        code, words = mentioned_region(text)
        if code:
            return code, words
    return "", ""


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


def _need_facts(need: Need) -> dict[str, object]:
    facts = {
        "region": need.region,
        "industry_chain": need.industry_chain,
        "link": need.link.value,
        "budget": need.budget,
        "deadline": need.deadline.isoformat() if need.deadline else "",
    }
    return {name: value for name, value in facts.items() if value}


def today() -> date:
    """The day that answers are given for where nobody says otherwise."""
    return date.today()
