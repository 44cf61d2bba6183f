"""A catalogue small enough to know every right answer, and a workspace that holds it."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from indexes.store import ReleaseStore
from recommender.catalogue import (
    Catalogue,
    Certification,
    Enterprise,
    Kind,
    Link,
    Need,
    Offering,
    Size,
    Tier,
    Visibility,
    as_record,
    open_catalogue,
)
from recommender.encoder import Encoder, load_encoder
from recommender.engine import Engine
from recommender.refresh import refresh
from training.models import packaged_encoder

DAY = date(2026, 11, 21)

ENTERPRISES = (
    Enterprise(
        "bearing",
        "湘江轴承有限公司（示例）",
        region="430200",
        industry_chains=("轨道交通装备",),
        tier=Tier.LITTLE_GIANT,
        size=Size.SMALL,
        certifications=(Certification("ISO/TS 22163", date(2028, 1, 1)), Certification("ISO 9001")),
        description="主营高速列车轴箱轴承，二十年磨削经验。",
        technology=90.0,
        contact="联系人：张三 010-0000-0000",
    ),
    Enterprise("yarn", "棉纺厂（示例）", region="330200", certifications=(Certification("ISO 14001"),)),
    Enterprise("bank", "示例银行", region="430100"),
    Enterprise(
        "silent", "只有介绍的公司（示例）", description="我们做城市轨道车辆空调与通风系统的检修服务。"
    ),
)
OFFERINGS = (
    Offering("b1", "bearing", "动车组轴箱轴承", "内径130 mm，寿命不低于240万公里", weight=0.7),
    Offering("b2", "bearing", "风电主轴轴承", weight=0.3),
    Offering("y1", "yarn", "精梳棉纱", weight=1.0),
    Offering("k1", "bank", "应收账款融资", link=Link.CAPITAL),
    Offering("k2", "bank", "轴承企业订单贷款", link=Link.CAPITAL, available_until=date(2026, 1, 1)),
)
NEEDS = (
    Need(
        "axle",
        "株洲动车组轴箱轴承采购",
        "用于时速350公里动车组转向架的轴箱轴承。",
        "供应商须通过IRIS认证。",
        buyer_name="示例轨道车辆集团",
        industry_chain="轨道交通装备",
        region="430000",
        deadline=datetime(2027, 6, 1),
        visibility=Visibility.PUBLIC,
    ),
    Need("cotton", "棉纱采购", visibility=Visibility.PUBLIC, deadline=datetime(2027, 6, 1)),
    Need("late", "轴承备件采购", visibility=Visibility.PUBLIC, deadline=datetime(2026, 11, 20)),
    Need("secret", "轴承保密采购", visibility=Visibility.INVITED),
)


def fill(catalogue: Catalogue) -> None:
    with catalogue.transaction() as transaction:
        for kind, values in (
            (Kind.ENTERPRISES, ENTERPRISES),
            (Kind.OFFERINGS, OFFERINGS),
            (Kind.NEEDS, NEEDS),
        ):
            records = [as_record(value) for value in values]
            assert transaction.upsert(kind, records, given=records[0].keys()).inserted == len(values)


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return load_encoder(packaged_encoder())


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Path:
    folder = tmp_path_factory.mktemp("home")
    catalogue = open_catalogue(f"sqlite:///{folder / 'catalogue.db'}")
    fill(catalogue)
    refresh(catalogue, ReleaseStore(folder), encoder, cache=folder / "cache")
    catalogue.close()
    return folder


@pytest.fixture(scope="session")
def engine(home: Path, encoder: Encoder) -> Engine:
    return Engine.open(ReleaseStore(home), encoder)


class Counting:
    """An encoder that counts the ``texts`` it encodes."""

    def __init__(self, encoder: Encoder) -> None:
        self.name, self.fingerprint, self.dimension = encoder.name, encoder.fingerprint, encoder.dimension
        self._encoder, self.texts = encoder, 0

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts += len(texts)
        return self._encoder.encode(texts)


@pytest.fixture
def counting(engine: Engine) -> Counting:
    return Counting(engine.encoder)
