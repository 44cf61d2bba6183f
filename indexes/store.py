"""The releases of a workspace: built aside, put live whole, rolled back whole.

    HOME/
    ├── CURRENT                     the id of the live release, a line
    ├── refresh.lock                held by whoever changes anything below
    ├── pins/ID, forced/ID          what people decided (see marks.py)
    └── releases/
        ├── 20260131-081500-001/    immutable (see release.py)
        └── .building-ID/           a release being built, or the rest of a killed refresh

Nothing half-done is ever visible: a release appears by one rename, goes live by another, and disappears by a
third; each is made durable before the next begins. Readers wait for nobody; what they have opened is not
removed (see lease.py). A release that did not pass its gates lies beside the others, to be looked at and put
live by force, until the next refresh.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from indexes.errors import DamagedRelease, InputError, NoRelease, ReleaseError
from indexes.files import sync_folder, sync_tree, write_atomically
from indexes.lease import alone
from indexes.marks import ID
from indexes.release import load_manifest
from indexes.shelf import BUILDING, PRUNED, Live, ReleaseInfo, Shelf, same_id

_STAMPED = re.compile(r"(\d{8}-\d{6})-(\d{3})")
_STAMP = "%Y%m%d-%H%M%S"


@dataclass(frozen=True, slots=True)
class Pruned:
    """What prune did: the ids *removed*, and those that it would have, were they not *in_use*."""

    removed: tuple[str, ...]
    in_use: tuple[str, ...] = ()


class ReleaseStore(Shelf):
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

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the workspace for changes (see :class:`~indexes.lock.WorkspaceLock`).

        :raises RefreshRunning: another process, thread or store holds it.
        """
        with ExitStack() as stack:
            with storing("open the workspace"):
                self._releases.mkdir(parents=True, exist_ok=True)
                stack.enter_context(self._lock.hold())
            yield

    def new_id(self, now: datetime | None = None) -> str:
        """An id that no release has and that sorts after all, even when the clock was set back:
        ``YYYYmmdd-HHMMSS-NNN`` in UTC."""
        stamp, count = (now or datetime.now(UTC)).astimezone(UTC).strftime(_STAMP), 1
        names = os.listdir(self._releases) if self._releases.is_dir() else []
        names = [name.removeprefix(BUILDING).removeprefix(PRUNED) for name in names]
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
        if not ID.fullmatch(id):
            raise InputError("not fit for a release id", field="release", value=id)
        with self.lock(), storing("begin a release"):
            folder = self._releases / f"{BUILDING}{id}"
            if (self._releases / id).exists() or folder.exists():
                raise ReleaseError("the release exists", field="release", value=id)
            folder.mkdir()
            self._building.add(id)
            return folder

    def finish(self, id: str) -> Path:
        """Turn the built folder, its manifest written, into release *id*, durable but not yet live.

        :raises DamagedRelease: the manifest is missing or wrong, or names another release.
        """
        with self.lock(), storing("finish the release"):
            folder = self._releases / f"{BUILDING}{id}"
            same_id(load_manifest(folder), id)
            sync_tree(folder)
            os.rename(folder, self._releases / id)
            sync_folder(self._releases)
            self._building.discard(id)
            return self._releases / id

    def discard(self, id: str) -> None:
        """Remove what :meth:`begin` made; nothing happens where it is gone."""
        with self.lock(), storing("discard the release"):
            shutil.rmtree(self._releases / f"{BUILDING}{id}", ignore_errors=True)
            self._building.discard(id)

    def promote(self, id: str, *, force: bool = False, contents: bool = True) -> Live:
        """Make release *id* live after verifying it, without its *contents* where these were measured this
        moment. With *force* also where it did not pass its gates, which is recorded before it happens.

        :raises NoRelease: there is none. :raises DamagedRelease: it is not whole.
        :raises GateFailed: it did not pass a gate, and *force* is not set.
        """
        with self.lock(), storing("promote the release"):
            if failed := self._fit(id, force=force, contents=contents):
                self._marks.force(id, failed)
            if self._current.is_dir() and not self._current.is_symlink():
                # whoever put it there may want it back
                os.rename(self._current, self._current.with_name(f"CURRENT.was-a-folder-{self.new_id()}"))
            write_atomically(self._current, f"{id}\n".encode())
            return Live(id, self.path(id))

    def rollback(self, id: str | None = None, *, force: bool = False) -> Live:
        """Make *id* live, or, without one, the newest whole release older than the one that CURRENT names
        (the one that serves, where it names none); the remark names those passed over.

        :raises NoRelease: there is none. :raises DamagedRelease: none is whole.
        """
        with self.lock():
            if id is not None:
                return self.promote(id, force=force)
            try:
                live = self._named()
            except NoRelease:
                live = self.current().id
            older = tuple(other for other in self.ids() if other < live)
            if not older:
                raise NoRelease(
                    "no release is older than the live one",
                    field="release",
                    value=live,
                    mend="`rongtong releases list` shows all, `rongtong releases promote ID` makes one live",
                )
            whole = self.newest_whole(older)
            self.promote(whole.id, force=True)
            return whole

    def pin(self, id: str) -> None:
        """Keep release *id* from :meth:`prune`; :raises NoRelease: there is none."""
        self.path(id)
        with storing("pin the release"):
            self._marks.pin(id)

    def unpin(self, id: str) -> None:
        """Undo :meth:`pin`; nothing happens where there is no pin. The release may be gone.

        :raises NoRelease: there is neither the release nor the pin.
        """
        if id not in self.pinned():
            self.path(id)
        with storing("unpin the release"):
            self._marks.unpin(id)

    def prune(self, keep: int) -> Pruned:
        """Remove all but the newest *keep* releases that could serve, the live one, the pinned, those that a
        process has open, and those newer than the live one that wait for a decision.

        :raises InputError: keep < 1. :raises DamagedRelease: nobody knows which release is live.
        """
        if keep < 1:
            raise InputError("keep at least one release", field="keep", value=keep)
        with self.lock(), storing("prune releases"):
            releases = self.list()
            live = self._live(releases)
            sound = [each.id for each in releases if each.state not in ("refused", "damaged")]
            kept = {*sound[:keep], *live, *self.pinned()}
            kept.update(
                each.id for each in releases if each.id not in sound and each.id > max(live, default="")
            )
            return self._remove(each.id for each in releases if each.id not in kept)

    def remove_refused(self) -> Pruned:
        """Remove the releases that did not pass their gates, unless they are live, pinned, in use or were
        forced: the next refresh knows better."""
        with self.lock(), storing("remove refused releases"):
            refused = [each for each in self.list() if each.state == "refused"]
            return self._remove(each.id for each in refused if not (each.live or each.pinned))

    def sweep(self) -> tuple[Path, ...]:
        """Remove the :meth:`leftovers` and return them."""
        with self.lock(), storing("remove leftovers"):
            rests = self._rests()
            for path in rests:
                shutil.rmtree(path)
            return rests

    # --- inside -------------------------------------------------------------------------------------------

    def _live(self, releases: tuple[ReleaseInfo, ...]) -> set[str]:
        """Of *releases* the one that CURRENT names and the one that serves, which are mostly the same; every
        byte is read, since the last whole release would be lost beside a damaged live one."""
        named = {each.id for each in releases if each.live}
        if not releases:
            return named
        try:
            return {*named, self.open(substitute=True).id}
        except DamagedRelease:
            if named:
                return named
            raise

    def _remove(self, ids: Iterable[str]) -> Pruned:
        """Remove releases; those that somebody has open stay."""
        removed, used = [], []
        for id in ids:
            aside = self._releases / f"{PRUNED}{id}"
            with alone(self._releases / id) as free:
                if not free:
                    used.append(id)
                    continue
                # out of sight by one rename, so that a kill leaves no release with half its files
                os.rename(self._releases / id, aside)
            sync_folder(self._releases)
            shutil.rmtree(aside)
            self._marks.forget(id)
            removed.append(id)
        return Pruned(tuple(removed), tuple(used))


@contextmanager
def storing(action: str) -> Iterator[None]:
    """Failures of the storage as ReleaseError."""
    try:
        yield
    except OSError as error:
        raise ReleaseError(
            f"cannot {action}: {error.strerror or error}",
            field="file" if error.filename else "",
            value=error.filename or "",
            mend="free space or mend the permissions, then try again; the live release is untouched",
        ) from error
