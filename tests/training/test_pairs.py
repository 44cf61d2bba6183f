"""Which pairs are made, and that the suppliers of the development contracts are in none."""

from __future__ import annotations

import csv
import json
import lzma
from pathlib import Path

from tests.training.tiny_corpus import write_tiny_corpus
from training.corpus import OPEN_SOURCES, documents, present
from training.pairs import companies, held_out_suppliers, text_pairs
from training.probe import is_probe


def table(path: Path, header: str, *rows: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")


def test_development_suppliers_are_left_out_of_the_companies(tmp_path: Path) -> None:
    data = write_tiny_corpus(tmp_path / "data")
    held_out = held_out_suppliers(data)
    with (data / "eval/contracts_dev_qrels.csv").open(encoding="utf-8") as stream:
        assert held_out == {row["enterprise_id"] for row in csv.DictReader(stream)} != set()
    assert held_out.isdisjoint(company.company_id for company in companies(data))
    assert len(companies(data)) == 59


def test_no_research_source_and_no_development_contract_is_read() -> None:
    paths = " ".join(source.path for source in OPEN_SOURCES)
    for name in (
        "eval/",
        "contract_announcements",
        "company_intros",
        "product_queries",
        "needs_soe",
        "sme",
        "financing",
    ):
        assert name not in paths


def test_only_sources_that_are_there_are_named(tmp_path: Path) -> None:
    data = write_tiny_corpus(tmp_path / "data")
    assert [s.path for s in present(data)] == ["text/news.jsonl.xz", "catalogue/products_listed.csv"]


def test_a_products_kinds_are_paired_but_not_those_of_words_that_go_with_everything(tmp_path: Path) -> None:
    many = [f"设备,物品{number},has_kind" for number in range(40)]
    table(tmp_path / "catalogue/product_edges.csv", "product,related,relation", "阀门,球阀,has_kind", *many)
    assert [(p.kind, p.a, p.b) for p in text_pairs(tmp_path)] == [("edge_has_kind", "阀门", "球阀")]


def test_a_class_is_paired_with_its_note_and_its_parent(tmp_path: Path) -> None:
    rows = ("C,制造业,,0,", "33,金属制品业,C,1,指金属加工", "331,结构件制造,33,2,")
    table(tmp_path / "taxonomy/gbt4754_2017.csv", "code,name,parent,level,note", *rows)
    found = {(p.kind, p.a, p.b) for p in text_pairs(tmp_path) if p.b}
    assert found == {
        ("industry_note", "金属制品业", "指金属加工"),
        ("industry_parent", "结构件制造", "金属制品业"),
    }


def test_classes_of_the_probe_are_in_no_pair_and_no_text(tmp_path: Path) -> None:
    rows = [f"{code},类{code},C,2,指做{code}" for code in range(1000, 1100)]
    table(tmp_path / "taxonomy/gbt4754_2017.csv", "code,name,parent,level,note", "C,制造业,,0,", *rows)
    probe = {f"类{code}" for code in range(1000, 1100) if is_probe(str(code))}
    assert 10 < len(probe) < 30
    given = [{"kind": "catalogue_name_note", "a": name, "b": "指"} for name in ("类1000", *sorted(probe))]
    (tmp_path / "text").mkdir()
    with lzma.open(tmp_path / "text/pairs.jsonl.xz", "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(pair) + "\n" for pair in given)
    paired = {pair.a for pair in text_pairs(tmp_path)}
    assert probe.isdisjoint(paired)
    assert len(paired - {"制造业"}) == 100 - len(probe)
    (source,) = present(tmp_path)
    assert len(list(documents(tmp_path, source))) == 101 - len(probe)


def test_goods_of_one_customs_code_share_a_group(tmp_path: Path) -> None:
    rows = ("01011010,种马,1", "01011020,种驴,1", "02011000,牛肉,1")
    table(tmp_path / "taxonomy/hs_names.csv", "code,name,lists", *rows)
    assert [(p.a, p.b, p.group) for p in text_pairs(tmp_path)] == [("种马", "种驴", "010110")]
