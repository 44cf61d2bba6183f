"""What people decided about releases. A release folder never changes, so this lies beside it.

HOME/pins/ID      an empty file: prune keeps the release
HOME/forced/ID    JSON: when it was put live although it had not passed its gates, and which
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from indexes.errors import DamagedRelease
from indexes.files import load_json, sync_folder, write_atomically

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Forced:
    """A release that was put live against its gates: when, in ISO 8601, and what each gate had found. Both
    are empty where the record cannot be read any more."""

    at: str
    gates: tuple[str, ...]


class Marks:
    """The marks in the workspace *root*. Whoever changes one holds the workspace's lock, except for pins."""

    def __init__(self, root: Path) -> None:
        self._pins = root / "pins"
        self._forced = root / "forced"

    def pin(self, id: str) -> None:
        self._pins.mkdir(exist_ok=True)
        (self._pins / id).touch()
        sync_folder(self._pins)

    def unpin(self, id: str) -> None:
        (self._pins / id).unlink(missing_ok=True)

    def pinned(self) -> frozenset[str]:
        return frozenset(_names(self._pins))

    def force(self, id: str, gates: Iterable[object]) -> None:
        """Record, before it happens, that *id* goes live against *gates*; an earlier record is kept in it."""
        self._forced.mkdir(exist_ok=True)
        at = datetime.now(UTC).isoformat(timespec="seconds")
        entries = [*self._entries(id), {"at": at, "gates": [str(gate) for gate in gates]}]
        text = json.dumps({"release": id, "forced": entries[-100:]}, ensure_ascii=False, indent=1)
        write_atomically(self._forced / id, text.encode("utf-8", "replace") + b"\n")

    def forced(self) -> Mapping[str, Forced]:
        """By release id, the last time that it was forced."""
        found = {}
        for id in _names(self._forced):
            last = (self._entries(id) or [{}])[-1]
            found[id] = Forced(str(last.get("at", "")), tuple(map(str, last.get("gates", ()))))
        return found

    def forget(self, id: str) -> None:
        """Remove what was recorded of a release that is no more; a pin stays, for its owner to see."""
        (self._forced / id).unlink(missing_ok=True)

    def _entries(self, id: str) -> list[dict[str, Any]]:
        try:
            entries = load_json(self._forced / id, _MOST_BYTES).get("forced")
        except DamagedRelease:
            return []
        return [each for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []


def _names(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return sorted(name for name in os.listdir(folder) if ID.fullmatch(name))
