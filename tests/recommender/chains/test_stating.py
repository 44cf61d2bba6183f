"""What an offering says of itself becomes an edge where both ends are known."""

from __future__ import annotations

import numpy as np
import pytest

from recommender.catalogue.domain import Relation
from recommender.chains.stating import said, sayings, sure_of

FIND = {"轴承": 0, "转向架": 1, "轴承钢": 2, "磨削": 3}.get


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("轴箱轴承，用于动车组转向架。", [(Relation.USED_IN, "动车组转向架")]),
        ("以高碳铬轴承钢为原料", [(Relation.NEEDS_MATERIAL, "高碳铬轴承钢")]),
        ("材质采用轴承钢，内径130", [(Relation.NEEDS_MATERIAL, "轴承钢")]),
        ("经精密磨削工艺", [(Relation.PROCESSED_BY, "精密磨削")]),
        ("内径130 mm，寿命不低于240万公里", []),
    ],
)
def test_phrases_of_use_material_and_process_are_read(text: str, said: list[object]) -> None:
    assert [(relation, words) for relation, words, _, _ in sayings(text)] == said


def heard(text: str) -> list[tuple[int, Relation]]:
    return [(other, relation) for other, relation, _, _ in said(0, text, FIND, frozenset({3}))]


def test_what_names_another_node_is_an_edge() -> None:
    assert heard("用于转向架，经磨削工艺。") == [(1, Relation.USED_IN), (3, Relation.PROCESSED_BY)]


def test_who_says_the_same_makes_it_surer() -> None:
    assert sure_of(np.array([1, 2, 4, 9])).tolist() == [0.5, 0.75, 0.938, 0.938]


def test_what_names_no_other_node_of_the_right_sort_says_nothing() -> None:
    assert [heard(text) for text in ("用于拖拉机。", "用于轴承。", "用于磨削。", "经轴承钢工艺")] == [[]] * 4
