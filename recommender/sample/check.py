"""What a chain file has to keep, so that the sample stays a whole: used by the tests and by authors."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal

from recommender.intake.codes import industry_name, region_name
from recommender.sample.chains import SEGMENTS, Chain, Node, neighbours, resolve
from recommender.sample.phrases import SLOT

MIN_NODES, MIN_NEEDS = 30, 45
FRAME = 10  # characters
MAX_FRAME_SHARE = 0.03  # of a chain's sentences may share such a run


def problems(chain: Chain, chains: Mapping[str, Chain]) -> list[str]:
    """Everything wrong with *chain*, as sentences for its author; *chains* are all that are there."""
    found = [f"{chain.key}: {text}" for text in (*_whole(chain, chains), *_codes(chain))]
    for node in chain.nodes:
        found += [f"{node.topic}: {text}" for text in (*_node(node, chains), *_sentences(node))]
    return found


def _whole(chain: Chain, chains: Mapping[str, Chain]) -> Iterator[str]:
    if len(chain.nodes) < MIN_NODES:
        yield f"{len(chain.nodes)} nodes, {MIN_NODES} are asked for"
    needs = sum(len(node.needs) for node in chain.nodes)
    if needs < MIN_NEEDS:
        yield f"{needs} needs edges, {MIN_NEEDS} are asked for"
    for name, count in Counter(name for node in chain.nodes for name in node.names).items():
        if count > 1:
            yield f"the name {name} stands {count} times"
    for gap in chain.gaps:
        if (
            gap.segment not in SEGMENTS
            or not gap.used_in
            or not all(map(chain.node, (*gap.needs, *gap.used_in)))
        ):
            yield f"the gap {gap.name} stands in no segment or goes into no node"
        if any(gap.name in node.names or gap.name in node.kinds for node in chain.nodes):
            yield f"the gap {gap.name} is offered"
    lost = unconnected(chain, chains)
    if lost:
        yield f"not connected with the rest: {'、'.join(sorted(lost))}"
    sentences = [text for node in chain.nodes for text in (*node.offers, *node.wants)]
    for text, count in Counter(SLOT.sub("{}", text) for text in sentences).items():
        if count > 1:
            yield f"a sentence stands {count} times: {text}"
    names = [name for node in chain.nodes for name in node.names]
    for run, share in common_runs(sentences, names, FRAME, MAX_FRAME_SHARE):
        yield f"“{run}” occurs in {share:.1%} of the sentences"


def _codes(chain: Chain) -> Iterator[str]:
    for segment in SEGMENTS:
        if not chain.industries.get(segment):
            yield f"no industry codes for {segment}"
    for code in (code for codes in chain.industries.values() for code in codes):
        if len(code) != 4 or not industry_name(code):
            yield f"{code} is no class of GB/T 4754-2017"
    for code in chain.clusters:
        if not region_name(code):
            yield f"{code} is no place of GB/T 2260"
    if not 4 <= len(chain.buyers) <= 8:
        yield f"{len(chain.buyers)} kinds of buyer"


def _node(node: Node, chains: Mapping[str, Chain]) -> Iterator[str]:
    if node.segment not in SEGMENTS:
        yield f"segment {node.segment}"
    if node.kind not in ("product", "material"):
        yield f"kind {node.kind}"
    for reference in (*node.needs, *node.used_in, *node.substitutes):
        if resolve(chains, node.chain, reference) is None:
            yield f"{reference} is no node"
    if not (0 < node.quantity[0] <= node.quantity[1] and 0 < node.price[0] <= node.price[1]):
        yield "quantity or price is no range"
    if not node.unit or not node.processes:
        yield "no unit or no process"


def _sentences(node: Node) -> Iterator[str]:
    if len(node.offers) < 3 or len(node.wants) < 2:
        yield f"{len(node.offers)} offers and {len(node.wants)} wants"
    for text in (*node.offers, *node.wants):
        if not 20 <= len(SLOT.sub("12", text)) <= 140:
            yield f"{len(text)} characters: {text}"
        if re.search(r"[{}]", SLOT.sub("", text)):
            yield f"a slot does not parse: {text}"
        for name, low, high, step in SLOT.findall(text):
            if not low:
                yield f"the slot {name} has no range: {text}"
            elif Decimal(low) >= Decimal(high) or not 0 < Decimal(step) <= Decimal(high) - Decimal(low):
                yield f"the slot {name} has an empty range: {text}"


def unconnected(chain: Chain, chains: Mapping[str, Chain]) -> set[str]:
    """Topics of the chain's nodes that no path of edges within it joins to its first node."""
    inside = {node.topic for node in chain.nodes}
    edges = neighbours(chains)
    reached, border = {chain.nodes[0].topic}, [chain.nodes[0].topic]
    while border:
        fresh = [topic for topic in edges[border.pop()] if topic in inside and topic not in reached]
        reached.update(fresh)
        border.extend(fresh)
    return inside - reached


def common_runs(
    texts: Collection[str], names: Iterable[str], width: int, share: float
) -> list[tuple[str, float]]:
    """Runs of *width* characters, outside *names* and slots, that more than *share* of *texts* hold, with
    their shares, most frequent first."""
    cut = re.compile("|".join([SLOT.pattern, *map(re.escape, sorted(names, key=len, reverse=True))]))
    counts: Counter[str] = Counter()
    for text in texts:
        pieces = cut.sub("\0", text).split("\0")
        counts.update({piece[i : i + width] for piece in pieces for i in range(len(piece) - width + 1)})
    return [(run, n / len(texts)) for run, n in counts.most_common() if n > share * len(texts)]
