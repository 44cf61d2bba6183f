"""What is known of a kind of partner before any deal, and what a deal's thing and chain add to it.

Which enterprises offer testing is the same for every deal, so candidates are sought by the words of the kind
alone. What the deal is about (bearings) and its industry chain only say whom of them it suits best: they are
measured on top, on these candidates, at a twentieth of the cost of a search.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue.domain import Link, Need
from recommender.explanation import Match
from recommender.matching.common import Parts
from recommender.matching.reading import Reading
from recommender.matching.suppliers import Found, within
from recommender.places import Places
from recommender.query import Filters, SupplierQuery
from recommender.ranking import AdditiveModel
from recommender.ranking.additive import order
from recommender.ranking.features import Floats, chain_match, reciprocity, supplier_features
from recommender.ranking.whole import whole_features
from recommender.retrieval import Held, cosines, find_suppliers, with_exact_offerings
from recommender.snapshot import Mask, Snapshot
from recommender.text.tokens import tokens

# Rows that each source of candidates contributes. Where the link is stated, a deal's thing chooses among
# them: of a few hundred offerings on the link all are candidates, of more those that say the kind best.
_DEPTH, _DEPTH_ON_LINK = 150, 400
MEASURED = 100
"""Candidates, the likeliest, of which the offerings are measured against a deal's thing."""
_KEPT = 24  # of these, the ones of which the whole profile is


@dataclass(frozen=True, slots=True)
class Within:
    """The enterprises (n,) to choose from (None: all) and the offerings (m,) that count; the same ones are
    equal, on whatever day and by whatever filters. ``link`` is the one that they are stated on, if any."""

    allowed: Mask | None = field(compare=False)
    offered: Mask = field(compare=False)
    link: Link | None
    mark: bytes


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of partner as :func:`kind_of` found it, and what the ``whole`` profiles say of the match.
    ``matches`` grows: enterprise row and the row of the offering that counts → what may be said of the
    match."""

    found: Found
    whole: dict[str, Floats]
    matches: dict[tuple[int, int], Match]


@dataclass(frozen=True, slots=True)
class Sought:
    """A kind with a deal's thing and chain on top: the candidates (c,) with all features that no place
    decides, and what each adds (c, f) by the curves of the model."""

    kind: Kind
    found: Found
    features: dict[str, Floats]
    contributions: Floats

    def with_features(self, model: AdditiveModel, changed: Mapping[str, Floats]) -> Sought:
        """The same with *changed* features (c,), by the curves of *model*."""
        contributions = self.contributions.copy()
        for column, curve in enumerate(model.curves):
            if curve.feature in changed:
                contributions[:, column] = curve(changed[curve.feature])
        return replace(self, features=self.features | dict(changed), contributions=contributions)

    def best(self, model: AdditiveModel, most: int) -> NDArray[np.int64]:
        """The positions, ascending, of the *most* candidates that *model* thinks best, whatever the place."""
        rows = self.found.candidates.rows
        if len(rows) <= most:
            return np.arange(len(rows))
        return np.sort(order(model.log_odds(self.contributions), rows)[:most])

    def take(self, positions: NDArray[np.int64]) -> Sought:
        """With the candidates at *positions* (ascending) only."""
        if len(positions) == len(self.found.candidates.rows):
            return self
        return Sought(
            self.kind,
            replace(self.found, candidates=self.found.candidates.take(positions)),
            {name: values[positions] for name, values in self.features.items()},
            self.contributions[positions],
        )


def masks(snapshot: Snapshot, filters: Filters, link: Link | None, as_of: date) -> Within:
    """Who may be a partner by *filters* on *link*."""
    allowed, offered = within(snapshot, SupplierQuery(Need("", ""), as_of, filters=filters, link=link))
    told = (b"" if allowed is None else np.packbits(allowed).tobytes(), np.packbits(offered).tobytes())
    return Within(allowed, offered, link, blake2b(b"".join(told), digest_size=16).digest())


def kind_of(parts: Parts, need: Need, among: Within) -> Kind:
    """The kind that the title of *need* names, and who of *among* offers it."""
    snapshot, allowed, offered = parts.snapshot, among.allowed, among.offered
    reading, reached = Reading(parts.encoder, need), parts.reached(need)
    vector = reading.vector
    depth = _DEPTH if among.link is None else _DEPTH_ON_LINK
    (rough,) = find_suppliers(snapshot, vector[None, :], [reading.tokens], allowed, offered, depth, [reached])
    exact = with_exact_offerings(snapshot, rough, vector, offered)
    whole = whole_features(snapshot, exact, vector, reading.named)
    return Kind(Found(exact, reading, offered, reached), whole, {})


def alone(parts: Parts, kind: Kind, as_of: date) -> Sought:
    """The *kind*, for a deal of which nothing is known, as things stand *as_of*."""
    candidates, need = kind.found.candidates, kind.found.reading.need
    features = supplier_features(parts.snapshot, candidates, need, Places(), as_of) | kind.whole
    return Sought(kind, kind.found, features, parts.model.contributions(features))


def in_chain(parts: Parts, sought: Sought, chain: str) -> Sought:
    """*sought* for a deal of an industry *chain*."""
    stated = chain_match(parts.snapshot.enterprises.filters, sought.found.candidates.rows, [chain])
    return _with_words(parts, sought, tokens(chain), {"chain_match": stated})


def about(parts: Parts, sought: Sought, need: Need, as_of: date, most: int) -> Sought:
    """*sought* for a deal about the thing that the description of *need* says: the likeliest of them, *most*
    at the least, measured as if *need* had been searched for."""
    snapshot, model = parts.snapshot, parts.model
    vector = Reading(parts.encoder, need).vector
    candidates, held = sought.found.candidates, Held.by(snapshot, sought.found.candidates.rows)
    candidates = with_exact_offerings(snapshot, candidates, vector, sought.found.offered, held)
    whole = cosines(snapshot.enterprises.vectors.rows(candidates.rows), vector)
    found = replace(sought.found, candidates=replace(candidates, profile=whole))
    near = {"semantic_match": candidates.semantic, "profile_match": whole}
    sought = _with_words(parts, replace(sought, found=found), tokens(need.description), near)
    best = sought.best(model, max(most, _KEPT))
    kept, chosen = sought.take(best), np.zeros(len(candidates.rows), np.bool_)
    chosen[best] = True
    # what the kind names is covered or not, whatever the deal is about
    nothing = np.zeros((0, len(vector)), np.float32)
    borne_out = whole_features(snapshot, kept.found.candidates, vector, nothing, held.of(chosen))[
        "corroboration"
    ]
    mutual = reciprocity(snapshot, kept.found.candidates, need, as_of)
    return kept.with_features(model, {"corroboration": borne_out, "reciprocity": mutual})


def _with_words(parts: Parts, sought: Sought, words: Sequence[str], changed: Mapping[str, Floats]) -> Sought:
    """*sought* by a query to which *words* come, with the features that are *changed* besides."""
    counted, candidates = Counter(words), sought.found.candidates
    added = parts.snapshot.enterprises.lexical.added_by(list(counted), candidates.rows)
    lexical = candidates.lexical + np.array(list(counted.values()), np.float64) @ added
    best = float(lexical.max(initial=0.0))
    found = replace(sought.found, candidates=replace(candidates, lexical=lexical, lexical_best=best))
    shares = {"lexical_match": lexical / (best or 1.0)}
    return replace(sought, found=found).with_features(parts.model, {**changed, **shares})
