"""From a row of cells to a record, or to the reasons why not.

What happens to a field that cannot be understood:

=====================  =====================================================  =========================
what is wrong          for example                                            the row
=====================  =====================================================  =========================
identity missing       no name, no need_id, neither id nor credit code        rejected
wrong by its own rule  credit code's check character, share above 1,          rejected
                       negative quantity, 2026-02-30, unknown stage, a name
                       of 10 MB, a region code of no province
unreadable             a number, amount, date or yes/no that is none          rejected
known, not storable    amount in dollars, ``100-200人``, a unit without its   taken, field left out
                       number, a formula's #N/A, one without its result
not in our tables      industry or place by a name that no table holds        taken, field left out
read with a doubt      a county renumbered since (its city is stored), a      taken, noted
                       row shorter than the header
says nothing           ``暂无``, ``--``, ``未知``                             taken, field empty
=====================  =====================================================  =========================

A field that is left out keeps what the catalogue has. Each case is a :class:`Reject`, so nothing is lost
unsaid. Texts are stored in their own spelling, without tags and invisible signs.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from indexes.errors import InputError
from recommender.catalogue.domain import Link
from recommender.catalogue.kinds import Kind
from recommender.catalogue.rows import MAPPINGS
from recommender.intake import words
from recommender.intake.codes import region_of_code, resolve_region
from recommender.intake.fields import ITEM, RULES, Measured, Omitted, is_absent, line, shown
from recommender.intake.grids import Row
from recommender.intake.headers import ADDRESS, Column, Mapped

_UNCALCULATED = "a formula without its result", "open the file in Excel, which calculates, and save it again"


class Outcome(StrEnum):
    """What became of the row whose field is at fault."""

    REJECTED = "rejected"  # not taken
    LEFT_OUT = "left_out"  # taken without the field
    NOTED = "noted"  # taken; what is stored differs from what was written


@dataclass(frozen=True, slots=True)
class Reject:
    """One faulty field. ``reason`` is one of a few, ``mend`` what to do about it."""

    row: int
    field: str
    value: str
    reason: str
    mend: str = ""
    outcome: Outcome = Outcome.REJECTED


@dataclass(slots=True)
class Parsed:
    """A row's record with the fields that it states, or None, and what there is to say about it."""

    record: dict[str, object] | None
    given: frozenset[str]
    rejects: list[Reject] = field(default_factory=list)


class RowParser:
    """Turns rows of one kind into records."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.rules = RULES[kind]
        mapping = MAPPINGS[kind]
        self.key = mapping.key
        self.required = frozenset(mapping.required)

    def parse(self, row: Row, mapped: Mapped) -> Parsed:
        """The record of *row*, whose columns are *mapped*."""
        if row.fault:
            return Parsed(None, frozenset(), [Reject(row.number, "", row.value, row.fault)])
        rejects: list[Reject] = []
        if row.note:
            rejects.append(Reject(row.number, "", "", row.note, outcome=Outcome.NOTED))
        record: dict[str, object] = {}
        given = set(mapped.given)
        places: list[tuple[Column, object]] = []
        by_field: dict[str, list[tuple[Column, object]]] = {}
        for column in mapped.columns:
            cell = row.cells.get(column.header)
            # ="000001" is how programs keep a spreadsheet from taking an id for a number
            if isinstance(cell, str) and cell.startswith('="') and cell.endswith('"'):
                cell = cell[2:-1]
            if cell == words.UNCALCULATED:
                outcome = Outcome.REJECTED if column.field in self.required else Outcome.LEFT_OUT
                rejects.append(Reject(row.number, column.field, "", *_UNCALCULATED, outcome))
                given.discard(column.field)
            elif column.part:
                places.append((column, cell))
            elif not is_absent(cell, self.rules[column.field].own):
                by_field.setdefault(column.field, []).append((column, cell))
        for name, found in by_field.items():
            self._read(row.number, name, found, record, given, rejects)
        if places:
            self._region(row.number, places, record, given, rejects)
        self._complete(row, record, given, rejects)
        if any(reject.outcome is Outcome.REJECTED for reject in rejects):
            return Parsed(None, frozenset(), rejects)
        return Parsed(record, frozenset(given), rejects)

    def _read(
        self,
        row: int,
        name: str,
        found: list[tuple[Column, object]],
        record: dict[str, object],
        given: set[str],
        rejects: list[Reject],
    ) -> None:
        rule = self.rules[name]
        read: list[object] = []
        for column, cell in found:
            error = isinstance(cell, str) and cell.strip().lower() in words.FORMULA_ERRORS
            value: object = Omitted("a formula that failed")
            if not error:
                try:
                    value = rule.read(cell, column.scale)
                except InputError as problem:
                    outcome = Outcome.LEFT_OUT if rule.harmless else Outcome.REJECTED
                    rejects.append(Reject(row, name, shown(cell), problem.message, problem.mend, outcome))
                    given.discard(name)
                    continue
            if isinstance(value, Omitted):
                outcome = Outcome.REJECTED if name in self.required else Outcome.LEFT_OUT
                rejects.append(Reject(row, name, shown(cell), value.reason, outcome=outcome))
                given.discard(name)
                continue
            if isinstance(value, Measured):
                if value.unit:  # 500 台, unless a column of its own says otherwise
                    record.setdefault("unit", value.unit)
                    given.add("unit")
                value = value.number
            read.append(value)
        if not read or name not in given:
            return
        if len(read) == 1:
            record[name] = read[0]
        elif isinstance(read[0], tuple):
            record[name] = tuple(
                dict.fromkeys(part for value in read if isinstance(value, tuple) for part in value)
            )
        elif rule.glue:
            joined = rule.glue.join(dict.fromkeys(str(value) for value in read))
            try:
                record[name] = rule.read(joined, 1)
            except InputError as problem:
                rejects.append(Reject(row, name, shown(joined), problem.message, problem.mend))
        elif all(value == read[0] for value in read):
            record[name] = read[0]
        else:
            rejects.append(Reject(row, name, shown(found[1][1]), "two columns say different things"))

    def _region(
        self,
        row: int,
        places: list[tuple[Column, object]],
        record: dict[str, object],
        given: set[str],
        rejects: list[Reject],
    ) -> None:
        """The place that the columns name: the code or name first, the address last and without complaint."""
        by_part: dict[str, list[object]] = {}
        for column, cell in places:
            if not is_absent(cell):
                by_part.setdefault(column.part, []).append(cell)
        stepwise = [str(cell) for part in ("province", "city", "county") for cell in by_part.get(part, [])]
        candidates = [(cell, False) for part in ("region", "region_name") for cell in by_part.get(part, [])]
        candidates += [("/".join(stepwise), False)] if stepwise else []
        candidates += [(cell, True) for cell in by_part.get(ADDRESS, [])]
        complaint: Reject | None = None
        for cell, is_address in candidates:
            try:
                record["region"], exact = _place(cell, is_address)
            except InputError as problem:
                if is_address:
                    continue
                wrong = re.fullmatch(r"\d+", str(cell).strip()) is not None
                outcome = Outcome.REJECTED if wrong else Outcome.LEFT_OUT
                complaint = complaint or Reject(
                    row, "region", shown(cell), problem.message, problem.mend, outcome
                )
                continue
            if not exact:
                reason = "an unknown county code, taken as its city or province"
                rejects.append(Reject(row, "region", shown(cell), reason, outcome=Outcome.NOTED))
            break
        if complaint:
            rejects.append(complaint)
        if "region" not in record and candidates:
            given.discard("region")

    def _complete(self, row: Row, record: dict[str, object], given: set[str], rejects: list[Reject]) -> None:
        """Derived ids, and the checks across fields."""
        faulty = {reject.field for reject in rejects}
        if self.kind is Kind.ENTERPRISES and "enterprise_id" not in record and "credit_code" in record:
            record["enterprise_id"] = record["credit_code"]
            given.add("enterprise_id")
        if (
            self.kind is Kind.OFFERINGS
            and "offering_id" not in record
            and {"enterprise_id", "title"} <= record.keys()
        ):
            record["offering_id"] = derived_offering_id(record)
            given.add("offering_id")
        for name in self.required:
            identity = name in self.key
            # what an id would be derived from is missing, and is told of
            derived = name == "offering_id" and {"enterprise_id", "title"} <= given
            if name not in record and not derived and name not in faulty and (identity or name in given):
                neither = self.kind is Kind.ENTERPRISES and name == "enterprise_id"
                reason = "neither an id nor a credit code" if neither else "required, but empty"
                if not (neither and "credit_code" in faulty):
                    mend = "fill it in, or say by --column which column holds it"
                    rejects.append(Reject(row.number, name, "", reason, mend=mend))
        start, end = record.get("available_from"), record.get("available_until")
        if isinstance(start, date) and isinstance(end, date) and end < start:
            rejects.append(Reject(row.number, "available_until", end.isoformat(), "before available_from"))


def _place(cell: object, is_address: bool) -> tuple[str, bool]:
    text = unicodedata.normalize("NFKC", line(2000 if is_address else ITEM, cell, 1))
    digits = text.partition(".")[0] if re.fullmatch(r"\d+\.0*", text) else text
    if digits.isdecimal():
        return region_of_code(digits)
    return resolve_region(text, address=is_address), True


def derived_offering_id(record: Mapping[str, object]) -> str:
    """An id that follows from what is offered, the same whenever the same list is read.

    Width and white space do not matter; case does, since SoC芯片 and soc芯片 may be two lines of one list.

    >>> derived_offering_id({"enterprise_id": "E1", "title": "Ｇear"}) == derived_offering_id(
    ...     {"enterprise_id": "E1", "title": "Gear ", "link": Link.SUPPLY}
    ... )
    True
    """
    stated = (str(record.get(name) or "") for name in ("enterprise_id", "title", "description"))
    parts = [" ".join(unicodedata.normalize("NFKC", text).split()) for text in stated]
    parts.append(str(record.get("link") or Link.SUPPLY))
    return "o-" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
