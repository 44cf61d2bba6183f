"""A small store and small whole releases to put into it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from indexes.release import EncoderEntry, Gate, Manifest, write_manifest
from indexes.store import ReleaseStore
from tests.indexes.backends import NAMES, Backend, backends

AddRelease = Callable[..., Path]


def fill(folder: Path, id: str, *, gates: tuple[Gate, ...] = ()) -> Manifest:
    """Write two files and a manifest into *folder*."""
    (folder / "offerings").mkdir(parents=True, exist_ok=True)
    (folder / "offerings" / "vectors.bin").write_bytes(f"vectors of {id}".encode() * 100)
    (folder / "graph.json").write_text("{}")
    manifest = Manifest(
        release=id,
        created="2026-01-31T08:15:00+00:00",
        encoder=EncoderEntry("tiny", "f" * 64, 4),
        counts={"offerings": 3},
        gates=gates,
        notes={"why": "test"},
    )
    return write_manifest(folder, manifest)


@pytest.fixture
def store(tmp_path: Path) -> ReleaseStore:
    return ReleaseStore(tmp_path / "home")


@pytest.fixture
def add_release(store: ReleaseStore) -> AddRelease:
    """``add_release(id, live=True, gates=())`` builds a whole release in the store."""

    def add(id: str, *, live: bool = True, gates: tuple[Gate, ...] = ()) -> Path:
        with store.lock():
            fill(store.begin(id), id, gates=gates)
            folder = store.finish(id)
            if live:
                store.promote(id)
        return folder

    return add


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A whole release folder."""
    folder = tmp_path / "r1"
    fill(folder, "r1")
    return folder


@pytest.fixture(scope="session")
def every_backend(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Backend]:
    return backends(tmp_path_factory.mktemp("milvus") / "milvus.db")


@pytest.fixture(params=NAMES)
def backend(request: pytest.FixtureRequest, every_backend: dict[str, Backend]) -> Backend:
    return every_backend[request.param]
