"""What a release folder holds, and the proof that it is whole.

    releases/20260131-081500-001/
    ├── manifest.json           who built what from what, and size and sha256 of every other file
    ├── offerings/              a collection: vectors, lexical index, filters, documents, aligned by row
    ├── enterprises/ needs/     …
    └── …

The folder may come from elsewhere, and its manifest from a hostile author. So names, sizes and kinds are
checked before anything is opened, no link is followed, and nothing outside the folder is ever touched. The
manifest begins with a checksum of itself, so that a flipped byte is noticed there too.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from indexes.errors import DamagedRelease, OtherFormat, ReleaseError
from indexes.files import REBUILD, open_regular, parse_json, read_regular, sync_folder, sync_tree

FORMAT_VERSION = 3  # 2: features of ranking and the ranker itself; 3: a checksum of the manifest, probes
MANIFEST = "manifest.json"
_READERS = min(4, os.cpu_count() or 1)
# Bytes hashed at once. Each piece must get the interpreter back: beside a thread that computes, pieces of a
# quarter of a megabyte take sixty times as long as alone.
_PIECE = 4 << 20
MAX_MANIFEST_BYTES = 4 << 20
MAX_FILES = 10_000
MAX_DEPTH = 8

# Portable, and unable to leave the folder: no "..", no absolute path, no backslash, no hidden file.
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SEAL = re.compile(rb'\{\n "checksum": "([0-9a-f]{64})",\n')
_UNSEALED = "0" * 64


@dataclass(frozen=True, slots=True)
class FileEntry:
    """What the manifest promises about a file."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class EncoderEntry:
    """The encoder that made the vectors; queries must be encoded by the same."""

    name: str
    fingerprint: str
    dimension: int


@dataclass(frozen=True, slots=True)
class Gate:
    """One check that a built release had to pass before it may go live: *detail* is what was found,
    *expected* what had to be, *mend* what to do where it was not."""

    name: str
    passed: bool
    detail: str = ""
    expected: str = ""
    mend: str = ""

    def __str__(self) -> str:
        wanted = f"; expected: {self.expected}" if self.expected else ""
        return f"{self.name} ({self.detail}{wanted})" if self.detail else self.name


@dataclass(frozen=True, slots=True)
class Manifest:
    """A release in one page.

    *created* is ISO 8601 with an offset; *parent* is the release that was live when this one was built;
    *counts* says how many rows each collection has; *files* maps paths relative to the folder, with ``/``,
    to what they must be; *notes* is any JSON object.
    """

    release: str
    created: str
    encoder: EncoderEntry
    parent: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    gates: tuple[Gate, ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, FileEntry] = field(default_factory=dict)
    format: int = FORMAT_VERSION

    @property
    def passed(self) -> bool:
        """Whether every gate was passed."""
        return not self.failed

    @property
    def failed(self) -> tuple[Gate, ...]:
        """The gates that were not passed."""
        return tuple(gate for gate in self.gates if not gate.passed)

    @property
    def size(self) -> int:
        """Bytes of all files, without the manifest."""
        return sum(entry.size for entry in self.files.values())

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a release folder.

    *kind* is ``manifest``, ``missing``, ``extra``, ``size``, ``sha256``, ``link`` or ``unreadable``.
    """

    path: str
    kind: str
    detail: str

    def __str__(self) -> str:
        return f"{self.path}: {self.detail}"


@contextmanager
def measuring(folder: Path) -> Iterator[Mapping[str, Future[FileEntry]]]:
    """Measure the files that lie below *folder* now, and that nobody writes to any more, beside other work:
    what :func:`write_manifest` need not do. They are also brought to the disk, so that making the release
    durable takes no time later. A core is left to the work, where there are several."""
    found, _ = _walk(folder)
    with ThreadPoolExecutor(max(1, _READERS - 1)) as readers, ThreadPoolExecutor(1) as writer:
        try:
            written = writer.submit(sync_tree, folder)
            yield {path: readers.submit(_measure, folder / path) for path in found}
            written.result()  # the disk tells of a failure once
        finally:
            readers.shutdown(wait=False, cancel_futures=True)


def write_manifest(
    folder: Path, manifest: Manifest, measured: Mapping[str, Future[FileEntry]] = MappingProxyType({})
) -> Manifest:
    """Measure every file below *folder* but those being *measured*, write ``manifest.json``, and return the
    manifest as written.

    :raises ReleaseError: a link or another odd file lies in *folder*, or a name is not portable.
    """
    found, problems = _walk(folder)
    found.discard(MANIFEST)
    problems += [Problem(path, "manifest", "name is not portable") for path in found if not _portable(path)]
    if problems:
        raise ReleaseError(f"the folder cannot become a release: {problems[0]}", field="folder", value=folder)
    with ThreadPoolExecutor(_READERS) as pool:
        rest = {path: pool.submit(_measure, folder / path) for path in found - measured.keys()}
    files = {path: {**measured, **rest}[path].result() for path in sorted(found)}
    written = replace(manifest, files=files, format=FORMAT_VERSION)
    with open(folder / MANIFEST, "wb") as file:
        file.write(sealed(written.to_json()))
        file.flush()
        os.fsync(file.fileno())
    sync_folder(folder)
    return written


def sealed(document: Mapping[str, Any]) -> bytes:
    """A manifest's bytes: *document* as JSON, its first key the sha256 of all with zeros in that place."""
    whole = {**document, "checksum": _UNSEALED}
    # "checksum" sorts before every other key of a manifest
    text = json.dumps(whole, ensure_ascii=False, allow_nan=False, sort_keys=True, indent=1) + "\n"
    checksum = hashlib.sha256(text.encode("utf-8")).hexdigest()
    return text.replace(_UNSEALED, checksum, 1).encode("utf-8")


def load_manifest(folder: Path) -> Manifest:
    """The manifest of *folder*, every value checked; the files it names are not.

    :raises OtherFormat: another version of Rongtong wrote it. :raises DamagedRelease: it is missing, too
        large, not JSON, altered, or breaks a rule.
    """
    try:
        data = read_regular(folder / MANIFEST, MAX_MANIFEST_BYTES)
        manifest = _manifest(parse_json(data))
        _check_seal(data)
        return manifest
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise DamagedRelease(
            f"manifest: {reason}", field="release", value=folder.name, mend=REBUILD
        ) from error


def verify(folder: Path, *, contents: bool = True) -> list[Problem]:
    """Everything in which *folder* differs from its manifest, by path; empty when it is whole.

    Reads every byte: about 1 s for 1.5 GB on a core, files in parallel. Without *contents* only names, kinds
    and sizes are compared. Raises nothing about the content.
    """
    try:
        if not stat.S_ISDIR(folder.lstat().st_mode):
            return [Problem(folder.name, "link", "is not a folder, or a link to one")]
        manifest = load_manifest(folder)
    except OSError as error:
        return [Problem(folder.name, "missing", error.strerror or str(error))]
    except DamagedRelease as error:
        return [Problem(MANIFEST, "manifest", f"{error.message} → {error.mend}")]
    found, problems = _walk(folder)
    found.discard(MANIFEST)
    known = {problem.path for problem in problems}
    problems += [Problem(path, "extra", "is not in the manifest") for path in found - manifest.files.keys()]
    problems += [Problem(path, "missing", "is missing") for path in manifest.files.keys() - found - known]
    whole = sorted(found & manifest.files.keys())
    # sha256 releases the interpreter lock; the largest files begin first
    whole.sort(key=lambda path: -manifest.files[path].size)
    with ThreadPoolExecutor(_READERS) as pool:
        compared = pool.map(lambda path: _compare(folder, path, manifest.files[path], contents), whole)
        problems += [problem for problem in compared if problem is not None]
    return sorted(problems, key=lambda problem: (problem.path, problem.kind))


def load_verified(folder: Path, *, contents: bool = True) -> Manifest:
    """The manifest of a folder that is whole: what every reader calls before it opens a file of a release.
    Without *contents* files are compared as :func:`verify` does without.

    :raises OtherFormat: another version of Rongtong made it. :raises DamagedRelease: it is not whole.
    """
    problems = verify(folder, contents=contents)
    if problems:
        if problems[0].path == MANIFEST:
            load_manifest(folder)  # its own error says more, such as how to come from another version
        more = f" and {len(problems) - 1} more problems" if len(problems) > 1 else ""
        raise DamagedRelease(f"{problems[0]}{more}", field="release", value=folder.name, mend=REBUILD)
    return load_manifest(folder)


def _walk(folder: Path) -> tuple[set[str], list[Problem]]:
    """Regular files below *folder* by relative path, and a problem for all that is none. Follows no link."""
    found: set[str] = set()
    problems: list[Problem] = []
    waiting = [folder]
    while waiting:
        inside = waiting.pop()
        try:
            entries = list(os.scandir(inside))
        except OSError as error:
            path = inside.relative_to(folder).as_posix()
            problems.append(Problem(path, "unreadable", error.strerror or str(error)))
            continue
        for entry in entries:
            path = Path(entry.path).relative_to(folder).as_posix()
            if entry.is_dir(follow_symlinks=False):
                if path.count("/") < MAX_DEPTH:
                    waiting.append(Path(entry.path))
                else:
                    problems.append(Problem(path, "extra", "is nested too deep"))
            elif entry.is_file(follow_symlinks=False):
                found.add(path)
            else:
                problems.append(Problem(path, "link", "is a link or no regular file"))
    return found, problems


def _compare(folder: Path, path: str, entry: FileEntry, contents: bool) -> Problem | None:
    try:
        measured = _measure(folder / path, entry.size) if contents else _size(folder / path, entry)
    except OSError as error:
        return Problem(path, "unreadable", error.strerror or str(error))
    if measured.size != entry.size:
        return Problem(path, "size", f"has {measured.size} bytes, not {entry.size}")
    if measured.sha256 != entry.sha256:
        return Problem(path, "sha256", "is not the file that was written: its sha256 differs")
    return None


def _measure(path: Path, expected: int | None = None) -> FileEntry:
    """Size and sha256 of *path*; a file that has not the *expected* size is not read."""
    with open(open_regular(path), "rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        if expected is not None and size != expected:
            return FileEntry(size, "")
        piece, digest = memoryview(bytearray(min(size, _PIECE) + 1)), hashlib.sha256()
        while count := file.readinto(piece):
            digest.update(piece[:count])
        return FileEntry(size, digest.hexdigest())


def _size(path: Path, entry: FileEntry) -> FileEntry:
    """What *entry* says, with the size that *path* really has."""
    return replace(entry, size=path.lstat().st_size)


def _portable(path: str) -> bool:
    parts = path.split("/")
    return len(parts) <= MAX_DEPTH and all(_PART.fullmatch(part) for part in parts)


def _other_format(found: int) -> OtherFormat:
    newer = "upgrade rongtong, or " if found > FORMAT_VERSION else ""
    return OtherFormat(
        f"manifest: the release has format {found}, this version reads {FORMAT_VERSION}",
        field="format",
        value=found,
        mend=f"{newer}build a new release with `rongtong refresh --full`",
    )


def _check_seal(data: bytes) -> None:
    """:raises ValueError: the bytes of a manifest are not those that :func:`sealed` gave."""
    found = _SEAL.match(data)
    if found is None:
        raise ValueError("does not begin with its checksum")
    zeroed = data[: found.start(1)] + _UNSEALED.encode() + data[found.end(1) :]
    if hashlib.sha256(zeroed).hexdigest().encode() != found[1]:
        raise ValueError("was altered: its checksum differs")


def _manifest(value: Any) -> Manifest:
    """:raises ValueError: *value* is no manifest. :raises OtherFormat: it is one of another format."""
    read = _Fields(value, "manifest")
    if (found := read.integer("format", 0)) != FORMAT_VERSION:
        raise _other_format(found)
    created = read.string("created")
    if datetime.fromisoformat(created).tzinfo is None:
        raise ValueError("created has no time zone")
    encoder = _Fields(read.any("encoder"), "encoder")
    gates = read.any("gates")
    if not isinstance(gates, list) or len(gates) > 1000:
        raise ValueError("gates is not a short list")
    counts = _Fields(read.any("counts"), "counts")
    parent = read.any("parent")
    if parent is not None and not isinstance(parent, str):
        raise ValueError("parent is not a string")
    return Manifest(
        release=read.string("release"),
        created=created,
        parent=parent,
        encoder=EncoderEntry(
            encoder.string("name"), encoder.string("fingerprint"), encoder.integer("dimension", 1)
        ),
        counts={name: counts.integer(name, 0) for name in counts},
        gates=tuple(
            Gate(
                gate.string("name"),
                gate.boolean("passed"),
                *(gate.string(name) for name in ("detail", "expected", "mend")),
            )
            for gate in (_Fields(item, "gate") for item in gates)
        ),
        notes=dict(_Fields(read.any("notes"), "notes").value),
        files=_files(_Fields(read.any("files"), "files")),
        format=found,
    )


def _files(listed: _Fields) -> dict[str, FileEntry]:
    if len(listed.value) > MAX_FILES:
        raise ValueError(f"more than {MAX_FILES} files")
    files = {}
    for path in listed:
        if not _portable(path) or path == MANIFEST:
            raise ValueError(f"{path[:100]!r} is not a path inside the release")
        entry = _Fields(listed.any(path), path)
        sha256 = entry.string("sha256")
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"sha256 of {path} is none")
        files[path] = FileEntry(entry.integer("size", 0), sha256)
    return files


class _Fields:
    """The fields of a JSON object, each of the kind that is asked for; anything else is a ValueError."""

    def __init__(self, value: Any, name: str) -> None:
        if not isinstance(value, dict):
            raise ValueError(f"{name} is not an object")
        self.value: dict[str, Any] = value
        self._name = name

    def __iter__(self) -> Iterator[str]:
        return iter(self.value)

    def any(self, field: str) -> Any:
        if field not in self.value:
            raise ValueError(f"{self._name} has no {field}")
        return self.value[field]

    def string(self, field: str) -> str:
        if not isinstance(value := self.any(field), str):
            raise ValueError(f"{field} of {self._name} is not a string")
        return value

    def boolean(self, field: str) -> bool:
        if not isinstance(value := self.any(field), bool):
            raise ValueError(f"{field} of {self._name} is not true or false")
        return value

    def integer(self, field: str, least: int) -> int:
        value = self.any(field)
        if type(value) is not int or not least <= value < 1 << 53:
            raise ValueError(f"{field} of {self._name} is not a whole number from {least}")
        return value
