"""Phrases that may be quoted: exact substrings of a field, from whole clauses down to runs of words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import rjieba
from numpy.typing import NDArray

from recommender.encoder import Encoder
from recommender.text.clauses import clauses, names_something

_MOST_CLAUSES = 40
_CUT_CLAUSES = 8
_FUNCTION_WORDS = frozenset("的 用 用于 与 和 及 等 为 在 于 对 由 以 或 并 拟 将 从 至 到 其 该 各".split())
_WINDOW = range(4, 17)  # characters a quoted run of words may have


@dataclass(frozen=True, slots=True)
class Phrase:
    field: str
    span: str


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases with their vectors, row by row; (m, d) float32, L2-normalised."""

    phrases: tuple[Phrase, ...]
    vectors: NDArray[np.float32]


def runs(clause: str) -> Iterator[str]:
    """Runs of whole words inside *clause*, 4–16 characters each, so that a long title is quoted in part.

    A run neither begins nor ends with a function word: 用高纯湿 is no phrase.
    """
    words = rjieba.cut(clause)
    for first, start in enumerate(words):
        if start in _FUNCTION_WORDS:
            continue
        run = ""
        for word in words[first:]:
            run += word
            if len(run) > _WINDOW[-1]:
                break
            whole = run.strip() == run and run != clause and word not in _FUNCTION_WORDS
            if whole and len(run) in _WINDOW and names_something(run):
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
