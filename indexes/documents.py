"""What a release knows about each row: one JSON object, read when the row is shown."""

from __future__ import annotations

import json
import mmap
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, overload

import msgspec
import numpy as np
from numpy.typing import NDArray

from indexes.errors import InputError
from indexes.files import check_offsets, damaged, load_array, map_file, save_array
from indexes.splice import Splice
from indexes.strings import StringTable

DOCUMENTS = "documents.bin"
_COPIED = 1 << 19  # bytes copied at once
_FEW = 32  # looking one id up on disk takes as long as listing so many

Kind = TypeVar("Kind")


class DocumentWriter:
    """Writes the files of a store row by row; only the ids stay in memory. Same rows, same bytes.

    >>> with DocumentWriter(folder) as writer:
    ...     writer.add("E1", {"name": "甲公司"})
    >>> store = DocumentStore.load(folder)
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ids: list[bytes] = []
        self._ends = array("q", [0])

    def __enter__(self) -> DocumentWriter:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file = (self._folder / DOCUMENTS).open("wb")
        return self

    def add(self, id: str, document: Mapping[str, object]) -> None:
        """The next row. A document must be JSON: strings, finite numbers, booleans, None, lists and objects
        of these. Whole numbers beyond 64 bits are read back as floats.

        :raises InputError: it is not.
        """
        try:
            text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        except (TypeError, ValueError) as error:
            raise InputError(f"document is not JSON: {error}", field="id", value=id) from error
        # surrogatepass would write what no strict reader takes: a lone surrogate becomes "?"
        self._ends.append(self._ends[-1] + self._file.write(text.encode("utf-8", "replace")))
        self._ids.append(id.encode("utf-8", "surrogatepass"))

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        """:raises InputError: an id came twice."""
        self._file.close()
        if kind is None:
            _save_index(self._folder, np.array(self._ends, np.int64), StringTable.of_pieces(self._ids))


class DocumentStore:
    """n rows, each with an id and a JSON object; nothing is loaded before it is asked for.

    Threads may share a store.
    """

    def __init__(
        self, folder: Path, data: mmap.mmap | bytes, offsets: NDArray[np.int64], ids: StringTable
    ) -> None:
        """*data*: the JSON texts end to end; *offsets* (n+1,): where each begins. Use the class methods."""
        self._folder = folder
        self._data = data
        self._offsets = offsets
        self._ids = ids

    @classmethod
    def build(cls, folder: Path, rows: Iterable[tuple[str, Mapping[str, object]]]) -> DocumentStore:
        """Write *rows* (id, document) to *folder* and open it; see :class:`DocumentWriter`."""
        with DocumentWriter(folder) as writer:
            for id, document in rows:
                writer.add(id, document)
        return cls.load(folder)

    @classmethod
    def spliced(cls, folder: Path, old: DocumentStore, splice: Splice, fresh: DocumentStore) -> DocumentStore:
        """Write the rows that *splice* takes from *old* and *fresh* to *folder* and open it: what
        :meth:`build` makes of them, to the byte. Documents are copied unread."""
        folder.mkdir(parents=True, exist_ok=True)
        lengths = np.empty(splice.size, np.int64)
        lengths[splice.kept] = np.diff(old._offsets)[splice.old]
        lengths[splice.fresh] = np.diff(fresh._offsets)
        with (folder / DOCUMENTS).open("wb") as file:
            for is_fresh, start, end in splice.runs():
                source = fresh if is_fresh else old
                data, last = memoryview(source._data), int(source._offsets[end])
                for at in range(int(source._offsets[start]), last, _COPIED):
                    file.write(data[at : min(at + _COPIED, last)])
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        _save_index(folder, offsets, StringTable.spliced(old._ids, splice, fresh._ids))
        return cls.load(folder)

    @classmethod
    def load(cls, folder: Path) -> DocumentStore:
        """The store in *folder*; :raises DamagedRelease: files are missing or do not fit together."""
        data = map_file(folder / DOCUMENTS)
        offsets = load_array(folder / "document_offsets.npy", np.int64)
        ids = StringTable.load(folder, "ids")
        check_offsets(folder / "document_offsets.npy", offsets, len(data))
        if offsets.size != len(ids) + 1:
            damaged(folder / "document_offsets.npy", f"does not fit {len(ids)} ids")
        return cls(folder, data, offsets, ids)

    @property
    def size(self) -> int:
        return len(self._ids)

    @overload
    def get(self, row: int) -> dict[str, Any]: ...

    @overload
    def get(self, row: int, kind: type[Kind]) -> Kind: ...

    def get(self, row: int, kind: Any = dict[str, Any]) -> Any:
        """The document of *row*, a new object each time, as a value of *kind*: a dict, or a dataclass whose
        fields it names.

        :raises InputError: no such row. :raises DamagedRelease: it is not the JSON of such a value.
        """
        self._check(row)
        try:
            return _decoder(kind).decode(self._data[int(self._offsets[row]) : int(self._offsets[row + 1])])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            damaged(self._folder / DOCUMENTS, f"row {row}: {error}")

    def raw(self, row: int) -> bytes:
        """The stored bytes of *row*, to tell whether two releases hold the same document.

        :raises InputError: no such row.
        """
        self._check(row)
        return bytes(self._data[int(self._offsets[row]) : int(self._offsets[row + 1])])

    def id_of(self, row: int) -> str:
        """The id of *row*; :raises InputError: no such row."""
        self._check(row)
        return self._ids[row]

    def row_of(self, id: str) -> int | None:
        """The row of *id*, or None."""
        return self._ids.find(id)

    def rows_of(self, ids: Sequence[str]) -> NDArray[np.int64]:
        """(m,) the row of each of *ids*, -1 where there is none."""
        if len(ids) < self.size // _FEW:
            return np.array([-1 if (row := self._ids.find(id)) is None else row for id in ids], np.int64)
        rows = {piece: row for row, piece in enumerate(self._ids.pieces())}
        encoded = (id.encode("utf-8", "surrogatepass") for id in ids)
        return np.fromiter((rows.get(id, -1) for id in encoded), np.int64, len(ids))

    def ids(self) -> Iterator[str]:
        """All ids, by row."""
        return iter(self._ids)

    def _check(self, row: int) -> None:
        # not left to slicing: -1, the padding of a search, must not answer with the last row
        if not 0 <= row < self.size:
            raise InputError(f"rows lie in 0 … {self.size - 1}", field="row", value=row)


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _save_index(folder: Path, offsets: NDArray[np.int64], ids: StringTable) -> None:
    save_array(folder / "document_offsets.npy", offsets)
    ids.save(folder, "ids")
