"""The XML of a worksheet, read as it arrives: rows of cells, as a person sees them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from xml.parsers import expat

from indexes.errors import FileUnreadable
from recommender.intake.words import UNCALCULATED

MOST_TEXT = 300_000_000
"""Characters of shared texts."""
LONGEST_CELL = 16 * 1024 * 1024
"""Characters of a cell; the rest of a longer one is not kept (any field refuses it anyway)."""
LONGEST_TAG = 16 * 1024 * 1024
"""Bytes of one tag or comment."""
ROWS, COLUMNS = 1_048_576, 16_384
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_NOT_SHOWN = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True, slots=True)
class Styles:
    """Which cell styles show a number as a date, and which pad it to how many digits."""

    dates: frozenset[int] = frozenset()
    padded: dict[int, int] = field(default_factory=dict)


def shows_a_date(code: str) -> bool:
    """Whether the number format *code* shows a day or a time.

    >>> shows_a_date('yyyy"年"m"月"d"日"'), shows_a_date('#,##0.00 "days"'), shows_a_date("General")
    (True, False, False)
    """
    return bool(re.search("[ymdhs]", _NOT_SHOWN.sub("", code.partition(";")[0]), re.I))


def new_parser() -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def feed(parser: expat.XMLParserType, chunk: bytes, consumed: int) -> None:
    """Parse *chunk*, the last of *consumed* bytes; an empty one ends the document.

    The parser holds a tag or comment until it ends, so one that does not end is refused.
    """
    parser.Parse(chunk, not chunk)
    if consumed - parser.CurrentByteIndex > LONGEST_TAG:
        raise FileUnreadable("a tag or comment in the workbook is longer than 16 MiB")


def _refuse_doctype(*_: object) -> None:
    raise FileUnreadable("the workbook has a document type declaration, which Excel never writes")


def local_name(tag: str) -> str:
    return tag.rpartition(":")[2]


def column_number(letters: str) -> int:
    """0 for A, 25 for Z, 26 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def unescape(text: str) -> str:
    """*text* with Excel's own escapes undone: ``_x000D_`` is a carriage return.

    >>> unescape("a_x000D_b")
    'a\\rb'
    """
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


class TextReader:
    """Collects the shared texts: the runs of each, without the phonetic ones."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts
        self._parts: list[str] = []
        self._reading = self._phonetic = False
        self._total = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        local = local_name(tag)
        if local == "si":
            self._parts = []
        elif local == "rPh":
            self._phonetic = True
        elif local == "t":
            self._reading = not self._phonetic

    def end(self, tag: str) -> None:
        local = local_name(tag)
        if local == "t":
            self._reading = False
        elif local == "rPh":
            self._phonetic = False
        elif local == "si":
            self._texts.append(unescape("".join(self._parts)))

    def text(self, data: str) -> None:
        if self._reading:
            self._parts.append(data)
            self._total += len(data)
            if self._total > MOST_TEXT:
                raise FileUnreadable("the workbook holds too much text", mend="split it, or save it as CSV")


class SheetReader:
    """Turns the XML of a sheet into rows of cells by column."""

    def __init__(self, texts: list[str], styles: Styles, epoch: datetime) -> None:
        self.parser = new_parser()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self._texts, self._styles, self._epoch = texts, styles, epoch
        self._rows: list[tuple[int, dict[int, object]]] = []
        self._cells: dict[int, object] = {}
        self._row = 0
        self._column = -1
        self._kind = ""
        self._style = 0
        self._parts: list[str] = []
        self._length = 0
        self._reading = self._phonetic = self._formula = False

    def taken(self) -> list[tuple[int, dict[int, object]]]:
        rows, self._rows = self._rows, []
        return rows

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        local = local_name(tag)
        if local == "c":
            match = _REFERENCE.fullmatch(attributes.get("r", ""))
            self._column = column_number(match[1]) if match else self._column + 1
            if self._column >= COLUMNS:
                raise FileUnreadable("the sheet has more columns than Excel allows")
            self._kind = attributes.get("t", "n")
            self._style = int(attributes.get("s", 0))
            self._parts, self._length, self._formula = [], 0, False
        elif local in ("v", "t"):
            self._reading = not self._phonetic
        elif local == "f":
            self._formula = True
        elif local == "rPh":
            self._phonetic = True
        elif local == "row":
            self._row = int(attributes.get("r", self._row + 1))
            if not 1 <= self._row <= ROWS:
                raise FileUnreadable("the sheet has more rows than Excel allows")
            self._cells, self._column = {}, -1

    def _text(self, data: str) -> None:
        if self._reading and self._length <= LONGEST_CELL:
            self._parts.append(data)
            self._length += len(data)

    def _end(self, tag: str) -> None:
        local = local_name(tag)
        if local in ("v", "t"):
            self._reading = False
        elif local == "rPh":
            self._phonetic = False
        elif local == "c":
            value = self._value("".join(self._parts))
            if value is not None and value != "" and not (isinstance(value, str) and value.isspace()):
                self._cells[self._column] = value
        elif local == "row":
            self._rows.append((self._row, self._cells))

    def _value(self, text: str) -> object:
        if not text:  # a formula may give an empty text, which is one of kind str, but no empty number
            return UNCALCULATED if self._formula and self._kind == "n" else None
        if self._kind == "s":
            at = int(text)
            if not 0 <= at < len(self._texts):
                raise FileUnreadable("a cell refers to a text that the workbook does not have")
            return self._texts[at]
        if self._kind == "b":
            return text.strip() == "1"
        if self._kind == "n":
            return self._number(text)
        if self._kind == "d":
            return datetime.fromisoformat(text)
        return unescape(text)  # str, inlineStr, e (an error such as #N/A)

    def _number(self, text: str) -> object:
        number: float = int(text) if re.fullmatch(r"-?\d{1,15}", text) else float(text)
        if self._style in self._styles.dates:
            try:
                return self._epoch + timedelta(seconds=round(number * 86_400))
            except (OverflowError, ValueError):
                return number
        if self._style in self._styles.padded and number == abs(number) and number < 1e15:
            return str(int(number)).zfill(self._styles.padded[self._style])
        return number
