"""Which node a title or a need names: the name itself, the name at its head, or the nearest by meaning.

A Chinese title says at its end what the thing is: 高精度滚珠丝杠 is a 滚珠丝杠, 汽车座椅发泡料 no seat. So
the longest node name that a title ends with is its head; meaning is asked only among nodes that end with the
same character.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.chains.cleaning import is_generic
from recommender.chains.joining import spelling
from recommender.chains.stored import Sitting

LONGEST_NAME = 24  # characters of a spelling that is looked up
LEAST_COSINE = 0.88
_LEAST_HEAD = 2
_MOST_PARTS = 6  # things that one title may list
_NEAREST = 2
_INEXACT = 1e-3  # by which a cosine in single precision may be wrong
_LEAST_OVERLAP = 0.6  # characters that a name found by meaning shares with the longer of the two
_MEANT = 0.7  # confidence of a node that is found by meaning, for each unit of cosine
_BLOCK = 512
_LIST = re.compile(r"[、，,;；/|+]|(?<=[\u3400-\u9fff]{2})(?:以及|及其|及|和|与)(?=[\u3400-\u9fff]{2})")
_TRADE = re.compile(
    "(?:(?:相关|类|系列|主要|其他)?(?:产品|业务|收入|销售|生产|制造|加工|分部|行业|板块|采购|项目|研发|供应)|等|类|系列|批发|零售"
    "|现货|(?:批量|长协|长期|稳定)?供货|外协|(?:外协|协作)?配套|(?:定制|来图|批量|代)加工|定制|研制|试制|代工|量产)$"
)
# what stands behind a name in brackets says more of it: the trade it is for, its short name, its model
_ASIDE = re.compile(r"(?<=[^(（\s]{2})\s*[(（][^()（）]*[)）]")

Vectors = NDArray[np.float32]
Find = Callable[[str], int | None]


@dataclass(frozen=True, slots=True)
class Seat:
    """A node, how sure it is, and how it was found."""

    node: int
    confidence: float
    how: Sitting


def parts_of(title: str, find: Find) -> list[str]:
    """The things that a title lists, in looked-up spelling, without words of trade, as far as no node's name
    (*find*) holds them. A title that names one node is one thing, whatever marks it holds.

    >>> parts_of("轴承、齿轮等产品", {}.get), parts_of("电池簇与集装箱", {"电池簇与集装箱": 0}.get)
    (['轴承', '齿轮'], ['电池簇与集装箱'])
    """
    for text in (title, bare := _ASIDE.sub("", title)):
        if find(whole := _without_trade(spelling(text), find)) is not None:
            return [whole]
    parts = (_without_trade(spelling(part), find) for part in _LIST.split(bare)[:_MOST_PARTS])
    return [part for part in parts if part]


def _without_trade(text: str, find: Find) -> str:
    while text and find(text) is None and (shorter := _TRADE.sub("", text)) != text:
        text = shorter
    return text


def named(text: str, find: Find) -> Seat | None:
    """The node that *text* (a spelling) is or ends with; ``find`` gives the node of a spelling.

    A head that makes up half of the title is 0.9 sure, one that makes up a tenth is 0.6.
    """
    if (node := find(text)) is not None:
        return Seat(node, 1.0, Sitting.NAME)
    for cut in range(max(1, len(text) - LONGEST_NAME), len(text) - _LEAST_HEAD + 1):
        if (node := find(text[cut:])) is not None:
            share = (len(text) - cut) / len(text)
            return Seat(node, round(min(0.9, 0.5 + 0.8 * share), 3), Sitting.HEAD)
    return None


def mentioned(text: str, find: Find) -> Iterator[tuple[int, int, int]]:
    """(node, start, end) of the longest node names in *text* (a spelling), from left to right, apart."""
    start = 0
    while start < len(text) - _LEAST_HEAD + 1:
        for end in range(min(len(text), start + LONGEST_NAME), start + _LEAST_HEAD - 1, -1):
            if (node := find(text[start:end])) is not None:
                yield node, start, end
                start = end
                break
        else:
            start += 1


def nearest(
    texts: Sequence[str],
    vectors: Vectors,
    tails: Mapping[str, NDArray[np.int32]],
    nodes: NDArray[np.float16],
    name_of: Callable[[int], str],
) -> list[list[Seat]]:
    """For each spelling with its vector (q, d) the nearest nodes of *nodes* (n, d) that end with the same
    character, share most characters and reach :data:`LEAST_COSINE`: an encoder alone takes a weed killer for
    an insecticide. *tails* gives the nodes by last character, *name_of* their names."""
    found: list[list[Seat]] = [[] for _ in texts]
    by_tail: dict[str, list[int]] = defaultdict(list)
    for place, text in enumerate(texts):
        if text and text[-1] in tails and not is_generic(text):
            by_tail[text[-1]].append(place)
    for tail, places in by_tail.items():
        rows = tails[tail]
        matrix = nodes[rows].astype(np.float32)
        for start in range(0, len(places), _BLOCK):
            block = places[start : start + _BLOCK]
            alike = vectors[block] @ matrix.T
            for at in np.flatnonzero(alike.max(axis=1) >= LEAST_COSINE - _INEXACT):
                near = np.flatnonzero(alike[at] >= LEAST_COSINE - _INEXACT)
                found[block[at]] = _nearest(
                    texts[block[at]], vectors[block[at]], rows[near], matrix[near], name_of
                )
    return found


def _nearest(
    text: str, vector: Vectors, rows: NDArray[np.int32], matrix: Vectors, name_of: Callable[[int], str]
) -> list[Seat]:
    """The best of the *rows* whose vectors are *matrix*. Summed anew in double precision: a product of
    matrices differs in its last bits with what else is multiplied."""
    cosines = np.round((matrix.astype(np.float64) * vector).sum(axis=1), 5)
    return [
        Seat(int(rows[i]), round(float(cosines[i]) * _MEANT, 3), Sitting.MEANING)
        for i in np.argsort(-cosines, kind="stable")
        if cosines[i] >= LEAST_COSINE and _overlap(text, name_of(int(rows[i]))) >= _LEAST_OVERLAP
    ][:_NEAREST]


def _overlap(one: str, other: str) -> float:
    return (Counter(one) & Counter(other)).total() / max(len(one), len(other))
