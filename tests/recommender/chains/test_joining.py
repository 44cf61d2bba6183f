"""Names are joined where they mean the same, and only there."""

from __future__ import annotations

import math

import numpy as np

from recommender.chains.joining import Joined, join, spelling
from recommender.text.normalise import for_search


def joined(*names: str, cosine: float = 1.0) -> Joined:
    """All of *names*, the first the most used, for an encoder that finds any two that alike."""

    def vectors(texts):
        angle = math.acos(cosine) if len(asked) else 0.0
        asked.append(texts)
        return np.tile(np.array([math.cos(angle), math.sin(angle)], np.float32), (len(texts), 1))

    asked: list[object] = []
    return join({name: len(names) - place for place, name in enumerate(names)}, vectors)


def test_a_spelling_has_no_case_width_spaces_or_signs() -> None:
    assert spelling("ＰＶＣ-U 管（给水用）") == spelling("pvcu管(给水用)") == "pvcu管给水用"
    assert spelling("——") == ""


def test_a_name_of_han_characters_alone_is_spelled_as_it_is_within_a_text() -> None:
    for name in ("黨參", "公称直径", "千瓦时", "毫米波雷達", "後臺軟體"):
        assert for_search(name) == for_search(f"{name}。").rstrip("。")


def test_two_spellings_of_a_name_are_one_node_with_the_more_used_name() -> None:
    found = joined("党参", "黨參")
    assert found.names == ("党参",)
    assert found.node == {"党参": 0, "黨參": 0}
    assert [(j.name, j.node, j.how) for j in found.joins] == [("黨參", "党参", "spelling")]


def test_letters_in_brackets_are_another_name_of_the_same() -> None:
    found = joined("聚丙烯", "聚丙烯(PP)")
    assert found.names == ("聚丙烯",)
    assert found.joins[0].how == "brackets"


def test_words_in_brackets_tell_things_apart() -> None:
    assert len(joined("葡萄酒", "葡萄酒(红)").names) == 2


def test_letters_in_brackets_join_nothing_that_is_not_there() -> None:
    assert joined("聚丙烯(PP)").names == ("聚丙烯(PP)",)


def test_a_particle_joins_where_the_encoder_agrees_and_the_join_says_so() -> None:
    found = joined("蜂窝活性炭", "蜂窝状活性炭", cosine=0.95)
    assert found.names == ("蜂窝活性炭",)
    assert found.joins[0].how == "embedding"
    assert math.isclose(found.joins[0].cosine, 0.95, abs_tol=1e-3)


def test_a_particle_joins_nothing_where_the_encoder_does_not_agree() -> None:
    assert len(joined("蜂窝活性炭", "蜂窝状活性炭", cosine=0.5).names) == 2


def test_an_encoder_alone_joins_nothing() -> None:
    assert len(joined("多油断路器", "少油断路器", "输入轴", "输出轴").names) == 4


def test_a_name_of_signs_alone_is_no_node() -> None:
    found = joined("轴承", "——")
    assert found.names == ("轴承",)
    assert "——" not in found.node
