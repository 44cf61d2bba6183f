"""The searches of a completion: partners of a few dozen kinds, sought again and again in the same words.

Who offers a kind, and by which words it is quoted, is the same for every deal and remembered
(:mod:`recommender.matching.kinds`); how they rank is the deal's own: its place, its chain, its thing. What is
remembered holds as long as the same offerings count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue.domain import Enterprise, Need
from recommender.explanation import Lexical, Match, Quoted, Side, evidence, matched
from recommender.matching import kinds
from recommender.matching.common import Measured, Parts
from recommender.matching.kinds import Kind, Sought, Within
from recommender.matching.suppliers import in_brief, is_buyer, proven, quotable_sides
from recommender.places import places_of
from recommender.query import SupplierQuery
from recommender.ranking import Scored
from recommender.ranking.additive import order
from recommender.ranking.features import place_features
from recommender.results import Requirement, Result
from recommender.snapshot import Snapshot

# there are a few dozen kinds of partner; filters, days and chains make more searches of them
_REMEMBERED = 512  # of some 50 kB
_THINGS = 64  # searches about a thing
_MASKS = 16  # sets of enterprises and offerings that searches share
_BUYERS = 256  # that are kept out of the partners of their own deals
_QUOTED = 500  # enterprises of a kind whose quotations are kept
_READ = 1_000  # characters of an offer in which words to quote are looked for


class _NothingAsked:
    """The verdicts on a partner: what the deal demands is demanded of its supplier."""

    def fails(self, position: int) -> tuple[str, ...]:
        return ()

    unproven = fails

    def at(self, position: int) -> tuple[Requirement, ...]:
        return ()


_NOTHING_ASKED = _NothingAsked()


class Partners:
    """Thread-safe: what two threads remember at once is the same."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        # nothing that is kept here may hold these partners: the release must be gone when nobody uses it
        remembering = lru_cache(maxsize=_REMEMBERED)
        alone = remembering(partial(_alone, parts, remembering(partial(kinds.kind_of, parts))))
        chained = remembering(partial(_chained, parts, alone))
        likeliest = remembering(partial(_likeliest, parts, chained))
        self._sought = lru_cache(maxsize=_THINGS)(partial(_sought, parts, chained, likeliest))
        self._own = lru_cache(maxsize=_BUYERS)(partial(_own, parts.snapshot))
        self._within = lru_cache(maxsize=_MASKS)(partial(kinds.masks, parts.snapshot))

    def best(self, query: SupplierQuery, count: int, fits: Callable[[Result], bool]) -> list[Result]:
        """The first *count* enterprises for *query*, best first, that *fits* agrees to; no more
        than ``query.top_k`` are asked about. The title of its need says what kind of partner is sought, the
        description what for; nothing is demanded of them. They come with all that is shown but sentences."""
        need = query.need
        same = Need("", need.title, need.description, link=need.link, industry_chain=need.industry_chain)
        among = self._within(query.filters, query.link, query.as_of)
        sought = self._sought(same, among, query.as_of, query.top_k)
        measured = self._measured(query, sought)
        results: list[Result] = []
        for start in range(0, measured.size, count):
            if len(results) >= count:
                break
            places = range(start, min(start + count, measured.size))
            results += filter(fits, self._explained(query, sought, measured, places))
        return results[:count]

    def _measured(self, query: SupplierQuery, sought: Sought) -> Measured:
        """The best ``query.top_k`` of those *sought*; what the deal's place decides is scored on top."""
        parts, candidates = self._parts, sought.found.candidates
        placed = place_features(parts.snapshot, candidates.rows, places_of(query.need))
        sought = sought.with_features(parts.model, placed)
        odds = parts.model.log_odds(sought.contributions)
        best = order(odds, candidates.rows)
        own = self._own(query.need.buyer_id, query.need.buyer_name)
        if len(own):
            best = best[~np.isin(candidates.rows[best], own)]
        best = best[: query.top_k]
        values = {name: value[best] for name, value in sought.features.items()}
        scored = Scored(best, odds[best], sought.contributions[best], values)
        return Measured(candidates, scored, _NOTHING_ASKED)

    def _explained(
        self, query: SupplierQuery, sought: Sought, measured: Measured, places: Sequence[int]
    ) -> list[Result]:
        parts, found, results = self._parts, sought.found, []
        for place in places:
            firm = parts.snapshot.enterprise(measured.row(place))
            brief = in_brief(parts, query, measured, place, place + 1)
            offering = int(found.candidates.offering[measured.scored.positions[place]])
            match = self._match(sought.kind, measured.row(place), offering, firm)
            results.append(proven(parts, query, found, measured, brief, place, firm, match))
        return results

    def _match(self, kind: Kind, row: int, offering: int, firm: Enterprise) -> Match:
        """What is quoted of *firm* in *row*, the *offering* that counts first; remembered."""
        match = kind.matches.get((row, offering))
        if match is None:
            match = matched(_quoted(self._parts, kind, row, offering, firm), kind.found.reading.phrases)
            if len(kind.matches) < _QUOTED:
                kind.matches[row, offering] = match
        return match


def _own(snapshot: Snapshot, buyer_id: str, buyer_name: str) -> NDArray[np.int64]:
    """The rows of the enterprises that are the buyer."""
    return np.flatnonzero(is_buyer(snapshot, Need("", "", buyer_id=buyer_id, buyer_name=buyer_name)))


# What is found of a kind, of a kind in a chain, and of both for a thing is remembered each by itself.


def _alone(
    parts: Parts, kind_of: Callable[[Need, Within], Kind], need: Need, among: Within, as_of: date
) -> Sought:
    return kinds.alone(parts, kind_of(need, among), as_of)


def _chained(
    parts: Parts, alone: Callable[[Need, Within, date], Sought], need: Need, among: Within, as_of: date
) -> Sought:
    sought = alone(replace(need, industry_chain=""), among, as_of)
    return kinds.in_chain(parts, sought, need.industry_chain) if need.industry_chain else sought


def _likeliest(
    parts: Parts,
    chained: Callable[[Need, Within, date], Sought],
    need: Need,
    among: Within,
    as_of: date,
    most: int,
) -> Sought:
    sought = chained(need, among, as_of)
    return sought.take(sought.best(parts.model, most))


def _sought(
    parts: Parts,
    chained: Callable[[Need, Within, date], Sought],
    likeliest: Callable[[Need, Within, date, int], Sought],
    need: Need,
    among: Within,
    as_of: date,
    most: int,
) -> Sought:
    kind = replace(need, description="")
    if not need.description:
        return chained(kind, among, as_of)
    some = likeliest(kind, among, as_of, max(most, kinds.MEASURED))
    return kinds.about(parts, some, need, as_of, most)


def _quoted(parts: Parts, kind: Kind, row: int, offering: int, firm: Enterprise) -> Quoted:
    """One firm at a time, so that its quotations do not depend on who was shown beside it; the firm with the
    most shared words stands by, for these count by their share of the most."""
    found, every = kind.found, kind.found.candidates
    one = every.take(np.searchsorted(every.rows, [row]))
    nothing = np.zeros(0)
    alone = Measured(
        replace(one, offering=np.array([offering])),
        Scored(np.zeros(1, np.int64), nothing, nothing, {}),
        _NOTHING_ASKED,
    )
    reading = kind.found.reading
    most, far = int(np.argmax(every.lexical)), np.zeros_like(reading.vector)
    beside = Side(far, far, int(every.rows[most]), float(every.lexical[most]))
    ((side, offers),) = quotable_sides(parts, found, alone, [0], [firm])
    read = [replace(o, fields={name: text[:_READ] for name, text in o.fields.items()}) for o in offers]
    quoted, _ = evidence(
        reading.again,
        reading.phrases,
        reading.vector,
        [(side, read), (beside, ())],
        parts.encoder,
        parts.model,
        Lexical(parts.snapshot.enterprises.lexical, reading.tokens, every.lexical_best),
    )
    return quoted
