"""Phrases that may be quoted: exact substrings of a field, from whole clauses down to runs of words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import rjieba
from numpy.typing import NDArray

from recommender.encoder import Encoder

# A comma or full stop between digits belongs to a number.
_BREAK = re.compile(
    r"[。；;！!？?\n\r\t，、：:|【】\[\]（）()《》“”\"]|(?<!\d)[,.](?!\d)|(?<=\d)[,.](?!\d)|(?<!\d)[,.](?=\d)"
)
_LONGEST_CLAUSE = 60
_SHORTEST = 2
_MOST_CLAUSES = 40
_CUT_CLAUSES = 8
_WINDOW = range(4, 17)  # characters a quoted run of words may have
# A number with its unit means nothing out of its place; a name does.
_NAMES = re.compile(r"[\u3400-\u9fff].*[\u3400-\u9fff]|[A-Za-z]{3}")


@dataclass(frozen=True, slots=True)
class Phrase:
    field: str
    span: str


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases with their vectors, row by row; (m, d) float32, L2-normalised."""

    phrases: tuple[Phrase, ...]
    vectors: NDArray[np.float32]


def clauses(text: str) -> Iterator[str]:
    """The clauses of *text*, trimmed, each 2–60 characters and a substring of it."""
    start = 0
    for end in [*(m.start() for m in _BREAK.finditer(text)), len(text)]:
        clause = text[start:end].strip(" \u3000\t-—·*#")
        start = end + 1
        for cut in range(0, len(clause), _LONGEST_CLAUSE):
            piece = clause[cut : cut + _LONGEST_CLAUSE].strip()
            if len(piece) >= _SHORTEST and _NAMES.search(piece):
                yield piece


def runs(clause: str) -> Iterator[str]:
    """Runs of whole words inside *clause*, 4–16 characters each, so that a long title is quoted in part."""
    words = rjieba.cut(clause)
    for first in range(len(words)):
        run = ""
        for word in words[first:]:
            run += word
            if len(run) > _WINDOW[-1]:
                break
            if len(run) in _WINDOW and run.strip() == run and run != clause and _NAMES.search(run):
                yield run


def phrases_of(
    fields: dict[str, str],
    encoder: Encoder,
    *,
    most_alike: NDArray[np.float32] | None = None,
    but: str = "",
) -> Phrases:
    """Quotable phrases of *fields* (field name → text) with vectors.

    Of a long text only the 40 clauses most similar to *most_alike* (d,) are kept, or the first 40; the best
    eight of them are also cut into runs of words. Phrases that name *but* (the buyer) are not quotable: who
    mentions the same buyer does not thereby offer what is needed.
    """
    found = list(
        dict.fromkeys(Phrase(name, clause) for name, text in fields.items() for clause in clauses(text))
    )
    if not found:
        return Phrases((), np.zeros((0, encoder.dimension), np.float32))
    vectors = encoder.encode([p.span for p in found])
    ranked = np.arange(len(found))
    if most_alike is not None:
        ranked = np.argsort(-(vectors @ most_alike), kind="stable")
    ranked = ranked[:_MOST_CLAUSES]
    kept = [found[i] for i in ranked]
    shorter = list(dict.fromkeys(Phrase(p.field, run) for p in kept[:_CUT_CLAUSES] for run in runs(p.span)))
    vectors = np.concatenate([vectors[ranked], encoder.encode([p.span for p in shorter])])
    phrases = [*kept, *shorter]
    if but:
        quotable = [row for row, p in enumerate(phrases) if but not in p.span and p.span not in but]
        phrases, vectors = [phrases[row] for row in quotable], vectors[quotable]
    return Phrases(tuple(phrases), vectors)
