"""Which products a maker of one product plausibly makes as well, in its chain and beyond.

Kinship of two nodes is the overlap of their names, other names, kinds and processes (character bigrams,
Jaccard), plus a little for being used in the same thing, standing in the same segment, or being joined by
an edge. Across chains only the overlap counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from recommender.sample.chains import Chain, Node, neighbours, resolve


class Kinship:
    def __init__(self, chains: Mapping[str, Chain]) -> None:
        self._nodes = {node.topic: node for chain in chains.values() for node in chain.nodes}
        self._bigrams = {topic: _bigrams(node) for topic, node in self._nodes.items()}
        self._next = neighbours(chains)
        self._used = {
            topic: frozenset(
                other.topic for name in node.used_in if (other := resolve(chains, node.chain, name))
            )
            for topic, node in self._nodes.items()
        }
        self._near = {topic: self._ranked(node, cross=False, keep=6) for topic, node in self._nodes.items()}
        self._far = {topic: self._ranked(node, cross=True, keep=3) for topic, node in self._nodes.items()}

    def overlap(self, first: Node, second: Node) -> float:
        one, two = self._bigrams[first.topic], self._bigrams[second.topic]
        return len(one & two) / len(one | two)

    def _ranked(self, node: Node, *, cross: bool, keep: int) -> tuple[Node, ...]:
        scored: list[tuple[float, str]] = []
        for topic, other in self._nodes.items():
            if topic == node.topic or (other.chain != node.chain) != cross:
                continue
            score = self.overlap(node, other)
            if not cross:
                score += 0.04 * bool(self._used[node.topic] & self._used[topic])
                score += 0.03 * (node.segment == other.segment) + 0.02 * (node.kind == other.kind)
                score += 0.02 * (topic in self._next[node.topic])
                score -= 0.2 * ({node.segment, other.segment} == {"upstream", "downstream"})
            elif {node.segment, other.segment} == {"upstream", "downstream"} or node.kind != other.kind:
                continue
            scored.append((-score, topic))
        return tuple(self._nodes[topic] for _, topic in sorted(scored)[:keep])

    def near(self, node: Node, count: int, rng: Random) -> list[Node]:
        """Up to *count* other nodes of the same chain, the nearest more often."""
        pool = list(self._near[node.topic])
        found: list[Node] = []
        while pool and len(found) < count:
            weights = [1 / (1 + place) for place in range(len(pool))]
            found.append(pool.pop(rng.choices(range(len(pool)), weights)[0]))
        return found

    def far(self, node: Node, rng: Random) -> Node | None:
        """A node of another chain to which this capability transfers; None where nothing is near."""
        pool = self._far[node.topic]
        return rng.choice(pool) if pool else None

    def match(self, asked: str, offered: str) -> float:
        """How far an offer on one topic answers a need on another: 1 the same, 0.5 a substitute or a close
        relative, 0.2 the same chain or link, 0 else."""
        if asked == offered:
            return 1.0
        one, two = self._nodes.get(asked), self._nodes.get(offered)
        if one and two and (two.name in one.substitutes or one.name in two.substitutes):
            return 0.5
        if one and two in self._near[asked][:2] and self.overlap(one, self._nodes[offered]) > 0.12:
            return 0.4
        return 0.2 if asked.split(":")[0] == offered.split(":")[0] else 0.0


def _bigrams(node: Node) -> frozenset[str]:
    words = (*node.names, *node.kinds, *node.processes)
    return frozenset(word[i : i + 2] for word in words for i in range(len(word) - 1))
