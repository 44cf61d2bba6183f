"""Titles find the node that they name, at their head or by meaning."""

from __future__ import annotations

import numpy as np
import pytest

from recommender.chains.placing import mentioned, named, nearest, parts_of
from recommender.chains.stored import Sitting

NODES = ("轴承", "滚子轴承", "汽车", "齿轮", "a", "压电传感器", "直流接触器与熔断器")
FIND = {name: node for node, name in enumerate(NODES)}.get


@pytest.mark.parametrize(
    ("title", "parts"),
    [
        ("轴承、齿轮等产品", ["轴承", "齿轮"]),
        ("煤炭业务", ["煤炭"]),
        ("家具及配件", ["家具", "配件"]),
        ("和田玉", ["和田玉"]),
        ("ＰＶＣ管", ["pvc管"]),
        ("产品", []),
        ("滚子轴承批量供货", ["滚子轴承"]),
        ("聚丙烯（PP）", ["聚丙烯"]),
        ("中试线开放服务（轴承）", ["中试线开放服务"]),
        ("轴承与齿轮箱", ["轴承", "齿轮箱"]),
        ("直流接触器与熔断器现货", ["直流接触器与熔断器"]),
        ("", []),
    ],
)
def test_a_title_is_read_as_the_things_that_it_lists(title: str, parts: list[str]) -> None:
    assert parts_of(title, FIND) == parts


def test_the_very_name_is_sure() -> None:
    seat = named("轴承", FIND)
    assert seat is not None
    assert (seat.node, seat.confidence, seat.how) == (0, 1.0, Sitting.NAME)


def test_the_longest_name_at_the_end_is_the_head_and_the_longer_the_surer() -> None:
    short, long = named("双列滚子轴承", FIND), named("高速列车用双列滚子轴承", FIND)
    assert short is not None
    assert long is not None
    assert short.node == long.node == 1
    assert 0.6 < long.confidence < short.confidence < 1.0


def test_a_name_at_the_beginning_is_no_head() -> None:
    assert named("轴承座", FIND) is None
    assert named("汽车座椅", FIND) is None


def test_a_text_mentions_the_longest_names_and_none_within_another() -> None:
    assert [node for node, _, _ in mentioned("汽车用滚子轴承和齿轮", FIND)] == [2, 1, 3]


def test_meaning_is_asked_among_names_with_the_same_end_that_share_most_characters() -> None:
    nodes = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [0, 0], [1.0, 0.0]], np.float16)
    tails = {"承": np.array([0, 1], np.int32), "器": np.array([5], np.int32)}
    asked = ["压电式传感器", "断路器", "滚针"]
    found = nearest(asked, np.array([[1.0, 0.0]] * 3, np.float32), tails, nodes, NODES.__getitem__)
    assert [[seat.node for seat in seats] for seats in found] == [[5], [], []]
    assert found[0][0].how is Sitting.MEANING


def test_a_general_word_sits_nowhere_by_meaning() -> None:
    nodes, tails = np.ones((6, 1), np.float16), {"备": np.array([0], np.int32)}
    assert nearest(["设备"], np.ones((1, 1), np.float32), tails, nodes, NODES.__getitem__) == [[]]
