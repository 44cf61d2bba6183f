"""The user's own catalogue as training material: which texts and pairs it gives, and that a model learns."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexes.errors import TrainingError
from recommender.catalogue import Catalogue, Kind, Link, NeedStatus, Relation, Stage, open_catalogue
from recommender.encoder import StaticEncoder, load_encoder
from tests.training.tiny_corpus import TRADES, accuracy, write_random_model, write_tiny_corpus
from training.catalogue_corpus import CatalogueCorpus, read_catalogue
from training.corpora import FolderCorpus, JoinedCorpus
from training.encoder_training import train_encoder
from training.model_folder import write_model
from training.order import Order
from training.pairs import held_out_suppliers
from training.settings import TrainingSettings

TINY = TrainingSettings(
    vocabulary=300,
    dimension=16,
    decomposed=32,
    least_count=0.0,
    subsample=1.0,
    steps=20,
    batch=32,
    check_every=10,
)


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    with open_catalogue(f"sqlite:///{tmp_path}/catalogue.db") as opened:
        yield opened


def fill(catalogue: Catalogue, kind: Kind, *records: dict[str, object]) -> None:
    with catalogue.transaction() as change:
        assert not change.upsert(kind, records, given=set().union(*records)).refused


def small(catalogue: Catalogue) -> None:
    """Two suppliers and two needs, one of them a draft."""
    fill(
        catalogue,
        Kind.ENTERPRISES,
        {"enterprise_id": "E1", "name": "甲塔筒厂", "description": "造塔筒", "industry": "38"},
        {"enterprise_id": "E2", "name": "乙叶片厂", "description": "", "industry": ""},
    )
    fill(
        catalogue,
        Kind.OFFERINGS,
        {"offering_id": "O1", "enterprise_id": "E1", "title": "法兰", "description": "锻造", "weight": 0.2},
        {"offering_id": "O2", "enterprise_id": "E1", "title": "塔筒", "description": "", "weight": 0.8},
        {
            "offering_id": "O3",
            "enterprise_id": "E1",
            "title": "贷款",
            "description": "",
            "link": Link.CAPITAL,
        },
        {"offering_id": "O4", "enterprise_id": "E2", "title": "叶片", "description": ""},
    )
    fill(
        catalogue,
        Kind.NEEDS,
        {"need_id": "N1", "title": "采购塔筒", "description": "百米", "status": NeedStatus.AWARDED},
        {"need_id": "N2", "title": "秘密草稿", "description": "未发", "status": NeedStatus.DRAFT},
    )


def found(corpus: CatalogueCorpus, kind: str) -> list[tuple[str, str]]:
    return [(pair.a, pair.b) for pair in corpus.pairs() if pair.kind == kind]


def test_confirmed_outcomes_pair_a_need_with_the_main_offerings_of_its_link(catalogue: Catalogue) -> None:
    small(catalogue)
    outcomes = [
        ("N1", "E1", Stage.QUALIFIED),
        ("N1", "E1", Stage.AWARDED),
        ("N1", "E2", Stage.MET),
        ("N2", "E2", Stage.AWARDED),
    ]
    fill(
        catalogue,
        Kind.OUTCOMES,
        *({"need_id": n, "enterprise_id": e, "stage": stage} for n, e, stage in outcomes),
    )
    corpus = read_catalogue(catalogue)
    assert found(corpus, "catalogue_match") == [("采购塔筒 百米", "塔筒 法兰")]
    assert [(p.group, p.other) for p in corpus.pairs() if p.kind == "catalogue_match"] == [("N1", "E1")]


def test_titles_go_with_descriptions_and_the_largest_share_comes_first(catalogue: Catalogue) -> None:
    small(catalogue)
    fill(catalogue, Kind.EDGES, {"source": "塔筒", "target": "钢板", "relation": Relation.NEEDS_MATERIAL})
    corpus = read_catalogue(catalogue)
    assert found(corpus, "catalogue_need") == [("采购塔筒", "百米")]
    assert found(corpus, "catalogue_offering") == [("法兰", "锻造")]
    assert found(corpus, "catalogue_profile") == [("造塔筒", "塔筒 法兰 贷款")]
    assert found(corpus, "catalogue_edge_needs_material") == [("塔筒", "钢板")]
    first, second = corpus.companies()
    assert (first.industry, first.products) == ("电气机械和器材制造业", ("塔筒", "法兰", "贷款"))
    assert second.products == ("叶片",)


def test_drafts_are_nowhere_in_it(catalogue: Catalogue) -> None:
    small(catalogue)
    corpus = read_catalogue(catalogue)
    texts = [text for source in corpus.sources for text in corpus.documents(source)]
    assert "采购塔筒 百米" in texts
    assert not [text for text in [*texts, *corpus.trade_texts()] if "秘密草稿" in text]


def test_every_source_is_the_users_own_and_a_change_changes_the_identity(catalogue: Catalogue) -> None:
    small(catalogue)
    before = read_catalogue(catalogue)
    assert {source.licence for source in before.sources} == {"the user's own"}
    assert before.identity == read_catalogue(catalogue).identity
    fill(catalogue, Kind.OFFERINGS, {"offering_id": "O4", "enterprise_id": "E2", "title": "风叶"})
    assert before.identity != read_catalogue(catalogue).identity


def test_an_empty_catalogue_is_refused(catalogue: Catalogue) -> None:
    with pytest.raises(TrainingError, match="neither offerings nor needs"):
        read_catalogue(catalogue)


def test_suppliers_of_the_development_contracts_are_left_out_of_both(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    data = write_tiny_corpus(tmp_path / "data")
    (held_out,) = held_out_suppliers(data)
    fill(
        catalogue,
        Kind.ENTERPRISES,
        *({"enterprise_id": identity, "name": identity} for identity in (held_out, "own")),
    )
    fill(
        catalogue,
        Kind.OFFERINGS,
        *({"offering_id": i, "enterprise_id": i, "title": f"{i} 塔筒"} for i in (held_out, "own")),
    )
    corpus = Order(data=data, catalogue=True).corpus(catalogue)
    assert isinstance(corpus, JoinedCorpus)
    assert corpus.data == data
    assert [c.company_id for c in corpus.companies()][-1] == "own"
    assert held_out not in {company.company_id for company in corpus.companies()}
    assert len(corpus.companies()) == len(FolderCorpus(data).companies()) + 1


def trading(catalogue: Catalogue) -> None:
    """Sixty enterprises of five trades and the needs they were awarded."""
    chance = random.Random(3)
    enterprises, offerings, needs, outcomes = [], [], [], []
    for number in range(60):
        trade, words = sorted(TRADES.items())[number % len(TRADES)]
        four = chance.sample(words, 4)
        e, n = f"E{number:02}", f"N{number:02}"
        enterprises.append(
            {"enterprise_id": e, "name": f"{number}号厂", "description": f"{trade}：{'、'.join(four)}"}
        )
        for word in four:
            offerings.append(
                {
                    "offering_id": f"{e}{word}",
                    "enterprise_id": e,
                    "title": word,
                    "description": f"{trade}用{word}",
                }
            )
        needs.append(
            {"need_id": n, "title": f"采购{'、'.join(chance.sample(words, 2))}", "description": trade}
        )
        outcomes.append({"need_id": n, "enterprise_id": e, "stage": Stage.AWARDED})
    for kind, records in (
        (Kind.ENTERPRISES, enterprises),
        (Kind.OFFERINGS, offerings),
        (Kind.NEEDS, needs),
        (Kind.OUTCOMES, outcomes),
    ):
        fill(catalogue, kind, *records)


def test_a_model_learns_from_a_catalogue_alone(catalogue: Catalogue, tmp_path: Path) -> None:
    trading(catalogue)
    corpus = read_catalogue(catalogue)
    report = train_encoder(corpus, tmp_path / "own", settings=TINY)
    assert accuracy(report.folder) > 0.8 > accuracy(write_random_model(tmp_path / "random", report.folder))
    card = (report.folder / "README.md").read_text(encoding="utf-8")
    assert "license: other" in card
    assert "The material is the user's own catalogue" in card
    assert "| catalogue: enterprises | names and descriptions | the user's own | 60 |" in card
    assert "| catalogue_match | 46 |" in card  # some are held out, and the winners of one fold
    assert "Open sources only" not in card


def test_a_catalogue_improves_the_model_it_goes_on_from(catalogue: Catalogue, tmp_path: Path) -> None:
    trading(catalogue)
    corpus = read_catalogue(catalogue)
    untaught = load_encoder(
        train_encoder(corpus, tmp_path / "untaught", settings=replace(TINY, steps=0)).folder
    )
    assert isinstance(untaught, StaticEncoder)
    vectors = untaught.token_vectors
    # half of its dimensions say nothing
    noise = np.random.default_rng(1).normal(0, 0.4, vectors.shape) * np.linalg.norm(vectors, axis=1)[:, None]
    before = tmp_path / "before"
    write_model(before, untaught.tokenizer, np.hstack([vectors, noise]).astype(np.float32))
    settings = replace(TINY, steps=60, learning_rate=0.02, patience=9)
    after = train_encoder(corpus, tmp_path / "after", settings=settings, start=before)
    assert accuracy(after.folder) > accuracy(before) + 0.1
    card = (after.folder / "README.md").read_text(encoding="utf-8")
    assert f"Tokenizer and token vectors of {after.recipe.start}" in card
    assert "The vectors it started from stay a part of 0.5" in card
    assert "| catalogue: needs | titles and descriptions | the user's own | 60 |" in card
