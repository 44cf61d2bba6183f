"""Clauses: the pieces of a text between its marks, each an exact substring."""

from __future__ import annotations

import re
from collections.abc import Iterator

# A comma or full stop between digits belongs to a number.
_BREAK = re.compile(
    r"[。；;！!？?\n\r\t，、：:|【】\[\]（）()《》“”\"]|(?<!\d)[,.](?!\d)|(?<=\d)[,.](?!\d)|(?<!\d)[,.](?=\d)"
)
_LONGEST = 60
_SHORTEST = 2
# A number with its unit means nothing out of its place; a name does.
_NAMES = re.compile(r"[\u3400-\u9fff].*[\u3400-\u9fff]|[A-Za-z]{3}")


def clauses(text: str) -> Iterator[str]:
    """The clauses of *text* that name something, trimmed, each 2–60 characters and a substring of it."""
    start = 0
    for end in [*(m.start() for m in _BREAK.finditer(text)), len(text)]:
        clause = text[start:end].strip(" \u3000\t-—·*#")
        start = end + 1
        for cut in range(0, len(clause), _LONGEST):
            piece = clause[cut : cut + _LONGEST].strip()
            if len(piece) >= _SHORTEST and names_something(piece):
                yield piece


def names_something(piece: str) -> bool:
    """Whether *piece* holds a name: two Han characters or three Latin letters in a row."""
    return _NAMES.search(piece) is not None
