"""For whom are the answers good? The judged needs cut by what is known of them and of who was right.

A cut (dimension) that puts every need in one slice tells nothing and is left out. Slices overlap between
dimensions, so their p-values are many looks at one set of needs and are not corrected for that.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue.domain import Enterprise, Need, Outcome, Stage
from recommender.intake.codes import industry_path
from recommender.places import places_of
from recommender.snapshot import Snapshot
from training.evaluation import Evaluation, Qrels, as_json
from training.metrics import Interval, intervals, significance

SMALL = 20
"""A slice of fewer needs says little; it is shown and marked."""

_CHAINS = 8  # values of the chain dimension that stand for themselves, the commonest
_LENGTHS = ((16, "≤ 15"), (31, "16–30"), (61, "31–60"))
_LONG = "> 60"
OTHERS = "其他 others"

LABELS = {
    "kind": "工程或货物服务 works or goods and services",
    "works": "工程 works",
    "goods and services": "货物与服务 goods and services",
    "need chain": "需求所属产业链 industry chain of the need",
    "winner chain": "中选企业的产业链 industry chain of the winner",
    "winner industry": "中选企业的行业门类 industry section of the winner",
    "winner tag": "中选企业的首个标签 first tag of the winner",
    "region": "地区 region",
    "same province": "同省 same province",
    "other province": "外省 another province",
    "place unknown": "地区不明 place unknown",
    "unknown": "不明 unknown",
    "history": "中选企业的往来记录 history of the winner in this catalogue",
    "new": "无记录 none",
    "known": "有记录 some",
    "judged": "中选企业在评判中 winner among these judgments",
    "once": "中选企业只出现一次 winner occurs once",
    "several times": "中选企业出现多次 winner occurs several times",
    "length": "需求字数 characters of the need",
    "buyer": "买方 buyer",
    "named": "有名 named",
    "not named": "无名 not named",
}

# An order for building work says so (施工, 总承包, EPC, PPP), or names a structure and nothing that is sold.
_BUILDING = re.compile(r"施工|总承包|土建|承建|(?<![a-z])(?:epc|ppp|bot|bt)(?![a-z])", re.IGNORECASE)
_STRUCTURE = re.compile(r"工程|建设|改造|改建|扩建|绿化|景观|装修|装饰|标段|公路|道路|桥梁|隧道|治理|修复")
_SOLD = re.compile(
    r"采购|供货|购销|销售|设备|物资|材料|服务|监理|咨询|勘察|设计|维护|车辆|系统|软件|租赁|供应|贷款|招标|合作|平台|运营"
)


@dataclass(frozen=True, slots=True)
class Slice:
    """``members`` (q,) marks its needs among those evaluated; ``name`` is a key of LABELS or a name as it
    stands in the data."""

    dimension: str
    name: str
    members: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SliceFigures:
    """``means`` by system (the first and the main one) and measure, ``p_values`` of the main system against
    the first (empty where they are one)."""

    dimension: str
    name: str
    needs: int
    means: Mapping[str, Mapping[str, Interval]]
    p_values: Mapping[str, float]

    @property
    def small(self) -> bool:
        return self.needs < SMALL

    def to_json(self) -> dict[str, object]:
        main = list(self.means)[-1]
        return {
            "dimension": self.dimension,
            "slice": self.name,
            "needs": self.needs,
            "small": self.small,
            "systems": {s: as_json(self.means[s], self.p_values if s == main else {}) for s in self.means},
        }


def label(name: str) -> str:
    """What a person reads: Chinese with English beside."""
    return LABELS.get(name, name)


def is_works(title: str) -> bool:
    """Whether *title* orders building work, by its words alone.

    >>> is_works("泸沽至黄联关高速公路改造工程土建施工"), is_works("地铁7号线工程综合安防设备采购")
    (True, False)
    """
    return bool(_BUILDING.search(title) or (_STRUCTURE.search(title) and not _SOLD.search(title)))


def experienced(outcomes: Iterable[Outcome], judged: Collection[str]) -> frozenset[str]:
    """Enterprises that some buyer has dealt with over a need that is not among those *judged*: being shown
    or viewed is not dealing."""
    dealt = {Stage.CONTACTED, Stage.MET, Stage.QUALIFIED, Stage.AWARDED, Stage.REJECTED}
    return frozenset(o.enterprise_id for o in outcomes if o.stage in dealt and o.need_id not in judged)


def slices_of(
    found: Evaluation,
    needs: Sequence[Need],
    qrels: Qrels,
    snapshot: Snapshot,
    *,
    works: Mapping[str, bool] | None = None,
    known: Collection[str] | None = None,
) -> list[Slice]:
    """The needs of *found* by kind, chain, region, the winner's history, length and buyer.

    A need's winner is whoever is judged right; of several, one that fits puts the need into "same province"
    or "known". *works* says of needs whether they are works, where a list states it; *known* are enterprises
    with a history (None: no such list, and no such dimension).
    """
    by_id = {need.need_id: need for need in needs}
    asked = [by_id[need_id] for need_id in found.need_ids]
    right = [[e for e, grade in qrels[need.need_id].items() if grade > 0] for need in asked]
    rows = {e: snapshot.enterprises.documents.row_of(e) for own in right for e in own}
    winners = {e: snapshot.enterprise(row) for e, row in rows.items() if row is not None}
    held = [[winners[e] for e in own if e in winners] for own in right]
    times = Counter(e for own in right for e in own)
    stated = works or {}
    chains, of_chains = _chains(asked, held)
    values: dict[str, list[str]] = {
        "kind": [
            "works" if stated.get(need.need_id, is_works(need.title)) else "goods and services"
            for need in asked
        ],
        chains: of_chains,
        "region": [_region(need, own) for need, own in zip(asked, held, strict=True)],
        "judged": ["once" if all(times[e] == 1 for e in own) else "several times" for own in right],
        "length": [_length(need) for need in asked],
        "buyer": ["named" if need.buyer_name or need.buyer_id else "not named" for need in asked],
    }
    if known is not None:
        values["history"] = ["known" if any(e in known for e in own) else "new" for own in right]
    cuts: list[Slice] = []
    for dimension, of_needs in values.items():
        counted = Counter(of_needs)
        if len(counted) > 1:
            cuts += [
                Slice(dimension, name, np.array([value == name for value in of_needs]))
                for name in sorted(counted, key=lambda name: _place(name, counted[name]))
            ]
    return cuts


def _place(name: str, count: int) -> tuple[int, int]:
    """Lengths rise, others come with the commonest first, and what is left over last."""
    lengths = [*(length for _, length in _LENGTHS), _LONG]
    if name in lengths:
        return lengths.index(name), 0
    return (len(lengths) if name in (OTHERS, "unknown", "place unknown") else 0), -count


def measure_slices(found: Evaluation, cuts: Sequence[Slice]) -> list[SliceFigures]:
    """The first and the main system of *found* on each of *cuts*."""
    figures = []
    for cut in cuts:
        groups = None if found.groups is None else found.groups[cut.members]
        kept = {
            system: {measure: values[cut.members] for measure, values in found.values[system].items()}
            for system in dict.fromkeys((found.systems[0], found.main))
        }
        first, main = kept[found.systems[0]], kept[found.main]
        figures.append(
            SliceFigures(
                cut.dimension,
                cut.name,
                int(cut.members.sum()),
                {system: intervals(values, groups=groups) for system, values in kept.items()},
                significance(main, first, groups=groups) if len(kept) > 1 else {},
            )
        )
    return figures


def _chains(needs: Sequence[Need], held: Sequence[Sequence[Enterprise]]) -> tuple[str, list[str]]:
    """What is known of chains for most of the needs: the dimension's name and its value for each need.

    Of equals, what says most of the need itself goes first. All but the commonest values become OTHERS.
    """
    sources: dict[str, list[str]] = {
        "need chain": [need.industry_chain for need in needs],
        "winner chain": [_first(c for e in own for c in e.industry_chains) for own in held],
        "winner industry": [
            _first(name for e in own for name in industry_path(e.industry)[:1]) for own in held
        ],
        "winner tag": [_first(t for e in own for t in e.tags) for own in held],
    }
    name = max(sources, key=lambda source: sum(map(bool, sources[source])))
    common = {value for value, _ in Counter(filter(None, sources[name])).most_common(_CHAINS)}
    return name, [value if value in common else OTHERS if value else "unknown" for value in sources[name]]


def _first(values: Iterable[str]) -> str:
    return next(iter(values), "")


def _region(need: Need, held: Sequence[Enterprise]) -> str:
    """Whether a right enterprise has its seat in the province of the need's site or of its buyer."""
    places = places_of(need)
    asked = {code[:2] for code in (places.site, places.seat) if code}
    seats = {each.region[:2] for each in held if each.region}
    if not asked or not seats:
        return "place unknown"
    return "same province" if asked & seats else "other province"


def _length(need: Need) -> str:
    size = len(need.title) + len(need.description)
    return next((name for limit, name in _LENGTHS if size < limit), _LONG)
