"""Transfer across chains: whom a need reaches through the graph, and by which way.

Who makes the very thing or a kind of it is reached, who makes what can stand in for it, and who makes what
:mod:`recommender.chains.ways` joins to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue.domain import Need, Relation
from recommender.chains.asking import Asked, asked_for
from recommender.chains.graph import ChainGraph
from recommender.chains.placing import Seat, named
from recommender.chains.seating import surest
from recommender.chains.standards import standards
from recommender.chains.stored import Sitting
from recommender.chains.walking import REACH, reach, sureness
from recommender.chains.ways import (
    LEAST,
    Among,
    Way,
    by_standard,
    direct,
    materials,
    near,
)
from recommender.text.titles import wanted

Rows = NDArray[np.int64]
Floats = NDArray[np.float64]
Encode = Callable[[Sequence[str]], NDArray[np.float32]]

# who makes only the material or is only used alike does not make the thing
_DIRECT = {
    key: factor for key, factor in REACH.items() if key[0] in (Relation.HAS_KIND, Relation.SUBSTITUTES)
}
_QUALIFIED = 0.9  # confidence of a thing that is asked for with more said of it, such as its use
_FIRM = 0.6  # confidence from which on a need names a node, and does not only mention it
_MENTIONED, _LONG = 0.45, 4  # confidence and characters of a name that is mentioned elsewhere
_MOST_WAYS = 80
_OF_ONE_ORDER = 0.3  # cosine of a thing to each of several that are asked for together
# building, repairing and running things is no making of them
_WORK = re.compile(
    "(?:工程|施工|服务|改造|装修|装饰|集成|维修|维保|维护|运维|监理|设计|勘察|咨询|租赁|保险|物业|审计|检测|检验|建设|安装|运营|开发|培训"
    "|养护|绿化|发电|广告|宣传|研究|评估|代理|处置|回收|清洗|保养|拆除|迁改|整治|修复|升级|总承包|EPC|PPP|BT)(?:项目|标段|合同)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Reaching:
    """The enterprises that a need reaches: (k,) rows, ascending, the confidence of each, the place in *ways*
    that gives it, and the row of its offering. ``words`` are those of the need, in looked-up spelling, that
    name each asked node."""

    ways: tuple[Way, ...]
    rows: Rows
    confidences: Floats
    places: Rows
    offerings: Rows
    words: Mapping[int, str]

    def values(self, rows: Rows) -> Floats:
        """(c,) the confidence at each of *rows*; 0 where no path leads there."""
        at = np.searchsorted(self.rows, rows)
        at[at == len(self.rows)] = 0
        if not len(self.rows):
            return np.zeros(len(rows))
        return np.where(self.rows[at] == rows, self.confidences[at], 0.0)

    def best(self, allowed: NDArray[np.bool_] | None, count: int) -> Rows:
        """The *count* surest rows among *allowed* (n,), ties by row."""
        passed = np.arange(len(self.rows)) if allowed is None else np.flatnonzero(allowed[self.rows])
        order = np.lexsort((self.rows[passed], -self.confidences[passed]))[:count]
        return self.rows[passed[order]]

    def place(self, row: int) -> int | None:
        at = int(np.searchsorted(self.rows, row))
        return at if at < len(self.rows) and self.rows[at] == row else None


def reaching(graph: ChainGraph, need: Need, encode: Encode | None = None) -> Reaching | None:
    """Whom *need* reaches; None where it names no node of the graph. With *encode*, which gives unit vectors
    of texts, it may name one by meaning."""
    if not graph.size:
        return None
    things = asked_for(need.title, graph.of_spelling, need.buyer_name)
    seats, words = _asked(graph, need, things, encode)
    if not seats:
        return None
    ways = {
        each.node: direct(each)
        for each in reach(graph, seats, factors=_DIRECT, least=LEAST, limit=_MOST_WAYS)
    }
    among: list[Among] = []
    own = frozenset(ways)
    fits = _fitting(graph, [each.thing for each in things if not each.qualified], encode)
    if not _WORK.search(wanted(need.title)):
        cited = {name for text in (need.title, need.description) for name, _, _ in standards(text)}
        for seat in seats:
            if seat.how is Sitting.MEANING:
                continue
            node, sure = seat.node, sureness(seat)
            for way in near(graph, node, sure):
                known = ways.get(way.node)
                better = known is None or known.confidence < way.confidence
                if way.node not in own and better and fits(way.node):
                    ways[way.node] = way
            beside = (*by_standard(graph, node, sure, cited), *materials(graph, node, sure))
            among += [each for each in beside if fits(each.way.node)]
    return _gathered(graph, list(ways.values()), among, words)


def _fitting(graph: ChainGraph, things: Sequence[str], encode: Encode | None) -> Callable[[int], bool]:
    """Whether a node is near all of the *things* that are asked for. Things of one order come from one firm:
    who makes insecticides could turn to 杀菌剂, and not to 杀菌剂及阻垢剂."""
    if encode is None or len(things) < 2:
        return lambda node: True
    asked, vectors = encode(things), graph.stored.arrays.vectors
    return lambda node: float((asked @ vectors[node].astype(np.float32)).min()) >= _OF_ONE_ORDER


def _asked(
    graph: ChainGraph, need: Need, things: Sequence[Asked], encode: Encode | None
) -> tuple[list[Seat], dict[int, str]]:
    """The nodes that *need*, which asks for *things*, names, the surest first, and the words that do."""
    best: dict[int, Seat] = {}
    words: dict[int, str] = {}

    def add(seat: Seat, thing: str) -> None:
        if seat.node not in best or best[seat.node].confidence < seat.confidence:
            best[seat.node], words[seat.node] = seat, thing

    unknown: list[str] = []
    for each in things:
        seat = named(each.thing, graph.of_spelling)
        if seat is None or seat.how is not Sitting.NAME:
            unknown.append(each.thing)
        elif each.qualified:
            seat = Seat(seat.node, _QUALIFIED, Sitting.NAME)
        if seat is not None:
            add(seat, each.thing)
    if not any(seat.how is Sitting.NAME for seat in best.values()):
        alike = graph.nearest(unknown, encode(unknown)) if encode is not None and unknown else []
        for thing, found in zip(unknown, alike, strict=False):
            for seat in found:
                add(seat, thing)
        if not any(seat.confidence > _FIRM for seat in best.values()):
            for seat, thing in graph.mentions(wanted(need.title)):
                add(seat, thing)
    seats = [seat for seat in best.values() if _names(graph, seat)]
    return sorted(seats, key=lambda seat: (-seat.confidence, seat.node)), words


def _names(graph: ChainGraph, seat: Seat) -> bool:
    """Whether a need names the node of *seat*: as the head of what it asks for, or by a name of four or more
    characters anywhere. A short one that is only mentioned (客车润滑油) is not what is needed."""
    return seat.confidence > _FIRM or (seat.confidence >= _MENTIONED and len(graph.name(seat.node)) >= _LONG)


def _gathered(
    graph: ChainGraph, ways: Sequence[Way], among: Iterable[Among], words: Mapping[int, str]
) -> Reaching:
    """Each enterprise once, by the way that is surest of it; of equal ones the first."""
    listed = [way for way in ways if graph.is_taken(way.node)]
    parts = [graph.seated_on([way.node for way in listed], [way.confidence for way in listed])]
    for each in among:
        parts.append((each.rows, each.confidences, np.full(len(each.rows), len(listed)), each.offerings))
        listed.append(each.way)
    rows, sure, places, offerings = (np.concatenate(column) for column in zip(*parts, strict=True))
    best = surest(rows, sure)
    return Reaching(tuple(listed), rows[best], sure[best], places[best], offerings[best], words)
