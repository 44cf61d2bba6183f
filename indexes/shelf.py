"""The releases of a workspace, looked at: which there are, which one serves, which one would in its place.

Looking takes no lock and waits for nobody. :mod:`indexes.store` changes what is seen here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from indexes.errors import DamagedRelease, GateFailed, NoRelease, OtherFormat, ReleaseError, shorten
from indexes.files import read_regular
from indexes.lease import Lease, in_use
from indexes.lock import WorkspaceLock
from indexes.marks import ID, Forced, Marks
from indexes.release import MANIFEST, Gate, Manifest, load_manifest, load_verified

BUILDING, PRUNED = ".building-", ".pruned-"
"""What the names of folders begin with that are no releases: not yet, and no more."""
_REFRESH = "`rongtong refresh` builds one"


@dataclass(frozen=True, slots=True)
class Live:
    """The release to serve. *remark* is empty, or says why it is another one than was asked for."""

    id: str
    path: Path
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """A release, verified, that nobody removes while *lease* is referred to. *remark* as in :class:`Live`."""

    id: str
    path: Path
    manifest: Manifest
    lease: Lease
    remark: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseInfo:
    """A release in a list. *manifest* is None where it cannot be read, and *problem* says why;
    *other_format* where another version of Rongtong made it."""

    id: str
    path: Path
    live: bool
    pinned: bool
    manifest: Manifest | None
    problem: str = ""
    other_format: bool = False
    in_use: bool = False
    forced: Forced | None = None

    @property
    def state(self) -> str:
        """``damaged``, ``other format``, ``forced``, ``refused`` by its gates, or ``passed``."""
        if self.manifest is None:
            return "other format" if self.other_format else "damaged"
        return "forced" if self.forced else "passed" if self.manifest.passed else "refused"


class Shelf:
    """The releases below *root*, which need not exist."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._releases = root / "releases"
        self._current = root / "CURRENT"
        self._marks = Marks(root)
        self._lock = WorkspaceLock(root / "refresh.lock")
        self._building: set[str] = set()

    def path(self, id: str) -> Path:
        """The folder of release *id*; :raises NoRelease: there is none."""
        folder = self._releases / id
        if not ID.fullmatch(id) or folder.is_symlink() or not folder.is_dir():
            raise NoRelease(
                f"there is no release {shorten(id)}",
                field="release",
                value=id,
                mend="see `rongtong releases list`",
            )
        return folder

    def ids(self) -> tuple[str, ...]:
        """The ids of all releases, newest first. Ids made by :meth:`new_id` sort by age."""
        if not self._releases.is_dir():
            return ()
        entries = os.scandir(self._releases)
        found = (entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
        return tuple(sorted((name for name in found if ID.fullmatch(name)), reverse=True))

    def current(self) -> Live:
        """The live release.

        Its manifest is read, its files are not verified (:func:`indexes.release.load_verified` does that).
        Where CURRENT is missing, torn, or names a release that is not there or has no manifest, the newest
        whole release serves instead, and the remark says so.

        :raises NoRelease: nothing has been refreshed yet. :raises DamagedRelease: no release is whole.
        """
        try:
            id = self._named()
            folder = self.path(id)
            load_manifest(folder)
            return Live(id, folder)
        except ReleaseError as error:
            whole = self.newest_whole(self.ids())
            return Live(whole.id, whole.path, f"CURRENT: {error.message}. Serving {whole.id} instead.")

    def open(self, id: str | None = None, *, substitute: bool = False, contents: bool = True) -> Opened:
        """Release *id*, the live one where none is named, verified and kept from being removed. Without
        *contents*, where another process has just read every byte, files are compared as
        :func:`indexes.release.verify` does without.

        Where the live one is damaged and a *substitute* is wanted, the newest whole release older than it
        serves instead, or else the newest of all; the remark says so.

        :raises NoRelease: there is none. :raises DamagedRelease: it is not whole, and no other would do.
        """
        live = self.current() if id is None else Live(id, self.path(id))
        try:
            return _opened(live, contents=contents)
        except ReleaseError as error:
            others = [other for other in self.ids() if other != live.id]
            if id is not None or not substitute or not others:
                raise
            # newer ones last: somebody may have rolled back from them
            others.sort(key=lambda other: other < live.id, reverse=True)
            try:
                whole = self.newest_whole(tuple(others))
            except ReleaseError:
                raise error from None
            remark = f"{live.id} cannot serve: {error.message}. Serving {whole.id} instead."
            return _opened(Live(whole.id, whole.path, remark))

    def newest_whole(self, ids: tuple[str, ...]) -> Live:
        """The first of *ids* that verifies and passed its gates, or was once forced past them; the remark
        names those passed over.

        :raises NoRelease: *ids* is empty. :raises DamagedRelease: none of them will do.
        """
        if not ids:
            raise NoRelease("there is no release yet", mend=_REFRESH)
        skipped, forced = [], self._marks.forced()
        for id in ids:
            try:
                self._fit(id, force=id in forced)
            except ReleaseError as error:
                skipped.append(f"{id} was passed over: {error.message}")
            else:
                return Live(id, self.path(id), ". ".join(skipped))
        raise DamagedRelease(
            f"no release is whole: {skipped[0]}", mend="`rongtong refresh --full` builds one"
        )

    def list(self) -> tuple[ReleaseInfo, ...]:
        """All releases, newest first, damaged ones too."""
        try:
            live = self._named()
        except ReleaseError:
            live = ""
        pinned, forced = self._marks.pinned(), self._marks.forced()
        return tuple(self._info(id, live, pinned, forced) for id in self.ids())

    def info(self, id: str) -> ReleaseInfo:
        """What :meth:`list` says of *id*; :raises NoRelease: there is none."""
        self.path(id)
        return next(info for info in self.list() if info.id == id)

    def pinned(self) -> frozenset[str]:
        """The ids that :meth:`prune` keeps, whether there are such releases or not."""
        return self._marks.pinned()

    def held_by_others(self) -> bool:
        """Whether another process is refreshing, promoting or pruning at this moment."""
        return self._lock.held_by_others()

    def leftovers(self) -> tuple[Path, ...]:
        """Folders that a killed refresh or prune left behind; none while another holds the lock, for then
        they may be in use."""
        return () if self._lock.held_by_others() else self._rests()

    # --- inside -------------------------------------------------------------------------------------------

    def _named(self) -> str:
        """The id in CURRENT; :raises NoRelease: it names none."""
        try:
            text = read_regular(self._current, 100).decode("ascii", "replace")
        except FileNotFoundError:
            raise NoRelease("no release has been put live", mend=_REFRESH) from None
        except OSError as error:
            raise NoRelease(f"cannot be read ({error.strerror or error})", mend=_REFRESH) from error
        if not text.endswith("\n") or not ID.fullmatch(text[:-1]):
            raise NoRelease("is torn or empty", field="CURRENT", value=text, mend=_REFRESH)
        return text[:-1]

    def _info(self, id: str, live: str, pinned: frozenset[str], forced: Mapping[str, Forced]) -> ReleaseInfo:
        folder, manifest, problem, other_format = self._releases / id, None, "", False
        try:
            manifest = load_manifest(folder)
        except DamagedRelease as error:
            problem, other_format = error.message, isinstance(error, OtherFormat)
        return ReleaseInfo(
            id,
            folder,
            id == live,
            id in pinned,
            manifest,
            problem,
            other_format,
            in_use(folder),
            forced.get(id),
        )

    def _fit(self, id: str, *, force: bool, contents: bool = True) -> tuple[Gate, ...]:
        """Check that release *id* may go live; the gates that it did not pass, where it may by *force*."""
        manifest = load_verified(self.path(id), contents=contents)
        same_id(manifest, id)
        if manifest.failed and not force:
            raise GateFailed(
                f"did not pass: {'; '.join(map(str, manifest.failed))}",
                field="release",
                value=id,
                mend=f"`rongtong releases promote {id} --force` puts it live all the same",
            )
        return manifest.failed

    def _rests(self) -> tuple[Path, ...]:
        if not self._releases.is_dir():
            return ()
        mine = {f"{BUILDING}{id}" for id in self._building}
        names = (entry.name for entry in os.scandir(self._releases))
        found = (name for name in names if name.startswith((BUILDING, PRUNED)) and name not in mine)
        return tuple(self._releases / name for name in sorted(found))


def _opened(live: Live, *, contents: bool = True) -> Opened:
    """:raises NoRelease: it is gone. :raises DamagedRelease: it is not whole."""
    lease = Lease(live.path)
    manifest = load_verified(live.path, contents=contents)
    same_id(manifest, live.id)
    return Opened(live.id, live.path, manifest, lease, live.remark)


def same_id(manifest: Manifest, id: str) -> None:
    if manifest.release != id:
        raise DamagedRelease(f"{MANIFEST} is of release {manifest.release[:80]!r}", field="release", value=id)
