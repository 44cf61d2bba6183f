"""A chain of bearings, small enough to walk by hand, and an encoder that knows no words.

轴承钢坯 → 轴承钢 → 轴承 (kinds: 轴箱轴承, 风电轴承) → 转向架 → 动车组;  轴箱轴承 ~ 滚子轴承;  轴承 by 磨削
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.catalogue.domain import Edge, Relation
from recommender.chains.building import build
from recommender.chains.cleaning import clean
from recommender.chains.graph import ChainGraph
from recommender.chains.offered import Offered

NEEDS, KIND, USED, INSTEAD, BY = (
    Relation.NEEDS_MATERIAL,
    Relation.HAS_KIND,
    Relation.USED_IN,
    Relation.SUBSTITUTES,
    Relation.PROCESSED_BY,
)
RAIL = (
    Edge("轴承钢", "轴承钢坯", NEEDS, "轨道"),
    Edge("轴承", "轴承钢", NEEDS, "轨道", 0.8),
    Edge("轴承", "轴箱轴承", KIND, "轨道"),
    Edge("轴承", "风电轴承", KIND, "轨道"),
    Edge("轴承", "转向架", USED, "轨道"),
    Edge("动车组", "转向架", NEEDS, "轨道"),
    Edge("轴箱轴承", "滚子轴承", INSTEAD, "轨道"),
    Edge("轴承", "磨削", BY, "轨道"),
    Edge("齿轮", "磨削", BY),
    Edge("轨道下游", "动车组", KIND, "轨道"),
)
TITLES = ("轴箱轴承", "高速动车组轴箱轴承系列产品", "轴承钢、齿轮", "棉纱")
TEXTS = ("轴箱轴承 用于动车组转向架。", "高速动车组轴箱轴承系列产品", "轴承钢、齿轮", "棉纱")
FIRST = (0, 1, 3)  # three enterprises: one offering, two, one


def encode(texts: Sequence[str]) -> NDArray[np.float32]:
    """A unit vector for each text, the same for the same text and far from any other."""
    made = np.zeros((len(texts), 8), np.float32)
    for row, text in enumerate(texts):
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
        made[row] = np.random.default_rng(seed).normal(size=8)
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def build_graph(tmp_path: Path) -> Callable[..., ChainGraph]:
    def make(
        edges: Sequence[Edge],
        titles: Sequence[str] = (),
        texts: Sequence[str] = (),
        starts: Sequence[int] = (),
    ) -> ChainGraph:
        build(lambda: clean(edges), Offered.listed(titles, texts or titles, starts), encode, 8, tmp_path)
        return ChainGraph.load(tmp_path / "graph")

    return make


@pytest.fixture
def rail(build_graph: Callable[..., ChainGraph]) -> ChainGraph:
    return build_graph(RAIL, TITLES, TEXTS, FIRST)
