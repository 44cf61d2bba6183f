"""Excel workbooks (.xlsx, .xlsm) as streams of rows, in bounded memory.

Only what a cell shows is read: of a formula the value that Excel stored with it, and where there is none
:data:`~recommender.intake.words.UNCALCULATED`; formulas, macros, links and
pictures are never looked at. The XML is read as it is unpacked, so a sheet of any length, or a stray cell in
the last of a million rows, takes no memory; only the workbook's table of texts is held. Limits, all checked
before or while unpacking: MOST_BYTES unpacked (a zip bomb declares more, or is cut off at what it declares),
MOST_TEXT characters of shared texts, Excel's own 1,048,576 rows and 16,384 columns. A document type
declaration, which no workbook needs and entity bombs do, is refused.

Cells merged downwards give their value to each of their rows; a number shown as a date is one; a number
whose format pads it with zeros (000001) is the text that is shown.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from xml.parsers import expat

from indexes.errors import FileUnreadable
from recommender.intake.delimited import Line
from recommender.intake.sheet import (
    SheetReader,
    Styles,
    TextReader,
    column_number,
    feed,
    local_name,
    new_parser,
    shows_a_date,
)

MOST_BYTES = 2 * 1024**3
"""Bytes that the parts of a workbook may declare together, unpacked."""
_MOST_MERGES = 200_000
_CHUNK = 1 << 16
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    EOFError,
    KeyError,
    OSError,
    RuntimeError,
    ValueError,
)
_MERGE = re.compile(rb'mergeCell\s[^>]*?ref="([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"')
_BUILT_IN_DATES = frozenset((*range(14, 23), *range(27, 37), 45, 46, 47, *range(50, 59)))


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    part: str
    visible: bool


class Workbook:
    """An opened workbook. Made by :func:`open_workbook`."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self.name = name
        self._archive = archive
        main = next(
            (path for path, kind in self._targets("").values() if kind == "officeDocument"), "xl/workbook.xml"
        )
        targets = self._targets(main)
        self.sheets: tuple[Sheet, ...] = ()
        self._epoch = datetime(1899, 12, 30)
        self._read_workbook(main, {i: part for i, (part, kind) in targets.items() if kind == "worksheet"})
        by_kind = {kind: part for part, kind in targets.values()}
        self._texts = self._shared_texts(by_kind.get("sharedStrings", ""))
        self._styles = self._read_styles(by_kind.get("styles", ""))
        self.consumed = 0

    def size(self, sheet: Sheet) -> int:
        """Unpacked bytes of the sheet, against which ``consumed`` counts."""
        return self._archive.getinfo(sheet.part).file_size

    def rows(self, sheet: Sheet) -> Iterator[Line]:
        """The sheet's filled rows. Raises FileUnreadable where the sheet is damaged."""
        with _readable(self.name):
            merges = self._merges(sheet.part)
        reader = SheetReader(self._texts, self._styles, self._epoch)
        held: dict[int, tuple[int, object]] = {}
        self.consumed = 0
        for chunk in self._chunks(sheet.part):
            self.consumed += len(chunk)
            with _readable(self.name):
                feed(reader.parser, chunk, self.consumed)
            for number, cells in reader.taken():
                if not cells:
                    continue
                for column, last in merges.get(number, ()):
                    held[column] = (last, cells.get(column))
                for column, (last, value) in list(held.items()):
                    if number > last:
                        del held[column]
                    elif value is not None:
                        cells.setdefault(column, value)
                yield Line(number, dict(sorted(cells.items())), max(cells) + 1)

    def _chunks(self, part: str) -> Iterator[bytes]:
        """The part's bytes, and an empty piece at its end."""
        with _readable(self.name):
            stream = self._archive.open(part)
        with stream:
            while True:
                with _readable(self.name):
                    chunk = stream.read(_CHUNK)
                yield chunk
                if not chunk:
                    return

    def _parse(
        self,
        part: str,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
    ) -> None:
        parser = new_parser()
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = text
        consumed = 0
        for chunk in self._chunks(part):
            consumed += len(chunk)
            feed(parser, chunk, consumed)

    def _targets(self, part: str) -> dict[str, tuple[str, str]]:
        """Relation id to part and kind, for what *part* refers to."""
        folder, _, name = part.rpartition("/")
        found: dict[str, tuple[str, str]] = {}

        def start(tag: str, attributes: dict[str, str]) -> None:
            if local_name(tag) == "Relationship" and attributes.get("TargetMode") != "External":
                target = attributes.get("Target", "")
                path = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}".lstrip("/")
                while "/../" in path:
                    path = re.sub(r"[^/]+/\.\./", "", path, count=1)
                kind = attributes.get("Type", "").rpartition("/")[2]
                found[attributes.get("Id", "")] = (path, kind)

        relations = f"{folder}/_rels/{name}.rels".lstrip("/")
        if relations in self._archive.NameToInfo:
            self._parse(relations, start)
        return found

    def _read_workbook(self, part: str, parts: dict[str, str]) -> None:
        sheets: list[Sheet] = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            if local_name(tag) == "sheet":
                relation = next((v for k, v in attributes.items() if local_name(k) == "id"), "")
                if relation in parts and parts[relation] in self._archive.NameToInfo:
                    visible = attributes.get("state", "visible") == "visible"
                    sheets.append(Sheet(attributes.get("name", ""), parts[relation], visible))
            elif local_name(tag) == "workbookPr" and attributes.get("date1904") in ("1", "true"):
                self._epoch = datetime(1904, 1, 1)

        self._parse(part, start)
        self.sheets = tuple(sheets)

    def _shared_texts(self, part: str) -> list[str]:
        if part not in self._archive.NameToInfo:
            return []
        texts: list[str] = []
        reader = TextReader(texts)
        self._parse(part, reader.start, reader.end, reader.text)
        return texts

    def _read_styles(self, part: str) -> Styles:
        if part not in self._archive.NameToInfo:
            return Styles()
        formats: dict[int, str] = {}
        used: list[int] = []
        inside = [False]

        def start(tag: str, attributes: dict[str, str]) -> None:
            local = local_name(tag)
            if local == "numFmt":
                formats[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
            elif local == "cellXfs":
                inside[0] = True
            elif local == "xf" and inside[0]:
                used.append(int(attributes.get("numFmtId", 0)))

        def end(tag: str) -> None:
            if local_name(tag) == "cellXfs":
                inside[0] = False

        self._parse(part, start, end)
        dates, padded = set(), {}
        for style, number in enumerate(used):
            code = formats.get(number, "")
            if number in _BUILT_IN_DATES or (code and shows_a_date(code)):
                dates.add(style)
            elif re.fullmatch(r"0{2,30}", code):
                padded[style] = len(code)
        return Styles(frozenset(dates), padded)

    def _merges(self, part: str) -> dict[int, list[tuple[int, int]]]:
        """First row to the (column, last row) of the cells merged downwards from it.

        They stand behind the rows in the file, so this looks through it beforehand.
        """
        found: dict[int, list[tuple[int, int]]] = {}
        count = 0
        tail = b""
        for chunk in self._chunks(part):
            tail += chunk
            if b"mergeCell" in tail:
                at = 0
                for match in _MERGE.finditer(tail):
                    at = match.end()
                    column, first, last = column_number(match[1].decode()), int(match[2]), int(match[4])
                    if last > first and count < _MOST_MERGES:
                        found.setdefault(first, []).append((column, last))
                        count += 1
                tail = tail[at:]
            tail = tail[-200:]
        return found


@contextmanager
def open_workbook(path: Path) -> Iterator[Workbook]:
    """The workbook at *path*. Raises FileUnreadable where it is none, is encrypted, damaged or too large."""
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileUnreadable(
            f"{path.name} is an old .xls or a workbook with a password",
            mend="save it as .xlsx without a password",
        )
    if not start.startswith(b"PK"):
        raise FileUnreadable(
            f"{path.name} is no Excel workbook", mend="save it as .xlsx, or name it .csv if it is text"
        )
    with _readable(path.name):
        archive = zipfile.ZipFile(path)
    with archive:
        if sum(part.file_size for part in archive.infolist()) > MOST_BYTES:
            raise FileUnreadable(
                f"{path.name} would unpack to more than 2 GiB", mend="split it, or save it as CSV"
            )
        with _readable(path.name):
            workbook = Workbook(archive, path.name)
        if not workbook.sheets:
            raise FileUnreadable(f"{path.name} has no worksheet")
        yield workbook


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except FileUnreadable:
        raise
    except _DAMAGE as error:
        raise FileUnreadable(
            f"{name} is damaged or no Excel workbook: {str(error)[:100]}",
            mend="open it in Excel and save it again",
        ) from error
