"""Reading the catalogue: one record by its id, or all of a kind as a stream."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Row, Select, Text, cast, func, select

from indexes.errors import UnknownId
from recommender.catalogue.domain import Edge, Enterprise, Need, Offering, Outcome, Stage
from recommender.catalogue.kinds import Kind
from recommender.catalogue.marks import Marks, marks_of
from recommender.catalogue.rows import EDGES, ENTERPRISES, NEEDS, OFFERINGS, OUTCOMES, UNSTORABLE, RowMapping
from recommender.catalogue.tables import TABLES, contacts, enterprises, needs, offerings, outcomes

T = TypeVar("T")
ROWS_AT_A_TIME = 1000
IDS_AT_A_TIME = 500


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

    def enterprises(self, ids: Sequence[str] | None = None) -> Iterator[Enterprise]:
        """All, or those with one of *ids*, by id, without their contacts."""
        return self._stream(ENTERPRISES, self._all(ENTERPRISES), enterprises.c.enterprise_id, ids)

    def offerings(self, enterprise_ids: Sequence[str] | None = None) -> Iterator[Offering]:
        """All, or those of the enterprises named, by enterprise and id."""
        columns = offerings.c
        ordered = _fields(OFFERINGS).order_by(columns.enterprise_id, columns.offering_id)
        return self._stream(OFFERINGS, ordered, columns.enterprise_id, enterprise_ids)

    def offerings_of(self, enterprise_id: str) -> tuple[Offering, ...]:
        """The offerings of one enterprise, by id; empty where it has none or is not known."""
        return () if UNSTORABLE.search(enterprise_id) else tuple(self.offerings([enterprise_id]))

    def needs(self, ids: Sequence[str] | None = None) -> Iterator[Need]:
        """All, or those with one of *ids*, by id, whatever their status and visibility."""
        return self._stream(NEEDS, self._all(NEEDS), needs.c.need_id, ids)

    def enterprise_marks(self) -> Marks:
        """What tells whether an enterprise or one of its offerings has changed."""
        own, moment = enterprises.c, cast(offerings.c.updated_at, Text)
        records = select(own.enterprise_id, cast(own.updated_at, Text)).order_by(own.enterprise_id)
        listed = select(offerings.c.enterprise_id.label("owner"), moment.label("moment"))
        each = listed.order_by(offerings.c.enterprise_id, offerings.c.offering_id).subquery().c
        told = func.aggregate_strings(each.moment, "\n")
        parts = select(each.owner, func.count(), told, func.max(each.moment)).group_by(each.owner)
        with self._connections() as connection:
            return marks_of(_tuples(connection, records), _tuples(connection, parts))

    def need_marks(self) -> Marks:
        """What tells whether a need has changed."""
        columns = needs.c
        records = select(columns.need_id, cast(columns.updated_at, Text)).order_by(columns.need_id)
        with self._connections() as connection:
            return marks_of(_tuples(connection, records))

    def mark(self, kind: Kind) -> str:
        """What tells whether any record of a *kind* has changed, come or gone: how many were written when."""
        moment = cast(TABLES[kind].c.updated_at, Text)
        with self._connections() as connection:
            found = connection.execute(select(moment, func.count()).group_by(moment).order_by(moment))
            return ";".join(f"{written} {count}" for written, count in found)

    def outcomes(self, stages: Collection[Stage] | None = None) -> Iterator[Outcome]:
        """All, or those of *stages*, by need, enterprise, stage and time."""
        of_stages = [stage.value for stage in stages] if stages is not None else None
        return self._stream(OUTCOMES, self._all(OUTCOMES), outcomes.c.stage, of_stages)

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

    def _stream(
        self,
        mapping: RowMapping[T],
        rows: Select[Any],
        key: Column[str] | None = None,
        ids: Sequence[str] | None = None,
    ) -> Iterator[T]:
        """The records of *rows*; where *ids* are given, those whose *key* is among them, in the order of
        sorted ids."""
        chosen = [rows]
        if key is not None and ids is not None:
            asked = sorted(set(ids))
            chosen = [
                rows.where(key.in_(asked[i : i + IDS_AT_A_TIME])) for i in range(0, len(asked), IDS_AT_A_TIME)
            ]
        with self._connections() as connection:
            for each in chosen:
                for row in _tuples(connection, each):
                    yield mapping.decode(row)


def _tuples(connection: Connection, rows: Select[Any]) -> Iterator[Any]:
    with connection.execute(rows, execution_options={"yield_per": ROWS_AT_A_TIME}) as found:
        yield from found


def _fields(mapping: RowMapping[Any]) -> Select[Any]:
    return select(*(mapping.table.c[name] for name in mapping.fields))


def unknown(mapping: RowMapping[Any], record_id: str) -> UnknownId:
    return UnknownId(
        f"the catalogue holds no such {mapping.record_class.__name__.lower()}",
        field=mapping.key[0],
        value=record_id,
        mend=f"import it first: rongtong import {mapping.kind} FILE",
    )
