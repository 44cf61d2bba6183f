"""The whole sample as domain objects, drawn from one seed and one day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from random import Random

from recommender.catalogue.domain import Edge, Enterprise, Need, Offering, Outcome
from recommender.sample.chains import edges, load_chains
from recommender.sample.enterprises import draw_firms
from recommender.sample.golden import GoldenQuery, Judgment, judge, load_golden
from recommender.sample.kinship import Kinship
from recommender.sample.links import load_providers
from recommender.sample.needs import Desk
from recommender.sample.offerings import Catalogue, Offer
from recommender.sample.outcomes import draw_outcomes

SEED = 20260101


@dataclass(frozen=True, slots=True)
class Sample:
    """``offering_topics`` and ``need_topics`` say what each is really about: the truth behind the texts."""

    as_of: date
    enterprises: tuple[Enterprise, ...]
    offerings: tuple[Offering, ...]
    needs: tuple[Need, ...]
    outcomes: tuple[Outcome, ...]
    edges: tuple[Edge, ...]
    golden: tuple[GoldenQuery, ...]
    judgments: tuple[Judgment, ...]
    offering_topics: dict[str, str]
    need_topics: dict[str, str]


def build_sample(as_of: date | None = None, seed: int = SEED) -> Sample:
    """The sample as of a day (default: today). The same seed and day give the same sample, and another day
    moves its dates alone."""
    as_of = as_of or date.today()
    chains, providers = load_chains(), load_providers()
    kinship = Kinship(chains)

    def stream(stage: str) -> Random:
        """A stage draws from its own stream, so that a change in one does not reshuffle the others."""
        return Random(f"{seed}:{stage}")

    firms = draw_firms(chains, providers, kinship, as_of, stream("firms"))
    catalogue = Catalogue(providers, as_of, stream("offerings"))
    offers: dict[str, list[Offer]] = {}
    enterprises: dict[str, Enterprise] = {}
    for firm in firms:
        offers[firm.id] = catalogue.offers(firm)
        enterprises[firm.id] = catalogue.describe(firm, [offer.offering.title for offer in offers[firm.id]])
    buyers = [firm for firm in firms if firm.role == "buyer"]
    wants = Desk(chains, providers, buyers, kinship, as_of, stream("needs")).write()
    suppliers = {firm.id: offers[firm.id] for firm in firms if firm.role != "buyer"}
    outcomes = draw_outcomes(wants, enterprises, suppliers, kinship, as_of, stream("outcomes"))
    every_offer = [offer for firm in firms for offer in offers[firm.id]]
    queries = load_golden({offer.topic for offer in every_offer})
    return Sample(
        as_of=as_of,
        enterprises=tuple(enterprises.values()),
        offerings=tuple(offer.offering for offer in every_offer),
        needs=tuple(want.need for want in wants),
        outcomes=tuple(outcomes),
        edges=tuple(edges(chains.values())),
        golden=tuple(queries),
        judgments=tuple(judge(queries, every_offer, enterprises, kinship, as_of)),
        offering_topics={offer.offering.offering_id: offer.topic for offer in every_offer},
        need_topics={want.need.need_id: want.topic for want in wants},
    )
