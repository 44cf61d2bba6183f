"""Where each node of a chain stands in its picture: layers from upstream to downstream, few crossings.

The framework of Sugiyama, Tagawa and Toda (1981, IEEE Trans. SMC 11): cycles are broken, layers are given by
the longest path, and the order within a layer follows the barycentre of the neighbours. What is a kind of
another node stands below it, indented. A layer that is too long goes on in the next column.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

COLUMN, ROW = 240, 40  # pixels from one node to the next
MARGIN, HEAD = 24, 56  # around the picture; above the nodes, for the name of the segment
INDENT = 16
_DEEPEST = 3  # steps of indentation
_SWEEPS = 8
_LEAST_ROWS = 10
_PROPORTION = 2.5  # rows by columns where all columns are full


@dataclass(frozen=True, slots=True)
class Place:
    """The centre of a node's mark is (*x*, *y*); its name stands to the right, within the column."""

    node: int
    x: int
    y: int
    column: int
    depth: int


@dataclass(frozen=True, slots=True)
class Band:
    """One segment's columns: from *x*, *width* wide; no band is drawn where *width* is 0."""

    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Layout:
    places: tuple[Place, ...]
    bands: tuple[Band, ...]
    width: int
    height: int


def lay_out(
    bands: Sequence[Sequence[int]], flows: Iterable[tuple[int, int]], broader: Mapping[int, int]
) -> Layout:
    """Places for the nodes of *bands* (one list a segment, upstream first).

    *flows* are (from, to) along which things go downstream; ends that are in no band are passed over.
    *broader* says of a node what it is a kind of. Same input, same picture.
    """
    band_of = {node: number for number, nodes in enumerate(bands) for node in nodes}
    head_of, families = _families(bands, band_of, broader)
    edges = sorted(
        {
            (head_of[start], head_of[end])
            for start, end in flows
            if start in head_of and end in head_of and head_of[start] != head_of[end]
        }
    )
    layers: list[list[int]] = []
    of_band: list[list[int]] = []
    for number, nodes in enumerate(bands):
        heads = [node for node in dict.fromkeys(nodes) if head_of[node] == node and band_of[node] == number]
        inside = [edge for edge in edges if band_of[edge[0]] == band_of[edge[1]] == number]
        found = _layers(heads, inside)
        of_band.append(list(range(len(layers), len(layers) + len(found))))
        layers += found
    layers = ordered(layers, edges)
    rows = max(_LEAST_ROWS, math.ceil(math.sqrt(len(band_of) * _PROPORTION)))
    places: list[Place] = []
    drawn: list[Band] = []
    column = 0
    for numbers in of_band:
        first = column
        for layer in numbers:
            members = [(node, depth) for head in layers[layer] for node, depth in families[head]]
            for at, (node, depth) in enumerate(members):
                across, down = column + at // rows, at % rows
                x = MARGIN + across * COLUMN + INDENT * (1 + min(depth, _DEEPEST))
                places.append(Place(node, x, HEAD + down * ROW + ROW // 2, across, depth))
            column += math.ceil(len(members) / rows)
        drawn.append(Band(MARGIN + first * COLUMN, (column - first) * COLUMN))
    deepest = max((place.y for place in places), default=HEAD) + ROW // 2
    return Layout(tuple(places), tuple(drawn), 2 * MARGIN + column * COLUMN, deepest + MARGIN)


def _families(
    bands: Sequence[Sequence[int]], band_of: Mapping[int, int], broader: Mapping[int, int]
) -> tuple[dict[int, int], dict[int, list[tuple[int, int]]]]:
    """(node → head of its family, head → its family in the order of drawing, with depths).

    A family stays within a segment; where kinds go round in a circle its first node is the head.
    """
    kinds: dict[int, list[int]] = {}
    parent: dict[int, int] = {}
    for node in sorted(band_of):
        up = broader.get(node)
        if up is not None and up != node and band_of.get(up) == band_of[node]:
            parent[node] = up
            kinds.setdefault(up, []).append(node)
    head_of: dict[int, int] = {}
    families: dict[int, list[tuple[int, int]]] = {}
    every = [node for nodes in bands for node in nodes]
    for head in (*(node for node in every if node not in parent), *every):  # the latter: circles
        if head in head_of:
            continue
        families[head] = []
        stack = [(head, 0)]
        while stack:
            node, depth = stack.pop()
            if node in head_of:
                continue
            head_of[node] = head
            families[head].append((node, depth))
            stack += [(kind, depth + 1) for kind in reversed(kinds.get(node, []))]
    return head_of, families


def _layers(nodes: Sequence[int], edges: Sequence[tuple[int, int]]) -> list[list[int]]:
    """*nodes* by the length of the longest path that leads to them; edges that close a cycle do not count."""
    out: dict[int, list[int]] = {node: [] for node in nodes}
    for start, end in edges:
        out[start].append(end)
    finished: list[int] = []
    state: dict[int, int] = {}  # 1 while a node is on the path, 2 when it is done
    back: set[tuple[int, int]] = set()
    for root in nodes:
        stack = [] if root in state else [(root, iter(out[root]))]
        state.setdefault(root, 1)
        while stack:
            node, ends = stack[-1]
            for end in ends:
                if end not in state:
                    state[end] = 1
                    stack.append((end, iter(out[end])))
                    break
                if state[end] == 1:
                    back.add((node, end))
            else:
                state[node] = 2
                finished.append(node)
                stack.pop()
    layer = dict.fromkeys(nodes, 0)
    for node in reversed(finished):  # before each node all that lead to it
        for end in out[node]:
            if (node, end) not in back:
                layer[end] = max(layer[end], layer[node] + 1)
    found: list[list[int]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    for node in nodes:
        found[layer[node]].append(node)
    return found


def ordered(layers: Sequence[Sequence[int]], edges: Sequence[tuple[int, int]]) -> list[list[int]]:
    """*layers* reordered so that their *edges* cross less: sweeps down and up, each node to the barycentre of
    its neighbours on that side; the best order that was met is kept."""
    layer_of = {node: number for number, nodes in enumerate(layers) for node in nodes}
    before: dict[int, list[int]] = {node: [] for node in layer_of}
    after: dict[int, list[int]] = {node: [] for node in layer_of}
    for start, end in edges:
        low, high = (start, end) if layer_of[start] <= layer_of[end] else (end, start)
        before[high].append(low)
        after[low].append(high)
    now = [list(nodes) for nodes in layers]
    best, least = [list(nodes) for nodes in now], crossings(now, edges)
    for sweep in range(_SWEEPS):
        if not least:
            break
        near = before if sweep % 2 == 0 else after
        place = {
            node: (at + 0.5) / len(nodes) for nodes in now for at, node in enumerate(nodes)
        }  # as shares, for layers differ in length
        for number in range(len(now)) if sweep % 2 == 0 else reversed(range(len(now))):
            nodes = now[number]
            means = {
                node: sum(place[n] for n in near[node]) / len(near[node]) if near[node] else place[node]
                for node in nodes
            }
            nodes.sort(key=lambda node: (means[node], place[node]))
            place.update({node: (at + 0.5) / len(nodes) for at, node in enumerate(nodes)})
        count = crossings(now, edges)
        if count < least:
            best, least = [list(nodes) for nodes in now], count
    return best


def crossings(layers: Sequence[Sequence[int]], edges: Iterable[tuple[int, int]]) -> int:
    """How many pairs of edges between the same two layers cross."""
    at = {node: (number, place) for number, nodes in enumerate(layers) for place, node in enumerate(nodes)}
    pairs: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for start, end in edges:
        (low, a), (high, b) = sorted((at[start], at[end]))
        if low != high:
            pairs.setdefault((low, high), []).append((a, b))
    count = 0
    for ends in pairs.values():
        ends.sort()
        tree = [0] * (max(b for _, b in ends) + 2)  # Fenwick tree over the places of the second layer
        for seen, (_, b) in enumerate(ends):
            reached, at_b = 0, b + 1
            while at_b:
                reached += tree[at_b]
                at_b &= at_b - 1
            count += seen - reached
            at_b = b + 1
            while at_b < len(tree):
                tree[at_b] += 1
                at_b += at_b & -at_b
    return count
