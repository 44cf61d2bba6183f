"""Milvus Lite holding what a release holds: filled once, mended, dropped, and missed when it is away."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from indexes.engines import build
from indexes.errors import VectorServerError, WrongSetting
from indexes.exact import ExactIndex
from indexes.milvus import MilvusIndex, MilvusServer, _client
from tests.indexes.test_vector_oracle import clustered

RELEASE = "20260131-081500-001"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> MilvusServer:
    return MilvusServer(str(tmp_path_factory.mktemp("milvus") / "milvus.db"))


@pytest.fixture(scope="module")
def vectors() -> NDArray[np.float32]:
    return clustered(1, 9_000, 16)


@pytest.fixture(scope="module")
def index(server: MilvusServer, vectors: NDArray[np.float32]) -> MilvusIndex:
    return server.open(RELEASE, "offerings", build(vectors, "approximate"))


def collections(server: MilvusServer) -> list[str]:
    return sorted(_client(server.uri, server.token).list_collections())


def test_it_is_filled_once(server: MilvusServer, index: MilvusIndex, vectors: NDArray[np.float32]) -> None:
    told: list[tuple[int, int]] = []
    again = server.open(
        RELEASE, "offerings", ExactIndex.from_vectors(vectors), lambda *done: told.append(done)
    )
    assert again.name == index.name
    assert told == []


def test_other_vectors_and_other_releases_have_other_collections(server: MilvusServer) -> None:
    few = np.eye(3, dtype=np.float32)
    opened = [
        server.open(release, name, ExactIndex.from_vectors(each)).name
        for release, name, each in [("r-1", "needs", few), ("r-2", "needs", few), ("r-1", "needs", 2 * few)]
    ]
    assert len({*opened}) == 3
    assert {*opened} <= {*collections(server)}
    assert server.drop(["r-1"]) == sorted([opened[0], opened[2]])
    assert opened[1] in collections(server)
    assert server.drop(["r-1", "r"]) == []


def test_an_incomplete_collection_is_filled_again(server: MilvusServer) -> None:
    vectors = clustered(2, 50, 8)
    name = server.open("r-3", "needs", ExactIndex.from_vectors(vectors)).name
    _client(server.uri, server.token).delete(name, filter="row < 20")
    told: list[tuple[int, int]] = []
    again = server.open("r-3", "needs", ExactIndex.from_vectors(vectors), lambda *done: told.append(done))
    assert told[-1] == (50, 50)
    assert sorted(again.search(vectors[:1], 50)[1][0].tolist()) == list(range(50))


@pytest.mark.parametrize("share", [0.01, 0.4, 0.6, 0.99])
def test_filters_of_every_width_find_what_exact_search_finds(index: MilvusIndex, share: float) -> None:
    allowed = np.random.default_rng(3).random(9_000) < share
    for found, expected in zip(
        index.search(clustered(4, 3, 16), 30, allowed),
        index.exact.search(clustered(4, 3, 16), 30, allowed),
        strict=True,
    ):
        assert found.tolist() == expected.tolist()


def test_a_filter_against_the_query_is_answered_from_the_release(
    index: MilvusIndex, vectors: NDArray[np.float32]
) -> None:
    query = vectors[:1]
    allowed = (vectors @ query[0]) < np.median(vectors @ query[0])
    assert index.search(query, 5, allowed)[1].tolist() == index.exact.search(query, 5, allowed)[1].tolist()


def test_more_than_milvus_gives_is_answered_from_the_release(
    index: MilvusIndex, vectors: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexes.milvus._MOST", 64)
    assert index.search(vectors[:1], 200)[1].tolist() == index.exact.search(vectors[:1], 200)[1].tolist()


def test_a_server_that_is_away_is_named() -> None:
    away = MilvusServer("http://127.0.0.1:9", "root:secret")
    with pytest.raises(VectorServerError, match=r"127\.0\.0\.1:9.*RONGTONG_VECTOR_ENGINE") as raised:
        away.open(RELEASE, "needs", ExactIndex.from_vectors(np.eye(2, dtype=np.float32)))
    assert "secret" not in str(raised.value) + repr(away)


def test_without_pymilvus_the_mend_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    monkeypatch.setitem(sys.modules, "pymilvus.exceptions", None)
    with pytest.raises(WrongSetting, match=r"rongtong\[milvus\]"):
        MilvusServer(str(tmp_path / "other.db")).drop([RELEASE])
