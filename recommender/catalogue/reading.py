"""Reading the catalogue: one record by its id, or all of a kind as a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, func, select

from indexes.errors import UnknownId
from recommender.catalogue.domain import Edge, Enterprise, Need, Offering, Outcome
from recommender.catalogue.kinds import Kind
from recommender.catalogue.rows import EDGES, ENTERPRISES, NEEDS, OFFERINGS, OUTCOMES, UNSTORABLE, RowMapping
from recommender.catalogue.tables import TABLES, contacts, enterprises, offerings

T = TypeVar("T")
ROWS_AT_A_TIME = 1000


class Reader:
    """Reads records. A stream holds ROWS_AT_A_TIME rows in memory and its connection until it ends.

    Every stream sees one state of the database from its first record to its last; for several streams
    that agree with one another use :meth:`Catalogue.snapshot`. Ids sort by code point.
    """

    def __init__(self, connections: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._connections = connections

    def enterprise(self, enterprise_id: str) -> Enterprise:
        """Its public fields: ``contact`` is always empty here. Raises UnknownId."""
        return self._one(ENTERPRISES, enterprise_id)

    def offering(self, offering_id: str) -> Offering:
        """Raises UnknownId."""
        return self._one(OFFERINGS, offering_id)

    def need(self, need_id: str) -> Need:
        """Raises UnknownId."""
        return self._one(NEEDS, need_id)

    def contact(self, enterprise_id: str) -> str:
        """The restricted contact of an enterprise, ``""`` where none is stored. Raises UnknownId."""
        found = (
            select(contacts.c.contact)
            .select_from(enterprises.outerjoin(contacts))
            .where(enterprises.c.enterprise_id == enterprise_id)
        )
        row = self._find(ENTERPRISES, enterprise_id, found)
        return row.contact or ""

    def enterprises(self) -> Iterator[Enterprise]:
        """All, by id, without their contacts."""
        return self._stream(ENTERPRISES, self._all(ENTERPRISES))

    def offerings(self) -> Iterator[Offering]:
        """All, by enterprise and id."""
        columns = offerings.c
        return self._stream(
            OFFERINGS, _fields(OFFERINGS).order_by(columns.enterprise_id, columns.offering_id)
        )

    def offerings_of(self, enterprise_id: str) -> tuple[Offering, ...]:
        """The offerings of one enterprise, by id; empty where it has none or is not known."""
        if UNSTORABLE.search(enterprise_id):
            return ()
        chosen = (
            _fields(OFFERINGS)
            .where(offerings.c.enterprise_id == enterprise_id)
            .order_by(offerings.c.offering_id)
        )
        return tuple(self._stream(OFFERINGS, chosen))

    def needs(self) -> Iterator[Need]:
        """All, by id, whatever their status and visibility."""
        return self._stream(NEEDS, self._all(NEEDS))

    def last_changes(self) -> dict[str, date]:
        """Enterprise id → the day (UTC) on which it or one of its offerings last changed a value."""
        own = select(enterprises.c.enterprise_id, enterprises.c.updated_at)
        offered = select(offerings.c.enterprise_id, func.max(offerings.c.updated_at)).group_by(
            offerings.c.enterprise_id
        )
        with self._connections() as connection:
            found = {enterprise: moment.date() for enterprise, moment in connection.execute(own)}
            for enterprise, moment in connection.execute(offered):
                found[enterprise] = max(found[enterprise], moment.date())
        return found

    def outcomes(self) -> Iterator[Outcome]:
        """All, by need, enterprise, stage and time."""
        return self._stream(OUTCOMES, self._all(OUTCOMES))

    def edges(self) -> Iterator[Edge]:
        """All, by source, target, relation and chain."""
        return self._stream(EDGES, self._all(EDGES))

    def counts(self) -> dict[Kind, int]:
        """How many records there are of each kind."""
        with self._connections() as connection:
            return {
                kind: connection.scalar(select(func.count()).select_from(table)) or 0
                for kind, table in TABLES.items()
            }

    @staticmethod
    def _all(mapping: RowMapping[Any]) -> Select[Any]:
        return _fields(mapping).order_by(*mapping.table.primary_key)

    def _one(self, mapping: RowMapping[T], record_id: str) -> T:
        (key,) = mapping.table.primary_key
        return mapping.decode(self._find(mapping, record_id, _fields(mapping).where(key == record_id)))

    def _find(self, mapping: RowMapping[Any], record_id: str, rows: Select[Any]) -> Row[Any]:
        row = None
        if not UNSTORABLE.search(record_id):
            with self._connections() as connection:
                row = connection.execute(rows).one_or_none()
        if row is None:
            raise unknown(mapping, record_id)
        return row

    def _stream(self, mapping: RowMapping[T], rows: Select[Any]) -> Iterator[T]:
        options = {"yield_per": ROWS_AT_A_TIME}
        with self._connections() as connection, connection.execute(rows, execution_options=options) as found:
            for row in found:
                yield mapping.decode(row)


def _fields(mapping: RowMapping[Any]) -> Select[Any]:
    return select(*(mapping.table.c[name] for name in mapping.fields))


def unknown(mapping: RowMapping[Any], record_id: str) -> UnknownId:
    return UnknownId(
        f"the catalogue holds no such {mapping.record_class.__name__.lower()}",
        field=mapping.key[0],
        value=record_id,
        mend=f"import it first: rongtong import {mapping.kind} FILE",
    )
