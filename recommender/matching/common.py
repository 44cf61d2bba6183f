"""What both directions share: the opened release, the measured candidates, and how words are quoted."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue.domain import Enterprise, Need, Offering
from recommender.chains.transfer import Reaching, reaching
from recommender.encoder import Encoder
from recommender.explanation import Offer
from recommender.matching.reading import Reader, Reading
from recommender.query import BuyerQuery, SupplierQuery
from recommender.ranking import AdditiveModel, Scored
from recommender.ranking.features import Floats
from recommender.requirements import coverage
from recommender.results import Requirement
from recommender.retrieval import Candidates
from recommender.snapshot import Snapshot

DEPTH = 200  # rows that each source of candidates contributes, and two more for each result
KEPT = 100  # candidates beyond the results that are measured exactly and whose requirements are judged
QUOTED = 2  # offerings quoted as evidence for one enterprise
_REACHED = 1_024  # needs of which it is kept whom they reach, 3 kB each of 100,000 offerings

_NAME = re.compile(r"[（(][^（）()]*[)）]|(?:股份)?有限(?:责任)?公司$|集团$")

Vectors = NDArray[np.float32]


def depth(top_k: int) -> int:
    """Rows that each source of candidates contributes to a list of *top_k* results."""
    return DEPTH + 2 * top_k


class Verdicts(Protocol):
    """How c candidates stand to what is demanded, by position."""

    def fails(self, position: int) -> tuple[str, ...]:
        """The must-have requirements that are missing or in conflict."""
        ...

    def unproven(self, position: int) -> tuple[str, ...]:
        """The must-have requirements of which nothing is known."""
        ...

    def at(self, position: int) -> tuple[Requirement, ...]:
        """The whole verdicts, with their sources."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What answers: a release, the encoder that made it, and the model that ranks. ``reached`` is whom a need
    reaches through the chain graph, kept for the next who asks."""

    snapshot: Snapshot
    encoder: Reader
    model: AdditiveModel
    reached: Callable[[Need], Reaching | None] = field(compare=False, repr=False)

    @classmethod
    def of(cls, snapshot: Snapshot, encoder: Encoder, model: AdditiveModel) -> Parts:
        """*encoder* reads, and remembers, for others too where it is a :class:`Reader`."""
        reader = encoder if isinstance(encoder, Reader) else Reader(encoder)
        return cls(snapshot, reader, model, lru_cache(_REACHED)(partial(_reached, snapshot, reader)))

    def reading(self, need: Need) -> Reading:
        """*need* as it is read, kept for the next who asks."""
        return self.encoder.reading(need)

    def offers(self, enterprise: Enterprise, offerings: Sequence[Offering], vectors: Vectors) -> list[Offer]:
        """What may be quoted: of *offerings* with *vectors* (m, d) the first and the titles of the others,
        which only add to it; or else the enterprise's description."""
        if not offerings and enterprise.description:
            (vector,) = self.encoder.encode([enterprise.description])
            return [Offer("", {"description": enterprise.description}, vector, names_of(enterprise))]
        return [
            Offer(
                offering.offering_id,
                {"title": offering.title} | ({} if at else {"description": offering.description}),
                vector,
                names_of(enterprise),
            )
            for at, (offering, vector) in enumerate(zip(offerings, vectors, strict=True))
        ]


def _reached(snapshot: Snapshot, encoder: Encoder, need: Need) -> Reaching | None:
    return reaching(snapshot.graph, need, encoder.encode)


def names_of(enterprise: Enterprise) -> tuple[str, ...]:
    """What *enterprise* is called, the longest first: words that are no evidence of what it offers."""
    plain = _NAME.sub("", enterprise.name)
    names = {enterprise.name, enterprise.short_name, plain}
    return tuple(sorted((name for name in names if len(name) >= 2), key=lambda name: (-len(name), name)))


@dataclass(frozen=True, slots=True)
class Measured:
    """c candidates measured exactly: ``scored`` has all of them, best first; ``verdicts`` stand, as the
    ``candidates`` do, by position, which ``scored.positions`` gives for each place."""

    candidates: Candidates
    scored: Scored
    verdicts: Verdicts

    @property
    def size(self) -> int:
        return len(self.scored.positions)

    def row(self, place: int) -> int:
        """The row of the candidate at *place* by score."""
        return int(self.candidates.rows[self.scored.positions[place]])

    def fails(self, place: int) -> tuple[str, ...]:
        return self.verdicts.fails(int(self.scored.positions[place]))

    def unproven(self, place: int) -> tuple[str, ...]:
        return self.verdicts.unproven(int(self.scored.positions[place]))

    def verdicts_at(self, place: int) -> tuple[Requirement, ...]:
        return self.verdicts.at(int(self.scored.positions[place]))


def coverages(verdicts: Sequence[tuple[Requirement, ...]]) -> Floats:
    """(c,) requirement coverage, NaN where nothing is asked."""
    return np.array([coverage(v) if v else np.nan for v in verdicts], np.float64)


def links_of(query: SupplierQuery | BuyerQuery) -> tuple[str, ...]:
    """The links that the filters or else the query itself ask for; none means any."""
    return tuple(query.filters.link) or ((query.link.value,) if query.link else ())


def echo(query: SupplierQuery | BuyerQuery) -> dict[str, object]:
    """What was asked, apart from the need or the enterprise itself."""
    return {
        "filters": query.filters.to_json(),
        "link": query.link.value if query.link else None,
        "top_k": query.top_k,
        "as_of": query.as_of.isoformat(),
        "policy": query.policy.value,
        "scope": query.scope.value,
    }
