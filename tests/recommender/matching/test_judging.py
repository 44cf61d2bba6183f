"""Statuses from the columns of a release, and for one enterprise at once, are those of reading everything."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest

from indexes.store import ReleaseStore
from recommender.catalogue import (
    Certification,
    Enterprise,
    Kind,
    Need,
    Offering,
    Size,
    Tier,
)
from recommender.encoder import Encoder
from recommender.engine import Engine
from recommender.matching.judging import standings
from recommender.matching.qualifying import Firm
from recommender.requirements import coverage, demands, judge
from recommender.requirements.verdicts import STATUSES
from recommender.snapshot import Snapshot
from tests.homes import filled

DAY = date(2026, 11, 21)
HOLDS = "公司已通过ISO 14001环境管理体系认证。"

ENTERPRISES = (
    Enterprise("bare", "无资料企业"),
    Enterprise(
        "valid",
        "有证企业",
        certifications=(
            Certification("ISO 9001", date(2027, 5, 1)),
            Certification("建筑工程施工总承包三级"),
        ),
        region="430200",
        tier=Tier.SPECIALIZED,
        size=Size.SMALL,
        registered_capital=5e6,
    ),
    Enterprise(
        "expired",
        "过期企业",
        description=HOLDS,
        certifications=(
            Certification("ISO 9001", date(2026, 1, 1)),
            Certification("ISO 14001", date(2026, 1, 1)),
            Certification("建筑工程施工总承包"),
        ),
        region="310000",
        tier=Tier.NONE,
        size=Size.LARGE,
        registered_capital=5e8,
    ),
    Enterprise("covering", "汽车件企业", certifications=(Certification("IATF 16949@2030"),), region="430000"),
    Enterprise("claiming", "自述企业", description="我们做检测。", region="430105"),
)
OFFERINGS = (
    Offering("v1", "valid", "高压球阀", "耐压8 MPa，常规交期20天。", capacity=900.0, unit="台"),
    Offering("v2", "valid", "高压球阀", "耐压4 MPa。", capacity=900.0, unit="台"),
    Offering("v3", "valid", "法兰", "耐压9 MPa，交期3天。", capacity=9e9, unit="台"),
    Offering("e1", "expired", "高压球阀", "耐压2 MPa，交期60天。", capacity=5.0, unit="台"),
    Offering("e2", "expired", "高压球阀", capacity=7000.0, unit="套"),
    Offering("c1", "claiming", "高压球阀", HOLDS, capacity=1200.0, unit="臺"),
    Offering("c2", "claiming", "球阀", "取得ISO 9001认证，耐压不低于7 MPa。"),
)
ASKING = Need("n", "高压球阀采购", buyer_name="湖南某集团", region="430000", deadline=datetime(2027, 6, 1))
NEEDS = {
    "nothing": ASKING,
    "stated": replace(ASKING, required_certifications=("ISO 9001", "ISO 14001", "建筑工程施工总承包二级")),
    "tier": replace(ASKING, required_tiers=(Tier.INNOVATIVE,)),
    "champion": replace(ASKING, required_tiers=(Tier.CHAMPION, Tier.LITTLE_GIANT)),
    "sme": replace(ASKING, reserved_for="sme"),
    "small": replace(ASKING, reserved_for="small_micro"),
    "few": replace(ASKING, quantity=600.0, unit="台"),
    "many": replace(ASKING, quantity=1000.0, unit="台"),
    "no unit": replace(ASKING, quantity=10.0),
    "monthly": replace(ASKING, description="每月供货量不少于90台。"),
    "text": replace(
        ASKING,
        description="球阀耐压≥6.3MPa，合同签订后30天内交货。",
        qualification="供应商须通过ISO 9001认证或ISO 14001认证；注册资本不低于1000万元；须在湖南省注册；"
        "近三年有3个类似业绩；项目经理须有一级建造师证书。",
    ),
    "far": replace(ASKING, region="", buyer_name="", qualification="供应商须在本省设有售后服务点。"),
}


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Snapshot:
    folder: Path = tmp_path_factory.mktemp("judged")
    filled(folder, encoder, {Kind.ENTERPRISES: ENTERPRISES, Kind.OFFERINGS: OFFERINGS})
    return Engine.open(ReleaseStore(folder), encoder).snapshot


@pytest.mark.parametrize("name", NEEDS)
@pytest.mark.parametrize("as_of", [date(2025, 12, 31), DAY, date(2028, 1, 1)])
def test_statuses_and_verdicts_are_those_of_reading_everything(
    snapshot: Snapshot, name: str, as_of: date
) -> None:
    need = NEEDS[name]
    asked = demands(need)
    rows = np.arange(len(ENTERPRISES))
    stand = standings(snapshot, rows, asked, need, as_of)
    for row in rows.tolist():
        enterprise = snapshot.enterprise(row)
        offerings = [snapshot.offering(r) for r in snapshot.offering_rows(row)]
        told = judge(asked, need, enterprise, offerings, as_of)
        statuses = [verdict.status for verdict in told]
        assert [STATUSES[s] for s in stand.statuses[row]] == statuses
        assert stand.at(row) == told
        assert stand.fails(row) == tuple(
            v.requirement for v in told if v.must and v.status in ("missing", "conflict")
        )
        assert stand.unproven(row) == tuple(v.requirement for v in told if v.must and v.status == "unknown")
        if asked:
            assert stand.coverages[row] == coverage(told)
        firm = Firm(enterprise, offerings, as_of)
        assert [firm.status(demand, need) for demand in (*asked, *asked)] == statuses * 2
        assert firm.verdicts(asked, need) == told


def test_every_kind_of_status_occurs(snapshot: Snapshot) -> None:
    rows = np.arange(len(ENTERPRISES))
    found: dict[str, set[str]] = {}
    for need in NEEDS.values():
        asked = demands(need)
        stand = standings(snapshot, rows, asked, need, DAY)
        for column, demand in enumerate(asked):
            found.setdefault(demand.kind, set()).update(STATUSES[s] for s in stand.statuses[:, column])
    assert found["certification"] == {"met", "missing", "unknown", "conflict"}
    for kind in ("tier", "size", "registered_capital", "region", "quantity", "specification"):
        assert found[kind] == {"met", "missing", "unknown"}, kind
    assert found["delivery"] == {"met", "unknown"}
    assert found["experience"] == found["staff"] == {"unknown"}


def test_offerings_that_state_nothing_of_the_kind_are_not_read(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    offering = Snapshot.offering
    monkeypatch.setattr(Snapshot, "offering", lambda self, row: read.append(row) or offering(self, row))
    rows = np.arange(len(ENTERPRISES))
    need = NEEDS["few"]
    stand = standings(snapshot, rows, demands(need), need, DAY)
    assert read == []
    row = snapshot.enterprises.documents.row_of("valid")
    assert row is not None
    assert [verdict.source.offering_id for verdict in stand.at(row) if verdict.source] == ["v1"]
    assert len(read) == 1
