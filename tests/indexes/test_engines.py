"""Which engine a collection gets, and that an index from an older one is the one of all vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexes import engines
from indexes.approximate import ApproximateIndex
from indexes.engines import ENGINES, Engine
from indexes.errors import DamagedRelease, InputError
from indexes.exact import ExactIndex
from indexes.half import HalfIndex
from indexes.splice import Splice
from indexes.tuning import Tuning
from tests.indexes.splicing import same_bytes, splice_of

VECTORS = np.eye(6, dtype=np.float32)


def test_size_decides_where_nobody_does() -> None:
    assert engines.kind_for("auto", engines.APPROXIMATE_FROM - 1) == "exact"
    assert engines.kind_for("auto", engines.APPROXIMATE_FROM) == "approximate"
    assert [engines.kind_for(engine, 5) for engine in ("exact", "half", "approximate")] == [
        "exact",
        "half",
        "approximate",
    ]


def test_a_large_collection_is_searched_by_codes() -> None:
    many = np.zeros((engines.APPROXIMATE_FROM, 4), np.float32)
    assert isinstance(engines.build(many), ApproximateIndex)
    assert isinstance(engines.build(many[1:]), ExactIndex)


@pytest.mark.parametrize(
    ("engine", "kind"), [("exact", ExactIndex), ("half", HalfIndex), ("approximate", ApproximateIndex)]
)
def test_what_was_built_is_what_is_opened_with_the_costs_given(
    tmp_path: Path, engine: Engine, kind: type
) -> None:
    engines.build(VECTORS, engine).save(tmp_path)
    costs = Tuning(1.5, 2.5)
    index = engines.load(tmp_path, costs)
    assert type(index) is kind
    assert getattr(index, "exact", index).tuning == costs
    assert (
        index.search(VECTORS, 2)[1].tolist() == engines.build(VECTORS, engine).search(VECTORS, 2)[1].tolist()
    )


def test_an_empty_folder_is_a_damaged_release(tmp_path: Path) -> None:
    with pytest.raises(DamagedRelease):
        engines.load(tmp_path)


@pytest.mark.parametrize("engine", ENGINES)
def test_vectors_as_stored_are_those_that_come_back(engine: Engine) -> None:
    vectors = np.random.default_rng(1).standard_normal((30, 7)).astype(np.float32)
    stored = engines.as_stored(vectors, engine)
    index = engines.build(vectors, engine)
    assert np.array_equal(stored, index.rows(np.arange(30)))
    same_bytes(index.save, engines.build(stored, engine).save)


@given(st.lists(st.sampled_from(["kept", "gone", "fresh"]), max_size=60), st.sampled_from(ENGINES))
@settings(max_examples=60, deadline=None)
def test_a_spliced_index_is_the_one_of_all_vectors(fates: list[str], engine: Engine) -> None:
    splice, random = splice_of(fates), np.random.default_rng(len(fates))
    old = random.standard_normal((sum(fate != "fresh" for fate in fates), 5)).astype(np.float32)
    fresh = random.standard_normal((fates.count("fresh"), 5)).astype(np.float32)
    whole = np.empty((splice.size, 5), np.float32)
    whole[splice.kept], whole[splice.fresh] = old[splice.old], fresh
    built = engines.build(whole, engine)
    same_bytes(built.save, engines.spliced(engines.build(old, engine), splice, fresh, engine).save)
    if engine != "half":  # from an exact one too: there the codes are made anew
        same_bytes(built.save, engines.spliced(ExactIndex.from_vectors(old), splice, fresh, engine).save)


def test_16_bit_floats_do_not_become_32() -> None:
    splice = Splice(np.arange(6))
    with pytest.raises(InputError, match="cannot become another"):
        engines.spliced(engines.build(VECTORS, "half"), splice, VECTORS[:0], "exact")
