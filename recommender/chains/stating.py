"""Edges that offerings state in their own words: used in, made from, processed by.

用于动车组转向架 says where a bearing goes, 以高碳铬轴承钢为原料 what it is made of. Only what names a node
that is there counts, so that a sentence adds an edge and never a node.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue.domain import Relation
from recommender.chains.joining import spelling
from recommender.chains.placing import Find, mentioned

SAID_ONCE = 0.5  # confidence of an edge that one offering states
_LONGEST_TEXT = 2_000
_REST = r"([^，。；;,、（）()]{2,24})"
_SAYINGS: tuple[tuple[re.Pattern[str], Relation], ...] = (
    (re.compile(f"(?:应用于|适用于|专用于|配套于|用于|配套){_REST}"), Relation.USED_IN),
    (
        re.compile(f"(?:以|采用|选用){_REST}?为(?:主要)?(?:原料|原材料|基材|基体|坯料)"),
        Relation.NEEDS_MATERIAL,
    ),
    (re.compile(f"(?:原料|原材料|基材|材质)(?:为|采用|选用|是){_REST}"), Relation.NEEDS_MATERIAL),
    (re.compile(f"(?:经|经过|采用){_REST}?(?:工艺|成形|成型)"), Relation.PROCESSED_BY),
)


def sayings(text: str) -> Iterator[tuple[Relation, str, int, int]]:
    """(relation, words, start and end of the phrase that holds them) for every such phrase in *text*.

    >>> list(sayings("轴箱轴承，用于动车组转向架。"))
    [(<Relation.USED_IN: 'used_in'>, '动车组转向架', 5, 13)]
    """
    for pattern, relation in _SAYINGS:
        for found in pattern.finditer(text[:_LONGEST_TEXT]):
            if found[1]:
                yield relation, found[1], found.start(), found.end()


def said(
    node: int, text: str, find: Find, processes: frozenset[int]
) -> Iterator[tuple[int, Relation, int, int]]:
    """(other node, relation, start, end) for what an offering that sits on *node* says in *text*.

    *find* gives the node of a spelling; *processes* are the nodes that work can be done by: nothing else
    follows processed_by.
    """
    for relation, words, start, end in sayings(text):
        for other, _, _ in mentioned(spelling(words), find):
            if other != node and (other in processes) == (relation is Relation.PROCESSED_BY):
                yield other, relation, start, end
                break


def sure_of(times: NDArray[np.int64]) -> NDArray[np.float64]:
    """Confidences of edges that so many offerings state: each further one, up to four, halves the doubt."""
    return np.round(1 - (1 - SAID_ONCE) ** np.minimum(times, 4), 3)
