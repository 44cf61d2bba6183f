"""Where a table's header stands, and its rows by header.

Operators' tables have a title above the header, empty rows and columns, headers of two rows whose upper
cells are merged, and the same header twice. The header is the first row that names what identifies a record;
where none does, the one that names most fields.

A second column of the same header is called ``名称 (2)``. Where the field joins its columns it is joined,
otherwise it is reported as unmapped and can be mapped by that name. A column that has values but no header is
``column 3``. Of a header of two rows the parts are joined: ``产品/名称``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import NamedTuple

from recommender.intake.delimited import Line
from recommender.intake.headers import Names

LOOKED_AT = 30
"""Filled rows at the top among which the header is looked for."""


class Row(NamedTuple):
    """A row with its cells by header. With a ``fault`` it has none; a ``note`` does not keep it out."""

    number: int
    cells: dict[str, object]
    fault: str = ""
    value: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """Labels by position, in how many lines at which place among the first, and how well they fit."""

    labels: dict[int, str]
    at: int
    lines: int
    width: int
    complete: bool
    recognised: int

    @property
    def fit(self) -> tuple[bool, int]:
        return self.complete, self.recognised


def find_header(lines: Sequence[Line], names: Names) -> Header | None:
    """The header among the first *lines*; None where there is no line at all."""
    readable = [(at, line) for at, line in enumerate(lines) if not line.fault]
    best: Header | None = None
    for place, (at, line) in enumerate(readable):
        below = readable[place + 1][1] if place + 1 < len(readable) else None
        if below is not None and _is_second_row(line, below, names):
            candidates = [_header(_joined(line, below), at, 2, max(line.width, below.width), names)]
        else:
            candidates = [_header(_texts(line), at, 1, line.width, names)]
            if below is not None and any(isinstance(cell, str) for cell in below.cells.values()):
                candidates.append(_header(_joined(line, below), at, 2, max(line.width, below.width), names))
        for candidate in candidates:
            if candidate.complete:
                alone = _header(_texts(below), at + 1, 1, below.width, names) if below else None
                # a title or a row of groups above a header that says all by itself
                if candidate.lines == 2 and alone and alone.fit >= candidate.fit:
                    continue
                return candidate
            if best is None or candidate.fit > best.fit:
                best = candidate
    return best


def rows_of(
    lines: Iterable[Line], names: Names, *, ragged: bool, nameless: set[str]
) -> tuple[Header | None, Iterator[Row]]:
    """The header of *lines*, and its rows. Headers of columns without a name are added to *nameless*.

    *ragged* says that cells are counted from separators, so a row may have too many or too few.
    """
    stream = iter(lines)
    first = list(islice(stream, LOOKED_AT))
    header = find_header(first, names)
    if header is None:
        return None, iter(_faulty(first))
    before = _faulty(first[: header.at])
    rest = chain(first[header.at + header.lines :], stream)
    return header, chain(before, _rows(rest, header, ragged, nameless))


def _faulty(lines: Iterable[Line]) -> list[Row]:
    return [Row(line.number, {}, line.fault, line.value) for line in lines if line.fault]


def _rows(lines: Iterable[Line], header: Header, ragged: bool, nameless: set[str]) -> Iterator[Row]:
    labels = header.labels
    for number, filled, width, fault, value in lines:
        if fault:
            yield Row(number, {}, fault, value)
            continue
        cells: dict[str, object] = {}
        beyond = None
        for position, cell in filled.items():
            label = labels.get(position)
            if label is None:
                if ragged and position >= header.width:
                    beyond = cell
                    break
                label = f"column {position + 1}"
                nameless.add(label)
            cells[label] = cell
        if beyond is not None:
            yield Row(number, {}, "more cells than the header has", str(beyond)[:100])
        elif len(cells) > 1 and all(str(cell).strip() == label for label, cell in cells.items()):
            yield Row(number, {}, "repeats the header", str(next(iter(cells.values())))[:100])
        else:
            short = ragged and width < header.width
            yield Row(number, cells, note="fewer cells than the header has" if short else "")


def _texts(line: Line | None) -> dict[int, str]:
    cells = line.cells if line else {}
    return {position: " ".join(str(cell)[:500].split()) for position, cell in cells.items()}


def _header(texts: dict[int, str], at: int, lines: int, width: int, names: Names) -> Header:
    labels: dict[int, str] = {}
    count: dict[str, int] = {}
    for position, text in texts.items():
        count[text] = count.get(text, 0) + 1
        labels[position] = text if count[text] == 1 else f"{text} ({count[text]})"
    given = list(labels.values())
    return Header(labels, at, lines, width, not names.lacking(given), names.recognised(given))


def _joined(upper: Line, lower: Line) -> dict[int, str]:
    """The labels of a header of two rows; an upper one reaches to the right over cells that have none."""
    above, below = _texts(upper), _texts(lower)
    joined: dict[int, str] = {}
    group = ""
    for position in sorted({*above, *below}):
        group = above.get(position, group if position in below else "")
        own = below.get(position, "")
        joined[position] = f"{group}/{own}" if group and own and group != own else own or group
    return joined


def _is_second_row(upper: Line, lower: Line, names: Names) -> bool:
    """Whether *lower* can only be the second row of a header that *upper* begins.

    All its cells are texts, and each stands where *upper* has nothing, or under a label that reaches over it
    (its right neighbour has none), or is a known header, or repeats the label of a cell merged over both
    rows. A row of data has some value of its own under an ordinary label.
    """
    new = 0
    for position, cell in lower.cells.items():
        label = upper.cells.get(position)
        if not isinstance(cell, str):
            return False
        if label is None or (position + 1 not in upper.cells and position + 1 in lower.cells):
            new += 1
        elif label != cell and not names.meanings(cell):
            return False
    return new >= 2
