"""Is a workspace healthy? Each check looks at one thing, changes nothing, and says how to mend what is wrong.

A finding that is healthy and yet has a mend is worth knowing and does no harm.
"""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from indexes.errors import DamagedRelease, NoRelease, RongtongError

if TYPE_CHECKING:
    from indexes.store import ReleaseStore
    from service.workspace import Workspace

LEAST_ROOM = 200_000_000
"""Bytes that a refresh may want even of a small catalogue."""
RELEASES_OF_ROOM = 2
"""Releases of the live one's size that must find room: the new one, and one that its gates refuse."""
READ_AT_MOST = 2_000_000_000
"""Bytes of releases that do not serve up to which each is read: a second or two."""
_PACKAGES = ("rongtong", "faiss-cpu", "numpy", "bm25s", "tokenizers", "sqlalchemy", "fastapi")
_TOLD = 3
_WRITTEN = ("catalogue.db", "releases", "refresh.lock", "pins", "forced", "cache")


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. ``mend`` is empty where all is well."""

    check: str
    healthy: bool
    detail: str
    mend: str = ""


def examine(place: Workspace) -> Iterator[Finding]:
    """Every check, in an order in which mending makes sense."""
    yield _versions()
    found = _home(place.home)
    yield found
    if not place.home.is_dir():
        yield _room(place.home, 0)
        return
    store = place.store()
    yield from _guarded("disk", lambda: _room(place.home, _live_size(store)))
    yield from _guarded("lock", lambda: _lock(store))
    yield from _guarded("catalogue", lambda: _catalogue(place))
    yield from _guarded("release", lambda: _release(store))
    yield from _guarded("forced", lambda: _forced(store))
    yield from _guarded("others", lambda: _others(store))
    yield from _guarded("in use", lambda: _in_use(store))
    yield from _guarded("pins", lambda: _pins(store))
    yield from _guarded("encoder", lambda: _encoder(place, store))
    yield from _guarded("ranker", lambda: _ranker(place, store))
    yield from _guarded("golden", lambda: _golden(place))
    yield from _guarded("up to date", lambda: _up_to_date(place, store))
    yield from _guarded("journals", lambda: _journals(place.home))
    yield from _guarded("leftovers", lambda: _leftovers(store))
    yield from _guarded("cache", lambda: _cache(place.settings.vector_cache))


def _guarded(check: str, look: Callable[[], Finding]) -> Iterator[Finding]:
    try:
        yield look()
    except RongtongError as error:
        yield Finding(check, False, error.message, error.mend)
    except OSError as error:
        mend = "give yourself the right to read it" if isinstance(error, PermissionError) else "mend the disk"
        yield Finding(check, False, f"{error.filename or ''}: {error.strerror or error}".lstrip(": "), mend)


def _versions() -> Finding:
    from indexes.release import FORMAT_VERSION

    found = []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            return Finding("versions", False, f"{name} is not installed", "install rongtong again")
    system = f"Python {platform.python_version()}, release format {FORMAT_VERSION}"
    return Finding("versions", True, f"{', '.join(found)}, {system}")


def _home(home: Path) -> Finding:
    if not home.exists():
        return Finding(
            "home", False, f"{home} does not exist", "import something first, or name another with --home"
        )
    if not home.is_dir():
        return Finding("home", False, f"{home} is not a folder", "name another with --home")
    # what somebody else has written into a folder of one's own is told as well
    for path in (home, *(home / name for name in _WRITTEN)):
        if path.exists() and not os.access(path, os.W_OK | (os.X_OK if path.is_dir() else 0)):
            return Finding(
                "home", False, f"{path} cannot be written to", "give yourself the right to write there"
            )
    return Finding("home", True, str(home))


def _room(home: Path, release: int) -> Finding:
    place = home.absolute()
    while not place.exists():
        place = place.parent
    free, needed = shutil.disk_usage(place).free, max(LEAST_ROOM, RELEASES_OF_ROOM * release)
    detail = f"{_size(free)} free; a refresh may want {_size(needed)}"
    mend = "" if free >= needed else "free some space, or `rongtong releases prune --keep 2`"
    return Finding("disk", free >= needed, detail, mend)


def _live_size(store: ReleaseStore) -> int:
    sizes = [each.manifest.size for each in store.list() if each.live and each.manifest]
    return sizes[0] if sizes else 0


def _lock(store: ReleaseStore) -> Finding:
    if store.held_by_others():
        return Finding("lock", True, "a process is changing this workspace now")
    return Finding("lock", True, "nobody is changing this workspace")


def _catalogue(place: Workspace) -> Finding:
    settings = place.settings
    if not settings.database_url and not (place.home / "catalogue.db").exists():
        return Finding("catalogue", False, "there is no catalogue yet", "rongtong import enterprises FILE")
    with place.catalogue() as catalogue:
        counts = {kind.value: number for kind, number in catalogue.counts().items()}
    detail = ", ".join(f"{number:,} {kind}" for kind, number in counts.items())
    if not counts["enterprises"]:
        return Finding("catalogue", False, detail, "rongtong import enterprises FILE")
    return Finding("catalogue", True, detail)


def _release(store: ReleaseStore) -> Finding:
    """The live release, every byte of it."""
    try:
        opened = store.open(substitute=True)
    except DamagedRelease as error:
        return Finding("release", False, error.message, error.mend)
    if not opened.remark:
        return Finding("release", True, f"{opened.id} is live and whole")
    mend = f"rongtong releases promote {opened.id} makes it the live one; or rongtong refresh --full"
    return Finding("release", False, opened.remark, mend)


def _forced(store: ReleaseStore) -> Finding:
    for each in store.list():
        if each.live and each.forced:
            when = f" on {each.forced.at}" if each.forced.at else ""
            detail = f"{each.id} was put live by force{when}, against: {'; '.join(each.forced.gates)}"
            return Finding("forced", True, detail, "if it was not meant to stay: rongtong releases rollback")
    return Finding("forced", True, "the live release was not put live by force")


def _others(store: ReleaseStore) -> Finding:
    """The releases that do not serve: every byte, or where there are very many, names and sizes of files."""
    from indexes.release import MANIFEST, verify

    others = [each for each in store.list() if not each.live]
    if strays := [each.path for each in others if not (each.path / MANIFEST).exists()]:
        named = ", ".join(path.name for path in strays[:_TOLD])
        return Finding("others", False, f"no release, for it has no manifest: {named}", f"remove {strays[0]}")
    refused = [each.id for each in others if each.state == "refused"]
    older = [each.id for each in others if each.state == "other format"]
    contents = sum(each.manifest.size for each in others if each.manifest) <= READ_AT_MOST
    damaged = [
        (each, problems[0])
        for each in others
        if not each.other_format and (problems := verify(each.path, contents=contents))
    ]
    if damaged:
        named = "; ".join(f"{each.id}: {problem}" for each, problem in damaged[:_TOLD])
        return Finding("others", False, named, _REMOVE)
    if older:
        found = f"{', '.join(older[:_TOLD])} are of another format and cannot be rolled back to"
        return Finding("others", True, found, _REMOVE)
    if refused:
        compare = f"rongtong releases show {refused[0]}; the next rongtong refresh removes it"
        return Finding(
            "others", True, f"{', '.join(refused)} did not pass its gates and stays aside", compare
        )
    how = "and whole" if contents else "all their files there; rongtong releases verify reads every byte"
    return Finding("others", True, f"{len(others)} more, {how}" if others else "no other release")


_REMOVE = "rongtong releases prune --keep N, once as many newer ones are there, removes them"


def _in_use(store: ReleaseStore) -> Finding:
    used = [f"{each.id}{' (live)' if each.live else ''}" for each in store.list() if each.in_use]
    return Finding("in use", True, f"open in a process: {', '.join(used)}" if used else "no release is open")


def _pins(store: ReleaseStore) -> Finding:
    missing = sorted(store.pinned().difference(store.ids()))
    if missing:
        found = f"pinned, but not there: {', '.join(missing[:_TOLD])}"
        return Finding("pins", False, found, f"rongtong releases unpin {missing[0]}")
    return Finding("pins", True, ", ".join(sorted(store.pinned())) or "no release is pinned")


def _encoder(place: Workspace, store: ReleaseStore) -> Finding:
    from indexes.release import load_manifest

    encoder = place.encoder()
    told = f"{encoder.name}, {encoder.dimension} dimensions"
    try:
        made_with = load_manifest(store.current().path).encoder
    except (DamagedRelease, NoRelease):
        return Finding("encoder", True, f"{told}; there is no release to compare it with")
    if made_with.fingerprint != encoder.fingerprint:
        return Finding(
            "encoder",
            False,
            f"{encoder.name} is not what the release was made with ({made_with.name})",
            "rongtong refresh, or set RONGTONG_ENCODER back",
        )
    return Finding("encoder", True, told)


def _ranker(place: Workspace, store: ReleaseStore) -> Finding:
    from recommender.ranking.stored import RANKER, read, wanted

    model = wanted(place.home)
    installed = "installed by training" if (place.home / RANKER).exists() else "the one that ships"
    try:
        serving = store.current().path / RANKER
        waits = serving.exists() and read(serving) != model
    except (DamagedRelease, NoRelease):
        waits = False
    detail = f"{installed}, {len(model.curves)} features"
    if waits:
        return Finding("ranker", True, f"{detail}; the live release has another", "rongtong refresh")
    return Finding("ranker", True, detail)


def _golden(place: Workspace) -> Finding:
    from recommender.golden import read_golden

    found = len(read_golden(place.home))
    return Finding("golden", True, f"{found} golden queries are asked at every refresh" if found else "none")


def _up_to_date(place: Workspace, store: ReleaseStore) -> Finding:
    from indexes.release import load_manifest

    released = load_manifest(store.current().path).counts
    with place.catalogue() as catalogue:
        now = {kind.value: number for kind, number in catalogue.counts().items()}
    differ = [
        f"{name}: {count:,} in the release, {now[name]:,} in the catalogue"
        for name, count in released.items()
        if name in now and now[name] != count
    ]
    return Finding(
        "up to date",
        not differ,
        "; ".join(differ) or "the release holds what the catalogue holds",
        "rongtong refresh" if differ else "",
    )


def _journals(home: Path) -> Finding:
    """Whether what servers write down can be opened; they answer without it."""
    import sqlite3
    from contextlib import closing

    found = [home / name for name in ("decisions.db", "exposure.db") if (home / name).exists()]
    for path in found:
        try:
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
                file.execute("PRAGMA schema_version")
        except sqlite3.Error as error:
            return Finding(
                "journals", False, f"{path.name}: {error}", f"stop the servers and move {path} away"
            )
    return Finding("journals", True, ", ".join(path.name for path in found) or "none yet")


def _leftovers(store: ReleaseStore) -> Finding:
    rests = store.leftovers()
    if not rests:
        return Finding("leftovers", True, "none")
    names = ", ".join(path.name for path in rests[:_TOLD])
    size = _size(sum(map(_bytes_in, rests)))
    return Finding(
        "leftovers", True, f"a killed refresh left {names} ({size})", "the next rongtong refresh removes them"
    )


def _cache(folder: Path) -> Finding:
    """The cached vectors: how much there is, of how many encoders, and what a kill left half-written."""
    if not folder.is_dir():
        return Finding("cache", True, "empty")
    encoders = [path for path in folder.iterdir() if path.is_dir()]
    torn = sorted(path for path in folder.rglob(".*.new") if path.is_file())
    detail = f"{_size(_bytes_in(folder))} of {len(encoders)} encoder{'s' * (len(encoders) != 1)}"
    if torn:
        left = f"{detail}; a killed refresh left {torn[0].name} ({_size(sum(map(_bytes_in, torn)))})"
        return Finding("cache", True, left, f"remove {torn[0]}")
    return Finding("cache", True, detail)


def _bytes_in(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())


def _size(count: int) -> str:
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{count / 1e6:,.1f} MB"
