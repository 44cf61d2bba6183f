"""Writing to the catalogue: upserts that touch only what differs, within one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Connection,
    FromClause,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    func,
    literal,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import sqlite

from indexes.errors import CatalogueError, InputError
from recommender.catalogue.database import translated
from recommender.catalogue.kinds import Counts, Kind, Refusal
from recommender.catalogue.rows import MAPPINGS, UNSTORABLE, RowMapping, Stored
from recommender.catalogue.tables import contacts

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

BATCH = 1000
"""Records compared and written at a time: four key columns each stay below SQLite's 32,766 variables."""

Key = tuple[Stored, ...]
Row = dict[str, Stored]


class Transaction:
    """Changes that are kept together or not at all; made by :meth:`Catalogue.transaction`.

    All that it writes bears one time, *now*. ``failed`` says that the database refused a change, after
    which nothing of the transaction can be kept.
    """

    def __init__(self, connection: Connection, now: datetime) -> None:
        self.failed = False
        self._connection = connection
        self._now = now

    def upsert(
        self, kind: Kind, records: Sequence[Mapping[str, object]], *, given: Collection[str]
    ) -> Counts:
        """Insert the records whose ids are new, update those of which a value differs.

        A record maps field names to domain values. *given* names the fields that the source has, the same
        for all records: of a stored record the others stay as they are, while a given field that is
        absent or None in a record is cleared to its default. The fields of the key always count as given.
        The key of an outcome is need, enterprise, stage and time; that of an edge source, target, relation
        and chain.

        Records are refused, not written, where a value cannot be stored, where a new record lacks a
        required field, and where an offering or outcome names an enterprise or need that is not there.
        Of several records with the same key the last is what is stored (see :class:`Counts`). Raises
        InputError where *given* names a field that the kind does not have, and CatalogueError.
        """
        mapping = MAPPINGS[kind]
        for name in given:
            if name not in mapping.rules:
                raise InputError(f"{kind} have no such field", field=name, mend="map the column to another")
        names = tuple(name for name in mapping.rules if name in given or name in mapping.key)
        inserted = updated = unchanged = 0
        refused: list[Refusal] = []
        with self._watched():
            for start in range(0, len(records), BATCH):
                counts = self._upsert_batch(mapping, records[start : start + BATCH], names)
                inserted += counts.inserted
                updated += counts.updated
                unchanged += counts.unchanged
                refused += (one._replace(position=one.position + start) for one in counts.refused)
        return Counts(inserted, updated, unchanged, tuple(refused))

    def delete(self, kind: Kind, keys: Iterable[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
        """Delete the records with these *keys*, and with an enterprise its offerings, outcomes and contact,
        with a need its outcomes; the keys that were not there.

        A key has the texts of the kind's key columns, as :attr:`RowMapping.key_columns` lists them.
        """
        table, columns = MAPPINGS[kind].table, MAPPINGS[kind].key_columns
        same = and_(*(table.c[name] == bindparam(f"key_{name}") for name in columns))
        missing = []
        with self._watched():
            for key in dict.fromkeys(tuple(key) for key in keys):
                values = {f"key_{name}": part for name, part in zip(columns, key, strict=True)}
                found = 0
                if not any(UNSTORABLE.search(part) for part in key):
                    found = self._connection.execute(delete(table).where(same), values).rowcount
                if not found:
                    missing.append(key)
        return tuple(missing)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            with translated(self._connection.engine.url):
                yield
        except CatalogueError:
            self.failed = True
            raise

    def _upsert_batch(
        self, mapping: RowMapping[Any], records: Sequence[Mapping[str, object]], names: tuple[str, ...]
    ) -> Counts:
        rows: dict[int, Row] = {}
        refused: list[Refusal] = []
        for position, record in enumerate(records):
            try:
                rows[position] = mapping.encode(record, names)
            except InputError as error:
                refused.append(Refusal(position, error.field, error.value, error.message, error.mend))
        refused += self._orphans(mapping, rows, names)

        keys = {position: mapping.key_of(row) for position, row in rows.items()}
        own = (
            *mapping.key_columns,
            *(n for n in names if n in mapping.fields and n not in mapping.key_columns),
        )
        before = self._stored(mapping.table, own, set(keys.values()))
        lacking = next((name for name in mapping.required if name not in names), "")
        if lacking:
            new = {position for position, key in keys.items() if key not in before}
            refused += (Refusal(position, lacking, "", f"a new record needs a {lacking}") for position in new)
            rows = {position: row for position, row in rows.items() if position not in new}

        last = {keys[position]: row for position, row in rows.items()}
        differing = self._write(mapping.table, own, before, last, mapping.defaults)
        if "contact" in names:
            differing |= self._write_contacts(last)
        inserted = sum(key not in before for key in last)
        updated = sum(key in before for key in differing)
        refused.sort(key=lambda one: one.position)
        return Counts(inserted, updated, len(rows) - inserted - updated, tuple(refused))

    def _orphans(
        self, mapping: RowMapping[Any], rows: dict[int, Row], names: tuple[str, ...]
    ) -> list[Refusal]:
        """Takes out of *rows* those that refer to a record which is not there."""
        refused = []
        for name, parent in mapping.references.items():
            if name not in names:
                continue
            wanted = {row[name] for row in rows.values()}
            there = set(self._connection.scalars(select(parent).where(parent.in_(wanted))))
            for position in [position for position, row in rows.items() if row[name] not in there]:
                value = rows.pop(position)[name]
                others = parent.table.name
                refused.append(
                    Refusal(
                        position,
                        name,
                        value,
                        f"not in the catalogue's {others}",
                        f"import the {others} first, or mend the id",
                    )
                )
        return refused

    def _stored(self, table: Table, columns: Sequence[str], keys: Collection[Key]) -> dict[Key, Key]:
        """Key to the values of *columns*, of which the first are the key, for those *keys* that are there."""
        if not keys:
            return {}
        rows = select(*(table.c[name] for name in columns)).select_from(self._with_keys(table, keys))
        if self._connection.dialect.name == "sqlite":
            rows = rows.where(tuple_(*table.primary_key).in_(keys))
        found = self._connection.execute(rows)
        return {values[: len(table.primary_key)]: values for values in map(tuple, found)}

    def _with_keys(self, table: Table, keys: Collection[Key]) -> FromClause:
        """On PostgreSQL *table* joined to *keys*: there, a long IN of tuples scans the table for each."""
        if self._connection.dialect.name == "sqlite":
            return table
        from sqlalchemy.dialects.postgresql import ARRAY

        names = [column.name for column in table.primary_key]
        arrays = (literal(list(one), ARRAY(Text)) for one in zip(*keys, strict=True))
        wanted = func.unnest(*arrays).table_valued(*names, name="wanted").render_derived()
        return table.join(wanted, and_(*(table.c[name] == wanted.c[name] for name in names)))

    def _write(
        self,
        table: Table,
        columns: Sequence[str],
        before: Mapping[Key, Key],
        last: Mapping[Key, Row],
        defaults: Row,
    ) -> set[Key]:
        """Make *columns* of the rows in *table* equal to *last*; the keys of those that differed *before*."""
        differing = {key for key, row in last.items() if before.get(key) != tuple(row[n] for n in columns)}
        width = len(table.primary_key)
        new: list[Row] = []
        old: list[Row] = []
        for key in (key for key in last if key in differing):
            row = {name: last[key][name] for name in columns} | {"updated_at": self._now}
            if key in before:
                old.append(row | {f"key_{name}": row[name] for name in columns[:width]})
            else:
                new.append(defaults | row | {"created_at": self._now})
        if new:
            # another program may have inserted the same meanwhile
            statement = self._insert_into(table)
            fresh = {name: statement.excluded[name] for name in (*columns[width:], "updated_at")}
            self._connection.execute(
                statement.on_conflict_do_update(index_elements=columns[:width], set_=fresh), new
            )
        if old:
            same = (column == bindparam(f"key_{column.name}") for column in table.primary_key)
            self._connection.execute(update(table).where(*same), old)
        return differing

    def _insert_into(self, table: Table) -> postgresql.Insert | sqlite.Insert:
        if self._connection.dialect.name == "sqlite":
            return sqlite.insert(table)
        from sqlalchemy.dialects import postgresql  # 20 ms that SQLite does without

        return postgresql.insert(table)

    def _write_contacts(self, last: Mapping[Key, Row]) -> set[Key]:
        """The enterprises whose contact was set, changed or cleared; an empty contact has no row."""
        columns = ("enterprise_id", "contact")
        before = self._stored(contacts, columns, set(last))
        stated = {key: row for key, row in last.items() if row["contact"]}
        cleared = {key for key in last if key in before and key not in stated}
        if cleared:
            ids = [one for (one,) in cleared]
            self._connection.execute(delete(contacts).where(contacts.c.enterprise_id.in_(ids)))
        return cleared | self._write(contacts, columns, before, stated, {})
