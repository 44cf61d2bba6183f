"""Stand-ins for the engine and the catalogue, small enough to know every answer by heart."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

from indexes.errors import RongtongError, UnknownId
from recommender.catalogue import Enterprise, Link, Need, NeedStatus, Offering, Tier, Visibility
from recommender.chains.graph import ChainGraph
from recommender.completion import Completion, CompletionQuery, Partner, Suggestion, Trigger, Without
from recommender.matching.ledger import ExposureLedger
from recommender.query import BuyerQuery, Policy, SupplierQuery
from recommender.ranking import PRIOR, AdditiveModel
from recommender.results import (
    Change,
    ChangeStep,
    Contribution,
    Difference,
    Evidence,
    KeptOut,
    LeftOut,
    Moved,
    Recommendation,
    Requirement,
    Result,
    Source,
    Span,
    WhyNot,
)
from service.api.desk import Desk
from service.live import LiveEngine

HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'

ENTERPRISES = (
    Enterprise(
        "E1",
        "株洲田心轴承有限公司（虚构）",
        description="轨道交通轴承",
        tier=Tier.LITTLE_GIANT,
        region="430200",
    ),
    Enterprise("E2", f"常州精锻{HOSTILE}", description="锻件"),
)
OFFERINGS = (
    Offering("O1", "E1", "动车组轴箱轴承单元", "寿命 260 万公里，真空脱气轴承钢"),
    Offering("O2", "E2", "风电齿轮锻件", ""),
)
NEEDS = (
    Need(
        "N1",
        "高铁转向架用轴箱轴承",
        "寿命不低于240万公里",
        visibility=Visibility.PUBLIC,
        buyer_name="轨道车辆集团",
    ),
    Need("N-registered", "内部需求", visibility=Visibility.REGISTERED),
    Need("N-closed", "已结束", visibility=Visibility.PUBLIC, status=NeedStatus.CLOSED),
)
PARTS = (
    Contribution("semantic_match", 0.81, 1.92),
    Contribution("lexical_match", 0.44, 0.61),
    Contribution("requirement_coverage", 0.5, 0.22),
    Contribution("region_match", 0.4, 0.12),
    Contribution("tier", 3.0, 0.35),
    Contribution("chain_match", 0.0, -0.41),
)
BASE = -0.9


@dataclass
class FakeEngine:
    """Answers every question with the same two partners; remembers what it was asked."""

    release: str = "20260131-081500-001"
    remark: str = ""
    problem: Exception | None = None
    model: AdditiveModel = PRIOR
    empty: bool = False
    asked: list[SupplierQuery | BuyerQuery | CompletionQuery] = field(default_factory=list)
    encoder: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(name="fake-encoder", dimension=4, fingerprint="f" * 64)
    )
    snapshot: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(
            graph=ChainGraph.empty(),
            release="20260131-081500-001",
            enterprise=ENTERPRISES.__getitem__,
            offering=OFFERINGS.__getitem__,
            enterprises=SimpleNamespace(documents=SimpleNamespace(row_of=lambda _: None)),
        )
    )

    def warm(self) -> None:
        pass

    def suppliers(self, query: SupplierQuery) -> Recommendation:
        self._ask(query)
        results = tuple(_supplier(rank, each) for rank, each in enumerate(ENTERPRISES, 1))
        return self._answer(query, results, {"need_id": query.need.need_id, "title": query.need.title})

    def buyers(self, query: BuyerQuery) -> Recommendation:
        self._ask(query)
        return self._answer(query, (_buyer(NEEDS[0]),), {"enterprise_id": query.enterprise.enterprise_id})

    def why(self, query: SupplierQuery, enterprise_id: str) -> WhyNot:
        self._ask(query)
        enterprise = _one(ENTERPRISES, "enterprise_id", enterprise_id)
        step = ChangeStep("certificate", "ISO/TS 22163", "取得并填报 ISO/TS 22163", "obtain ISO/TS 22163")
        return WhyNot(
            self.release,
            {"need_id": query.need.need_id, "title": query.need.title},
            enterprise_id,
            enterprise.name,
            rank=41,
            candidates=900,
            score=0.12,
            tenth_score=0.4,
            listed=False,
            kept_out=(KeptOut("region", "31", "不符合筛选条件：31", "the filter region keeps it out: 31"),),
            differences=(Difference("semantic_match", 0.4, 0.8, 0.7, 1.9),),
            requirements=(Requirement("ISO/TS 22163", "certification", "unknown"),),
            changes=(Change((step,), 1.4, 0.36, 9, True),),
            for_supplier="排第 41。\nIt ranks 41.",
        )

    def complete(self, query: CompletionQuery) -> Completion:
        self._ask(query)
        partner = Partner(
            "testing",
            Link.SERVICE,
            "第三方检测与试验",
            "third-party testing",
            "第三方检测",
            "要验证",
            "proof",
        )
        triggers = (
            Trigger("need", Source("title", query.need.title, inferred=True, start=0), HOSTILE),
            *([Trigger("enterprise", Source("name", query.enterprise.name))] if query.enterprise else []),
        )
        results = tuple(_supplier(rank, each) for rank, each in enumerate(ENTERPRISES, 1))
        return Completion(
            self.release,
            {"need_id": query.need.need_id, "top_k": query.top_k},
            (Suggestion(partner, triggers, Need("", "第三方检测"), results[: query.top_k], stated=False),),
            tuple(Without(link, "没有依据", "nothing") for link in Link if link is not Link.SERVICE),
            query.explain,
        )

    def suppliers_many(self, queries: Sequence[SupplierQuery]) -> Iterator[Recommendation]:
        return map(self.suppliers, queries)

    def buyers_many(self, queries: Sequence[BuyerQuery]) -> Iterator[Recommendation]:
        return map(self.buyers, queries)

    def _ask(self, query: SupplierQuery | BuyerQuery | CompletionQuery) -> None:
        self.asked.append(query)
        if self.problem is not None:
            raise self.problem

    def _answer(
        self, query: SupplierQuery | BuyerQuery, results: tuple[Result, ...], asked: dict[str, object]
    ) -> Recommendation:
        kept = () if self.empty else results[: query.top_k]
        strict = query.policy is Policy.STRICT
        return Recommendation(
            self.release,
            asked | {"top_k": query.top_k},
            kept,
            explain=query.explain,
            left_out=LeftOut(12, {"IATF 16949": 9, "little_giant|champion": 4}, (_missed(),))
            if strict
            else None,
            attention={"E1": (1.0, 0.9), "E2": (0.63, 0.73)},
        )


class FakeCatalogue:
    """The records above, and nothing else."""

    def need(self, need_id: str) -> Need:
        return _one(NEEDS, "need_id", need_id)

    def enterprise(self, enterprise_id: str) -> Enterprise:
        return _one(ENTERPRISES, "enterprise_id", enterprise_id)

    def offerings_of(self, enterprise_id: str) -> tuple[Offering, ...]:
        return tuple(each for each in OFFERINGS if each.enterprise_id == enterprise_id)

    def close(self) -> None:
        pass


def desk_with(engine: FakeEngine | RongtongError, ledger: ExposureLedger | None = None) -> Desk:
    """A desk whose release opens as *engine*, or fails to open."""

    def opener() -> FakeEngine:
        if isinstance(engine, RongtongError):
            raise engine
        return engine

    live = LiveEngine(opener, Path("does-not-exist/CURRENT"))
    live.start()
    return Desk(live, FakeCatalogue(), threads=2, ledger=ledger)


def _one(records, name, value):
    for each in records:
        if getattr(each, name) == value:
            return each
    raise UnknownId("the catalogue holds no such record", field=name, value=value)


def _supplier(rank: int, enterprise: Enterprise) -> Result:
    parts = PARTS if rank == 1 else PARTS[:2] + PARTS[5:]
    return Result(
        enterprise_id=enterprise.enterprise_id,
        name=enterprise.name,
        rank=rank,
        score=_probability(parts),
        base=BASE,
        contributions=parts,
        facts={
            "region": enterprise.region or "320400",
            "tier": str(enterprise.tier or ""),
            "size": "medium",
            "tags": ["轴承", "锻件"],
        },
        requirements=(
            Requirement(
                "ISO/TS 22163",
                "certification",
                "met" if rank == 1 else "unknown",
                Source("qualification", "须通过 ISO/TS 22163", inferred=True),
                Source("certifications", "ISO/TS 22163@2027-03-01") if rank == 1 else None,
            ),
            Requirement(
                "little_giant|champion", "tier", "missing", Source("required_tiers", "little_giant"), None
            ),
            Requirement("同类业绩", "experience", "unknown", note="目录中没有业绩记录，请向企业核实"),
        ),
        evidence=(
            Evidence(Span("title", "轴箱轴承"), Span("title", "动车组轴箱轴承单元"), "O1", 0.93),
            Evidence(
                Span("description", "寿命不低于240万公里"), Span("description", "寿命 260 万公里"), "O1", 0.71
            ),
        ),
        cautions=("证书 2027-03-01 到期",) if rank == 1 else (HOSTILE,),
        for_buyer="产品与需求直接对应，已有同类认证。",
        for_supplier="买方看重寿命指标，可附试验报告。",
        fails=("little_giant|champion",) if rank == 2 else (),
        moved=Moved(3, "与评分相近者轮流 / takes turns") if rank == 2 else None,
    )


def _missed() -> Result:
    verdict = Requirement("IATF 16949", "certification", "missing", note=f"已到期{HOSTILE}")
    return Result(
        "E9", f"无证工厂{HOSTILE}", 2, 0.61, BASE, (), requirements=(verdict,), fails=("IATF 16949",)
    )


def _buyer(need: Need) -> Result:
    return Result(
        enterprise_id="B1",
        name=need.buyer_name,
        rank=1,
        score=_probability(PARTS),
        base=BASE,
        contributions=PARTS,
        need_id=need.need_id,
        title=need.title,
        facts={
            "region": "430000",
            "link": Link.SUPPLY.value,
            "budget": 1_200_000.0,
            "deadline": "2027-03-01",
        },
        evidence=(Evidence(Span("title", "轴箱轴承"), Span("title", "动车组轴箱轴承单元"), "O1", 0.93),),
        for_supplier="贵企业的轴承单元与该需求对应。",
    )


def _probability(parts: Sequence[Contribution]) -> float:
    return 1 / (1 + math.exp(-(BASE + sum(part.contribution for part in parts))))
