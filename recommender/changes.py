"""What a refresh has to read: everything, or what changed since the release that it starts from.

A release keeps the marks of what it was made of (:mod:`recommender.catalogue.marks`) and the fingerprint of
the code that made it. Where code and encoder are the same, a record with the same mark need not be read
again; what was derived from it is taken over. Code that differs in a letter reads everything: nobody has to
remember to raise a version number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import indexes
import recommender
from indexes.errors import DamagedRelease
from indexes.files import load_array, load_json, save_array, save_json
from indexes.splice import Splice
from recommender.catalogue import Kind, Reader
from recommender.catalogue.marks import Marks
from recommender.content import ENTERPRISES, NEEDS, OFFERINGS
from recommender.snapshot import Snapshot

MARKS = "marks"
FRESH = "fresh"  # where documents wait for older ones; gone before the release is made
# Beside our own code, what decides how a text is spelled, cut and counted
_LIBRARIES = ("numpy", "OpenCC", "rjieba", "scipy", "tokenizers")


@dataclass(frozen=True, slots=True)
class Plan:
    """The rows of the new release: by collection where each comes from, and the row of the same id in the
    parent (-1: none; of enterprises and needs), the ids of the fresh enterprises and needs, the marks of all,
    and the marks of whole tables by kind. ``parent`` is the release that older rows come from; without one
    every row is fresh."""

    parent: Snapshot | None
    splices: Mapping[str, Splice]
    known: Mapping[str, NDArray[np.int64]]
    enterprise_ids: tuple[str, ...]
    need_ids: tuple[str, ...]
    enterprises: Marks
    needs: Marks
    tables: Mapping[Kind, str]
    code: str

    @property
    def counts(self) -> dict[str, int]:
        return {name: splice.size for name, splice in self.splices.items()}

    def same(self, collection: str) -> bool:
        """Whether a *collection* has the rows of the parent, and no others."""
        old = self.parent.manifest.counts[collection] if self.parent else -1
        return self.splices[collection].changes_nothing(old)

    def kept(self, kind: Kind) -> bool:
        """Whether no record of *kind* has changed, come or gone since the parent was made."""
        return self.parent is not None and _tables(self.parent.folder).get(kind.value) == self.tables[kind]

    @property
    def nothing_changed(self) -> bool:
        """Whether a release made now would hold what the parent holds."""
        return (
            self.parent is not None
            and all(self.kept(kind) for kind in self.tables)
            and all(map(self.same, self.splices))
        )

    def fresh_documents(self, folder: Path, collection: str) -> Path:
        """Where the documents of the fresh rows of a *collection* are written in the release *folder*."""
        return folder / FRESH / collection if self.parent else folder / collection / "documents"

    def save(self, folder: Path) -> None:
        """Write what the next refresh compares with below the release *folder*."""
        (folder / MARKS).mkdir()
        save_array(folder / MARKS / "enterprises.npy", self.enterprises.signature)
        save_array(folder / MARKS / "needs.npy", self.needs.signature)
        tables = {kind.value: mark for kind, mark in self.tables.items()}
        save_json(folder / MARKS / "tables.json", {"code": self.code, "tables": tables})


@dataclass(frozen=True, slots=True)
class CatalogueMarks:
    """What tells whether records have changed: of enterprises and needs, and of whole tables."""

    enterprises: Marks
    needs: Marks
    tables: Mapping[Kind, str]

    @classmethod
    def of(cls, view: Reader) -> CatalogueMarks:
        """Those of all that *view* reads."""
        tables = {kind: view.mark(kind) for kind in (Kind.OUTCOMES, Kind.EDGES)}
        return cls(view.enterprise_marks(), view.need_marks(), tables)


def plan(marks: CatalogueMarks, parent: Snapshot | None, encoder: str, engine: str = "auto") -> Plan:
    """What to read of the catalogue with these *marks* to make a release with the encoder of fingerprint
    *encoder* for a vector *engine*, starting from the verified release *parent*, where it was made by the
    same code, for the same and with the same."""
    code = f"{code_fingerprint()} {engine}"
    old = parent if parent and _made_by(parent) == (code, encoder) else None
    enterprises, needs = marks.enterprises, marks.needs
    known = {ENTERPRISES: _known(enterprises, old, ENTERPRISES), NEEDS: _known(needs, old, NEEDS)}
    of_enterprises = _splice(enterprises, known[ENTERPRISES], old, ENTERPRISES)
    of_needs = _splice(needs, known[NEEDS], old, NEEDS)
    return Plan(
        old,
        {
            OFFERINGS: _parts(of_enterprises, enterprises.parts, old),
            ENTERPRISES: of_enterprises,
            NEEDS: of_needs,
        },
        known,
        tuple(enterprises.ids[row] for row in of_enterprises.fresh.tolist()),
        tuple(needs.ids[row] for row in of_needs.fresh.tolist()),
        enterprises,
        needs,
        marks.tables,
        code,
    )


def _made_by(release: Snapshot) -> tuple[str, str]:
    facts = load_json(release.folder / MARKS / "tables.json")
    return str(facts.get("code")), release.manifest.encoder.fingerprint


def _tables(folder: Path) -> Mapping[str, object]:
    tables = load_json(folder / MARKS / "tables.json").get("tables")
    return tables if isinstance(tables, dict) else {}


def _known(marks: Marks, old: Snapshot | None, collection: str) -> NDArray[np.int64]:
    """(n,) the row of each record in *old*, -1 where it has none."""
    if old is None:
        return np.full(len(marks.ids), -1)
    return old.collection(collection).documents.rows_of(marks.ids)


def _splice(marks: Marks, known: NDArray[np.int64], old: Snapshot | None, collection: str) -> Splice:
    """Rows whose record is as it was come from *old*."""
    same = known >= 0
    if old is not None:
        path = old.folder / MARKS / f"{collection}.npy"
        signatures = load_array(path, np.uint64)
        if signatures.size != old.collection(collection).documents.size:
            raise DamagedRelease("has marks of other records", field="file", value=str(path))
        same[same] = signatures[known[same]] == marks.signature[same]
    source = np.where(same, known, -1)
    source[~same] = ~np.arange(int((~same).sum()))
    return Splice(source)


def _parts(owners: Splice, counts: NDArray[np.int64], old: Snapshot | None) -> Splice:
    """Where offerings come from, *counts* (n,) of each enterprise, given where the enterprises come from."""
    fresh = owners.source < 0
    starts = np.zeros(owners.size, np.int64)
    if old is not None:
        starts[~fresh] = old.first[owners.old]
    taken = np.cumsum(np.where(fresh, counts, 0))
    starts[fresh] = ~(taken[fresh] - counts[fresh])
    each = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    return Splice(np.repeat(starts, counts) + np.where(np.repeat(fresh, counts), -each, each))


@cache
def code_fingerprint() -> str:
    """One hash of the code and tables below ``indexes`` and ``recommender``, and of the libraries that decide
    what a release holds."""
    whole = hashlib.blake2b(digest_size=16)
    for package in (indexes, recommender):
        root = Path(package.__file__ or "").parent
        for path in sorted(root.rglob("*")):
            if path.suffix in (".py", ".csv", ".toml") and "sample" not in path.relative_to(root).parts:
                whole.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    for name in _LIBRARIES:
        try:
            whole.update(f"{name} {version(name)}\n".encode())
        except PackageNotFoundError:
            whole.update(f"{name}\n".encode())
    return whole.hexdigest()
