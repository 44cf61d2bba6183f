"""Diversity: what says the same twice does not fill the list.

A twin repeats a candidate that scores better. It keeps its score; its place is that of a score lower by a
penalty, which grows with each repetition (greedy, as maximal marginal relevance: Carbonell & Goldstein 1998).
An enterprise that is registered twice yields to everybody, one with copied words to those that are worse by
no more than the penalty. Only the places that are looked at are compared, so that the cost is bounded.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue.domain import Enterprise, Need
from recommender.text.normalise import for_search

_ALIKE = 0.97  # cosine from which two profiles or needs may say the same
_PENALTY = 2.0  # log-odds that a twin yields for each one like it above
_COPIED = 0.8  # share of common three-character runs from which a text is a copy of another
_LEAST_TEXT = 60  # characters below which equal texts prove nothing: many firms make 精密轴承
_MOST_TEXT = 2_000
_NAMES_ITS_BUYER = 10  # characters of a title
_AGAIN = re.compile(
    r"[（(](?:重[招发新]|第[一二三四五\d]次|[一二三四五]次)[^（）()]{0,6}[）)]|[二三四]次重发|第[二三四]次|\s"
)
_NOT_A_NAME = re.compile(r"[\W_]+")

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Twin:
    """A candidate that repeats the one at place ``of``; it yields ``penalty`` log-odds."""

    of: int
    penalty: float
    reason: str


def enterprise_twins(
    firms: Sequence[Enterprise], vectors: Vectors, text: Callable[[int], str]
) -> dict[int, Twin]:
    """The twins among p enterprises, best first, by place.

    *vectors* (p, d) are the profiles of *firms*; *text(place)* gives the words of one, asked for only where
    two profiles are nearly the same. Who shares a name but has a credit code of its own is another enterprise
    with the same words.
    """
    runs = cache(lambda place: _runs(text(place)))
    near = vectors @ vectors.T >= _ALIKE
    names, codes = [firm.name for firm in firms], [firm.credit_code for firm in firms]
    by_code: dict[str, int] = {}
    by_name: dict[str, int] = {}
    found: dict[int, Twin] = {}
    copies: Counter[int] = Counter()
    for place, (name, code) in enumerate(zip(map(plain_name, names), codes, strict=True)):
        first = by_code.get(code) if code else None
        if first is None and name in by_name:
            first = by_name[name]
        if first is not None and not (code and codes[first] and code != codes[first]):
            reason = f"与“{names[first]}”为同一企业的重复登记 / the same enterprise, registered twice"
            found[place] = Twin(first, math.inf, reason)
            continue
        if first is None:
            alike = np.flatnonzero(near[place, :place]).tolist()
            first = next((f for f in alike if f not in found and _copied(runs(place), runs(f))), None)
        if first is not None:
            copies[first] += 1
            reason = f"与“{names[first]}”的登记内容几乎相同 / its profile says nearly the same"
            found[place] = Twin(first, copies[first] * _PENALTY, reason)
            continue
        by_code.setdefault(code, place)
        if name:
            by_name.setdefault(name, place)
    return found


def need_twins(needs: Sequence[Need], vectors: Vectors) -> dict[int, Twin]:
    """The twins among p needs with *vectors* (p, d), best first, by place: the same buyer wants nearly the
    same again. A notice that names no buyer is of the buyer of one with the same title: 重招, 第二次."""
    near = vectors @ vectors.T >= _ALIKE
    buyers = [need.buyer_id or need.buyer_name or _once(need.title) for need in needs]
    found: dict[int, Twin] = {}
    copies: Counter[int] = Counter()
    for place, buyer in enumerate(buyers):
        if not buyer:
            continue
        for first in np.flatnonzero(near[place, :place]).tolist():
            if first not in found and buyers[first] == buyer:
                copies[first] += 1
                reason = (
                    f"与同一采购方的需求“{needs[first].title}”几乎相同 / "
                    f"nearly the same need of the same buyer as {needs[first].need_id}"
                )
                found[place] = Twin(first, copies[first] * _PENALTY, reason)
                break
    return found


@lru_cache(maxsize=65_536)
def _once(title: str) -> str:
    """*title* without the words that it is published again; "" where it is too short to name its buyer."""
    return _AGAIN.sub("", title) if len(title) >= _NAMES_ITS_BUYER else ""


@lru_cache(maxsize=65_536)
def plain_name(name: str) -> str:
    """*name* of an enterprise as two lists that write it differently agree on it.

    >>> plain_name("湘江 轴承（株洲）有限责任公司") == plain_name("湘江轴承(株洲)有限公司")
    True
    """
    return _NOT_A_NAME.sub("", for_search(name)).replace("有限责任公司", "有限公司")


def _runs(text: str) -> frozenset[str]:
    """The three-character runs of *text*; none where it is too short to prove a copy."""
    text = text[:_MOST_TEXT]
    if len(text) < _LEAST_TEXT:
        return frozenset()
    return frozenset(text[i : i + 3] for i in range(len(text) - 2))


def _copied(one: frozenset[str], two: frozenset[str]) -> bool:
    return bool(one and two) and len(one & two) >= _COPIED * len(one | two)
