"""What is known of a kind of partner before any deal, and what a deal's thing and chain add to it.

Which enterprises offer testing is the same for every deal, so candidates are sought by the words of the kind
alone. What the deal is about (bearings) and its industry chain only say whom of them it suits best: they are
measured on top, on these candidates, at a twentieth of the cost of a search.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import blake2b

import numpy as np

from recommender import profile
from recommender.catalogue.domain import Link, Need
from recommender.chains.transfer import reaching
from recommender.explanation import Phrases, Quoted, Rereading
from recommender.matching.common import Parts
from recommender.matching.suppliers import Found, within
from recommender.places import Places
from recommender.query import Filters, SupplierQuery
from recommender.ranking import score
from recommender.ranking.features import Floats, supplier_features
from recommender.ranking.whole import whole_features
from recommender.retrieval import Candidates, Held, cosines, find_suppliers, with_exact_offerings
from recommender.snapshot import Mask, Snapshot
from recommender.text.tokens import tokens

# Rows that each source of candidates contributes. Where the link is stated, a deal's thing chooses among
# them: of a few hundred offerings on the link all are candidates, of more those that say the kind best.
_DEPTH, _DEPTH_ON_LINK = 150, 400
_KEPT = 200  # candidates, the likeliest, of which the offerings are measured against a deal's thing


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
    """A kind of partner, *need*, as :func:`kind_of` found it, and by which words it may be quoted. ``quoted``
    grows: enterprise row and the row of the offering that counts → its evidence."""

    need: Need
    found: Found
    phrases: Phrases
    rereading: Rereading
    quoted: dict[tuple[int, int], Quoted]


@dataclass(frozen=True, slots=True)
class Sought:
    """A kind with a deal's thing and chain on top: the candidates (c,) with all features that no place
    decides, and what each adds (c, f) by the curves of the model."""

    kind: Kind
    found: Found
    features: dict[str, Floats]
    contributions: Floats


def masks(snapshot: Snapshot, filters: Filters, link: Link | None, as_of: date) -> Within:
    """Who may be a partner by *filters* on *link*."""
    allowed, offered = within(snapshot, SupplierQuery(Need("", ""), as_of, filters=filters, link=link))
    told = (b"" if allowed is None else np.packbits(allowed).tobytes(), np.packbits(offered).tobytes())
    return Within(allowed, offered, link, blake2b(b"".join(told), digest_size=16).digest())


def kind_of(parts: Parts, need: Need, among: Within) -> Kind:
    """The kind that the title of *need* names, and who of *among* offers it."""
    snapshot, allowed, offered = parts.snapshot, among.allowed, among.offered
    vector = profile.need_vector(*parts.encoder.encode(profile.need_texts(need)))
    reached = reaching(snapshot.graph, need, parts.encoder.encode)
    words = profile.need_tokens(need)
    depth = _DEPTH if among.link is None else _DEPTH_ON_LINK
    (rough,) = find_suppliers(snapshot, vector[None, :], [words], allowed, offered, depth, [reached])
    exact = with_exact_offerings(snapshot, rough, vector, offered)
    found = Found(exact, vector, words, offered, reached)
    return Kind(need, found, parts.quotable(need, vector), Rereading(need, parts.encoder), {})


def sought(
    parts: Parts, kinds: Callable[[Need, Within], Kind], need: Need, among: Within, as_of: date
) -> Sought:
    """The kind that the title of *need* names, its description being the deal's thing and its chain the
    deal's, as things stand *as_of*."""
    kind = kinds(Need("", need.title, link=need.link), among)
    found = _on_top(parts, kind.found, need)
    held = Held.by(parts.snapshot, found.candidates.rows)
    if need.description:
        exact = with_exact_offerings(parts.snapshot, found.candidates, found.vector, found.offered, held)
        found = replace(found, candidates=exact)
    features = supplier_features(parts.snapshot, found.candidates, need, Places(), as_of)
    features |= whole_features(parts.snapshot, found.candidates, found.vector, parts.named(kind.need), held)
    return Sought(kind, found, features, parts.model.contributions(features))


def _on_top(parts: Parts, found: Found, need: Need) -> Found:
    """*found* for the kind alone, read with all that *need* says: each candidate's shared words and nearness
    as a whole; of the candidates the likeliest."""
    snapshot, candidates, vector = parts.snapshot, found.candidates, found.vector
    more = tokens(f"{need.industry_chain} {need.description}")
    if more:
        distinct = list(dict.fromkeys(more))
        counts = np.array([more.count(token) for token in distinct], np.float64)
        added = counts @ snapshot.enterprises.lexical.added_by(distinct, candidates.rows)
        lexical = candidates.lexical + added
        candidates = replace(candidates, lexical=lexical, lexical_best=float(lexical.max(initial=0.0)))
    if need.description:
        vector = profile.need_vector(*parts.encoder.encode(profile.need_texts(need)))
        whole = cosines(snapshot.enterprises.vectors.rows(candidates.rows), vector)
        candidates = _likeliest(parts, replace(candidates, profile=whole))
    return replace(found, candidates=candidates, vector=vector)


def _likeliest(parts: Parts, candidates: Candidates) -> Candidates:
    if len(candidates.rows) <= _KEPT:
        return candidates
    share = candidates.lexical / (candidates.lexical_best or 1.0)
    rough = {"semantic_match": candidates.semantic, "profile_match": candidates.profile}
    likeliest = score(parts.model, rough | {"lexical_match": share}, candidates.rows, _KEPT)
    return candidates.take(np.sort(likeliest.positions))
