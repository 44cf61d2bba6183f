"""The searches of a completion: partners of a few dozen kinds, sought again and again in the same words.

Which enterprises offer order financing, and by which of their words, is the same for every deal; only how
they rank (place, chain) is the deal's own. So candidates and quotations are remembered, and an enterprise is
explained when it is shown for the first time. What is remembered holds as long as the same offerings count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache, partial
from hashlib import blake2b

import numpy as np

from recommender import profile
from recommender.catalogue.domain import Enterprise, Link, Need
from recommender.chains.transfer import reaching
from recommender.explanation import Lexical, Phrases, Quoted, Side, evidence
from recommender.matching.common import Measured, Parts
from recommender.matching.judging import standings
from recommender.matching.suppliers import (
    Found,
    explained,
    in_brief,
    is_buyer,
    measure,
    quotable_sides,
    within,
)
from recommender.places import places_of
from recommender.query import Filters, SupplierQuery
from recommender.ranking import score
from recommender.ranking.features import Floats, supplier_features
from recommender.ranking.whole import whole_features
from recommender.requirements import demands
from recommender.results import Result
from recommender.retrieval import find_suppliers, with_exact_offerings
from recommender.snapshot import Mask, Snapshot

_DEPTH = 150  # rows that each source of candidates contributes
# there are a few dozen kinds of partner; filters, chains and days make more searches of them
_REMEMBERED = 256  # searches, of some 50 kB
_MASKS = 16  # sets of enterprises and offerings that searches share
_QUOTED = 500  # enterprises of a search whose quotations are kept


@dataclass(frozen=True, slots=True)
class _Within:
    """The enterprises (n,) to choose from (None: all) and the offerings (m,) that count; the same ones are
    equal, on whatever day and by whatever filters."""

    allowed: Mask | None = field(compare=False)
    offered: Mask = field(compare=False)
    mark: bytes


@dataclass(frozen=True, slots=True)
class _Sought:
    """What a search found that no deal changes: with its candidates the features of their ``whole`` profiles
    (c,). ``quoted`` grows: enterprise row → its evidence."""

    found: Found
    phrases: Phrases
    whole: dict[str, Floats]
    quoted: dict[int, Quoted]


class Partners:
    """Thread-safe: what two threads remember at once is the same."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        # nothing that is kept here may hold these partners: the release must be gone when nobody uses it
        self._sought = lru_cache(maxsize=_REMEMBERED)(partial(_search, parts))
        self._within = lru_cache(maxsize=_MASKS)(partial(_masks, parts.snapshot))

    def best(self, query: SupplierQuery, count: int, fits: Callable[[Result], bool]) -> list[Result]:
        """The first *count* enterprises for *query*, best first and explained, that *fits* agrees to; no more
        than ``query.top_k`` are asked about."""
        need = query.need
        same = Need("", need.title, need.description, link=need.link, industry_chain=need.industry_chain)
        sought = self._sought(same, self._within(query.filters, query.link, query.as_of))
        found = sought.found
        measured = self._measured(query, sought)
        results: list[Result] = []
        most = min(measured.size, query.top_k)
        for start in range(0, most, count):
            if len(results) >= count:
                break
            places = range(start, min(start + count, most))
            results += filter(fits, self._explained(query, sought, found, measured, places))
        return results[:count]

    def _measured(self, query: SupplierQuery, sought: _Sought) -> Measured:
        parts, need, found = self._parts, query.need, sought.found
        if asked := demands(need):
            return measure(parts, query, found, asked, places_of(need))
        others = np.flatnonzero(~is_buyer(parts.snapshot, need)[found.candidates.rows])
        candidates = found.candidates.take(others)
        features = supplier_features(parts.snapshot, candidates, need, places_of(need), query.as_of)
        features |= {name: values[others] for name, values in sought.whole.items()}
        scored = score(parts.model, features, candidates.rows, len(candidates.rows))
        nothing = standings(parts.snapshot, candidates.rows, (), need, query.as_of)
        return Measured(candidates, scored, nothing)

    def _explained(
        self, query: SupplierQuery, sought: _Sought, found: Found, measured: Measured, places: Sequence[int]
    ) -> list[Result]:
        parts = self._parts
        firms = {place: parts.snapshot.enterprise(measured.row(place)) for place in places}
        known = {place: sought.quoted.get(measured.row(place)) for place in places}
        for place, quoted in known.items():
            if quoted is None:
                known[place] = self._quoted(query, sought, found, measured, place, firms[place])
        return [
            explained(
                parts,
                query,
                found,
                measured,
                sought.phrases,
                in_brief(parts, query, measured, place, place + 1),
                place,
                firms[place],
                known[place] or Quoted(),
            )
            for place in places
        ]

    def _quoted(
        self,
        query: SupplierQuery,
        sought: _Sought,
        found: Found,
        measured: Measured,
        place: int,
        firm: Enterprise,
    ) -> Quoted:
        """One firm at a time, so that its quotations do not depend on who was shown beside it; the firm with
        the most shared words stands by, for these count by their share of the most."""
        parts, every = self._parts, found.candidates
        most, nothing = int(np.argmax(every.lexical)), np.zeros_like(found.vector)
        beside = Side(nothing, nothing, int(every.rows[most]), float(every.lexical[most]))
        quoted, _ = evidence(
            replace(query.need, buyer_id="", region=""),
            sought.phrases,
            found.vector,
            [*quotable_sides(parts, found, measured, [place], [firm]), (beside, ())],
            parts.encoder,
            parts.model,
            Lexical(parts.snapshot.enterprises.lexical, found.words, measured.candidates.lexical_best),
        )
        if len(sought.quoted) < _QUOTED:
            sought.quoted[measured.row(place)] = quoted
        return quoted


def _search(parts: Parts, need: Need, among: _Within) -> _Sought:
    snapshot, allowed, offered = parts.snapshot, among.allowed, among.offered
    vector = profile.need_vector(*parts.encoder.encode(profile.need_texts(need)))
    reached = reaching(snapshot.graph, need, parts.encoder.encode)
    words = profile.need_tokens(need)
    (rough,) = find_suppliers(snapshot, vector[None, :], [words], allowed, offered, _DEPTH, [reached])
    exact = with_exact_offerings(snapshot, rough, vector, offered)
    whole = whole_features(snapshot, exact, vector, parts.named(need))
    found = Found(exact, vector, words, offered, reached)
    return _Sought(found, parts.quotable(need, vector), whole, {})


def _masks(snapshot: Snapshot, filters: Filters, link: Link | None, as_of: date) -> _Within:
    allowed, offered = within(snapshot, SupplierQuery(Need("", ""), as_of, filters=filters, link=link))
    told = (b"" if allowed is None else np.packbits(allowed).tobytes(), np.packbits(offered).tobytes())
    return _Within(allowed, offered, blake2b(b"".join(told), digest_size=16).digest())
