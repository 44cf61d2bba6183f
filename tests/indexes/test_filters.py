from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexes.errors import DamagedRelease, InputError
from indexes.files import load_json, save_array, save_json
from indexes.filters import FilterColumns
from indexes.splice import Splice
from tests.indexes.splicing import same_bytes, splice_of

NAN = float("nan")


@pytest.fixture(params=["built", "loaded"])
def columns(request: pytest.FixtureRequest, tmp_path: Path) -> FilterColumns:
    built = FilterColumns.build(
        4,
        {
            "region": [["310115"], ["310000"], ["320100"], []],
            "certification": [["ISO 9001", "IATF 16949"], [], ["ISO 9001", "ISO 9001", ""], ["AS9100D"]],
        },
        {"capacity": [8.0, NAN, 100.0, 8.5], "founded": [NAN, NAN, NAN, NAN]},
    )
    if request.param == "built":
        return built
    built.save(tmp_path / "filters")
    return FilterColumns.load(tmp_path / "filters")


def test_rows_with_any_of_the_values(columns: FilterColumns) -> None:
    assert columns.mask_any("certification", ["AS9100D", "IATF 16949"]).tolist() == [True, False, False, True]
    assert columns.mask_any("certification", ["ISO 9001"]).tolist() == [True, False, True, False]
    assert columns.mask_any("region", []).tolist() == [False] * 4
    assert columns.mask_any("region", ["31", "", "x"]).tolist() == [False] * 4


def test_rows_with_a_value_of_this_prefix(columns: FilterColumns) -> None:
    assert columns.mask_prefix("region", ["31"]).tolist() == [True, True, False, False]
    assert columns.mask_prefix("region", ["3101", "32"]).tolist() == [True, False, True, False]
    assert columns.mask_prefix("region", ["310115"]).tolist() == [True, False, False, False]
    assert columns.mask_prefix("region", ["3101150", "4", "0"]).tolist() == [False] * 4
    assert columns.mask_prefix("region", [""]).tolist() == [True, True, True, False]


def test_labels_of_some_rows_are_those_of_the_masks(columns: FilterColumns) -> None:
    rows = np.array([3, 0, 1, 0, 2])
    whose, which = columns.labels_at("certification", rows)
    held = columns.values("certification")
    assert (columns.count("certification"), columns.value("certification", 1)) == (3, held[1])
    assert [(int(w), held[v]) for w, v in zip(whose, which, strict=True)] == [
        (0, "AS9100D"),
        (1, "IATF 16949"),
        (1, "ISO 9001"),
        (3, "IATF 16949"),
        (3, "ISO 9001"),
        (4, "ISO 9001"),
    ]
    for values in (["ISO 9001"], ["AS9100D", "IATF 16949"], ["31", "", "x"], []):
        mask = columns.mask_any("certification", values)[rows]
        assert columns.has_any("certification", values, rows).tolist() == mask.tolist()
    assert columns.has_label("region", rows).tolist() == [False, True, True, True, True]
    assert columns.has_any("region", ["310000"], rows[:0]).tolist() == []


@pytest.mark.parametrize(
    ("low", "high", "absent", "expected"),
    [
        (8.5, None, False, [False, False, True, True]),
        (8.5, None, True, [False, True, True, True]),
        (None, 8.5, False, [True, False, False, True]),
        (8.0, 8.5, False, [True, False, False, True]),
        (None, None, False, [True, False, True, True]),
        (9.0, 1.0, False, [False] * 4),
    ],
)
def test_rows_within_a_range(
    columns: FilterColumns, low: float | None, high: float | None, absent: bool, expected: list[bool]
) -> None:
    assert columns.mask_range("capacity", low, high, absent).tolist() == expected


def test_values_and_their_counts(columns: FilterColumns) -> None:
    assert columns.values("certification") == ("AS9100D", "IATF 16949", "ISO 9001")
    assert columns.counts("certification") == {"AS9100D": 1, "IATF 16949": 1, "ISO 9001": 2}
    assert columns.counts("region") == {"310000": 1, "310115": 1, "320100": 1}
    assert columns.label_columns == ("certification", "region")
    assert columns.number_columns == ("capacity", "founded")


def test_the_labels_of_a_row(columns: FilterColumns) -> None:
    assert columns.labels_of("certification", 0) == ("IATF 16949", "ISO 9001")
    assert columns.labels_of("certification", 2) == ("ISO 9001",)
    assert columns.labels_of("region", 1) == ("310000",)
    assert columns.labels_of("region", 3) == ()


def test_the_numbers_of_a_column(columns: FilterColumns) -> None:
    assert np.array_equal(columns.numbers("capacity"), [8.0, NAN, 100.0, 8.5], equal_nan=True)
    assert np.isnan(columns.numbers("founded")).all()


def test_columns_and_rows_that_are_not_there_are_refused(columns: FilterColumns) -> None:
    with pytest.raises(InputError, match="certification, region"):
        columns.mask_any("capacity", ["8"])
    with pytest.raises(InputError, match="capacity, founded"):
        columns.mask_range("region", 0, 1, False)
    for row in (-1, 4):
        with pytest.raises(InputError):
            columns.labels_of("region", row)


def test_columns_of_another_length_are_refused() -> None:
    with pytest.raises(InputError, match="1 rows in a column of 2"):
        FilterColumns.build(2, {"tier": [["champion"]]}, {})
    with pytest.raises(InputError, match="3 rows in a column of 2"):
        FilterColumns.build(2, {}, {"capacity": [1.0, 2.0, 3.0]})
    with pytest.raises(InputError, match="list of strings"):
        FilterColumns.build(1, {"region": ["310115"]}, {})
    with pytest.raises(InputError, match="both"):
        FilterColumns.build(1, {"x": [[]]}, {"x": [1.0]})


@pytest.mark.parametrize("size", [0, 2])
def test_no_columns_or_no_rows(tmp_path: Path, size: int) -> None:
    FilterColumns.build(size, {}, {}).save(tmp_path / "none")
    assert FilterColumns.load(tmp_path / "none").size == size
    FilterColumns.build(size, {"tier": [[]] * size}, {"capacity": [NAN] * size}).save(tmp_path / "empty")
    loaded = FilterColumns.load(tmp_path / "empty")
    assert loaded.values("tier") == ()
    assert loaded.mask_any("tier", ["champion"]).tolist() == [False] * size
    assert loaded.mask_range("capacity", None, None, True).tolist() == [True] * size


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("label_rows.npy", np.array([7, 0, 0, 2, 1, 0, 2], np.int32)),
        ("label_offsets.npy", np.array([0, 7], np.int64)),
        ("row_labels.npy", np.array([5, 2, 2, 0, 4, 3, 5], np.int32)),
        ("row_labels.npy", np.array([9, 2, 2, 0, 4, 3, 5], np.int32)),
        ("row_offsets.npy", np.array([0, 9, 7], np.int64)),
        ("numbers.npy", np.zeros((1, 4))),
        ("numbers.npy", np.zeros(8)),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    columns: FilterColumns, tmp_path: Path, name: str, array: np.ndarray
) -> None:
    columns.save(tmp_path / "copy")
    save_array(tmp_path / "copy" / name, array)
    with pytest.raises(DamagedRelease):
        FilterColumns.load(tmp_path / "copy")


@pytest.mark.parametrize(
    "change",
    [
        {"size": -1},
        {"size": True},
        {"labels": {"region": []}},
        {"labels": ["region", "certification"]},
        {"labels": ["certification", ["region"]]},
        {"labels": ["region", "region"]},
        {"labels": []},
        {"labels": ["certification", "\0"]},
        {"numbers": None},
        {"numbers": ["capacity", "region"]},
    ],
)
def test_a_description_that_does_not_fit_is_refused(
    columns: FilterColumns, tmp_path: Path, change: dict[str, object]
) -> None:
    columns.save(tmp_path / "copy")
    path = tmp_path / "copy" / "filters.json"
    save_json(path, {**load_json(path), **change})
    with pytest.raises(DamagedRelease):
        FilterColumns.load(tmp_path / "copy")


def test_columns_of_numbers_are_replaced_and_added(columns: FilterColumns) -> None:
    changed = columns.with_numbers({"capacity": np.arange(1, 5), "area": np.arange(4.0)})
    assert changed.number_columns == ("area", "capacity", "founded")
    assert changed.numbers("capacity").tolist() == [1.0, 2.0, 3.0, 4.0]
    assert changed.labels_of("region", 1) == ("310000",)
    for wrong in ({"capacity": np.ones(1)}, {"region": np.ones(4)}):
        with pytest.raises(InputError, match="column"):
            columns.with_numbers(wrong)


labelled = st.lists(st.sampled_from(["a", "ab", "b", "", "轴"]), max_size=3)
row = st.tuples(
    st.sampled_from(["kept", "gone", "fresh"]), labelled, labelled, st.sampled_from([NAN, 1.0, 2.5])
)


def of_rows(rows: list[tuple[str, list[str], list[str], float]]) -> FilterColumns:
    return FilterColumns.build(
        len(rows),
        {"b": [one for _, one, _, _ in rows], "a": [two for _, _, two, _ in rows]},
        {"n": [number for *_, number in rows]},
    )


@settings(max_examples=100, deadline=None)
@given(st.lists(row, max_size=8))
def test_spliced_columns_have_the_bytes_of_those_built_of_all(rows) -> None:
    splice = splice_of([fate for fate, *_ in rows])
    old, fresh = [r for r in rows if r[0] != "fresh"], [r for r in rows if r[0] == "fresh"]
    spliced = FilterColumns.spliced(of_rows(old), splice, of_rows(fresh))
    same_bytes(spliced.save, of_rows([r for r in rows if r[0] != "gone"]).save)


def test_columns_that_are_not_the_same_cannot_be_spliced(columns: FilterColumns) -> None:
    with pytest.raises(InputError, match="other filter columns"):
        FilterColumns.spliced(
            columns, Splice(np.zeros(0, np.int64)), FilterColumns.build(0, {"tier": []}, {})
        )
