from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexes.documents import DocumentStore
from indexes.errors import DamagedRelease, InputError
from tests.indexes.splicing import same_bytes, splice_of

ROWS = [
    ("b", {"name": "甲公司", "tags": ["轴承"]}),
    ("a", {}),
    ("丙", {"weight": 0.5, "nested": {"x": None}}),
]


@pytest.fixture
def store(tmp_path: Path) -> DocumentStore:
    return DocumentStore.build(tmp_path / "documents", ROWS)


def test_documents_come_back_by_row(store: DocumentStore) -> None:
    assert [store.get(row) for row in range(store.size)] == [document for _, document in ROWS]


def test_ids_and_rows_find_each_other(store: DocumentStore) -> None:
    assert [store.id_of(row) for row in range(3)] == ["b", "a", "丙"]
    assert [store.row_of(id) for id in ("a", "b", "丙", "c", "")] == [1, 0, 2, None, None]
    assert list(store.ids()) == ["b", "a", "丙"]


def test_a_store_opened_again_answers_the_same(store: DocumentStore, tmp_path: Path) -> None:
    again = DocumentStore.load(tmp_path / "documents")
    assert (again.get(2), again.row_of("丙"), again.size) == (ROWS[2][1], 2, 3)


def test_rows_are_taken_one_by_one(tmp_path: Path) -> None:
    def rows() -> Iterator[tuple[str, dict[str, object]]]:
        for number in range(1000):
            yield f"id{number}", {"number": number}

    store = DocumentStore.build(tmp_path, rows())
    assert store.get(store.row_of("id777") or 0) == {"number": 777}


def test_a_document_that_is_changed_does_not_change_the_store(store: DocumentStore) -> None:
    store.get(0)["name"] = "乙公司"
    assert store.get(0)["name"] == "甲公司"


def test_an_empty_store(tmp_path: Path) -> None:
    store = DocumentStore.build(tmp_path, [])
    assert store.size == 0
    assert store.row_of("a") is None
    assert list(store.ids()) == []


def test_many_ids_are_looked_up_at_once(tmp_path: Path) -> None:
    store = DocumentStore.build(tmp_path, [(f"id{number}", {}) for number in range(100)])
    assert store.rows_of(["id7", "x"]).tolist() == [7, -1]
    assert store.rows_of([f"id{number}" for number in range(99, -2, -1)]).tolist() == [*range(99, -1, -1), -1]
    assert store.rows_of([]).tolist() == []


@pytest.mark.parametrize("row", [-1, 3])
def test_padding_and_other_rows_that_are_not_there_are_refused(store: DocumentStore, row: int) -> None:
    for ask in (store.get, store.id_of):
        with pytest.raises(InputError, match="rows lie in 0 … 2"):
            ask(row)


def test_an_id_given_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="listed twice"):
        DocumentStore.build(tmp_path, [("a", {}), ("a", {})])


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, b"x"])
def test_what_is_not_json_is_refused_with_its_id(tmp_path: Path, value: object) -> None:
    with pytest.raises(InputError, match=r"not JSON.*\[id = 'a'\]"):
        DocumentStore.build(tmp_path, [("a", {"x": value})])


@pytest.mark.parametrize("name", ["documents.bin", "document_offsets.npy", "ids.bin"])
def test_a_shortened_file_is_noticed(store: DocumentStore, tmp_path: Path, name: str) -> None:
    path = tmp_path / "documents" / name
    path.rename(path.with_suffix(".old"))  # the store has the file mapped: leave its bytes alone
    path.write_bytes(path.with_suffix(".old").read_bytes()[:-1])
    with pytest.raises(DamagedRelease):
        DocumentStore.load(tmp_path / "documents")


@pytest.mark.parametrize("text", [b"[]", b"1 ", b"{{", b"\xff\xff"])
def test_bytes_that_are_no_object_are_noticed_when_read(tmp_path: Path, text: bytes) -> None:
    DocumentStore.build(tmp_path, [("a", {})])
    (tmp_path / "documents.bin").write_bytes(text)
    with pytest.raises(DamagedRelease, match="row 0"):
        DocumentStore.load(tmp_path).get(0)


def test_a_document_nested_too_deep_is_noticed_when_read(tmp_path: Path) -> None:
    DocumentStore.build(tmp_path, [("a", {"x": "y" * 199_992})])
    (tmp_path / "documents.bin").write_bytes(b"[" * 200_000)
    with pytest.raises(DamagedRelease, match="row 0"):
        DocumentStore.load(tmp_path).get(0)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["kept", "gone", "fresh"]), st.text(max_size=3)), max_size=8))
def test_a_spliced_store_has_the_bytes_of_one_built_of_all(rows: list[tuple[str, str]]) -> None:
    listed = [(fate, (f"{text}{number}", {"text": text})) for number, (fate, text) in enumerate(rows)]
    with TemporaryDirectory() as name:
        old = DocumentStore.build(Path(name, "old"), [row for fate, row in listed if fate != "fresh"])
        fresh = DocumentStore.build(Path(name, "fresh"), [row for fate, row in listed if fate == "fresh"])
        splice = splice_of([fate for fate, _ in listed])
        same_bytes(
            lambda folder: DocumentStore.spliced(folder, old, splice, fresh),
            lambda folder: DocumentStore.build(folder, [row for fate, row in listed if fate != "gone"]),
        )
