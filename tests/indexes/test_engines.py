"""Which engine a collection gets, and that an index from an older one is the one of all vectors."""

from __future__ import annotations

from collections.abc import Callable
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
from indexes.vectors import VectorIndex
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


@given(st.lists(st.sampled_from(["kept", "gone", "fresh"]), max_size=60), st.sampled_from(ENGINES))
@settings(max_examples=60, deadline=None)
def test_a_spliced_index_is_the_one_of_all_vectors(fates: list[str], engine: Engine) -> None:
    splice, random = splice_of(fates), np.random.default_rng(len(fates))
    old = random.standard_normal((sum(fate != "fresh" for fate in fates), 5)).astype(np.float32)
    fresh = random.standard_normal((fates.count("fresh"), 5)).astype(np.float32)
    whole = np.empty((splice.size, 5), np.float32)
    whole[splice.kept], whole[splice.fresh] = old[splice.old], fresh
    built = engines.build(whole, engine)

    def spliced(source: VectorIndex) -> Callable[[Path], None]:
        return lambda folder: engines.save_spliced(folder, source, splice, fresh, engine)

    same_bytes(built.save, spliced(engines.build(old, engine)))
    if engine != "half":  # from an exact one too: there the codes are made anew
        same_bytes(built.save, spliced(ExactIndex.from_vectors(old)))


def test_a_vector_that_went_is_no_longer_the_longest() -> None:
    old, splice = np.diag([1.0, 5.0, 2.0]).astype(np.float32), Splice(np.array([0, ~0, 2]))
    built = ExactIndex.from_vectors(old[[0, 0, 2]])
    same_bytes(
        built.save, lambda folder: engines.save_spliced(folder, ExactIndex.from_vectors(old), splice, old[:1])
    )


@pytest.mark.parametrize("rows", [4_000, 4_001])
def test_blocks_of_codes_that_stay_together_are_copied(rows: int) -> None:
    random = np.random.default_rng(rows)
    old = random.standard_normal((rows, 8)).astype(np.float32)
    source = np.delete(np.arange(rows), np.arange(64, 96))  # a whole block goes, others move up
    source[[7, 200, 3_900]] = ~np.arange(3)
    splice, fresh = Splice(source), random.standard_normal((3, 8)).astype(np.float32)
    whole = old[np.maximum(source, 0)]
    whole[splice.fresh] = fresh
    same_bytes(
        engines.build(whole, "approximate").save,
        lambda folder: engines.save_spliced(
            folder, engines.build(old, "approximate"), splice, fresh, "approximate"
        ),
    )


def test_16_bit_floats_do_not_become_32(tmp_path: Path) -> None:
    splice = Splice(np.arange(6))
    with pytest.raises(InputError, match="cannot become"):
        engines.save_spliced(tmp_path, engines.build(VECTORS, "half"), splice, VECTORS[:0], "exact")
