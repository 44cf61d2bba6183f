"""The one face of the recommender: a need in, suppliers out; an enterprise in, buyers out.

The way of a request: what the caller may see and the hard filters become a bitmap; meaning and words name
candidates; the likeliest are measured exactly and judged; the additive model scores them; the policy keeps or
names those that fail a must-have; diversity and fair exposure arrange the list; the few that are returned are
explained. :mod:`recommender.matching` has a module for each direction that reads in this order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from indexes.errors import EncoderError, InputError
from indexes.milvus import MilvusServer
from indexes.store import ReleaseStore
from indexes.topk import best_rows
from recommender.completion import Completion, CompletionQuery, complete, foresee
from recommender.encoder import Encoder
from recommender.matching import buyers, suppliers, whynot
from recommender.matching.common import Parts
from recommender.matching.partners import Partners
from recommender.query import SYSTEMS, BuyerQuery, SupplierQuery
from recommender.ranking import PRIOR, AdditiveModel, probability
from recommender.ranking.stored import model_of
from recommender.results import Recommendation, WhyNot
from recommender.retrieval import dense_score, fused_score, with_exact_offerings
from recommender.snapshot import Snapshot

_WARMING = 2  # needs that are answered before the first request


class Engine:
    """Answers from one release with the encoder that made it. Thread-safe: nothing but what is remembered
    changes after opening.

    ``remark`` is empty, or says why it is another release than the one that was put live.
    """

    def __init__(
        self, snapshot: Snapshot, encoder: Encoder, model: AdditiveModel = PRIOR, remark: str = ""
    ) -> None:
        """Raises EncoderError where *encoder* is not the one that the release was made with."""
        made_with = snapshot.manifest.encoder
        if made_with.fingerprint != encoder.fingerprint:
            raise EncoderError(
                "The release was made with another encoder.",
                field="encoder",
                value=encoder.name,
                mend=f"refresh, or set the encoder back to {made_with.name}",
            )
        self._encoder = encoder
        self._parts = Parts.of(snapshot, encoder, model)
        self.remark = remark
        self._partners = Partners(self._parts)

    @classmethod
    def open(
        cls,
        store: ReleaseStore,
        encoder: Encoder,
        release: str = "",
        *,
        substitute: bool = False,
        contents: bool = True,
        milvus: MilvusServer | None = None,
    ) -> Engine:
        """The engine on *release*, the live one where none is named, with the ranking model that it holds.

        The release is not removed while the engine is referred to. Where the live one is damaged, a
        *substitute* serves if one is wanted; without *contents* another process has verified it
        (:meth:`ReleaseStore.open`).

        Vectors are searched here, or by a *milvus* server.

        Raises NoRelease, DamagedRelease or EncoderError.
        """
        opened = store.open(release or None, substitute=substitute, contents=contents)
        snapshot = Snapshot(opened.manifest, opened.path, opened.lease, milvus)
        return cls.on(snapshot, encoder, opened.remark)

    @classmethod
    def on(cls, snapshot: Snapshot, encoder: Encoder, remark: str = "") -> Engine:
        """The engine on an opened release, with its own model. Raises EncoderError or DamagedRelease."""
        return cls(snapshot, encoder, model_of(snapshot), remark)

    def warm(self) -> None:
        """Open every part of the release and answer a few of its own needs, so that the first request finds
        everything at hand, and a release that cannot answer is found out before it."""
        held = self.snapshot
        for collection in (held.offerings, held.enterprises, held.needs):
            for part in ("vectors", "filters", "documents"):
                getattr(collection, part)
        for collection in (held.enterprises, held.needs):
            collection.lexical.scores(())
        for row in range(min(_WARMING, held.needs.documents.size)):
            self.suppliers(SupplierQuery(held.need(row), date.today()))
        foresee(held, self._partners.best, date.today())

    @property
    def parts(self) -> Parts:
        """What answers, for those who look into the answers."""
        return self._parts

    @property
    def snapshot(self) -> Snapshot:
        return self._parts.snapshot

    @property
    def encoder(self) -> Encoder:
        return self._encoder

    @property
    def model(self) -> AdditiveModel:
        return self._parts.model

    @property
    def release(self) -> str:
        return self.snapshot.release

    def suppliers(self, query: SupplierQuery) -> Recommendation:
        """Enterprises for a need, best first, each explained where the query asks for it."""
        return next(self.suppliers_many([query]))

    def suppliers_many(self, queries: Sequence[SupplierQuery]) -> Iterator[Recommendation]:
        """As :meth:`suppliers` for each query in order; needs with the same filters share scans."""
        for query, found in suppliers.find(self._parts, queries):
            yield suppliers.answer(self._parts, query, found)

    def why(self, query: SupplierQuery, enterprise_id: str) -> WhyNot:
        """Why an enterprise is not among the first ten for a need, and what would bring it there.

        Raises UnknownId where the release does not hold it.
        """
        return whynot.explain(self._parts, query, enterprise_id)

    def buyers(self, query: BuyerQuery) -> Recommendation:
        """Open needs for an enterprise, best first, each explained where the query asks for it."""
        return next(self.buyers_many([query]))

    def buyers_many(self, queries: Sequence[BuyerQuery]) -> Iterator[Recommendation]:
        """As :meth:`buyers` for each query in order; enterprises with the same filters share scans."""
        for query, found in buyers.find(self._parts, queries):
            yield buyers.answer(self._parts, query, found)

    def complete(self, query: CompletionQuery) -> Completion:
        """The partners on the other links that a need, or a need and a chosen supplier, calls for."""
        return complete(query, self.snapshot, self._partners.best)

    def ranking(self, queries: Sequence[SupplierQuery], system: str) -> Iterator[list[tuple[str, float]]]:
        """For each query, enterprise ids and scores, best first, by one half of the engine or by all of it.

        ``lexical`` and ``dense`` are the two halves, ``hybrid`` their reciprocal rank fusion, ``full`` the
        scores of :meth:`suppliers`, before policy, diversity or exposure move anybody. Scores of different
        systems are not comparable. Raises InputError for another *system*.
        """
        if system not in SYSTEMS:
            raise InputError("No such system.", field="system", value=system, mend=f"of {', '.join(SYSTEMS)}")
        id_of = self.snapshot.enterprises.documents.id_of
        for query, found in suppliers.find(self._parts, queries):
            if system == "full":
                measured = suppliers.measure(self._parts, query, found)
                scored = measured.scored.log_odds[: query.top_k].tolist()
                yield [(id_of(measured.row(place)), probability(odds)) for place, odds in enumerate(scored)]
                continue
            exact = with_exact_offerings(self.snapshot, found.candidates, found.reading.vector, found.offered)
            measure = {"lexical": lambda c: c.lexical, "dense": dense_score, "hybrid": fused_score}[system]
            scores = measure(exact)
            best = [at for at in best_rows(scores, query.top_k) if scores[at] > 0]
            yield [(id_of(int(found.candidates.rows[at])), float(scores[at])) for at in best]
