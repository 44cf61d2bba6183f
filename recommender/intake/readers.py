"""Files as streams of rows by header: .csv, .tsv, .xlsx, .jsonl and .parquet.

Nothing is held but a batch, so a file may be larger than memory. What cannot be read at all raises
FileUnreadable; what is wrong with one row comes as that row's fault.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from indexes.errors import FileUnreadable
from recommender.intake.delimited import LONGEST_LINE, Encoding, as_text, find_encoding, records, text_lines
from recommender.intake.grids import LOOKED_AT, Header, Row, find_header, rows_of
from recommender.intake.headers import Names
from recommender.intake.workbook import Sheet, Workbook, open_workbook

ENDINGS = (".csv", ".tsv", ".xlsx", ".jsonl", ".parquet")
DELIMITERS = ",;\t"
DEEPEST = 20
"""Levels of nesting in a line of JSON."""
LARGEST_GROUP = 2 * 1024**3
"""Bytes that a row group of a Parquet file may declare, unpacked."""
_AT_A_TIME = 1000
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(slots=True)
class Source:
    """An opened file. ``headers`` is None where every row has its own.

    ``nameless`` fills up, while rows are read, with columns that have values but no header. ``position``
    says how far reading has come, and of how much, in units of its own.
    """

    rows: Iterator[Row]
    headers: tuple[str, ...] | None
    position: Callable[[], tuple[int, int | None]]
    encoding: str = ""
    sheet: str = ""
    other_sheets: tuple[str, ...] = ()
    nameless: set[str] = field(default_factory=set)


@contextmanager
def open_source(path: Path, names: Names) -> Iterator[Source]:
    """The rows of the file at *path*. Raises FileUnreadable."""
    ending = path.suffix.lower()
    openers = {
        ".csv": _delimited,
        ".tsv": _delimited,
        ".xlsx": _workbook,
        ".xlsm": _workbook,
        ".jsonl": _json_lines,
        ".ndjson": _json_lines,
        ".parquet": _parquet,
    }
    if ending not in openers:
        raise FileUnreadable(f"{path.name} has no known ending", mend=f"one of {', '.join(ENDINGS)}")
    try:
        if not path.is_file():
            raise FileUnreadable(f"there is no file {path.name}", value=str(path))
        if path.stat().st_size == 0:
            raise FileUnreadable(f"{path.name} is empty")
        with openers[ending](path, names) as source:
            yield source
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise FileUnreadable(f"{path.name} cannot be read: {why}", field="file", value=str(path)) from error


@contextmanager
def _delimited(path: Path, names: Names) -> Iterator[Source]:
    encoding = find_encoding(path)
    delimiter, declared = "\t", False
    if path.suffix.lower() == ".csv":
        with path.open("rb") as file, as_text(file, encoding) as text:
            head = list(islice(text_lines(text), LOOKED_AT))
        # Excel's own first line "sep=;"
        declared = bool(head) and re.fullmatch(r"sep=.[\r\n]*", head[0], re.I) is not None
        delimiter = head[0][4] if declared else _likely_delimiter(head, names)
    with path.open("rb") as file, as_text(file, encoding) as text:
        lines = records(text_lines(text), delimiter)
        if declared:
            next(lines, None)
        nameless: set[str] = set()
        header, rows = rows_of(lines, names, ragged=True, nameless=nameless)
        size = path.stat().st_size
        yield Source(
            rows if encoding.clean else _decoded(rows, encoding),
            _labels(header, path),
            lambda: (file.tell(), size),
            encoding=encoding.codec,
            nameless=nameless,
        )


def _labels(header: Header | None, path: Path) -> tuple[str, ...]:
    if header is None:
        raise FileUnreadable(f"{path.name} has no row that can be read")
    return tuple(header.labels.values())


def _likely_delimiter(head: list[str], names: Names) -> str:
    """The one with which the header makes most sense; of equals the one that cuts it into most cells."""

    def merit(delimiter: str) -> tuple[tuple[bool, int], int]:
        header = find_header(list(records(iter(head), delimiter)), names)
        return (header.fit, len(header.labels)) if header else ((False, 0), 0)

    return max(DELIMITERS, key=merit)


def _decoded(rows: Iterator[Row], encoding: Encoding) -> Iterator[Row]:
    for row in rows:
        torn = next(
            (cell for cell in row.cells.values() if isinstance(cell, str) and _SURROGATE.search(cell)), ""
        )
        if torn:
            shown = _SURROGATE.sub("\ufffd", torn[:100])
            yield Row(row.number, {}, f"bytes that are not {encoding.codec.upper()}", shown)
        else:
            yield row


@contextmanager
def _workbook(path: Path, names: Names) -> Iterator[Source]:
    with open_workbook(path) as workbook:
        sheet = _best_sheet(workbook, names)
        nameless: set[str] = set()
        header, rows = rows_of(workbook.rows(sheet), names, ragged=False, nameless=nameless)
        size = workbook.size(sheet)
        yield Source(
            rows,
            _labels(header, path),
            lambda: (workbook.consumed, size),
            sheet=sheet.name,
            other_sheets=tuple(other.name for other in workbook.sheets if other is not sheet),
            nameless=nameless,
        )


def _best_sheet(workbook: Workbook, names: Names) -> Sheet:
    """The sheet whose header fits best, a visible one before a hidden one, then the first."""

    def merit(sheet: Sheet) -> tuple[tuple[bool, int], bool]:
        header = find_header(list(islice(workbook.rows(sheet), LOOKED_AT)), names)
        return (header.fit if header else (False, -1)), sheet.visible

    return workbook.sheets[0] if len(workbook.sheets) == 1 else max(workbook.sheets, key=merit)


@contextmanager
def _json_lines(path: Path, names: Names) -> Iterator[Source]:
    encoding = find_encoding(path)
    with path.open("rb") as file, as_text(file, encoding) as text:
        size = path.stat().st_size
        rows = _json_rows(text_lines(text))
        yield Source(
            rows if encoding.clean else _decoded(rows, encoding),
            None,
            lambda: (file.tell(), size),
            encoding=encoding.codec,
        )


def _json_rows(lines: Iterator[str]) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        shown = line[:100].strip()
        if len(line) >= LONGEST_LINE:
            yield Row(number, {}, "a line longer than 16 million characters", shown)
            continue
        try:
            found = json.loads(line, parse_constant=_no_constant, object_pairs_hook=_without_repeats)
        except (ValueError, RecursionError) as error:
            repeated = isinstance(error, _Repeated)
            yield Row(
                number, {}, "the same key twice in one object" if repeated else "not a line of JSON", shown
            )
            continue
        if not isinstance(found, dict):
            yield Row(number, {}, "not a JSON object", shown)
        elif _depth(found) > DEEPEST:
            yield Row(number, {}, f"nested more than {DEEPEST} deep", shown)
        elif found:
            yield Row(number, found)


class _Repeated(ValueError):
    """An object has a key twice; which one counts would be a guess."""


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Repeated
    return found


def _no_constant(name: str) -> object:
    raise ValueError(name)  # NaN and Infinity are no JSON


def _depth(value: object) -> int:
    depth, level = 0, [value]
    while level and depth <= DEEPEST:
        depth += 1
        following: list[object] = []
        for one in level:
            if isinstance(one, dict):
                following.extend(one.values())
            elif isinstance(one, list):
                following.extend(one)
        level = following
    return depth


@contextmanager
def _parquet(path: Path, names: Names) -> Iterator[Source]:
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            groups = (file.metadata.row_group(i) for i in range(file.metadata.num_row_groups))
            if any(group.total_byte_size > LARGEST_GROUP for group in groups):
                raise FileUnreadable(
                    f"{path.name} has a row group of more than 2 GiB", mend="write smaller row groups"
                )
            read = [0]

            def rows() -> Iterator[Row]:
                for batch in file.iter_batches(_AT_A_TIME):
                    for cells in batch.to_pylist():
                        read[0] += 1
                        yield Row(read[0], cells)

            yield Source(rows(), tuple(file.schema_arrow.names), lambda: (read[0], file.metadata.num_rows))
    except (pyarrow.ArrowException, ValueError) as error:
        raise FileUnreadable(f"{path.name} is damaged or no Parquet file: {str(error)[:100]}") from error
