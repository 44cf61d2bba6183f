"""A need and any enterprises, measured exactly one by one, whether or not retrieval named them.

The list of :mod:`recommender.matching.suppliers` measures the likeliest; who asks why somebody is not on it
needs the same measures of everybody, and of enterprises as they would be with something changed.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender import profile
from recommender.catalogue.domain import Enterprise, Need, Offering
from recommender.chains.transfer import Reaching
from recommender.content import TIER_ORDER
from recommender.matching.common import Parts, coverages, links_of
from recommender.matching.judging import standings
from recommender.matching.reading import Reading
from recommender.matching.suppliers import is_buyer, within
from recommender.query import SupplierQuery
from recommender.ranking.features import Floats, capacity_fit, supplier_features
from recommender.ranking.whole import firm_features, whole_features
from recommender.requirements import judge
from recommender.results import Requirement
from recommender.retrieval import Candidates, cosines, with_exact_offerings
from recommender.snapshot import Mask
from recommender.text.normalise import for_search

_BLOCK = 2_048  # enterprises whose offerings are gathered at once

Rows = NDArray[np.int64]
Features = dict[str, Floats]
Firm = tuple[Enterprise, tuple[Offering, ...]]


@dataclass(frozen=True, slots=True)
class Asking:
    """A query, read for measuring: its need as it was read, which enterprises (n,) may be candidates and
    which offerings (m,) are available, the BM25 score of every enterprise (n,) and the best of the
    candidates, and whom the need reaches through the chain graph."""

    query: SupplierQuery
    reading: Reading
    allowed: Mask
    offered: Mask
    lexical: Floats
    lexical_best: float
    reached: Reaching | None

    @property
    def need(self) -> Need:
        return self.query.need


def asking(parts: Parts, query: SupplierQuery) -> Asking:
    """*query* read as :func:`recommender.matching.suppliers.find` reads it."""
    snapshot, need = parts.snapshot, query.need
    passed, _ = within(snapshot, query)
    allowed = np.ones(len(snapshot.first) - 1, np.bool_) if passed is None else passed
    reading = parts.reading(need)
    lexical = snapshot.enterprises.lexical.scores(reading.tokens).astype(np.float64)
    return Asking(
        query,
        reading,
        allowed & ~is_buyer(snapshot, need),
        snapshot.offerings_within(links_of(query), query.as_of),
        lexical,
        float(lexical[allowed].max(initial=0.0)),
        parts.reached(need),
    )


def measured(parts: Parts, asking: Asking, rows: Rows) -> tuple[Candidates, Features]:
    """The enterprises *rows* (c,), ascending, and all of their features but the requirements met."""
    snapshot = parts.snapshot
    blocks = []
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        rough = Candidates(
            block,
            np.full(len(block), np.nan),
            np.full(len(block), -1, np.int64),
            cosines(snapshot.enterprises.vectors.rows(block), asking.reading.vector),
            asking.lexical[block],
            asking.lexical_best,
        )
        blocks.append(with_exact_offerings(snapshot, rough, asking.reading.vector, asking.offered))
    joined = Candidates(
        rows,
        np.concatenate([block.semantic for block in blocks]),
        np.concatenate([block.offering for block in blocks]),
        np.concatenate([block.profile for block in blocks]),
        asking.lexical[rows],
        asking.lexical_best,
        asking.reached.values(rows) if asking.reached else None,
    )
    features = supplier_features(snapshot, joined, asking.need, asking.reading.places, asking.query.as_of)
    return joined, features | _whole(parts, asking, joined)


def _whole(parts: Parts, asking: Asking, found: Candidates) -> Features:
    """What the whole profiles of *found* say, block by block."""
    blocks = [
        whole_features(
            parts.snapshot,
            found.take(np.arange(start, min(start + _BLOCK, len(found.rows)))),
            asking.reading.vector,
            asking.reading.named,
        )
        for start in range(0, len(found.rows), _BLOCK)
    ]
    return {name: np.concatenate([block[name] for block in blocks]) for name in (blocks[0] if blocks else ())}


def verdicts(parts: Parts, asking: Asking, row: int) -> tuple[Requirement, ...]:
    """How the enterprise *row* stands to each demand of the need."""
    return judged(asking, *stored(parts, row)) if asking.reading.demands else ()


def judged(asking: Asking, enterprise: Enterprise, offerings: Sequence[Offering]) -> tuple[Requirement, ...]:
    return judge(asking.reading.demands, asking.need, enterprise, offerings, asking.query.as_of)


def stored(parts: Parts, row: int) -> Firm:
    """The enterprise *row* and its offerings, as the release holds them."""
    snapshot = parts.snapshot
    return snapshot.enterprise(row), tuple(snapshot.offering(r) for r in snapshot.offering_rows(row))


def log_odds(parts: Parts, asking: Asking, rows: Rows) -> Floats:
    """(c,) the log-odds that the model gives the enterprises *rows* (c,), ascending, each of them judged."""
    _, features = measured(parts, asking, rows)
    if asking.reading.demands:
        stand = standings(parts.snapshot, rows, asking.reading.demands, asking.need, asking.query.as_of)
        features["requirement_coverage"] = stand.coverages
    return parts.model.log_odds(parts.model.contributions(features))


def supposed(
    parts: Parts,
    asking: Asking,
    row: int,
    enterprise: Enterprise,
    offerings: Sequence[Offering],
    *,
    touched: bool = True,
) -> tuple[Features, float]:
    """The features (1,) of the enterprise *row* if it were as *enterprise* with *offerings*, and its BM25;
    *touched* says that its profile changes on the day.

    What the release knows of all enterprises together stays as it is: how rare a word is, how long a document
    usually is, and which other needs suit this enterprise.
    """
    snapshot, need = parts.snapshot, asking.need
    before, before_offerings = stored(parts, row)
    rows = snapshot.offering_rows(row)
    known = {o: snapshot.offerings.vectors.rows(rows[i : i + 1])[0] for i, o in enumerate(before_offerings)}
    texts = [
        profile.standing_text(enterprise),
        *(profile.offering_text(o) for o in offerings if o not in known),
    ]
    standing, *fresh = parts.encoder.encode(texts)
    new = iter(fresh)
    vectors = np.array([known[o] if o in known else next(new) for o in offerings], np.float32)
    vectors = vectors.reshape(len(offerings), parts.encoder.dimension)
    whole = profile.profile_vector(
        standing, vectors, [o.weight for o in offerings], described=bool(enterprise.description)
    )
    counted = [i for i, offering in enumerate(offerings) if _counts(asking, offering)]
    alike = vectors @ asking.reading.vector
    best = max(counted, key=lambda i: float(alike[i]), default=None)
    lexical = _lexical(parts, asking, row, (before, before_offerings), (enterprise, offerings))
    found = Candidates(
        np.array([row]),
        np.array([np.nan if best is None else float(alike[best])]),
        np.full(1, -1, np.int64),
        np.array([float(whole @ asking.reading.vector)]),
        np.array([lexical]),
        max(lexical, asking.lexical_best),
        asking.reached.values(np.array([row])) if asking.reached else None,
    )
    features = supplier_features(snapshot, found, need, asking.reading.places, asking.query.as_of)
    features |= firm_features(vectors, best, whole, asking.reading.vector, asking.reading.named)
    if best is not None:
        offering = offerings[best]
        features["link_match"] = np.array([float(offering.link == need.link)])
        if for_search(offering.unit) == for_search(need.unit):
            wanted = np.array([np.nan if need.quantity is None else need.quantity])
            able = np.array([np.nan if offering.capacity is None else offering.capacity])
            features["capacity_fit"] = capacity_fit(able, wanted)
    features["tier"] = np.array([TIER_ORDER[enterprise.tier] if enterprise.tier else np.nan])
    if touched:
        features["freshness"] = np.zeros(1)
    if asking.reading.demands:
        features["requirement_coverage"] = coverages([judged(asking, enterprise, offerings)])
    return features, lexical


def _counts(asking: Asking, offering: Offering) -> bool:
    """Whether an offering is available on the day and on the link that is asked for."""
    day, links = asking.query.as_of, links_of(asking.query)
    starts, ends = offering.available_from, offering.available_until
    return (
        (starts is None or starts <= day)
        and (ends is None or ends >= day)
        and (not links or offering.link.value in links)
    )


def _lexical(
    parts: Parts,
    asking: Asking,
    row: int,
    before: tuple[Enterprise, Sequence[Offering]],
    after: tuple[Enterprise, Sequence[Offering]],
) -> float:
    """The BM25 score of the enterprise *row* with the words of *after* in place of *before*."""
    old, new = profile.enterprise_tokens(*before), profile.enterprise_tokens(*after)
    if old == new:
        return float(asking.lexical[row])
    index = parts.snapshot.enterprises.lexical
    rarity = {t: _rarity(index.size, index.document_frequency(t)) for t in (*asking.reading.tokens, *old[:1])}
    # a stored score gives the mean length away: s = rarity · tf / (tf + k1 (1 − b + b length / mean))
    token = old[0]
    count, stored_score = old.count(token), index.token_scores([token], row)[token]
    share = count * (rarity[token] / stored_score - 1.0) / profile.K1 - 1.0 + profile.B
    held = Counter(new)
    flat = profile.K1 * (1.0 - profile.B + share * len(new) / len(old))
    return sum(rarity[t] * held[t] / (held[t] + flat) for t in asking.reading.tokens if held[t])


def _rarity(size: int, frequency: int) -> float:
    """BM25's weight of a token that *frequency* of *size* documents hold; 0 where none does."""
    return math.log(1.0 + (size - frequency + 0.5) / (frequency + 0.5)) if frequency else 0.0
