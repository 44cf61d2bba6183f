"""A graph built on an older one is, byte for byte, the graph built of everything."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexes.splice import Splice
from recommender.catalogue.domain import Edge
from recommender.chains import frame
from recommender.chains.building import Parent, build
from recommender.chains.cleaning import Cleaned, clean
from recommender.chains.graph import ChainGraph
from recommender.chains.offered import Offered
from tests.recommender.chains.conftest import FIRST, KIND, NEEDS, RAIL, TEXTS, TITLES, encode

# the second enterprise has dropped an offering, the third has a new one that states an edge
AFTER = ("轴箱轴承", "轴承钢、齿轮", "风电轴承", "棉纱", "滚子轴承")
SAYING = ("轴箱轴承 用于动车组转向架。", "轴承钢、齿轮", "风电轴承，经磨削工艺", "棉纱", "滚子轴承")
STARTS = (0, 1, 3)
SPLICE = Splice(np.array([0, 2, ~0, 3, ~1]))


class Folders:
    def __init__(self, root: Path) -> None:
        self.root, self.count = root, 0

    def new(self) -> Path:
        self.count += 1
        return self.root / str(self.count)


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


def made(
    folder: Path,
    offered: tuple[Sequence[str], Sequence[str], Sequence[int]],
    edges: Sequence[Edge] = RAIL,
    parent: Parent | None = None,
) -> dict[str, bytes]:
    build(lambda: clean(edges), Offered.listed(*offered), encode, 8, folder, parent)
    return {path.name: path.read_bytes() for path in (folder / "graph").iterdir()}


def parent_of(folder: Path, splice: Splice = SPLICE, *, same_edges: bool = False) -> Parent:
    made(folder, (TITLES, TEXTS, FIRST))
    return Parent(ChainGraph.load(folder / "graph"), splice, same_edges=same_edges)


def test_offerings_that_changed_alone_are_read(folders: Folders) -> None:
    whole = made(folders.new(), (AFTER, SAYING, STARTS))
    parent = parent_of(folders.new())
    read: list[int] = []

    def offer(rows: np.ndarray) -> list[tuple[str, str]]:
        read.extend(rows.tolist())
        return [(AFTER[row], SAYING[row]) for row in rows.tolist()]

    folder = folders.new()
    build(lambda: clean(RAIL), Offered(offer, STARTS, len(AFTER)), encode, 8, folder, parent)
    assert {path.name: path.read_bytes() for path in (folder / "graph").iterdir()} == whole
    assert read == [2, 4]


def test_edges_that_are_known_to_be_the_same_are_not_read(folders: Folders) -> None:
    def unread() -> Cleaned:
        raise AssertionError("read")

    whole = made(folders.new(), (AFTER, SAYING, STARTS))
    folder = folders.new()
    offered = Offered.listed(AFTER, SAYING, STARTS)
    build(unread, offered, encode, 8, folder, parent_of(folders.new(), same_edges=True))
    assert {path.name: path.read_bytes() for path in (folder / "graph").iterdir()} == whole


@pytest.mark.parametrize(
    "edges",
    [
        (*RAIL, Edge("棉纱", "棉花", NEEDS)),
        RAIL[:-1],
        (*RAIL, Edge("轴承", "轴承", KIND)),  # dropped: the graph is the same, its report is not
        (),
    ],
)
def test_other_edges_make_the_graph_that_they_would_make_alone(
    folders: Folders, edges: Sequence[Edge]
) -> None:
    whole = made(folders.new(), (AFTER, SAYING, STARTS), edges)
    assert made(folders.new(), (AFTER, SAYING, STARTS), edges, parent_of(folders.new())) == whole


def test_what_older_rules_made_is_not_built_upon(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    parent = parent_of(folders.new(), same_edges=True)
    monkeypatch.setattr(frame, "_rules_mark", lambda: "newer")
    whole = made(folders.new(), (AFTER, SAYING, STARTS))
    assert made(folders.new(), (AFTER, SAYING, STARTS), parent=parent) == whole


WORDS = st.sampled_from([*TITLES, *AFTER, "磨削", "轴承 用于动车组", "轴承座"])


@settings(max_examples=25, deadline=None)
@given(
    before=st.lists(WORDS, max_size=8),
    after=st.lists(st.one_of(st.integers(0, 7), WORDS), max_size=8),
)
def test_any_change_of_the_offerings_gives_the_bytes_of_the_whole(
    tmp_path_factory: pytest.TempPathFactory, before: list[str], after: list[int | str]
) -> None:
    folders = Folders(tmp_path_factory.mktemp("graphs"))
    rows = sorted({row for row in after if isinstance(row, int) and row < len(before)})
    new = [word for word in after if isinstance(word, str)]
    source = np.array([*rows, *(~i for i in range(len(new)))], np.int64)
    titles = [*(before[row] for row in rows), *new]
    first = folders.new()
    made(first, (before, before, (0,)))
    parent = Parent(ChainGraph.load(first / "graph"), Splice(source), same_edges=True)
    whole = made(folders.new(), (titles, titles, (0,)))
    assert made(folders.new(), (titles, titles, (0,)), parent=parent) == whole
