from datetime import date
from pathlib import Path

import pytest

from indexes.store import ReleaseStore
from recommender.catalogue import Enterprise, Kind, Need, Offering, as_record, open_catalogue
from recommender.encoder import load_encoder
from recommender.engine import Engine
from recommender.refresh import refresh
from training import failures as module
from training.evaluation import evaluate
from training.failures import absent_winners, failures, rivals
from training.models import packaged_encoder

DAY = date(2026, 11, 21)
BEARINGS = [f"bearing{n:02}" for n in range(12)]
ENTERPRISES = [
    *(Enterprise(e, f"{n}号轴承公司") for n, e in enumerate(BEARINGS)),
    Enterprise("last", "末位公司"),
    Enterprise("yarn", "棉纺公司"),
    Enterprise("silent", "没有产品的公司"),
    Enterprise("self", "自购公司"),
    *(Enterprise(f"feed{n:02}", f"{n}号牧业") for n in range(60)),
]
OFFERINGS = [
    *(Offering(f"o-{e}", e, "深沟球轴承") for e in BEARINGS),
    Offering("o-last", "last", "深沟球轴承及配件"),
    Offering("o-yarn", "yarn", "精梳棉纱"),
    Offering("o-self", "self", "深沟球轴承"),
    *(Offering(f"o-feed{n:02}", f"feed{n:02}", "配合饲料") for n in range(60)),
]
NEEDS = [
    Need("crowded", "深沟球轴承"),
    Need("cotton", "深沟球轴承 布料"),
    Need("silent", "深沟球轴承"),
    Need("form", "购销合同"),
    Need("own", "深沟球轴承", buyer_name="自购公司"),
    Need("gone", "深沟球轴承"),
    Need("found", "精梳棉纱"),
]
QRELS = {
    "crowded": {"last": 1, "gone": 1},
    "cotton": {"yarn": 1},
    "silent": {"silent": 1},
    "form": {"silent": 0, "yarn": 1},
    "own": {"self": 1},
    "gone": {"gone": 1},
    "found": {"yarn": 1},
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    home: Path = tmp_path_factory.mktemp("home")
    encoder = load_encoder(packaged_encoder())
    with open_catalogue(f"sqlite:///{home / 'catalogue.db'}") as catalogue:
        with catalogue.transaction() as transaction:
            for kind, values in ((Kind.ENTERPRISES, ENTERPRISES), (Kind.OFFERINGS, OFFERINGS)):
                records = [as_record(value) for value in values]
                transaction.upsert(kind, records, given=records[0].keys())
        refresh(catalogue, ReleaseStore(home), encoder, cache=home / "cache")
    return Engine.open(ReleaseStore(home), encoder)


@pytest.fixture(scope="module")
def found(engine: Engine):
    return evaluate(engine, NEEDS, QRELS, systems=("lexical", "full"), as_of=DAY)


@pytest.fixture(scope="module")
def failed(engine: Engine, found):
    return {each.need.need_id: each for each in failures(engine, found, NEEDS, QRELS, as_of=DAY)}


def test_enterprises_that_the_release_lacks_are_told_apart_from_failures(engine, found, failed):
    assert absent_winners(found, QRELS, engine.snapshot) == (["gone"], ["gone"])
    assert "gone" not in failed


def test_who_stands_among_the_first_ten_did_not_fail(failed):
    assert set(failed) == {"crowded", "cotton", "silent", "form", "own"}


def test_the_winner_is_the_right_one_that_the_release_has_with_what_it_offers(failed):
    crowded = failed["crowded"]
    assert (crowded.winner, crowded.name, crowded.offering) == ("last", "末位公司", "深沟球轴承及配件")
    assert crowded.words == ("深沟球轴承",)
    assert 0.5 < crowded.cosine < 1.0
    assert crowded.rank == 13 or crowded.rank == 14
    assert crowded.by_words > 10
    assert crowded.by_meaning > 10


def test_each_cause_can_be_seen_in_the_release(failed):
    causes = {need_id: each.cause for need_id, each in failed.items()}
    assert causes == {
        "crowded": "crowded",
        "cotton": "by meaning only",
        "silent": "no offering",
        "form": "vague need",
        "own": "the buyer itself",
    }


@pytest.mark.parametrize(
    ("title", "cause"),
    [
        ("深沟球轴承 棉花", "no shared word"),
        ("深沟球轴承 精梳", "far"),
    ],
)
def test_what_no_half_has_near_is_far(engine, monkeypatch, title, cause):
    monkeypatch.setattr(module, "_NEAR", 3)
    need = Need("n", title)
    qrels = {"n": {"yarn": 1}}
    asked = evaluate(engine, [need], qrels, as_of=DAY)
    assert [each.cause for each in failures(engine, asked, [need], qrels, as_of=DAY)] == [cause]


def test_the_worst_come_first(engine, found):
    ranks = [each.rank or 1001 for each in failures(engine, found, NEEDS, QRELS, as_of=DAY)]
    assert ranks == sorted(ranks, reverse=True)
    assert ranks[0] == 1001


def test_what_stood_on_top_is_shown_with_the_words_that_matched(engine, found, failed):
    tops = rivals(engine, found, failed["crowded"])
    assert len(tops) == 3
    assert all((top.offering, top.words) == ("深沟球轴承", ("深沟球轴承",)) for top in tops)
    assert [top.score for top in tops] == [score for _, score in found.standings["crowded"].top[:3]]
