"""Which products a maker of one product plausibly makes as well, in its chain and beyond.

Kinship of two nodes is the overlap of their names, other names, kinds and processes (character bigrams,
Jaccard), plus a little for being used in the same thing, standing in the same segment, or being joined by
an edge. Across chains only the overlap counts, and it has to be considerable. Two nodes that share a name
are twins: the same thing in two chains.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from recommender.sample.chains import Chain, Node, neighbours, resolve

NEAR, FAR = 8, 3  # so many relatives are kept in the chain, and beyond
TRANSFER = 0.09  # overlap from which a capability transfers to another chain
RELATIVE = 0.12  # overlap from which a near node half answers for another; across chains twice as much


class Kinship:
    def __init__(self, chains: Mapping[str, Chain]) -> None:
        self._nodes = {node.topic: node for chain in chains.values() for node in chain.nodes}
        self._bigrams = {topic: _bigrams(node) for topic, node in self._nodes.items()}
        joined = neighbours(chains)
        used = {
            topic: {
                other.topic
                for name in node.used_in
                if (other := resolve(chains, node.chain, name)) is not None
            }
            for topic, node in self._nodes.items()
        }
        near: dict[str, list[tuple[float, str]]] = {topic: [] for topic in self._nodes}
        far: dict[str, list[tuple[float, str]]] = {topic: [] for topic in self._nodes}
        self._twins: set[tuple[str, str]] = set()
        topics = list(self._nodes)
        for place, one in enumerate(topics):
            for two in topics[:place]:
                first, second = self._nodes[one], self._nodes[two]
                score = self.overlap(first, second)
                ends = {first.segment, second.segment} == {"upstream", "downstream"}
                if first.chain == second.chain:
                    score += 0.04 * bool(used[one] & used[two]) + 0.02 * (two in joined[one])
                    score += 0.03 * (first.segment == second.segment) + 0.02 * (first.kind == second.kind)
                    score -= 0.2 * ends
                    table = near
                elif not set(first.names).isdisjoint(second.names):
                    self._twins |= {(one, two), (two, one)}
                    table = far
                elif score < TRANSFER or ends or first.kind != second.kind:
                    continue
                else:
                    table = far
                table[one].append((-score, two))
                table[two].append((-score, one))
        self._near = {topic: [other for _, other in sorted(found)[:NEAR]] for topic, found in near.items()}
        self._far = {topic: [other for _, other in sorted(found)[:FAR]] for topic, found in far.items()}
        self._matches: dict[tuple[str, str], float] = {}

    def overlap(self, first: Node, second: Node) -> float:
        one, two = self._bigrams[first.topic], self._bigrams[second.topic]
        shared = len(one & two)
        return shared / (len(one) + len(two) - shared)

    def near(self, node: Node, count: int, made: Mapping[str, int], rng: Random) -> list[Node]:
        """Up to *count* other nodes of the same chain, the nearest more often, and those that few have
        *made* so far (topic → makers)."""
        pool = list(self._near[node.topic])
        found: list[Node] = []
        while pool and len(found) < count:
            weights = [1 / (1 + place) / (1 + made[topic]) ** 2 for place, topic in enumerate(pool)]
            found.append(self._nodes[pool.pop(rng.choices(range(len(pool)), weights)[0])])
        return found

    def far(self, node: Node, rng: Random) -> Node | None:
        """A node of another chain to which this capability transfers; None where nothing is near."""
        pool = self._far[node.topic]
        return self._nodes[rng.choice(pool)] if pool else None

    def match(self, asked: str, offered: str) -> float:
        """How far an offer on one topic answers a need on another: 1 the same or its twin, 0.5 a substitute,
        0.4 a close relative, 0.2 the same chain or link, 0 else."""
        pair = (asked, offered)
        if pair not in self._matches:
            self._matches[pair] = self._match(asked, offered)
        return self._matches[pair]

    def _match(self, asked: str, offered: str) -> float:
        if asked == offered or (asked, offered) in self._twins:
            return 1.0
        one, two = self._nodes.get(asked), self._nodes.get(offered)
        if one is not None and two is not None:
            if two.name in one.substitutes or one.name in two.substitutes:
                return 0.5
            overlap = self.overlap(one, two)
            if overlap > (RELATIVE if one.chain == two.chain else 2 * RELATIVE):
                return 0.4
        return 0.2 if asked.partition(":")[0] == offered.partition(":")[0] else 0.0


def _bigrams(node: Node) -> frozenset[str]:
    words = (*node.names, *node.kinds, *node.processes)
    return frozenset(word[i : i + 2] for word in words for i in range(len(word) - 1))
