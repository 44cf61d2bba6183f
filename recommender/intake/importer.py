"""Importing a file into the catalogue: good rows in, bad rows into the rejects file, all in one transaction.

An import that fails, or a dry run, writes nothing. Memory holds a batch of rows, whatever the file's size;
which ids the file has had is kept in a temporary database that spills to disk. Where a file has an id twice
the first row counts: taking the last would make a second import of the file change everything twice.
"""

from __future__ import annotations

import csv
import hashlib
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from indexes.errors import InputError, RongtongError, UnknownId, WrongSetting
from recommender.catalogue.domain import Visibility
from recommender.catalogue.kinds import Counts, Kind
from recommender.catalogue.rows import MAPPINGS
from recommender.intake.fields import shown
from recommender.intake.headers import Mapped, Names
from recommender.intake.readers import Source, open_source
from recommender.intake.rows import Outcome, Parsed, Reject, RowParser

if TYPE_CHECKING:
    from recommender.catalogue.repository import Catalogue
    from recommender.catalogue.writing import Transaction

BATCH = 1000
MOST_KEY_SETS = 1000
"""Different sets of keys, over the lines of a JSON file, whose mapping is remembered."""
_REJECT_HEADER = ("row", "field", "value", "reason", "outcome", "mend")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did.

    ``rows = inserted + updated + unchanged + rejected``; ``remarks`` counts what was left out of rows that
    were taken, or noted about them. ``reasons`` counts rejects and remarks by (field, reason).
    """

    kind: Kind
    file: Path
    rows: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    remarks: int = 0
    reasons: Mapping[tuple[str, str], int] = field(default_factory=dict)
    mapped: Mapping[str, str] = field(default_factory=dict)
    unmapped: tuple[str, ...] = ()
    rejects_file: Path | None = None
    encoding: str = ""
    sheet: str = ""
    other_sheets: tuple[str, ...] = ()
    dry_run: bool = False

    def to_json(self) -> dict[str, object]:
        return {
            "kind": self.kind.value,
            "file": str(self.file),
            "rows": self.rows,
            "inserted": self.inserted,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
            "remarks": self.remarks,
            "reasons": [
                {"field": name, "reason": reason, "count": count}
                for (name, reason), count in self.reasons.items()
            ],
            "mapped": dict(self.mapped),
            "unmapped": list(self.unmapped),
            "rejects_file": str(self.rejects_file) if self.rejects_file else None,
            "encoding": self.encoding,
            "sheet": self.sheet,
            "other_sheets": list(self.other_sheets),
            "dry_run": self.dry_run,
        }


def import_file(
    catalogue: Catalogue,
    kind: Kind,
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    dry_run: bool = False,
    rejects: Path | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Read the file at *path* into *catalogue*.

    *columns* maps headers of the file to fields and goes before the known names. With *rejects*, faulty
    fields are written there as CSV (UTF-8 with a mark, which Excel needs); the file is made only where there
    are any, and an older one of ours at that place goes. *progress* is called with how much has been read,
    and of how much, in units of the file's format.

    Raises FileUnreadable for a file that cannot be read, InputError for columns that are not there or
    missing, CatalogueError, RongtongError where the rejects cannot be written; in each case nothing is.
    """
    names = Names(kind, columns)
    if rejects is not None and rejects.resolve() == path.resolve():
        raise WrongSetting("the rejects would overwrite the file", field="rejects", value=str(rejects))
    with open_source(path, names) as source, closing(_Seen()) as seen, _RejectsFile(rejects) as rejected:
        run = _Run(catalogue, names, source, seen, rejected)
        with catalogue.transaction(dry_run=dry_run) as transaction:
            run.all_rows(transaction, progress)
            rejected.close()  # what the disk refuses must be known before the rows are in
        rejected.keep()
    return ImportReport(
        kind=kind,
        file=path,
        rows=run.rows,
        inserted=run.inserted,
        updated=run.updated,
        unchanged=run.unchanged,
        rejected=run.rejected,
        remarks=run.remarks,
        reasons=dict(sorted(run.reasons.items(), key=lambda item: (-item[1], item[0]))),
        mapped=run.mapped,
        unmapped=tuple(run.unmapped),
        rejects_file=rejected.path if run.reasons else None,
        encoding=source.encoding,
        sheet=source.sheet,
        other_sheets=source.other_sheets,
        dry_run=dry_run,
    )


class _Run:
    """One import on its way: its batch, its counts."""

    def __init__(
        self, catalogue: Catalogue, names: Names, source: Source, seen: _Seen, rejects: _RejectsFile
    ) -> None:
        self.rows = self.inserted = self.updated = self.unchanged = self.rejected = self.remarks = 0
        self.reasons: Counter[tuple[str, str]] = Counter()
        self.mapped: dict[str, str] = {}
        self.unmapped: dict[str, None] = {}
        self._catalogue, self._names, self._source = catalogue, names, source
        self._seen, self._rejects = seen, rejects
        self._parser = RowParser(names.kind)
        self._mappings: dict[tuple[str, ...], Mapped] = {}
        self._used: set[str] = set()
        self._batch: dict[frozenset[str], list[tuple[int, dict[str, object], list[Reject]]]] = {}
        self._held = 0

    def all_rows(self, transaction: Transaction, progress: Progress | None) -> None:
        if self._source.headers is not None:
            self._check(self._source.headers)
        for row in self._source.rows:
            self.rows += 1
            mapped = self._mapping(self._source.headers or tuple(row.cells))
            self._take(row.number, self._parser.parse(row, mapped))
            if self._held >= BATCH:
                self._write(transaction)
                if progress:
                    progress(*self._source.position())
        self._write(transaction)
        if progress:
            progress(*self._source.position())
        if self._source.headers is None:
            self._require_explicit(self._used)
        self.unmapped |= dict.fromkeys(sorted(self._source.nameless))

    def _check(self, headers: tuple[str, ...]) -> None:
        self._require_explicit({header for header in headers if self._names.is_explicit(header)})
        lacking = self._names.lacking(headers)
        if lacking:
            raise InputError(
                f"no column gives {' or '.join(lacking)}",
                field="columns",
                value=", ".join(headers)[:200],
                mend=f"map one with --column HEADER={lacking[0]}",
            )
        self._mapping(headers)

    def _require_explicit(self, found: set[str]) -> None:
        missing = self._names.missing(found)
        if missing:
            there = ", ".join(self._source.headers or [*self.mapped, *self.unmapped])[:300]
            raise InputError(
                "the file has no such column",
                field="column",
                value=", ".join(missing),
                mend=f"it has {there}" if there else "",
            )

    def _mapping(self, headers: tuple[str, ...]) -> Mapped:
        mapped = self._mappings.get(headers)
        if mapped is None:
            mapped = self._names.mapped(headers)
            if len(self._mappings) < MOST_KEY_SETS:
                self._mappings[headers] = mapped
                self.mapped |= {column.header: column.part or column.field for column in mapped.columns}
                self.unmapped |= dict.fromkeys(mapped.unmapped)
                self._used |= {header for header in headers if self._names.is_explicit(header)}
        return mapped

    def _take(self, number: int, parsed: Parsed) -> None:
        record = parsed.record
        if record is None:
            self._reject(parsed.rejects)
            return
        earlier = self._seen.first(self._names.kind, number, record)
        if earlier is not None:
            first, same = earlier
            if same:
                self.unchanged += 1
                self._say(parsed.rejects)
            else:
                name = MAPPINGS[self._names.kind].key[0]
                reason = "an earlier row of this file has the same id and says otherwise"
                mend = f"see row {first}"
                self._reject([*parsed.rejects, Reject(number, name, shown(record[name]), reason, mend)])
            return
        given = self._with_visibility(record, parsed.given)
        self._batch.setdefault(given, []).append((number, record, parsed.rejects))
        self._held += 1

    def _with_visibility(self, record: dict[str, object], given: frozenset[str]) -> frozenset[str]:
        """A need that says when it was published is public, unless it is stored otherwise already."""
        if self._names.kind is not Kind.NEEDS or "visibility" in record or not record.get("published"):
            return given
        try:
            stored = self._catalogue.need(str(record["need_id"]))
        except UnknownId:
            record["visibility"] = Visibility.PUBLIC
        else:
            record["visibility"] = stored.visibility
        return given | {"visibility"}

    def _write(self, transaction: Transaction) -> None:
        for given, rows in self._batch.items():
            counts: Counts = transaction.upsert(
                self._names.kind, [record for _, record, _ in rows], given=given
            )
            refused = {refusal.position: refusal for refusal in counts.refused}
            self.inserted += counts.inserted
            self.updated += counts.updated
            self.unchanged += counts.unchanged
            for position, (number, _, rejects) in enumerate(rows):
                if position in refused:
                    _, name, value, reason, mend = refused[position]
                    self._reject([*rejects, Reject(number, name, shown(value), reason, mend)])
                else:
                    self._say(rejects)
        self._batch, self._held = {}, 0

    def _reject(self, rejects: list[Reject]) -> None:
        """Nothing of the row was taken, so what was left out of it besides needs no word."""
        self.rejected += 1
        wrong = [reject for reject in rejects if reject.outcome is Outcome.REJECTED]
        self._rejects.write(wrong)
        self.reasons.update((reject.field, reject.reason) for reject in wrong)

    def _say(self, remarks: list[Reject]) -> None:
        self.remarks += len(remarks)
        self._rejects.write(remarks)
        self.reasons.update((remark.field, remark.reason) for remark in remarks)


class _Seen:
    """The keys that a file has had, with the row of each and what it said. Spills to disk by itself."""

    def __init__(self) -> None:
        self._base = sqlite3.connect("", isolation_level=None)  # a temporary file, gone when closed
        self._base.execute("PRAGMA journal_mode = OFF")
        self._base.execute("PRAGMA synchronous = OFF")
        self._base.execute("CREATE TABLE seen (id BLOB PRIMARY KEY, row INTEGER, said BLOB) WITHOUT ROWID")

    def first(self, kind: Kind, number: int, record: Mapping[str, object]) -> tuple[int, bool] | None:
        """None the first time; then the row that had the key before, and whether it said the same."""
        key = _digest([record.get(name) for name in MAPPINGS[kind].key])
        said = _digest(sorted(record.items(), key=lambda item: item[0]))
        done = self._base.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", (key, number, said))
        if done.rowcount:
            return None
        row, before = self._base.execute("SELECT row, said FROM seen WHERE id = ?", (key,)).fetchone()
        return row, before == said

    def close(self) -> None:
        self._base.close()


def _digest(value: object) -> bytes:
    return hashlib.blake2b(repr(value).encode("utf-8", "surrogatepass"), digest_size=16).digest()


class _RejectsFile:
    """A CSV of faulty fields, made when the first is written, at its place only once it is kept."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._file: TextIO | None = None
        self._draft = path.with_name(f".{path.name}.{os.getpid()}") if path else None

    def __enter__(self) -> _RejectsFile:
        return self

    def write(self, rejects: list[Reject]) -> None:
        if self._draft is None or not rejects:
            return
        rows = (
            (str(one.row), one.field, one.value, one.reason, one.outcome.value, one.mend) for one in rejects
        )
        with self._writing():
            if self._file is None:
                self._draft.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._draft.open("w", encoding="utf-8-sig", newline="")
                csv.writer(self._file).writerow(_REJECT_HEADER)
            csv.writer(self._file).writerows([harmless(cell) for cell in row] for row in rows)

    def close(self) -> None:
        """All is on its way to the disk; no more is written."""
        if self._file is not None:
            with self._writing():
                self._file.close()

    def keep(self) -> None:
        """Put the file at its place, or take away an older one if there is nothing to say."""
        if self.path is None or self._draft is None:
            return
        with self._writing():
            if self._file is not None:
                self._draft.replace(self.path)
            elif _is_rejects_file(self.path):
                self.path.unlink()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise RongtongError(
                f"The rejects cannot be written: {error.strerror or error}.",
                field="rejects",
                value=str(self.path),
                mend="make room, or name another place with --rejects",
            ) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # there is no room, or nobody may write there: what is told says so already
            if self._file is not None:
                self._file.close()
        if self._draft is not None:
            with suppress(OSError):
                self._draft.unlink(missing_ok=True)


def _is_rejects_file(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8-sig") as file:
            return file.readline(200).rstrip("\r\n") == ",".join(_REJECT_HEADER)
    except (OSError, UnicodeDecodeError):
        return False


def harmless(cell: str) -> str:
    """*cell* so that a spreadsheet shows it and does not run it (OWASP: CSV injection).

    >>> harmless("=1+1"), harmless("plain")
    ("'=1+1", 'plain')
    """
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
