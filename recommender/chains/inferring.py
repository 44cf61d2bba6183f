"""Edges that nobody stated but that names and neighbours suggest; a release marks each of them as inferred.

*head of the name*: what ends with the name of a thing that has kinds is one of them (轴箱轴承 is a 轴承); so,
less surely, does a *longer name* go with a name of three characters and more that means much the same.
*form of a material*: what is named after a material and a form of it needs it (硅钢片 needs 硅钢).
*material in the name*: what begins with the name of a material needs it, where other names of that ending do
(不锈钢水箱 needs 不锈钢, because 铝合金水箱 needs 铝合金). *like its siblings*: a kind needs what three kinds
of the same thing need that the encoder finds alike. What breaks a rule of
:mod:`recommender.chains.cleaning` is not inferred. ``tests/benchmarks/edges.py`` counts how many hidden edges
each finds again, and how often rightly.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue.domain import Edge, Relation
from recommender.chains.cleaning import clean

Vectors = NDArray[np.float32]

_LEAST_NAME, _LONG_NAME = 2, 3  # characters of a material or a head that a longer name must hold
_MOST_BEFORE_HEAD = 6  # beyond, a name is rather a list of things
_KNOWN_AS_MATERIAL = 5  # products that must need a thing before names that begin with it count
_KNOWN_KINDS = 2
_KNOWN_TAILS = 2  # products of such an ending that state the material they are named after
_SIBLINGS, _ALIKE, _SHARE = 3, 0.6, 0.5
_FAMILY = 400  # kinds of a thing that are compared with each other


@dataclass(frozen=True, slots=True)
class Inference:
    """``confidence`` is what the rule's edges were worth when they were judged by hand."""

    source: int
    target: int
    relation: Relation
    rule: str
    confidence: float


MATERIAL_IN_NAME, HEAD_OF_NAME, LONGER_NAME, LIKE_SIBLINGS, FORM = (
    "material in the name",
    "head of the name",
    "longer name",
    "like its siblings",
    "form of a material",
)
CONFIDENCE = {FORM: 0.93, MATERIAL_IN_NAME: 0.85, HEAD_OF_NAME: 0.75, LONGER_NAME: 0.7, LIKE_SIBLINGS: 0.6}
# a form of a material, not a plate that protects (保护板) or a line that carries power (电源线)
_MATERIAL = re.compile(
    "(?:钢|铁|铜|铝|镍|钛|镁|锌|锡|铅|钨|钼|锆|铌|钽|合金|金属|硅|石墨|碳|炭|塑料|树脂|橡胶|硅胶|玻璃|陶瓷|纤维|棉|毛|木|竹"
    "|石|云母|纶|纸|水泥|混凝土|铁氧体|尼龙|乙烯|丙烯|氨酯|酰胺|酰亚胺|碳酸酯|PVC|PET|PE|PP|ABS|PU|PI)$",
    re.IGNORECASE,
)
_FORMS = re.compile(
    "(?:片|板|带|卷|箔|棒|线|丝|管|粉|粒|板材|带材|棒材|线材|型材|管材|卷材|片材|粉末|颗粒|薄膜|坯|锭)$"
)


def is_form(thing: str, material: str) -> bool:
    """Whether *thing* is named as a form of *material*.

    >>> is_form("无取向硅钢片", "无取向硅钢"), is_form("轴承钢", "轴承")
    (True, False)
    """
    rest = thing[len(material) :] if thing.startswith(material) else ""
    return _FORMS.fullmatch(rest) is not None and _MATERIAL.search(material) is not None


def infer(
    names: Sequence[str], edges: Iterable[tuple[int, int, Relation]], vectors: Vectors
) -> list[Inference]:
    """What the three rules add to *edges* (source, target, relation) between nodes with *names* and *vectors*
    (n, d); never an edge that is there, in either direction, nor one between things that are."""
    known: set[tuple[int, int]] = set()
    materials: dict[int, list[int]] = defaultdict(list)
    kinds: dict[int, list[int]] = defaultdict(list)
    needed: Counter[int] = Counter()
    for source, target, relation in edges:
        known |= {(source, target), (target, source)}
        if relation is Relation.NEEDS_MATERIAL:
            materials[source].append(target)
            needed[target] += 1
        elif relation is Relation.HAS_KIND:
            kinds[source].append(target)
    found: list[Inference] = []

    def add(source: int, target: int, relation: Relation, rule: str) -> None:
        if source != target and (source, target) not in known:
            known.update(((source, target), (target, source)))
            found.append(Inference(source, target, relation, rule, CONFIDENCE[rule]))

    number = {name: node for node, name in enumerate(names)}
    tails = Counter(
        names[source][len(names[target]) :]
        for source, targets in materials.items()
        for target in targets
        if names[source].startswith(names[target])
    )
    made = {name for name, count in needed.items() if count >= _KNOWN_AS_MATERIAL}
    for node, name in enumerate(names):
        head, longer, material = _parts(name, number, made, kinds)
        if head is not None:
            add(head, node, Relation.HAS_KIND, HEAD_OF_NAME)
        if longer is not None and float(vectors[longer] @ vectors[node]) >= _ALIKE:
            add(longer, node, Relation.HAS_KIND, LONGER_NAME)
        base = number.get(name[: end.start()]) if (end := _FORMS.search(name)) else None
        if base is not None and base in needed and is_form(name, names[base]):
            add(node, base, Relation.NEEDS_MATERIAL, FORM)
        if material is not None and tails[name[len(names[material]) :]] >= _KNOWN_TAILS:
            add(node, material, Relation.NEEDS_MATERIAL, MATERIAL_IN_NAME)
    for family in kinds.values():
        for node, material in _like_siblings(family[:_FAMILY], materials, vectors):
            add(node, material, Relation.NEEDS_MATERIAL, LIKE_SIBLINGS)
    sound = {
        (e.source, e.target)
        for e in clean(Edge(names[i.source], names[i.target], i.relation) for i in found).kept
    }
    return [each for each in found if (names[each.source], names[each.target]) in sound]


def _parts(
    name: str, number: dict[str, int], made: set[int], kinds: dict[int, list[int]]
) -> tuple[int | None, int | None, int | None]:
    """The longest name that has kinds of those that *name* ends with, the longest of three characters if that
    is longer still, and the longest known material that it begins with."""
    head = longer = material = None
    for cut in range(1, min(_MOST_BEFORE_HEAD, len(name) - _LEAST_NAME) + 1):
        node = number.get(name[cut:])
        if node is not None and len(kinds.get(node, ())) >= _KNOWN_KINDS:
            head = node
            break
        if node is not None and longer is None and len(name) - cut >= _LONG_NAME:
            longer = node
    for cut in range(len(name) - 1, _LEAST_NAME - 1, -1):
        node = number.get(name[:cut])
        if node in made:
            material = node
            break
    return head, longer, material


def _like_siblings(
    family: Sequence[int], materials: dict[int, list[int]], vectors: Vectors
) -> Iterable[tuple[int, int]]:
    """(kind, material) where at least three siblings alike to the kind, and half of all those, need it."""
    stated = [node for node in family if materials.get(node)]
    if len(stated) < _SIBLINGS:
        return
    alike = vectors[list(family)] @ vectors[stated].T
    for node, row in zip(family, alike, strict=True):
        near = [stated[i] for i in np.flatnonzero(row >= _ALIKE) if stated[i] != node]
        votes = Counter(material for sibling in near for material in set(materials[sibling]))
        for material, count in votes.items():
            if count >= max(_SIBLINGS, _SHARE * len(near)) and material != node:
                yield node, material
