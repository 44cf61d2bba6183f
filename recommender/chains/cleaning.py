"""Which edges of a catalogue do not belong in a chain graph: a table of rules that one can read.

Lists of edges are often drawn from web texts by machine. The rules ask for what a person of the trade sees at
once: that a name is no name (a quantity, a piece of a sentence, half a bracket), that it names no goods, or
that the relation cannot hold. A dropped edge stays in the catalogue; the report of a release counts it under
the first rule that it breaks, with examples.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from indexes.errors import shorten
from recommender.catalogue.domain import Edge, Relation

EXAMPLES = 5
WIDEST = 600  # neighbours by one relation from which on a word tells nothing apart
SEGMENT_WORDS = ("上游", "中游", "下游")
_RULES = Path(__file__).parent / "rules.toml"
_HALF_WORD = re.compile(r"[A-Za-z]{2}")

Known = frozenset[tuple[str, str, Relation]]  # all edges of the list that is cleaned


@dataclass(frozen=True, slots=True)
class Rule:
    """``breaks_name`` looks at either name of an edge, ``breaks_edge`` at the edge among the others."""

    name: str
    reason: str
    english: str
    breaks_name: Callable[[str], bool] | None = None
    breaks_edge: Callable[[Edge, Known], bool] | None = None
    work: bool = True  # whether processes, and what a segment of a chain lists, must keep it, too


@dataclass(frozen=True, slots=True)
class _Names:
    """A rule of ``rules.toml``, compiled."""

    are: frozenset[str]
    strip: re.Pattern[str] | None
    holds: re.Pattern[str] | None
    pairs: tuple[tuple[str, str], ...]
    longer_than: int | None

    def __call__(self, name: str) -> bool:
        return bool(
            name in self.are
            or (self.strip and self.strip.sub("", name) in self.are)
            or (self.holds and self.holds.search(name))
            or (self.pairs and any(name.count(one) != name.count(two) for one, two in self.pairs))
            or (self.longer_than and sum(2 if c > "\u2e7f" else 1 for c in name) > self.longer_than)
        )


def _either(entries: str) -> str:
    return "|".join(sorted(entries.split(), key=len, reverse=True))


@cache
def _file() -> dict[str, Any]:
    with _RULES.open("rb") as file:
        return tomllib.load(file)


@cache
def _kitchen(name: str) -> re.Pattern[str]:
    return re.compile(_either(_file()["kitchen"][name]))


@cache
def _on_names() -> dict[str, _Names]:
    found: dict[str, _Names] = {}
    for raw in _file()["rule"]:
        holds = list(raw.get("holds", ()))
        if "starts" in raw:
            holds.append(f"^(?:{_either(raw['starts'])})")
        if "ends" in raw:
            holds.append(f"(?:{_either(raw['ends'])})$")
        found[raw["name"]] = _Names(
            frozenset(raw.get("are", "").split()),
            re.compile(raw["strip"]) if "strip" in raw else None,
            re.compile("|".join(holds)) if holds else None,
            tuple((pair[0], pair[1]) for pair in raw.get("pairs", "").split()),
            raw.get("longer_than"),
        )
    return found


def is_generic(name: str) -> bool:
    """Whether *name* is so general that everything is one."""
    return _on_names()["generic"](name)


def is_segment(source: str, relation: Relation) -> bool:
    """Whether an edge lists what stands in a segment of a chain: 轨道交通装备上游 has_kind 车轴钢坯."""
    return relation is Relation.HAS_KIND and source.endswith(SEGMENT_WORDS)


def _self_loop(edge: Edge, around: Known) -> bool:
    return edge.source == edge.target


def _reversed(edge: Edge, around: Known) -> bool:
    """Of two kinds of each other the shorter name is the broader thing."""
    if edge.relation is not Relation.HAS_KIND:
        return False
    back = (edge.target, edge.source, edge.relation) in around
    return back and (len(edge.source), edge.source) > (len(edge.target), edge.target)


def _contradicted(edge: Edge, around: Known) -> bool:
    """Each needs the other, or each is used in the other: neither says what comes first."""
    one_way = edge.relation in (Relation.NEEDS_MATERIAL, Relation.USED_IN)
    return one_way and (edge.target, edge.source, edge.relation) in around


def _made_of_it(edge: Edge, around: Known) -> bool:
    made_of = (edge.target, edge.source, Relation.NEEDS_MATERIAL)
    return edge.relation is Relation.HAS_KIND and made_of in around


def _other_head(edge: Edge, around: Known) -> bool:
    """轴承 → 轴承钢: a Chinese name is of the kind that its last word says."""
    source, target = edge.source, edge.target
    if edge.relation is not Relation.HAS_KIND or not target.startswith(source) or target.endswith(source):
        return False
    rest = target[len(source) :]
    return not (rest[0] in "（([-/ " and len(rest) > 1) and not re.fullmatch(r"[a-zA-Z0-9]{1,4}", rest)


def _negated(edge: Edge, around: Known) -> bool:
    """金属材料 → 非金属材料: what is not such a thing is no kind of it."""
    kind = edge.relation is Relation.HAS_KIND and edge.target.endswith(edge.source)
    before = edge.target[: -len(edge.source)]
    return kind and before.endswith(("非", "不", "无", "仿", "代替", "蜗")) and not before.endswith("南非")


def _dish(edge: Edge, around: Known) -> bool:
    if edge.relation is not Relation.HAS_KIND or not _kitchen("food").search(edge.source):
        return False
    return _kitchen("cooked").search(edge.target.removesuffix(edge.source)) is not None


def _half_word(edge: Edge, around: Known) -> bool:
    """PC → PCR, PPE → CAPPE: the letters go on where the shorter name ends."""
    source, target = edge.source, edge.target
    if edge.relation is not Relation.HAS_KIND or len(source) >= len(target):
        return False
    if target.endswith(source) and _HALF_WORD.fullmatch(target[-len(source) - 1 :][:2]):
        return True
    return target.startswith(source) and _HALF_WORD.fullmatch(target[len(source) - 1 :][:2]) is not None


EDGE_RULES: tuple[Rule, ...] = (
    Rule("self-loop", "自己指向自己", "an edge from a thing to itself", breaks_edge=_self_loop),
    Rule("contradiction", "互为原料", "each needs the other", breaks_edge=_contradicted),
    Rule("reversed", "上下位互反", "each a kind of the other: the shorter is broader", breaks_edge=_reversed),
    Rule("half a word", "词被截断", "a piece of a longer word in letters", breaks_edge=_half_word),
    Rule("other head", "中心词不同", "begins with the word but is no kind of it", breaks_edge=_other_head),
    Rule("negated", "是其反面", "says that it is no such thing", breaks_edge=_negated),
    Rule(
        "made of it", "是其制成品", "made of it, as the list says as well: no kind", breaks_edge=_made_of_it
    ),
    Rule("dish", "是菜肴", "a dish cooked from it: no kind of it", breaks_edge=_dish),
)
CYCLE = Rule("cycle", "上下位成环", "closes a circle of kinds: a thing would be a kind of itself")
HUB = Rule("hub", "下位过多", f"more than {WIDEST} neighbours by one relation: it tells nothing apart")


@cache
def rules() -> tuple[Rule, ...]:
    """All rules, those on names first, in the order in which they are charged."""
    named = _on_names()
    on_names = (
        Rule(raw["name"], raw["zh"], raw["en"], named[raw["name"]], work=raw.get("work", True))
        for raw in _file()["rule"]
    )
    return (*on_names, *EDGE_RULES, HUB, CYCLE)


@dataclass(slots=True)
class Cleaned:
    """What was kept, in the order given, and for each rule how many edges it dropped, with the first few."""

    kept: list[Edge]
    given: int
    dropped: dict[str, int]
    examples: dict[str, list[Edge]]

    def to_json(self) -> dict[str, object]:
        """The report that a release keeps: rules that dropped nothing are left out."""
        broken = [
            {
                "rule": rule.name,
                "zh": rule.reason,
                "en": rule.english,
                "dropped": self.dropped[rule.name],
                "examples": [
                    [shorten(e.source), e.relation.value, shorten(e.target)] for e in self.examples[rule.name]
                ],
            }
            for rule in rules()
            if self.dropped[rule.name]
        ]
        return {"given": self.given, "kept": len(self.kept), "rules": broken}


def clean(edges: Iterable[Edge]) -> Cleaned:
    """The edges that break none of the :func:`rules`, and what became of the others.

    A name is looked at once however many edges it has: a million edges take some ten seconds.
    """
    given = list(edges)
    around = frozenset((e.source, e.target, e.relation) for e in given)
    by_name = [rule for rule in rules() if rule.breaks_name]
    verdicts: dict[tuple[str, bool], str] = {}
    result = Cleaned([], len(given), dict.fromkeys((r.name for r in rules()), 0), {})
    result.examples = {rule.name: [] for rule in rules()}

    def name_breaks(name: str, work: bool = False) -> str:
        if (name, work) not in verdicts:
            broken = (
                r.name for r in by_name if (r.work or not work) and r.breaks_name and r.breaks_name(name)
            )
            verdicts[name, work] = next(broken, "")
        return verdicts[name, work]

    def drop(edge: Edge, rule: str) -> None:
        result.dropped[rule] += 1
        if len(result.examples[rule]) < EXAMPLES:
            result.examples[rule].append(edge)

    passed: list[Edge] = []
    for edge in given:
        work = edge.relation is Relation.PROCESSED_BY or is_segment(edge.source, edge.relation)
        broken = name_breaks(edge.source) or name_breaks(edge.target, work)
        if not broken:
            breaks = (r.name for r in EDGE_RULES if r.breaks_edge and r.breaks_edge(edge, around))
            broken = next(breaks, "")
        if broken:
            drop(edge, broken)
        else:
            passed.append(edge)
    wide = Counter((edge.source, edge.relation) for edge in passed)
    closing = _closing(passed)
    for edge in passed:
        if wide[edge.source, edge.relation] > WIDEST:
            drop(edge, HUB.name)
        elif edge.relation is Relation.HAS_KIND and (edge.source, edge.target) in closing:
            drop(edge, CYCLE.name)
        else:
            result.kept.append(edge)
    return result


def _closing(edges: Iterable[Edge]) -> set[tuple[str, str]]:
    """The has_kind edges that lead back to a name on the way to them: without them no circle is left.

    Ways begin at short names, the broader things: of 阀 → 球阀 → 浮动球阀 → 阀 the last edge closes.
    """
    kinds: dict[str, list[str]] = {}
    for edge in edges:
        if edge.relation is Relation.HAS_KIND:
            kinds.setdefault(edge.source, []).append(edge.target)
    closing: set[tuple[str, str]] = set()
    done: set[str] = set()
    for start in sorted(kinds, key=lambda name: (len(name), name)):
        way: dict[str, Iterator[str]] = {} if start in done else {start: iter(kinds[start])}
        while way:
            name, ahead = next(reversed(way.items()))
            for kind in ahead:
                if kind in way:
                    closing.add((name, kind))
                elif kind not in done and kind in kinds:
                    way[kind] = iter(kinds[kind])
                    break
            else:
                done.add(name)
                del way[name]
    return closing
