"""What a release knows about each row: one JSON object, read when the row is shown."""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.errors import InputError
from indexes.files import check_offsets, damaged, load_array, map_file, save_array
from indexes.strings import StringTable


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
        """Write *rows* (id, document) to *folder* as they come, and open it; only the ids stay in memory.

        Same rows, same bytes. A document must be JSON: strings, finite numbers, booleans, None, lists and
        objects of these.

        :raises InputError: an id comes twice, or a document is not JSON.
        """
        folder.mkdir(parents=True, exist_ok=True)
        ids, ends = [], [0]
        with open(folder / "documents.bin", "wb") as file:
            for number, document in rows:
                try:
                    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
                except (TypeError, ValueError) as error:
                    raise InputError(f"document is not JSON: {error}", field="id", value=number) from error
                # surrogatepass would write what no strict reader takes: a lone surrogate becomes "?"
                ends.append(ends[-1] + file.write(text.encode("utf-8", "replace")))
                ids.append(number)
        save_array(folder / "document_offsets.npy", np.array(ends, np.int64))
        StringTable.build(ids).save(folder, "ids")
        return cls.load(folder)

    @classmethod
    def load(cls, folder: Path) -> DocumentStore:
        """The store in *folder*; :raises DamagedRelease: files are missing or do not fit together."""
        data = map_file(folder / "documents.bin")
        offsets = load_array(folder / "document_offsets.npy", np.int64)
        ids = StringTable.load(folder, "ids")
        check_offsets(folder / "document_offsets.npy", offsets, len(data))
        if offsets.size != len(ids) + 1:
            damaged(folder / "document_offsets.npy", f"does not fit {len(ids)} ids")
        return cls(folder, data, offsets, ids)

    @property
    def size(self) -> int:
        return len(self._ids)

    def get(self, row: int) -> dict[str, Any]:
        """The document of *row*, a new object each time.

        :raises InputError: no such row. :raises DamagedRelease: it is not JSON.
        """
        self._check(row)
        try:
            document = json.loads(self._data[int(self._offsets[row]) : int(self._offsets[row + 1])])
        except (ValueError, RecursionError) as error:
            damaged(self._folder / "documents.bin", f"row {row}: {error}")
        if not isinstance(document, dict):
            damaged(self._folder / "documents.bin", f"row {row} is not an object")
        return document

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

    def ids(self) -> Iterator[str]:
        """All ids, by row."""
        return iter(self._ids)

    def _check(self, row: int) -> None:
        # not left to slicing: -1, the padding of a search, must not answer with the last row
        if not 0 <= row < self.size:
            raise InputError(f"rows lie in 0 … {self.size - 1}", field="row", value=row)
