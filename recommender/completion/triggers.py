"""Which rows of the table a need calls for, each with the words or facts that call."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from recommender.catalogue.domain import Link
from recommender.completion.facts import READERS, Case
from recommender.completion.results import Trigger, Without
from recommender.completion.table import Row, rows
from recommender.requirements.fold import fold, lower
from recommender.requirements.mention import Clause, clauses_of
from recommender.results import Source
from recommender.text.titles import subject

MOST_ON_A_LINK = 2  # kinds of partner that are followed
_MOST_QUOTES = 3
_TEXTS = ("description", "qualification")
_LONGEST_TEXT = 10_000
_LONGEST_QUOTE = 40
# behind a word that is part of a name: 冷链 in 路林水产冷链发展有限公司
_NAMED = re.compile(
    r"[^。;,、:\s]{0,4}?中心|[^。;,、:\s]{0,12}?(?:有限公司|分公司|集团|产业园|物流园|商园|园区)"
)
_BREAK = re.compile(r"[,;:，；：、（）()\[\]【】|\t]")


@dataclass(frozen=True, slots=True)
class Called:
    """A row with what calls for it, at least one trigger."""

    row: Row
    triggers: tuple[Trigger, ...]


@dataclass(frozen=True, slots=True)
class _Text:
    """The clauses of a field, and all that they say on lines of their own: most words stand nowhere in it."""

    clauses: tuple[Clause, ...]
    low: str

    @classmethod
    def of(cls, clauses: Iterable[Clause]) -> _Text:
        several = tuple(clauses)
        return cls(several, "\n".join(clause.low for clause in several))


def called(case: Case, links: Sequence[Link]) -> tuple[list[Called], list[Without]]:
    """The rows that *case* calls for on *links*, in the table's order and the first few of each link, and the
    links on which there are none."""
    about = subject(case.need.title)
    offset = case.need.title.index(about)
    texts = {name: _Text.of(clauses_of(getattr(case.need, name)[:_LONGEST_TEXT])) for name in _TEXTS}
    texts["title"] = _Text.of(replace(each, start=each.start + offset) for each in clauses_of(about))
    found: list[Called] = []
    without: list[Without] = []
    for link in links:
        if link is case.need.link:
            without.append(
                Without(link, "需求本身就在这一链上，见供应商名单", "the need's own link: see its suppliers")
            )
            continue
        on_link: list[Called] = []
        asked_itself: Source | None = None
        for row in rows():
            if row.partner.link is not link or len(on_link) == MOST_ON_A_LINK:
                continue
            triggers = tuple(_triggers(row, case, texts))
            if not triggers:
                continue
            if itself := row.itself.search(lower(fold(case.thing))) if row.itself else None:
                start, end = offset + itself.start(), offset + itself.end()
                asked_itself = Source("title", case.need.title[start:end], start=start)
                continue
            on_link.append(Called(row, triggers))
        found.extend(on_link)
        if not on_link:
            without.append(_without(link, asked_itself))
    return found, without


def _without(link: Link, asked_itself: Source | None) -> Without:
    if asked_itself:
        return Without(
            link,
            "标题所采购的已是此类，或不是采购此类配套的交易",
            "the title asks for this itself, or is no deal that needs it",
            asked_itself,
        )
    return Without(
        link, "需求与企业资料中没有依据", "nothing in the need or about the enterprise calls for it"
    )


def _triggers(row: Row, case: Case, texts: Mapping[str, _Text]) -> Iterator[Trigger]:
    """The facts first, then the words; of those that are quoted alike, one."""
    if row.fact:
        yield from READERS[row.fact](case)
    if row.words is None:
        return
    quoted: set[str] = set()
    for field in row.fields:
        if not row.words.search(texts[field].low):
            continue
        for clause in texts[field].clauses:
            for match in row.words.finditer(clause.low):
                if _NAMED.match(clause.low, match.end()):
                    continue
                start, end = _around(clause.low, match.start(), match.end())
                start, end = start + clause.start, end + clause.start
                span = getattr(case.need, field)[start:end]
                if span not in quoted and len(quoted) < _MOST_QUOTES:
                    quoted.add(span)
                    yield Trigger("need", Source(field, span, inferred=True, start=start))


def _around(low: str, start: int, end: int) -> tuple[int, int]:
    """The piece between marks that holds *start* to *end*, no longer than a line."""
    first = max((m.end() for m in _BREAK.finditer(low, 0, start)), default=0)
    following = _BREAK.search(low, end)
    last = following.start() if following else len(low)
    if last - first > _LONGEST_QUOTE:
        spare = max(0, _LONGEST_QUOTE - (end - start)) // 2
        first, last = max(first, start - spare), min(last, end + spare)
    while first < start and low[first].isspace():
        first += 1
    while last > end and low[last - 1].isspace():
        last -= 1
    return first, last
