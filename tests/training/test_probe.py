from types import SimpleNamespace

import numpy as np
import pytest

from indexes.errors import FileUnreadable, InputError
from recommender.encoder import load_encoder
from training.models import packaged_encoder
from training.probe import FILE, ProbeClass, is_probe, measure_probe, probe_classes

CLASSES = [
    ProbeClass("1", "稻谷种植", "指水稻的栽培与收获活动", ("小麦种植",)),
    ProbeClass("2", "煤炭开采", "指从地下采出煤的活动", ("石油开采", "铁矿采选")),
    ProbeClass("3", "轴承制造", "指滚动轴承的生产活动", ()),
]


def encoder_of(vectors: dict[str, list[float]]) -> SimpleNamespace:
    """An encoder that knows its texts' vectors by heart."""

    def encode(texts):
        return np.array([vectors[text] for text in texts], np.float32).reshape(len(texts), 3)

    return SimpleNamespace(name="by heart", encode=encode)


PERFECT = {each.note: np.eye(3)[row].tolist() for row, each in enumerate(CLASSES)} | {
    each.name: np.eye(3)[row].tolist() for row, each in enumerate(CLASSES)
}
SIBLINGS = {"小麦种植": [0, 1, 0], "石油开采": [0, 1, 0], "铁矿采选": [1, 0, 0]}


def test_about_a_fifth_of_the_classes_are_the_probe_the_same_everywhere():
    codes = [f"{number:04}" for number in range(5000)]
    assert 900 < sum(map(is_probe, codes)) < 1100
    assert [code for code in ("0111", "0112", "3670", "3911", "4011", "6510") if is_probe(code)] == [
        "0112",
        "4011",
    ]


def test_the_probe_is_solved_by_hand():
    found = measure_probe(encoder_of(PERFECT | SIBLINGS), CLASSES)
    assert (found.classes, found.with_siblings) == (3, 2)
    means = {measure: each.mean for measure, each in found.means["encoder"].items()}
    # the note of 煤炭开采 ties with 石油开采 and beats 铁矿采选: three quarters
    assert means == {"MRR": 1.0, "R@1": 1.0, "R@10": 1.0, "Sibling": (1 + 0.75) / 2}
    assert set(found.p_values) == set(means)


def test_a_name_that_is_nearer_to_other_notes_comes_later_and_one_that_is_near_nothing_never():
    wrong = PERFECT | SIBLINGS | {"稻谷种植": [0.5, 0.6, 0.1], "轴承制造": [0, 0, 0]}
    means = measure_probe(encoder_of(wrong), CLASSES).means["encoder"]
    assert means["MRR"].mean == pytest.approx((1 / 2 + 1 + 0) / 3)
    assert means["R@10"].mean == pytest.approx(2 / 3)


def test_words_alone_are_the_measure_to_beat():
    found = measure_probe(encoder_of(PERFECT | SIBLINGS), CLASSES)
    # each name shares characters with its own note alone
    assert found.means["lexical"]["R@1"].mean == 1.0
    assert found.to_json()["systems"]["lexical"]["MRR"]["p"] is None


def test_the_encoder_that_ships_understands_descriptions():
    found = measure_probe(load_encoder(packaged_encoder()), CLASSES)
    assert found.means["encoder"]["R@1"].mean == 1.0


def test_only_probe_classes_with_a_note_and_a_name_of_their_own_are_asked_for(tmp_path):
    table = tmp_path / FILE
    table.parent.mkdir()
    one, two, three, four, other = ("3401", "3406", "3423", "3425", "3429")
    rows = [
        "code,name,parent,level,note",
        "A,农业门类,,0,本门类包括很多很多大类",
        f"{one},轴承制造,345,3,指滚动轴承的生产活动",
        f"{two},齿轮制造,345,3,",
        f"{three},阀门制造,345,3,指各种阀门的生产活动",
        f"{other},阀门制造,344,3,",
        f"{four},泵制造,344,3,短",
    ]
    table.write_text("\n".join(rows), encoding="utf-8")
    assert probe_classes(tmp_path) == [
        ProbeClass(one, "轴承制造", "指滚动轴承的生产活动", ("齿轮制造", "阀门制造"))
    ]


def test_a_missing_file_a_missing_column_and_missing_notes_are_named(tmp_path):
    with pytest.raises(FileUnreadable, match="cannot be read"):
        probe_classes(tmp_path)
    table = tmp_path / FILE
    table.parent.mkdir()
    table.write_text("code,name\n0111,稻谷种植\n", encoding="utf-8")
    with pytest.raises(FileUnreadable, match="column"):
        probe_classes(tmp_path)
    table.write_text("code,name,parent,note\nA,农业,,短\n", encoding="utf-8")
    with pytest.raises(InputError, match="note"):
        probe_classes(tmp_path)
