"""The user's own catalogue and outcomes as training material.

Texts are what enterprises say of themselves, their offerings, and needs. Pairs are what a person has
confirmed or written down as belonging together:

- a need and what an enterprise offers, where the enterprise qualified for it or was awarded it (these are
  contracts, too, from which a static model learns at the end). Earlier
  stages (shown, viewed, contacted, met) are left out: they follow this platform's own lists, and a model
  trained on them would learn its own answers. A rejection says nothing about the texts: it may have been the
  price;
- the title of a need or an offering and its description; an enterprise's description and its offerings;
- products that the chain graph joins.

Drafts are left out: nobody but their author has seen them. Contacts are never read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from indexes.errors import TrainingError
from recommender.catalogue import Enterprise, Need, NeedStatus, Offering, Stage
from recommender.catalogue.reading import Reader
from recommender.intake.codes import industry_name
from recommender.text.normalise import for_search
from training.awards import HELD_OUT, Awards, fold_of
from training.corpora import digest, profiles
from training.corpus import Source
from training.examples import OUTCOMES
from training.pairs import FEW, LONG, Company, Pair, edge_pairs

_OWN = "the user's own"
_ENTERPRISES = Source("catalogue: enterprises", _OWN, "names and descriptions", 2, (), own=True)
_OFFERINGS = Source("catalogue: offerings", _OWN, "titles and descriptions", 10, (), own=True)
_NEEDS = Source("catalogue: needs", _OWN, "titles and descriptions", 5, (), own=True)
_EDGES = Source("catalogue: edges", _OWN, "products of the chain graph", 10, (), own=True)
_CONFIRMED = (Stage.QUALIFIED, Stage.AWARDED)


@dataclass(frozen=True, slots=True)
class CatalogueCorpus:
    """A :class:`~training.corpora.Corpus` of one state of a catalogue, held in memory as texts."""

    texts: dict[str, tuple[str, ...]]
    """By source path, in search spelling."""
    made_pairs: tuple[Pair, ...]
    listed: tuple[Company, ...]
    titles: tuple[str, ...]
    """Of needs."""
    won: Awards

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(
            source for source in (_ENTERPRISES, _OFFERINGS, _NEEDS, _EDGES) if self.texts.get(source.path)
        )

    @property
    def data(self) -> None:
        return None

    @property
    def identity(self) -> object:
        pairs = [(pair.kind, pair.a, pair.b, pair.group, pair.other) for pair in self.made_pairs]
        listed = [(c.company_id, c.name, c.industry, c.products) for c in self.listed]
        return digest([self.texts, pairs, listed, self.titles, self.won.identity])

    def documents(self, source: Source) -> Iterator[str]:
        return iter(self.texts[source.path])

    def pairs(self) -> Iterator[Pair]:
        return iter(self.made_pairs)

    def companies(self) -> list[Company]:
        return list(self.listed)

    def awards(self) -> Awards:
        return self.won

    def trade_texts(self) -> Iterator[str]:
        yield from self.titles
        yield from profiles(self.listed)


def read_catalogue(reader: Reader, without: Collection[str] = ()) -> CatalogueCorpus:
    """The corpus of the catalogue behind *reader*, a snapshot, without the enterprises *without* (by id).

    Raises TrainingError where the catalogue holds neither offerings nor needs.
    """
    offerings: dict[str, list[Offering]] = defaultdict(list)
    for offering in reader.offerings():
        if offering.enterprise_id not in without:
            offerings[offering.enterprise_id].append(offering)
    needs = {need.need_id: need for need in reader.needs() if need.status is not NeedStatus.DRAFT}
    if not offerings and not needs:
        raise TrainingError(
            "the catalogue holds neither offerings nor needs to train on",
            field="from",
            value="catalogue",
            mend="import some, or train from a data folder with --data",
        )
    listed: list[Company] = []
    pairs: list[Pair] = []
    standing: list[str] = []
    suppliers: list[tuple[Enterprise, tuple[Offering, ...]]] = []
    for enterprise in reader.enterprises():
        identity = enterprise.enterprise_id
        if identity in without:
            continue
        standing.append(f"{enterprise.name}\n{enterprise.description}")
        own = sorted(offerings[identity], key=_weight)
        suppliers.append((enterprise, tuple(own)))
        listed.append(
            Company(
                identity, enterprise.name, industry_name(enterprise.industry), tuple(o.title for o in own)
            )
        )
        pairs.append(Pair("catalogue_profile", enterprise.description[:LONG], _titles(own), identity))
        pairs += [Pair("catalogue_offering", o.title, o.description[:LONG], o.title) for o in own]
    pairs += [Pair("catalogue_need", n.title, n.description[:LONG], n.title) for n in needs.values()]
    confirmed = list({(o.need_id, o.enterprise_id): None for o in reader.outcomes() if o.stage in _CONFIRMED})
    pairs += _matches(confirmed, needs, offerings)
    edges = list(reader.edges())
    pairs += edge_pairs(((e.source, e.relation.value, e.target) for e in edges), "catalogue_edge_")
    return CatalogueCorpus(
        texts={
            _ENTERPRISES.path: _spelled(standing),
            _OFFERINGS.path: _spelled(
                [f"{o.title}\n{o.description}" for own in offerings.values() for o in own]
            ),
            _NEEDS.path: _spelled([f"{n.title}\n{n.description}" for n in needs.values()]),
            _EDGES.path: _spelled([f"{e.source} {e.target}" for e in edges]),
        },
        made_pairs=tuple(pair for pair in pairs if pair.a.strip() and pair.b.strip()),
        listed=tuple(company for company in listed if company.products),
        titles=tuple(need.title for need in needs.values()),
        won=_awards(confirmed, needs, suppliers),
    )


def _awards(
    confirmed: Sequence[tuple[str, str]],
    needs: Mapping[str, Need],
    suppliers: Sequence[tuple[Enterprise, tuple[Offering, ...]]],
) -> Awards:
    place = {enterprise.enterprise_id: at for at, (enterprise, _) in enumerate(suppliers)}
    known = [(needs[need_id], place[e]) for need_id, e in confirmed if need_id in needs and e in place]
    return Awards(tuple(suppliers), tuple(need for need, _ in known), tuple(at for _, at in known))


def _matches(
    confirmed: Sequence[tuple[str, str]],
    needs: Mapping[str, Need],
    offerings: Mapping[str, Sequence[Offering]],
) -> Iterator[Pair]:
    """Each confirmed need and enterprise once: the need against the enterprise's main offerings, of the
    need's own link where it has any. The enterprises of the fold left out of training stay out."""
    for need_id, enterprise_id in confirmed:
        need, own = needs.get(need_id), sorted(offerings.get(enterprise_id, ()), key=_weight)
        if need is not None and own and fold_of(enterprise_id) != HELD_OUT:
            chosen = [o for o in own if o.link is need.link] or own
            wanted = f"{need.title} {need.description}"[:LONG]
            yield Pair(OUTCOMES, wanted, _titles(chosen[:FEW]), group=need_id, other=enterprise_id)


def _weight(offering: Offering) -> tuple[float, str]:
    """Sorts the largest share of revenue first, then by id."""
    return -(offering.weight or 0.0), offering.offering_id


def _titles(offerings: Sequence[Offering]) -> str:
    return " ".join(offering.title for offering in offerings)[:LONG]


def _spelled(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(spelled for text in texts if (spelled := for_search(text)))
