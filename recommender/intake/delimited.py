"""Text tables: which encoding, which delimiter, and records that stay apart when quoting is broken.

The whole file is read once to find its encoding: a list that is plain ASCII for a megabyte may still have
one name in GB18030. A record whose quotes do not match costs its first line only; reading goes on with the
next one.
"""

from __future__ import annotations

import codecs
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, TextIO

from indexes.errors import FileUnreadable

LONGEST_LINE = 16 * 1024 * 1024
"""Characters of a line, and of a record that spans lines. A longer one is rejected, not read."""
MOST_LINES = 10_000
"""Lines that one record may span, so that a quote which nobody closes does not swallow the file."""
MOST_CELLS = 16_384
"""Cells of a record, as many as Excel has columns."""
WRONG_BYTES = 0.02
"""The share of undecodable places, among all that is not ASCII, up to which an encoding is believed."""
WRONG_IN_PLAIN = 0.001
"""Their share among all characters, up to which a text is taken for plain ASCII with a few bad bytes."""
_CHUNK = 1 << 20
_SIGNATURES = (
    (b"PK\x03\x04", "a zip file or Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an old or encrypted Excel or Word file"),
    (b"PAR1", "a Parquet file"),
    (b"\x1f\x8b", "a gzip file"),
    (b"%PDF", "a PDF"),
)


class Line(NamedTuple):
    """A record as it stands in the file: its number, its filled cells by position, and what is wrong.

    Rows are counted from 1, the header and empty rows among them. ``value`` is shown beside a fault.
    """

    number: int
    cells: dict[int, object]
    width: int = 0
    fault: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec's name, and whether all of the file decodes (else single rows will not)."""

    codec: str
    clean: bool = True

    @property
    def errors(self) -> str:
        return "strict" if self.clean else "surrogateescape"


def find_encoding(path: Path) -> Encoding:
    """UTF-8, UTF-8 with a mark, GB18030, or UTF-16 with a mark, by decoding the whole file.

    A few bad bytes are forgiven, so that one torn character does not keep a list out. Raises
    FileUnreadable for what is no text.
    """
    with path.open("rb") as file:
        start = file.read(8)
        for signature, what in _SIGNATURES:
            if start.startswith(signature):
                raise FileUnreadable(
                    f"{path.name} is {what}, not text",
                    mend="give it the ending of what it is, or save it as CSV",
                )
        marked = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        candidates = ("utf-16",) if marked else ("utf-8", "gb18030")
        found: dict[str, _Decoded] = {}
        for codec in candidates:
            file.seek(0)
            decoded = found[codec] = _decode(file, codec)
            if decoded.wrong == 0:
                return Encoding("utf-8-sig" if start.startswith(codecs.BOM_UTF8) else codec)
            if decoded.wrong <= WRONG_BYTES * decoded.beyond_ascii:
                # GB18030 reads almost anything: text that is nearly UTF-8 is UTF-8
                return Encoding(codec, clean=False)
    plain = found.get("utf-8")
    if plain and plain.wrong <= WRONG_IN_PLAIN * plain.characters:
        return Encoding("utf-8", clean=False)
    raise FileUnreadable(
        f"{path.name} is neither UTF-8 nor GB18030 text", mend="save it as UTF-8 or as a workbook"
    )


class _Decoded(NamedTuple):
    wrong: int  # places that do not decode
    beyond_ascii: int
    characters: int


def _decode(file: BinaryIO, codec: str) -> _Decoded:
    strict = codecs.getincrementaldecoder(codec)("strict")
    decoder = codecs.getincrementaldecoder(codec)("replace")
    wrong = beyond = characters = 0
    while True:
        chunk = file.read(_CHUNK)
        text = decoder.decode(chunk, final=not chunk)
        if not wrong:
            try:
                strict.decode(chunk, final=not chunk)
            except UnicodeDecodeError:
                wrong = 1
        if wrong:
            wrong += text.count("\ufffd")
        characters += len(text)
        beyond += 0 if text.isascii() else sum(1 for sign in text if sign > "\x7f")
        if not chunk:
            return _Decoded(wrong, beyond, characters)


def as_text(file: BinaryIO, encoding: Encoding) -> io.TextIOWrapper:
    """*file* as text, its line ends as they are."""
    return io.TextIOWrapper(file, encoding.codec, errors=encoding.errors, newline="")


def text_lines(text: TextIO) -> Iterator[str]:
    """Lines with their ends (``\\n``, ``\\r\\n`` or ``\\r``), without NULs.

    Of a line beyond LONGEST_LINE only its first LONGEST_LINE characters come, without a line end.
    """
    while line := text.readline(LONGEST_LINE):
        rest = line
        while len(rest) == LONGEST_LINE and rest[-1] not in "\r\n":
            rest = text.readline(LONGEST_LINE)
        yield line.replace("\0", "") if "\0" in line else line


class _Fields:
    """The fields of one record, fed a line at a time."""

    def __init__(self, delimiter: str) -> None:
        self.fields: list[str] = []
        self.open = False  # within quotes at the end of what was fed
        self.broken = False
        self._delimiter = delimiter
        self._parts: list[str] = []

    def feed(self, line: str) -> None:
        at = 0
        while True:
            if self.open:
                quote = line.find('"', at)
                if quote < 0:
                    self._parts.append(line[at:])
                    return
                self._parts.append(line[at:quote])
                at = quote + 1
                if line[at : at + 1] == '"':
                    self._parts.append('"')
                    at += 1
                    continue
                self.open = False
                self.fields.append("".join(self._parts))
                self._parts = []
                at = self._skip(line, at)
                if at >= len(line) or line[at] in "\r\n":
                    return
                if line[at] != self._delimiter:
                    self.broken = True
                    return
                at += 1
                continue
            begin = self._skip(line, at)
            if line[begin : begin + 1] == '"':
                self.open = True
                at = begin + 1
                continue
            end = line.find(self._delimiter, at)
            if end < 0:
                self.fields.append(line[at:].rstrip("\r\n"))
                return
            self.fields.append(line[at:end])
            at = end + 1

    @staticmethod
    def _skip(line: str, at: int) -> int:
        while line[at : at + 1] == " ":
            at += 1
        return at


def records(lines: Iterator[str], delimiter: str) -> Iterator[Line]:
    """The records of *lines*, the empty ones left out.

    >>> [line.cells for line in records(iter(['a,"b\\n', 'c"\\n', '\\n', 'd,,e']), ",")]
    [{0: 'a', 1: 'b\\nc'}, {0: 'd', 2: 'e'}]
    """
    pending: deque[str] = deque()
    number = 0
    while True:
        first = pending.popleft() if pending else next(lines, "")
        if not first:
            return
        number += 1
        if len(first) >= LONGEST_LINE:
            yield Line(number, {}, fault="a line longer than 16 million characters", value=first[:100])
            continue
        if '"' not in first:
            yield from _line(number, first.rstrip("\r\n").split(delimiter))
            continue
        fields = _Fields(delimiter)
        taken = [first]
        size = len(first)
        fields.feed(first)
        while fields.open and len(taken) < MOST_LINES and size < LONGEST_LINE:
            following = pending.popleft() if pending else next(lines, "")
            if not following:
                break
            taken.append(following)
            size += len(following)
            fields.feed(following)
        if fields.open or fields.broken:
            pending.extendleft(reversed(taken[1:]))
            what = (
                "a quotation mark that is never closed"
                if fields.open
                else "text after a closing quotation mark"
            )
            yield Line(number, {}, fault=what, value=first[:100].strip())
        else:
            yield from _line(number, fields.fields)


def _line(number: int, fields: list[str]) -> Iterator[Line]:
    if len(fields) > MOST_CELLS:
        yield Line(number, {}, fault=f"more than {MOST_CELLS:,} cells", value=fields[0][:100])
        return
    cells: dict[int, object] = {i: text for i, text in enumerate(fields) if text and not text.isspace()}
    if cells:
        yield Line(number, cells, len(fields))
