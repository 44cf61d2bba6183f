"""What three rules infer, and what they leave alone."""

from __future__ import annotations

import numpy as np

from recommender.catalogue.domain import Relation
from recommender.chains.inferring import HEAD_OF_NAME, LIKE_SIBLINGS, MATERIAL_IN_NAME, infer
from tests.recommender.chains.conftest import KIND, NEEDS


def inferred(
    edges: list[tuple[str, str, Relation]],
    *others: str,
    vectors: dict[str, tuple[float, float]] | None = None,
) -> set[tuple[str, str, str]]:
    names = list(dict.fromkeys([*(n for s, t, _ in edges for n in (s, t)), *others]))
    number = {name: node for node, name in enumerate(names)}
    made = np.array([(vectors or {}).get(name, (0.0, 0.0)) for name in names], np.float32)
    found = infer(names, [(number[s], number[t], r) for s, t, r in edges], made)
    assert all(0 < each.confidence < 1 for each in found)
    return {(names[each.source], names[each.target], each.rule) for each in found}


BEARINGS = [("轴承", "风电轴承", KIND), ("轴承", "机床轴承", KIND)]


def test_what_ends_with_a_thing_that_has_kinds_is_one_of_them() -> None:
    assert inferred(BEARINGS, "轴箱轴承") == {("轴承", "轴箱轴承", HEAD_OF_NAME)}


def test_the_longest_head_counts() -> None:
    edges = [*BEARINGS, ("滚子轴承", "双列滚子轴承", KIND), ("滚子轴承", "单列滚子轴承", KIND)]
    edges.append(("轴承", "滚子轴承", KIND))
    assert inferred(edges, "圆锥滚子轴承") == {("滚子轴承", "圆锥滚子轴承", HEAD_OF_NAME)}


def test_a_thing_with_one_kind_is_no_head() -> None:
    assert inferred(BEARINGS[:1], "轴箱轴承") == set()


def test_what_breaks_a_cleaning_rule_is_not_inferred() -> None:
    edges = [("金属材料", "磁性金属材料", KIND), ("金属材料", "贵金属材料", KIND)]
    assert inferred(edges, "非金属材料") == set()


TANKS = [(f"{m}水箱", m, NEEDS) for m in ("玻璃钢", "搪瓷")] + [
    (product, "不锈钢", NEEDS) for product in ("勺子", "水槽", "锅盖", "阀杆", "螺帽")
]


def test_a_material_in_a_name_is_needed_where_that_ending_says_so_elsewhere() -> None:
    assert inferred(TANKS, "不锈钢水箱") == {("不锈钢水箱", "不锈钢", MATERIAL_IN_NAME)}


def test_an_ending_that_says_so_nowhere_infers_nothing() -> None:
    assert inferred(TANKS, "不锈钢论坛") == set()


def test_a_kind_needs_what_three_alike_siblings_need() -> None:
    edges = [("葡萄酒", f"{place}葡萄酒", KIND) for place in ("东山", "西山", "南山", "北山", "远山")]
    edges += [(f"{place}葡萄酒", "葡萄", NEEDS) for place in ("东山", "西山", "南山")]
    alike = {f"{place}葡萄酒": (1.0, 0.0) for place in ("东山", "西山", "南山", "北山")}
    alike["远山葡萄酒"] = (0.0, 1.0)
    assert inferred(edges, vectors=alike) == {("北山葡萄酒", "葡萄", LIKE_SIBLINGS)}


def test_what_is_known_in_either_direction_is_not_inferred() -> None:
    assert inferred([*BEARINGS, ("轴箱轴承", "轴承", NEEDS)]) == set()
