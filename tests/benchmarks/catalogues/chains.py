"""The chain graph of the generated catalogue: the sample's, and edges between the vocabulary's products."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from recommender.catalogue.domain import Edge, Relation
from recommender.sample.chains import edges as sample_edges
from recommender.sample.chains import load_chains
from tests.benchmarks.catalogues.vocabulary import Vocabulary

_RELATIONS = (
    (Relation.HAS_KIND, 4),
    (Relation.NEEDS_MATERIAL, 3),
    (Relation.USED_IN, 2),
    (Relation.PROCESSED_BY, 1),
)


def edges(words: Vocabulary, count: int, rng: Random) -> Iterator[Edge]:
    """The sample's edges and about *count* more, each once: noisy, as graphs read out of reports are."""
    seen = set()
    for edge in sample_edges(load_chains().values()):
        seen.add((edge.source, edge.target, edge.relation, edge.chain))
        yield edge
    kinds = [relation for relation, share in _RELATIONS for _ in range(share)]
    for _ in range(count):
        head = words.heads[words.draw(rng)]
        relation = rng.choice(kinds)
        near = words.heads[rng.choice(head.near)]
        target = {
            Relation.HAS_KIND: f"{rng.choice(head.words)}{head.name}",
            Relation.PROCESSED_BY: rng.choice(head.words),
        }.get(relation, near.name)
        key = (head.name, target, relation, head.chain)
        if key not in seen and target != head.name:
            seen.add(key)
            yield Edge(head.name, target, relation, head.chain)
