"""The releases of a workspace: built aside, put live whole, rolled back whole.

    HOME/
    ├── CURRENT                     the id of the live release, a line
    ├── refresh.lock                held by whoever changes anything below
    ├── pins/ID                     an empty file for each release that prune must keep
    └── releases/
        ├── 20260131-081500-001/    immutable (see release.py)
        └── .building-ID/           a release being built, or the rest of a killed refresh

Nothing half-done is ever visible: a release appears by one rename, goes live by another, and disappears by a
third; each is made durable before the next begins. Readers take no lock.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from indexes.errors import DamagedRelease, GateFailed, InputError, NoRelease, ReleaseError, shorten
from indexes.files import read_regular, sync_folder, sync_tree, write_atomically
from indexes.lock import WorkspaceLock
from indexes.release import MANIFEST, Manifest, load_manifest, load_verified

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_STAMPED = re.compile(r"(\d{8}-\d{6})-(\d{3})")
_STAMP = "%Y%m%d-%H%M%S"
_BUILDING = ".building-"
_PRUNED = ".pruned-"
_REFRESH = "`rongtong refresh` builds one"


@dataclass(frozen=True, slots=True)
class Live:
    """The release to serve. *remark* is empty, or says why it is another one than was asked for."""

    id: str
    path: Path
    remark: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseInfo:
    """A release in a list. *manifest* is None where it cannot be read, and *problem* says why."""

    id: str
    path: Path
    live: bool
    pinned: bool
    manifest: Manifest | None
    problem: str = ""


class ReleaseStore:
    """The releases below *root*, which need not exist before the first :meth:`lock`.

    A refresh is::

        with store.lock():
            store.sweep()
            id = store.new_id()
            folder = store.begin(id)
            ...                                    # write files, then write_manifest(folder, …)
            store.finish(id)
            store.promote(id)

    Every method that changes something takes the lock; inside :meth:`lock` they share it. Failing storage
    (no space, no permission) raises ReleaseError, and the live release stays live.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._releases = root / "releases"
        self._pins = root / "pins"
        self._current = root / "CURRENT"
        self._lock = WorkspaceLock(root / "refresh.lock")
        self._building: set[str] = set()

    # --- reading -------------------------------------------------------------------------------------------

    def path(self, id: str) -> Path:
        """The folder of release *id*; :raises NoRelease: there is none."""
        folder = self._releases / id
        if not _ID.fullmatch(id) or folder.is_symlink() or not folder.is_dir():
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
        return tuple(sorted((name for name in found if _ID.fullmatch(name)), reverse=True))

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

    def newest_whole(self, ids: tuple[str, ...]) -> Live:
        """The first of *ids* that verifies and passed its gates; the remark names those passed over.

        :raises NoRelease: *ids* is empty. :raises DamagedRelease: none of them will do.
        """
        if not ids:
            raise NoRelease("there is no release yet", mend=_REFRESH)
        skipped = []
        for id in ids:
            try:
                self._fit(id, override_gates=False)
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
        pinned = self.pinned()
        found = []
        for id in self.ids():
            manifest, problem = None, ""
            try:
                manifest = load_manifest(self._releases / id)
            except DamagedRelease as error:
                problem = error.message
            found.append(ReleaseInfo(id, self._releases / id, id == live, id in pinned, manifest, problem))
        return tuple(found)

    def pinned(self) -> frozenset[str]:
        """The ids that :meth:`prune` keeps."""
        return frozenset(os.listdir(self._pins)) if self._pins.is_dir() else frozenset()

    def leftovers(self) -> tuple[Path, ...]:
        """Folders that a killed refresh or prune left behind; none while another holds the lock, for then
        they may be in use."""
        return () if self._lock.held_by_others() else self._rests()

    # --- changing ------------------------------------------------------------------------------------------

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the workspace for changes (see :class:`~indexes.lock.WorkspaceLock`).

        :raises RefreshRunning: another process, thread or store holds it.
        """
        with ExitStack() as stack:
            with _storing("open the workspace"):
                self._releases.mkdir(parents=True, exist_ok=True)
                stack.enter_context(self._lock.hold())
            yield

    def new_id(self, now: datetime | None = None) -> str:
        """An id that no release has and that sorts after all, even when the clock was set back:
        ``YYYYmmdd-HHMMSS-NNN`` in UTC."""
        stamp, count = (now or datetime.now(UTC)).astimezone(UTC).strftime(_STAMP), 1
        names = os.listdir(self._releases) if self._releases.is_dir() else []
        names = [name.removeprefix(_BUILDING).removeprefix(_PRUNED) for name in names]
        taken = [(match[1], int(match[2])) for name in names if (match := _STAMPED.fullmatch(name))]
        if taken and (newest := max(taken)) >= (stamp, count):
            stamp, count = newest[0], newest[1] + 1
            if count > 999:
                after = datetime.strptime(stamp, _STAMP) + timedelta(seconds=1)
                stamp, count = after.strftime(_STAMP), 1
        return f"{stamp}-{count:03d}"

    def begin(self, id: str) -> Path:
        """Make and return the empty folder in which release *id* is built.

        :raises InputError: *id* is not fit for a name. :raises ReleaseError: it is taken.
        """
        if not _ID.fullmatch(id):
            raise InputError("not fit for a release id", field="release", value=id)
        with self.lock(), _storing("begin a release"):
            folder = self._releases / f"{_BUILDING}{id}"
            if (self._releases / id).exists() or folder.exists():
                raise ReleaseError("the release exists", field="release", value=id)
            folder.mkdir()
            self._building.add(id)
            return folder

    def finish(self, id: str) -> Path:
        """Turn the built folder, its manifest written, into release *id*, durable but not yet live.

        :raises DamagedRelease: the manifest is missing or wrong, or names another release.
        """
        with self.lock(), _storing("finish the release"):
            folder = self._releases / f"{_BUILDING}{id}"
            _same_id(load_manifest(folder), id)
            sync_tree(folder)
            os.rename(folder, self._releases / id)
            sync_folder(self._releases)
            self._building.discard(id)
            return self._releases / id

    def discard(self, id: str) -> None:
        """Remove what :meth:`begin` made; nothing happens where it is gone."""
        with self.lock(), _storing("discard the release"):
            shutil.rmtree(self._releases / f"{_BUILDING}{id}", ignore_errors=True)
            self._building.discard(id)

    def promote(self, id: str, *, override_gates: bool = False) -> Live:
        """Make release *id* live after verifying it.

        :raises NoRelease: there is none. :raises DamagedRelease: it is not whole.
        :raises GateFailed: it did not pass a gate, and *override_gates* is not set.
        """
        with self.lock(), _storing("promote the release"):
            self._fit(id, override_gates=override_gates)
            write_atomically(self._current, f"{id}\n".encode())
            return Live(id, self.path(id))

    def rollback(self, id: str | None = None, *, override_gates: bool = False) -> Live:
        """Make *id* live, or, without one, the newest whole release older than the live one; the remark names
        those passed over.

        :raises NoRelease: there is none. :raises DamagedRelease: none is whole.
        """
        with self.lock():
            if id is not None:
                return self.promote(id, override_gates=override_gates)
            live = self.current()
            older = tuple(other for other in self.ids() if other < live.id)
            if not older:
                raise NoRelease("no release is older than the live one", field="release", value=live.id)
            whole = self.newest_whole(older)
            self.promote(whole.id)
            return whole

    def pin(self, id: str) -> None:
        """Keep release *id* from :meth:`prune`; :raises NoRelease: there is none."""
        self.path(id)
        with _storing("pin the release"):
            self._pins.mkdir(exist_ok=True)
            (self._pins / id).touch()
            sync_folder(self._pins)

    def unpin(self, id: str) -> None:
        """Undo :meth:`pin`; nothing happens where there is no pin. :raises NoRelease: there is no release."""
        self.path(id)
        with _storing("unpin the release"):
            (self._pins / id).unlink(missing_ok=True)

    def prune(self, keep: int) -> tuple[str, ...]:
        """Remove all but the newest *keep* releases, the live one and the pinned; the ids removed.

        A process that serves a removed release from open files goes on undisturbed.

        :raises InputError: keep < 1. :raises DamagedRelease: nobody knows which release is live.
        """
        if keep < 1:
            raise InputError("keep at least one release", field="keep", value=keep)
        with self.lock(), _storing("prune releases"):
            ids = self.ids()
            kept = {*ids[:keep], *self.pinned()}
            if ids:
                kept.add(self.current().id)
            removed = tuple(id for id in ids if id not in kept)
            for id in removed:
                # out of sight by one rename, so that a kill leaves no release with half its files
                aside = self._releases / f"{_PRUNED}{id}"
                os.rename(self._releases / id, aside)
                sync_folder(self._releases)
                shutil.rmtree(aside)
            return removed

    def sweep(self) -> tuple[Path, ...]:
        """Remove the :meth:`leftovers` and return them."""
        with self.lock(), _storing("remove leftovers"):
            rests = self._rests()
            for path in rests:
                shutil.rmtree(path)
            return rests

    # --- inside --------------------------------------------------------------------------------------------

    def _named(self) -> str:
        """The id in CURRENT; :raises NoRelease: it names none."""
        try:
            text = read_regular(self._current, 100).decode("ascii")
        except FileNotFoundError:
            raise NoRelease("no release has been put live", mend=_REFRESH) from None
        except (OSError, UnicodeDecodeError) as error:
            raise NoRelease(f"cannot be read ({error})", mend=_REFRESH) from error
        if not text.endswith("\n") or not _ID.fullmatch(text[:-1]):
            raise NoRelease("is torn or empty", field="CURRENT", value=text, mend=_REFRESH)
        return text[:-1]

    def _fit(self, id: str, *, override_gates: bool) -> None:
        """Check that release *id* may go live."""
        manifest = load_verified(self.path(id))
        _same_id(manifest, id)
        failed = [gate for gate in manifest.gates if not gate.passed]
        if failed and not override_gates:
            found = "; ".join(f"{gate.name} ({gate.detail})" if gate.detail else gate.name for gate in failed)
            raise GateFailed(f"did not pass: {found}", field="release", value=id)

    def _rests(self) -> tuple[Path, ...]:
        if not self._releases.is_dir():
            return ()
        mine = {f"{_BUILDING}{id}" for id in self._building}
        names = (entry.name for entry in os.scandir(self._releases))
        found = (name for name in names if name.startswith((_BUILDING, _PRUNED)) and name not in mine)
        return tuple(self._releases / name for name in sorted(found))


def _same_id(manifest: Manifest, id: str) -> None:
    if manifest.release != id:
        raise DamagedRelease(f"{MANIFEST} is of release {manifest.release[:80]!r}", field="release", value=id)


@contextmanager
def _storing(action: str) -> Iterator[None]:
    """Failures of the storage as ReleaseError."""
    try:
        yield
    except OSError as error:
        raise ReleaseError(
            f"cannot {action}: {error.strerror or error}",
            field="file",
            value=error.filename or "",
            mend="free space or mend the permissions, then try again; the live release is untouched",
        ) from error
