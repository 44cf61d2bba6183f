from datetime import date

import numpy as np
import pytest

from recommender.catalogue import Certification, Enterprise, Need
from recommender.encoder import Encoder
from recommender.explanation import cautions, evidence, for_buyer, for_supplier, phrases_of
from recommender.explanation.phrases import runs
from recommender.results import Evidence, Requirement, Span
from recommender.text.clauses import clauses

PAIR = Evidence(Span("title", "轴箱轴承"), Span("title", "轴承"), "o1", 0.9)


def test_clauses_are_substrings_cut_at_marks_but_not_inside_numbers():
    text = "内径130.5mm，公差±0.01mm；供货1,200套。\n联系电话"
    found = list(clauses(text))
    assert found == ["内径130.5mm", "公差±0.01mm", "供货1,200套", "联系电话"]
    assert all(clause in text for clause in found)


def test_numbers_with_their_units_and_bare_marks_are_not_quoted():
    assert list(clauses("130 mm；——；套；GB/T；IRIS")) == ["IRIS"]


def test_an_endless_clause_is_cut_into_readable_pieces():
    pieces = list(clauses("轴" * 150))
    assert [len(piece) for piece in pieces] == [60, 60, 30]


def test_runs_are_whole_words_inside_a_clause():
    clause = "用于高速动车组转向架的轴箱轴承"
    found = list(runs(clause))
    assert "轴箱轴承" in found
    assert not any(run.startswith(("用", "的")) or run.endswith("的") for run in found)
    assert all(run in clause and 4 <= len(run) <= 16 for run in found)


@pytest.mark.parametrize("text", ["", "   ", "。；，", "𠮷"])
def test_a_text_without_words_has_nothing_to_quote(text: str, encoder: Encoder):
    assert phrases_of({"title": text}, encoder).phrases == ()
    vector = np.zeros(encoder.dimension, np.float32)
    assert (
        evidence(phrases_of({"title": text}, encoder), vector, [("o", {"title": "轴承"}, vector)], encoder)
        == ()
    )


def test_the_words_that_say_the_same_are_paired(encoder: Encoder):
    need = {"title": "办公桌椅与轴箱轴承采购", "description": "付款方式为月结。"}
    offer = {"title": "铁路轴承", "description": "位于园区东侧，交通便利。"}
    vector, need_vector = encoder.encode(["铁路轴承", "轴箱轴承采购"])
    (found,) = evidence(phrases_of(need, encoder), need_vector, [("o", offer, vector)], encoder)
    assert (found.offer.field, found.offer.span) == ("title", "铁路轴承")
    assert "轴承" in found.need.span
    assert found.need.span in need[found.need.field]


def test_sentences_are_made_of_the_parts_and_nothing_else():
    parts = (Requirement("CRCC", "certification", "met"), Requirement("ISO 9001", "certification", "missing"))
    chinese, english = for_buyer("某厂", [PAIR], parts).split("\n")
    assert chinese == "某厂的“轴承”对应需求中的“轴箱轴承”；已满足：CRCC；缺少：ISO 9001。"
    assert english == "某厂 offers “轴承”, which answers “轴箱轴承”; meets CRCC; lacks ISO 9001."
    chinese, english = for_supplier(Need("n", "t", buyer_name="某集团"), [PAIR], parts).split("\n")
    assert chinese == "某集团需要“轴箱轴承”，贵企业的“轴承”与之对应；尚缺：ISO 9001。"
    tier = Requirement("little_giant|champion", "tier", "missing")
    assert "专精特新小巨人 / 制造业单项冠军" in for_buyer("某厂", [PAIR], [tier])
    assert "仅按整体业务比较" in for_buyer("某厂", [], ())


def test_cautions_name_what_a_careful_reader_asks():
    today = date(2026, 11, 21)
    enterprise = Enterprise(
        "e", "某厂", certifications=(Certification("CRCC", date(2026, 12, 1)), Certification("CCC"))
    )
    found = cautions(enterprise, 1, [PAIR], [Requirement("ISO 9001", "certification", "conflict")], today)
    assert [text.split(" / ")[0] for text in found] == [
        "仅登记一项产品或能力",
        "CRCC 将于 2026-12-01 到期",
        "ISO 9001 的信息相互矛盾",
    ]
    assert cautions(Enterprise("e", "某厂"), 3, [PAIR], [], today) == ()
