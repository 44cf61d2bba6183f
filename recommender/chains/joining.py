"""Names that mean the same become one node.

Three ways, each more daring: the same spelling; the same but for letters in brackets (聚丙烯(PP)); the same
but for a particle that says nothing (蜂窝状活性炭, 蜂窝活性炭), where the encoder agrees. The last are listed
for review. On an encoder's word alone nothing is joined: it takes 多油断路器 for 少油断路器.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.text.normalise import for_search

LEAST_COSINE = 0.9
_SIGNS = re.compile(r"[^\w.+%]|_")
_LATIN_IN_BRACKETS = re.compile(r"[(（][a-zA-Z0-9./-]{1,12}[)）]")
_PARTICLE = re.compile("(?<=.)[式性状用之类](?=.)|(?<=[a-z0-9])型(?=.)|类$")

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Join:
    """*name* stands for the node *node*; ``cosine`` of the two where the encoder was asked, else NaN."""

    name: str
    node: str
    how: str  # "spelling", "brackets" or "embedding"
    cosine: float


@dataclass(frozen=True, slots=True)
class Joined:
    """``names`` are the nodes' names; ``node_of`` gives the node of every spelling, ``node`` that of every
    name that has one; ``joins`` is what was joined."""

    names: tuple[str, ...]
    node_of: Mapping[str, int]
    node: Mapping[str, int]
    joins: tuple[Join, ...]


def spelling(name: str) -> str:
    """*name* as it is looked up: in search spelling without spaces and signs; ``""`` where it has no others.

    >>> spelling("ＰＶＣ-U 管（给水用）")
    'pvcu管给水用'
    """
    return _SIGNS.sub("", for_search(name))


def join(uses: Mapping[str, int], vectors: Callable[[Sequence[str]], Vectors]) -> Joined:
    """Join the names in *uses* (name → number of its edges); the most used name of a group names the node.

    *vectors* gives (n, d) unit vectors of names and is asked only about those that a particle sets apart.
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for name in sorted(uses, key=lambda name: (-uses[name], len(name), name)):
        if key := spelling(name):
            groups[key].append(name)
    same: dict[str, tuple[str, str, float]] = {}  # spelling → the spelling it joins, how, cosine
    for key, members in groups.items():
        plain = {spelling(bare) for name in members if (bare := _LATIN_IN_BRACKETS.sub("", name)) != name}
        if len(plain) == 1 and (base := plain.pop()) != key and base in groups:
            same[key] = (base, "brackets", float("nan"))
    same |= _by_particle([key for key in groups if key not in same], groups, uses, vectors)
    names: list[str] = []
    node_of: dict[str, int] = {}
    joins: list[Join] = []
    for key in groups:
        if key not in same:
            node_of[key] = len(names)
            names.append(groups[key][0])
            joins += [Join(name, names[-1], "spelling", float("nan")) for name in groups[key][1:]]
    for key, (base, how, cosine) in same.items():
        node_of[key] = node_of[same[base][0] if base in same else base]
        joins += [Join(name, names[node_of[key]], how, cosine) for name in groups[key]]
    node = {name: node_of[key] for key, members in groups.items() for name in members}
    return Joined(tuple(names), node_of, node, tuple(joins))


def _by_particle(
    keys: Sequence[str],
    groups: Mapping[str, Sequence[str]],
    uses: Mapping[str, int],
    vectors: Callable[[Sequence[str]], Vectors],
) -> dict[str, tuple[str, str, float]]:
    alike: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        core = _PARTICLE.sub("", key)
        alike[core if len(core) > 1 else key].append(key)
    pairs: list[tuple[str, str]] = []
    for members in alike.values():
        members.sort(key=lambda key: (-uses[groups[key][0]], len(key), key))
        pairs += [(key, members[0]) for key in members[1:]]
    if not pairs:
        return {}
    one, two = (vectors([groups[pair[side]][0] for pair in pairs]) for side in (0, 1))
    cosines = np.einsum("ij,ij->i", one, two)
    return {
        key: (base, "embedding", float(cosine))
        for (key, base), cosine in zip(pairs, cosines, strict=True)
        if cosine >= LEAST_COSINE
    }
