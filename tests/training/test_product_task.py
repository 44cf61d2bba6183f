from datetime import date
from pathlib import Path

import pytest

from indexes.errors import InputError
from indexes.store import ReleaseStore
from recommender.catalogue import Catalogue, Enterprise, Kind, Link, Offering, as_record, open_catalogue
from recommender.encoder import Encoder, load_encoder
from recommender.refresh import refresh
from training.models import packaged_encoder
from training.product_task import COMMON, WithoutOfferings, choose, evaluate_products

DAY = date(2026, 11, 21)
TRADES = {
    "bearing": ("深沟球轴承", "圆锥滚子轴承", "角接触球轴承", "轴承套圈", "调心滚子轴承"),
    "yarn": ("精梳棉纱", "气流纺棉纱", "涤棉混纺纱", "针织用棉纱", "竹节棉纱"),
    "milk": ("巴氏杀菌乳", "风味酸奶", "全脂奶粉", "纯牛奶", "乳清蛋白粉"),
}


def offerings_of(enterprise_id: str, *titles: str) -> list[Offering]:
    return [Offering(f"{enterprise_id}-{n}", enterprise_id, title) for n, title in enumerate(titles)]


TRADED = [offering for e, titles in TRADES.items() for offering in offerings_of(e, *titles)]


def test_a_fifth_is_hidden_and_at_least_one_of_three():
    task = choose(
        [
            *offerings_of("ten", *(f"产品{n}号" for n in range(10))),
            *offerings_of("three", *"甲乙 丙丁 戊己".split()),
        ]
    )
    hidden = sorted(id.split("-")[0] for id in task.hidden)
    assert hidden == ["ten", "ten", "three"]
    assert {need.need_id for need in task.questions} == task.hidden == set(task.sellers)
    assert all(task.sellers[question] == question.split("-")[0] for question in task.hidden)


def test_an_enterprise_with_two_products_keeps_them_however_often_it_lists_them():
    with pytest.raises(InputError, match="No enterprise"):
        choose(offerings_of("two", "深沟球轴承", "棉纱", "深沟球轴承", "棉 纱"))


def test_one_title_in_two_spellings_is_one_product_and_hidden_whole():
    titles = ("PVC管材", "ＰＶＣ 管材", "PVC管材（给水）", "PVC管材 给水", "钢管", "钢  管")
    task = choose(offerings_of("e", *titles), share=0.9)
    assert task.hidden == {f"e-{n}" for n in range(6)}
    assert len(task.questions) == 3


def test_who_lists_the_same_title_is_neither_right_nor_wrong():
    task = choose([*TRADED, *offerings_of("dealer", "深沟球轴承", "精梳棉纱")], share=0.9)
    asked = {need.title: need.need_id for need in task.questions}
    assert task.others[asked["深沟球轴承"]] == {"dealer"}
    assert task.others[asked["轴承套圈"]] == frozenset()
    assert task.sellers[asked["深沟球轴承"]] == "bearing"


def test_a_title_that_everybody_lists_is_never_hidden():
    everybody = [
        o for n in range(COMMON + 1) for o in offerings_of(f"e{n:02}", "其他业务", f"甲{n}", f"乙{n}")
    ]
    assert "其他业务" not in {need.title for need in choose(everybody, share=0.9).questions}
    fewer = [o for o in everybody if o.enterprise_id != "e00"]
    assert "其他业务" in {need.title for need in choose(fewer, share=0.9).questions}


def test_the_seed_decides_and_another_enterprise_does_not():
    assert choose(TRADED) == choose(TRADED)
    assert len({choose(TRADED, seed=seed).hidden for seed in range(5)}) > 1
    more = choose([*TRADED, *offerings_of("steel", "热轧钢板", "冷轧钢板", "镀锌钢板")])
    assert {id for id in more.hidden if not id.startswith("steel")} == choose(TRADED).hidden
    assert len(set(choose(TRADED, most=2).sellers.values())) == 2


@pytest.mark.parametrize("share", [0.0, 1.0, -0.2])
def test_a_share_is_between_nothing_and_all(share):
    with pytest.raises(InputError, match="share"):
        choose(TRADED, share=share)


def test_a_question_asks_on_the_chain_of_the_product():
    offered = [
        Offering(f"b{n}", "bank", title, link=Link.CAPITAL)
        for n, title in enumerate(("订单融资", "应收账款融资", "设备租赁"))
    ]
    assert {need.link for need in choose(offered).questions} == {Link.CAPITAL}


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder(packaged_encoder())


@pytest.fixture
def filled(tmp_path: Path):
    catalogue = open_catalogue(f"sqlite:///{tmp_path / 'catalogue.db'}")
    with catalogue.transaction() as transaction:
        for kind, values in (
            (Kind.ENTERPRISES, [Enterprise(e, f"{e}公司") for e in TRADES]),
            (Kind.OFFERINGS, TRADED),
        ):
            records = [as_record(value) for value in values]
            transaction.upsert(kind, records, given=records[0].keys())
    yield catalogue
    catalogue.close()


def test_a_snapshot_without_offerings_lacks_them_in_every_way(filled: Catalogue):
    with WithoutOfferings(filled, frozenset({"yarn-0"})).snapshot() as view:
        assert "yarn-0" not in {o.offering_id for o in view.offerings()}
        assert [o.offering_id for o in view.offerings_of("yarn")] == [f"yarn-{n}" for n in range(1, 5)]
        assert view.counts()[Kind.OFFERINGS] == len(TRADED) - 1
    assert filled.counts()[Kind.OFFERINGS] == len(TRADED)


def test_hidden_products_are_asked_of_a_release_without_them_and_the_live_one_stays(
    filled: Catalogue, encoder: Encoder, tmp_path: Path
):
    store, cache = ReleaseStore(tmp_path), tmp_path / "cache"
    refresh(filled, store, encoder, cache=cache)
    live = store.current().path
    before = sorted(
        (p, p.stat().st_mtime_ns) for p in tmp_path.rglob("*") if p.is_file() and "catalogue.db" not in p.name
    )
    task = choose(filled.offerings(), share=0.4)
    found = evaluate_products(filled, encoder, task, systems=("lexical", "full"), as_of=DAY, cache=cache)
    assert len(found.need_ids) == 6
    assert sorted(set(found.groups.tolist())) == [0, 1, 2]
    assert found.means["full"]["MRR"].mean == 1.0
    assert found.standings[found.need_ids[0]].winner == task.sellers[found.need_ids[0]]
    assert store.current().path == live
    after = sorted(
        (p, p.stat().st_mtime_ns) for p in tmp_path.rglob("*") if p.is_file() and "catalogue.db" not in p.name
    )
    assert before == after
