"""From a thing that is needed to things whose makers could turn to it, each with the steps that say why.

Who makes another form or another kind of the thing, a like thing of the same materials, by the same process
or to the same standard, its material having its process, or what the thing's makers often make beside it.
A shared material alone says little (shoes and valves are both of plastic): the two things must be alike, too.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue.domain import Relation
from recommender.chains.graph import ChainGraph, Step
from recommender.chains.inferring import is_form
from recommender.chains.seating import surest
from recommender.chains.stored import RELATIONS, NodeKind
from recommender.chains.walking import Reached

Rows = NDArray[np.int64]
Floats = NDArray[np.float64]
Along = tuple[tuple[Relation, bool], ...]  # relations, and whether they are walked forward

_OF: Along = ((Relation.NEEDS_MATERIAL, True), (Relation.USED_IN, False))
_BY: Along = ((Relation.PROCESSED_BY, True),)
_SHARED = 0.7  # what is left of the confidence at a thing of the same material, process or standard
_BOTH = 0.4  # … at its material, made by who has its process, too
_FORM = 0.7  # … at the same material in another form
_SIBLING = 0.6  # … at another kind of the same thing
_BROADER = 0.8  # … of what is true of a thing for its kinds
_KIN = 0.9  # … at a kind of a thing, and how much the likeness of their broader things counts for two things
_UP, _MOST_FAMILY = 2, 6  # steps to what a thing is a kind of, and how many such things are looked at
_MOST_SHARING = 200  # edges of a material or process from which on sharing it says nothing
_MOST_COMPARED = 300  # things that share a material with one, after which no further material is looked at
_MOST_KINDS = 40  # kinds of a thing from which on being one of them says nothing
_MOST_CITING = 60  # offerings that name a standard, from which on it says nothing
_ALIKE = 0.5  # cosine of two things that may be made by the same hands
_ROUGHLY, _RARE = 0.35, 6  # a lesser cosine, and edges of a material that hardly anything needs
_BY_WORK = 0.4  # what a cosine counts at least for things that share a material and a process
# what every trade does says of nobody what he can make
_ANY_TRADE = re.compile("(?:检测|检验|试验|测试|探伤|调试|总装|组装|装配|包装|清洗|打标|喷码)$")
_FIRM = 0.6  # seats as sure as this count
LEAST = 0.06
_TOGETHER, _LEAST_MAKERS, _BESIDE = 0.3, 4, 0.38  # of two things that the same enterprises make
_MOST = 40
_REMEMBERED = 2_048  # nodes of a graph


@dataclass(frozen=True, slots=True)
class Way:
    """A node that a need reaches, how sure who makes it can meet the need, and the steps that lead there.

    ``makers``, where it is not 0, is how many enterprises make both the *asked* node and this one, and
    ``together`` the cosine of the two sets of makers; ``standard``, where it is not −1, is the number of the
    standard that both are made to, ``citing`` the row of an offering on the asked node that names it (−1: the
    need does), ``together`` how much that says. Either joins the two, and there are no steps. ``leaves``
    where the way leaves the thing, its kinds and its forms.
    """

    node: int
    confidence: float
    asked: int
    steps: tuple[Step, ...] = ()
    makers: int = 0
    together: float = 0.0
    standard: int = -1
    citing: int = -1
    leaves: bool = True


@dataclass(frozen=True, slots=True)
class Among:
    """A way that leads not to all who sit on its node, but to the enterprises *rows*, through *offerings*."""

    way: Way
    rows: Rows
    confidences: Floats
    offerings: Rows


_NEAR: WeakKeyDictionary[ChainGraph, dict[int, tuple[Way, ...]]] = WeakKeyDictionary()


def near(graph: ChainGraph, node: int, sure: float) -> Iterator[Way]:
    """What :func:`forms`, :func:`siblings`, :func:`neighbours` and :func:`made_beside` give, one after
    another. They are remembered: the same things are needed again and again."""
    remembered = _NEAR.setdefault(graph, {})
    found = remembered.get(node)
    if found is None:
        every = (forms, siblings, neighbours, made_beside)
        found = tuple(way for each in every for way in each(graph, node, 1.0))
        if len(remembered) >= _REMEMBERED:
            remembered.clear()
        remembered[node] = found
    for way in found:
        if way.confidence * sure >= LEAST:
            yield way if sure == 1.0 else replace(way, confidence=way.confidence * sure)


def direct(reached: Reached) -> Way:
    """Along kinds and substitutes. It leaves the thing only where it goes on behind a substitute."""
    steps = reached.steps
    asked = steps[0].start if steps else reached.node
    leaves = len(steps) > 1 and any(step.relation is not Relation.HAS_KIND for step in steps)
    return Way(reached.node, reached.confidence, asked, steps, leaves=leaves)


def forms(graph: ChainGraph, node: int, sure: float) -> Iterator[Way]:
    """The same material in another form: 无取向硅钢片 and 无取向硅钢."""
    for step in graph.steps(node, [Relation.NEEDS_MATERIAL]):
        thing, material = (step.start, step.end) if step.forward else (step.end, step.start)
        if is_form(graph.name(thing), graph.name(material)):
            yield Way(step.end, sure * _FORM * step.confidence, node, (step,), leaves=False)


def siblings(graph: ChainGraph, node: int, sure: float) -> list[Way]:
    """Other kinds of what *node* is a kind of, where that has few, as far as they are alike."""
    found: dict[int, tuple[float, tuple[Step, ...]]] = {}
    for broader, (factor, ups) in _family(graph, node).items():
        if broader == node:
            continue
        for down in graph.steps(broader, [Relation.HAS_KIND], forward=True):
            strength = factor * down.confidence
            if down.end != node and strength > found.get(down.end, (0.0,))[0]:
                found[down.end] = strength, (*ups, down)
    others = np.array(sorted(found), np.int64)
    ways = [
        Way(other, sure * _SIBLING * found[other][0] * min(1.0, cosine), node, found[other][1], leaves=False)
        for other, cosine in zip(others.tolist(), cosines(graph, node, others).tolist(), strict=True)
        if cosine >= _ALIKE
    ]
    return _best(ways)


def _family(graph: ChainGraph, node: int) -> dict[int, tuple[float, tuple[Step, ...]]]:
    """*node*, and what it is a kind of within two steps where that has few kinds: how much what is true of
    that is true of the node, and the steps that lead there."""
    found: dict[int, tuple[float, tuple[Step, ...]]] = {node: (1.0, ())}
    border = [node]
    for _ in range(_UP):
        ahead: list[int] = []
        for each in border:
            factor, steps = found[each]
            for up in graph.steps(each, [Relation.HAS_KIND], forward=False):
                if up.end not in found and graph.degree(up.end) <= _MOST_KINDS and len(found) < _MOST_FAMILY:
                    found[up.end] = factor * up.confidence * _BROADER, (*steps, up)
                    ahead.append(up.end)
        border = ahead
    return found


def neighbours(graph: ChainGraph, node: int, sure: float, *, loosely: bool = False) -> list[Way]:
    """What is made of the same material or by the same process as *node*, or as what it is a kind of, and is
    a like thing; and the kinds of that.

    A material that few need says more than one that many do. What counts is how much of all that both are
    made of they share: a pipe that is made of ten things shares little with a steel pipe by one of them. Two
    things are alike by their names, or by a material and a process both; *loosely* less will do, or a
    material that hardly anything else needs.
    """
    found: list[tuple[float, int, tuple[Step, ...], int]] = []  # of each way the last edge by its number
    parts, any_trade = _parts(graph)
    name = graph.name(node)
    for member, (factor, ups) in _family(graph, node).items():
        shared: defaultdict[int, list[tuple[float, Step, int]]] = defaultdict(list)
        own = 0
        for out, back in _outs(graph, member, any_trade):
            own += 1
            if graph.degree(out.end) > _MOST_SHARING or len(shared) > _MOST_COMPARED:
                continue
            others = [
                each
                for relation, forward in back
                for each in graph.ends(out.end, relation, forward=forward)
                if each[0] not in (node, member)
            ]
            many = max(1, len(others)) ** 0.25
            for other, sureness, edge in others:
                shared[other].append((out.confidence * sureness / many, out, edge))
        sharing = sorted(shared)
        for other, cosine in zip(sharing, _alike(graph, node, member, sharing), strict=True):
            told = shared[other]
            like = cosine >= (_ROUGHLY if loosely else _ALIKE)
            like = like or len({out.relation is Relation.PROCESSED_BY for _, out, _ in told}) > 1
            if not like and not (loosely and any(_is_rare_material(graph, out) for _, out, _ in told)):
                continue
            strength = sum(each for each, _, _ in told) / math.sqrt(own * max(1, parts[other]))
            confidence = sure * _SHARED * factor * min(1.0, strength) * min(1.0, max(cosine, _BY_WORK))
            if confidence < LEAST or nested(name, graph.name(other)):
                continue
            _, out, edge = max(told, key=itemgetter(0))
            found.append((confidence, other, (*ups, out), edge))
            if confidence * _KIN >= LEAST:
                there = (*ups, out, graph.step_to(other, edge))
                found += [
                    (confidence * _KIN * sureness, kind, there, down)
                    for kind, sureness, down in _kinds_like(graph, other, node, name)
                ]
    best = sorted((each for each in found if each[0] >= LEAST), key=lambda each: (-each[0], each[1]))
    return [
        Way(end, confidence, node, (*steps, graph.step_to(end, edge)))
        for confidence, end, steps, edge in best[:_MOST]
    ]


def _outs(graph: ChainGraph, node: int, any_trade: Collection[int]) -> Iterator[tuple[Step, Along]]:
    """What *node* is made of and by, each with how one comes from there to what else is."""
    for along in (_OF, _BY):
        back = tuple((relation, not forward) for relation, forward in along)
        for relation, forward in along:
            for step in graph.steps(node, [relation], forward=forward):
                if along is _OF or step.end not in any_trade:
                    yield step, back


def _kinds_like(graph: ChainGraph, node: int, asked: int, name: str) -> list[tuple[int, float, int]]:
    """The :meth:`ChainGraph.ends` at the kinds of *node*, where these are few, that are like the thing
    *asked*, of this *name*, themselves."""
    kinds = [each for each in graph.ends(node, Relation.HAS_KIND, forward=True) if each[0] != asked]
    if not kinds or len(kinds) > _MOST_KINDS:
        return []
    alike = cosines(graph, asked, np.array([kind for kind, _, _ in kinds])) >= _ALIKE
    return [
        each
        for each, like in zip(kinds, alike.tolist(), strict=True)
        if like and not nested(name, graph.name(each[0]))
    ]


def _is_rare_material(graph: ChainGraph, step: Step) -> bool:
    return step.relation is not Relation.PROCESSED_BY and graph.degree(step.end) <= _RARE


_PARTS: WeakKeyDictionary[ChainGraph, tuple[list[int], frozenset[int]]] = WeakKeyDictionary()


def _parts(graph: ChainGraph) -> tuple[list[int], frozenset[int]]:
    """Of each node how much it is made of and by; and the processes of any trade, which do not count."""
    if (found := _PARTS.get(graph)) is None:
        a = graph.stored.arrays
        kind = {each: a.relations == code for code, each in enumerate(RELATIONS)}
        by = kind[Relation.PROCESSED_BY]
        trades = [node for node in np.unique(a.targets[by]).tolist() if _ANY_TRADE.search(graph.name(node))]
        listed = a.kinds == NodeKind.SEGMENT  # lists goods, and is none
        of = kind[Relation.NEEDS_MATERIAL] | (by & ~np.isin(a.targets, trades))
        used = kind[Relation.USED_IN] & ~listed[a.sources]
        counts = np.bincount(a.sources[of], minlength=graph.size)
        counts += np.bincount(a.targets[used], minlength=graph.size)
        found = _PARTS[graph] = np.where(listed, 0, counts).tolist(), frozenset(trades)
    return found


def made_beside(graph: ChainGraph, node: int, sure: float) -> list[Way]:
    """What the makers of *node* make beside it: at least four of them, and a quarter of all that make either
    (the cosine of the two sets of makers). What is nothing like it is made beside it by chance."""
    own = graph.makers(node, _FIRM)
    if not _LEAST_MAKERS <= len(own) <= _MOST_SHARING:
        return []
    others, counts = graph.nodes_with(own, _FIRM)
    # fewer are too few even where nobody else makes it
    enough = max(_LEAST_MAKERS, 0.99 * _TOGETHER**2 * len(own))
    often = (counts >= enough) & (others != node)
    others, counts = others[often], counts[often]
    name, alike = graph.name(node), (cosines(graph, node, others) >= _BESIDE).tolist()
    like = [
        at for at, other in enumerate(others.tolist()) if alike[at] and not nested(name, graph.name(other))
    ]
    others, counts = others[like], counts[like]
    ways = []
    every = (others.tolist(), counts.tolist(), graph.maker_counts(others, _FIRM).tolist())
    for other, count, makers in zip(*every, strict=True):
        share = count / math.sqrt(len(own) * makers)
        if share >= _TOGETHER:
            ways.append(Way(other, sure * _SHARED * share, node, (), count, share))
    return _best(ways)


def materials(graph: ChainGraph, node: int, sure: float) -> Iterator[Among]:
    """Who makes a material of *node* and has one of its processes."""
    processes = [step.end for step in graph.processes(node)]
    if not processes:
        return
    ways = [
        Way(step.end, sure * _BOTH * step.confidence, node, (step,))
        for step in graph.steps(node, [Relation.NEEDS_MATERIAL], forward=True)
        if graph.degree(step.end) <= _MOST_SHARING
    ]
    rows, held, places, offerings = graph.seated_on(
        [way.node for way in ways], [way.confidence for way in ways], graph.sits_on(processes)
    )
    for place in np.unique(places).tolist():
        at = np.flatnonzero(places == place)
        at = at[surest(rows[at], held[at])]
        yield Among(ways[place], rows[at], held[at], offerings[at])


def by_standard(graph: ChainGraph, node: int, sure: float, named: Iterable[str]) -> Iterator[Among]:
    """Who makes a like thing to a standard that *node* is made to: one that the need (*named*) or an offering
    on the node names. A standard that few offerings name says more than one that many do."""
    own: Mapping[int, int] = {
        **graph.standards_on(node, _FIRM),
        **{number: -1 for name in named if (number := graph.standard(name)) is not None},
    }
    name = graph.name(node)
    for standard, citing in own.items():
        if not 1 < graph.citing_count(standard) + (citing < 0) <= _MOST_CITING:
            continue
        offerings = graph.citing(standard)
        strength = 1.0 / len(offerings) ** 0.25
        nodes, owners, sureness, through = graph.surest_seats(offerings)
        near = (sureness >= _FIRM) & (nodes != node)
        beside = np.unique(nodes[near]).tolist()
        others = np.array([o for o in beside if not nested(name, graph.name(o))], np.int64)
        for other, cosine in zip(others.tolist(), cosines(graph, node, others).tolist(), strict=True):
            if cosine < _ALIKE:
                continue
            at = np.flatnonzero(near & (nodes == other))
            rows, first = np.unique(owners[at], return_index=True)  # of several offerings the first
            confidence = sure * _SHARED * strength * min(1.0, cosine)
            way = Way(other, confidence, node, together=strength, standard=standard, citing=citing)
            yield Among(way, rows, confidence * sureness[at[first]], through[at[first]])


def _best(ways: Iterable[Way]) -> list[Way]:
    sure = (way for way in ways if way.confidence >= LEAST)
    return sorted(sure, key=lambda way: (-way.confidence, way.node))[:_MOST]


def nested(first: str, second: str) -> bool:
    """Whether one name ends with the other: 高压变压器 is a 变压器, and no other thing."""
    return first.endswith(second) or second.endswith(first)


def cosines(graph: ChainGraph, node: int, others: Rows) -> Floats:
    """(k,) how alike the name of *node* and those of *others* are."""
    vectors = graph.stored.arrays.vectors
    own = vectors[node].astype(np.float32)
    alike: Floats = (vectors[others].astype(np.float32) @ own).astype(np.float64)
    return alike


def _alike(graph: ChainGraph, node: int, member: int, others: Sequence[int]) -> list[float]:
    """How alike *node*, or the broader *member* of its family, is to each of *others*."""
    vectors = graph.stored.arrays.vectors
    things = vectors[np.array(others, np.int64)].astype(np.float32)
    alike = (things @ vectors[node].astype(np.float32)).astype(np.float64)
    if member != node:
        kin = (things @ vectors[member].astype(np.float32)).astype(np.float64)
        np.maximum(alike, _KIN * kin, out=alike)
    found: list[float] = alike.tolist()
    return found
