from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from indexes.errors import DamagedRelease, ReleaseError
from indexes.release import (
    FORMAT_VERSION,
    MANIFEST,
    MAX_MANIFEST_BYTES,
    Gate,
    load_manifest,
    load_verified,
    measuring,
    sealed,
    verify,
    write_manifest,
)

VECTORS = "offerings/vectors.bin"


def kinds(folder: Path) -> list[tuple[str, str]]:
    return [(problem.path, problem.kind) for problem in verify(folder)]


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    change(manifest)
    (folder / MANIFEST).write_bytes(sealed(manifest))


def test_a_whole_release_has_no_problems(folder: Path) -> None:
    assert verify(folder) == []
    assert sorted(load_verified(folder).files) == ["graph.json", VECTORS]


def test_the_manifest_comes_back_as_it_was_written(folder: Path) -> None:
    manifest = load_manifest(folder)
    assert write_manifest(folder, manifest) == manifest
    assert load_manifest(folder) == manifest
    assert manifest.counts == {"offerings": 3}
    assert manifest.size == 1300 + 2


def test_files_measured_beside_other_work_are_not_measured_again(folder: Path) -> None:
    manifest = load_manifest(folder)
    with measuring(folder) as measured:
        assert measured[VECTORS].result() == manifest.files[VECTORS]
        (folder / "probes.json").write_text("{}")  # comes while they are measured
        written = write_manifest(folder, manifest, measured)
    assert sorted(written.files) == ["graph.json", VECTORS, "probes.json"]
    assert verify(folder) == []


def test_a_disk_that_fails_while_files_are_measured_is_told_of(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(handle: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="Input/output error"), measuring(folder):
        pass


def test_every_flipped_byte_is_noticed(folder: Path) -> None:
    path = folder / VECTORS
    whole = path.read_bytes()
    for place in range(0, len(whole), 97):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert kinds(folder) == [(VECTORS, "sha256")]


def test_every_flipped_byte_of_the_manifest_is_noticed(folder: Path) -> None:
    path = folder / MANIFEST
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(DamagedRelease):
            load_manifest(folder)


def test_a_shortened_and_a_lengthened_file_are_noticed(folder: Path) -> None:
    whole = (folder / VECTORS).read_bytes()
    for other in (whole[:-1], whole + b"\0", b""):
        (folder / VECTORS).write_bytes(other)
        assert kinds(folder) == [(VECTORS, "size")]


def test_missing_and_extra_files_are_noticed(folder: Path) -> None:
    (folder / VECTORS).unlink()
    (folder / "offerings" / "new.bin").write_bytes(b"")
    (folder / ".hidden").write_bytes(b"")
    assert kinds(folder) == [(".hidden", "extra"), ("offerings/new.bin", "extra"), (VECTORS, "missing")]


def test_a_link_is_noticed_even_when_the_bytes_are_right(folder: Path, tmp_path: Path) -> None:
    (folder / VECTORS).rename(tmp_path / "elsewhere")
    (folder / VECTORS).symlink_to(tmp_path / "elsewhere")
    assert kinds(folder) == [(VECTORS, "link")]


def test_a_linked_folder_is_not_entered(folder: Path, tmp_path: Path) -> None:
    (folder / "offerings").rename(tmp_path / "elsewhere")
    (folder / "offerings").symlink_to(tmp_path / "elsewhere")
    assert kinds(folder) == [("offerings", "link"), (VECTORS, "missing")]


def test_a_link_to_a_release_is_no_release(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "r2").symlink_to(folder)
    assert kinds(tmp_path / "r2") == [("r2", "link")]
    assert kinds(tmp_path / "r3") == [("r3", "missing")]


def test_a_pipe_does_not_hang(folder: Path) -> None:
    (folder / VECTORS).unlink()
    os.mkfifo(folder / VECTORS)
    assert kinds(folder) == [(VECTORS, "link")]


def test_a_tree_without_end_is_noticed(folder: Path) -> None:
    (folder / "/".join("a" * 12)).mkdir(parents=True)
    assert [kind for _, kind in kinds(folder)] == ["extra"]


@pytest.mark.parametrize(
    "path",
    [
        "../outside",
        "/etc/passwd",
        "offerings/../../outside",
        "offerings//vectors.bin",
        "./graph.json",
        "",
        "a\\b",
        "a\0b",
        ".hidden",
        "图.json",
        MANIFEST,
        "/".join("a" * 20),
        "a" * 200,
    ],
)
def test_paths_that_could_leave_the_folder_are_refused(folder: Path, path: str) -> None:
    edit(folder, lambda manifest: manifest["files"].update({path: {"size": 1, "sha256": "0" * 64}}))
    assert kinds(folder) == [(MANIFEST, "manifest")]
    with pytest.raises(DamagedRelease, match="not a path inside the release"):
        load_manifest(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.pop("files"),
        lambda m: m.update(files=[]),
        lambda m: m["files"].update({"graph.json": 1}),
        lambda m: m["files"]["graph.json"].update(size=-1),
        lambda m: m["files"]["graph.json"].update(size=True),
        lambda m: m["files"]["graph.json"].update(size=1.5),
        lambda m: m["files"]["graph.json"].update(size=1 << 60),
        lambda m: m["files"]["graph.json"].update(sha256="F" * 64),
        lambda m: m["files"].update({f"f{i}": {"size": 0, "sha256": "0" * 64} for i in range(10_001)}),
        lambda m: m.update(release=1),
        lambda m: m.update(created="yesterday"),
        lambda m: m.update(created="2026-01-31T08:15:00"),
        lambda m: m.update(parent=3),
        lambda m: m.update(encoder="tiny"),
        lambda m: m["encoder"].update(dimension=0),
        lambda m: m.update(counts={"offerings": "3"}),
        lambda m: m.update(gates={"rows": True}),
        lambda m: m.update(gates=[{"name": "rows", "passed": 1, "detail": "", "expected": "", "mend": ""}]),
        lambda m: m.update(gates=[{"name": "rows", "passed": True, "detail": ""}]),
        lambda m: m.update(notes=[]),
        lambda m: m.update(format="1"),
    ],
)
def test_values_of_a_wrong_kind_are_refused(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    edit(folder, change)
    assert kinds(folder) == [(MANIFEST, "manifest")]


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"format": 1, "format": 1}', b"9" * 5000],
)
def test_a_manifest_that_is_none_is_refused(folder: Path, text: bytes) -> None:
    (folder / MANIFEST).write_bytes(text)
    assert kinds(folder) == [(MANIFEST, "manifest")]


def test_a_manifest_that_is_too_large_is_not_read(folder: Path) -> None:
    with open(folder / MANIFEST, "ab") as file:
        file.truncate(MAX_MANIFEST_BYTES + 1)
    with pytest.raises(DamagedRelease, match="larger than"):
        load_manifest(folder)


def test_a_missing_or_linked_manifest_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / MANIFEST).rename(tmp_path / "elsewhere")
    assert kinds(folder) == [(MANIFEST, "manifest")]
    (folder / MANIFEST).symlink_to(tmp_path / "elsewhere")
    assert kinds(folder) == [(MANIFEST, "manifest")]


@pytest.mark.parametrize(
    ("version", "mend"), [(FORMAT_VERSION - 1, "refresh --full"), (FORMAT_VERSION + 1, "upgrade rongtong")]
)
def test_another_format_says_how_to_mend_it(folder: Path, version: int, mend: str) -> None:
    edit(folder, lambda manifest: manifest.update(format=version))
    with pytest.raises(
        DamagedRelease, match=f"format {version}, this version reads {FORMAT_VERSION}"
    ) as caught:
        load_manifest(folder)
    assert mend in caught.value.mend


def test_the_first_problem_is_named_and_the_others_counted(folder: Path) -> None:
    (folder / VECTORS).unlink()
    (folder / "graph.json").write_text("[]")
    with pytest.raises(DamagedRelease, match=r"graph\.json: .* sha256 differs and 1 more problems"):
        load_verified(folder)


def test_links_and_odd_names_cannot_become_a_release(folder: Path) -> None:
    manifest = load_manifest(folder)
    (folder / "link").symlink_to("graph.json")
    with pytest.raises(ReleaseError, match="link"):
        write_manifest(folder, manifest)
    (folder / "link").unlink()
    (folder / "图.json").write_text("")
    with pytest.raises(ReleaseError, match="not portable"):
        write_manifest(folder, manifest)


def test_a_release_passed_when_every_gate_was_passed(folder: Path) -> None:
    manifest = load_manifest(folder)
    assert manifest.passed
    assert not replace(manifest, gates=(Gate("rows", True), Gate("golden", False))).passed
