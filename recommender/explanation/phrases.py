"""Phrases of a need that may be quoted: exact substrings of a field that say what is wanted, from whole
pieces of clauses down to runs of words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.encoder import Encoder
from recommender.explanation.things import bare_thing, cores_of, head, only_done, trade
from recommender.explanation.wording import pieces, runs, says_what
from recommender.results import Span
from recommender.text.clauses import clauses

_MOST_CLAUSES = 40
_CUT_CLAUSES = 8


@dataclass(frozen=True, slots=True)
class Phrase:
    field: str
    span: str


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases with their vectors, row by row; (m, d) float32, L2-normalised. ``core`` are the rows that name
    the things themselves and not what they are for or where."""

    phrases: tuple[Phrase, ...]
    vectors: NDArray[np.float32]
    core: tuple[int, ...] = ()

    def names_the_thing(self, span: str, offered: str) -> bool:
        """Whether *span* of the need ends as one of the core phrases does, bare words at the end aside, and
        *offered* has that ending too: 机房 is what is moved in 机房搬迁, and 办公 is no 办公家具. Where
        something is to be done to the thing, *offered* has to say that, and to what; where not, it must not
        be about doing: who teaches flying sells no 无人机."""
        wanted = self.wanted.span if self.wanted else ""
        if (only_done(span) or only_done(offered)) and not (wanted and only_done(wanted)):
            return False
        if (done := trade(offered)) and not any(word in wanted + span for word in done):
            return False
        if wanted and (done := trade(wanted)):
            objects = set(head(wanted)) - set("".join(done))
            if not any(word in offered for word in done) or (objects and not objects.intersection(offered)):
                return False
        heads = [head(self.phrases[row].span) for row in self.core]
        mine = head(span)
        ends = [head[-2:] for head in heads if mine.endswith(head[-2:]) or head.endswith(mine)]
        return any(end in offered for end in ends) or not heads

    @property
    def wanted(self) -> Span | None:
        """The words of the title that name the thing; None where there are none."""
        return Span("title", self.phrases[self.core[0]].span) if self.core else None


def phrases_of(
    fields: dict[str, str],
    encoder: Encoder,
    *,
    most_alike: NDArray[np.float32] | None = None,
    but: str = "",
) -> Phrases:
    """Quotable phrases of *fields* (field name → text) with vectors.

    Of a long text only the 40 phrases most similar to *most_alike* (d,) are kept, or the first 40; the best
    eight of them also give runs of words. Phrases that name *but* (the buyer) are not quotable: who
    mentions the same buyer does not thereby offer what is needed.
    """
    found = list(
        dict.fromkeys(
            Phrase(name, piece)
            for name, text in fields.items()
            for clause in clauses(text)
            for piece in pieces(clause)
        )
    )
    cores = cores_of(fields.get("title", ""))
    if not found and not cores:
        return Phrases((), np.zeros((0, encoder.dimension), np.float32))
    vectors = encoder.encode([p.span for p in found])
    ranked = np.arange(len(found))
    if most_alike is not None:
        ranked = np.argsort(-(vectors @ most_alike), kind="stable")
    ranked = ranked[:_MOST_CLAUSES]
    kept = [found[i] for i in ranked]
    shorter = [Phrase(p.field, run) for p in kept[:_CUT_CLAUSES] for run in runs(p.span)]
    shorter += [Phrase("title", core) for core in cores]
    known = set(kept)
    shorter = [p for p in dict.fromkeys(shorter) if p not in known]
    vectors = np.concatenate([vectors[ranked], encoder.encode([p.span for p in shorter])])
    phrases = [*kept, *shorter]
    quotable = [row for row, p in enumerate(phrases) if says_what(p.span, but)]
    phrases, vectors = [phrases[row] for row in quotable], vectors[quotable]
    if not any(p.field == "title" for p in phrases) and (thing := bare_thing(fields.get("title", ""))):
        phrases, vectors = (
            [*phrases, Phrase("title", thing)],
            np.concatenate([vectors, encoder.encode([thing])]),
        )
    rows = {p.span: row for row, p in enumerate(phrases) if p.field == "title"}
    return Phrases(tuple(phrases), vectors, tuple(rows[core] for core in cores if core in rows))
