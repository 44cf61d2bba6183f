import os
from pathlib import Path

import numpy as np
import pytest

from indexes.errors import DamagedRelease
from indexes.files import load_array, load_json, parse_json, read_regular, save_array, write_atomically


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.int32),
        np.arange(6, dtype=np.float64).reshape(2, 3),
        np.zeros(0, np.int64),
        np.zeros((0, 4), np.float32),
        np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
        np.arange(3, dtype=">i4"),
    ],
)
def test_an_array_comes_back_as_it_was(tmp_path: Path, array: np.ndarray) -> None:
    save_array(tmp_path / "a.npy", array)
    found = load_array(tmp_path / "a.npy", array.dtype, array.ndim)
    assert found.shape == array.shape
    assert np.array_equal(found, array)
    assert np.array_equal(np.load(tmp_path / "a.npy", allow_pickle=False), array)
    assert not found.flags.writeable or not found.size


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: b"",
        lambda data: data[:9],
        lambda data: data.replace(b"(6,)", b"(9,)"),
        lambda data: data.replace(b"<i4", b"|O4"),
        lambda data: data.replace(b"<i4", b"<f4"),
        lambda data: data.replace(b"\x01\x00", b"\x03\x00", 1),
        lambda data: data.replace(b"(6,)", b"9**9"),
    ],
)
def test_a_damaged_array_is_refused(tmp_path: Path, damage) -> None:
    path = tmp_path / "a.npy"
    save_array(path, np.arange(6, dtype=np.int32))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DamagedRelease):
        load_array(path, np.int32)


def test_a_pickled_array_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(DamagedRelease):
        load_array(tmp_path / "a.npy", np.int32)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": NaN}', "not JSON"),
        (b"[" * 100_000, "too deep"),
        (b'{"a": "\xff"}', "utf-8"),
        (b"", "Expecting value"),
    ],
)
def test_json_is_read_strictly(text: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_json(text)


def test_json_must_be_an_object_within_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("[]")
    with pytest.raises(DamagedRelease, match="not a JSON object"):
        load_json(path)
    with pytest.raises(DamagedRelease, match="larger than 1 bytes"):
        load_json(path, limit=1)


def test_links_and_pipes_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe"):
        with pytest.raises(OSError, match=r"regular file|symbolic link"):
            read_regular(tmp_path / name, 10)


def test_an_atomic_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "CURRENT"
    write_atomically(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
