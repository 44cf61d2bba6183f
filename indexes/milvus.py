"""Vector search by Milvus (https://milvus.io), for catalogues that outgrow one machine.

The release stays the truth: its vectors are copied into a Milvus collection, rows are named by number, and
what Milvus finds is scored again with the vectors of the release, so that answers are those of every other
index. A collection is named after the release and its content, filled where it is missing or incomplete, and
dropped when the release is removed.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from indexes.approximate import ApproximateIndex
from indexes.errors import VectorServerError, WrongSetting, shorten
from indexes.exact import ExactIndex, Floats, Mask, Rows
from indexes.scoring import best, slack
from indexes.vectors import NO_ROW, VectorIndex, check_search, check_vectors

_SPARE = 32  # candidates asked for beyond k, so that a boundary without many ties needs no second search
_MOST = 16_384  # results that Milvus gives to one query
_NAMED = 4_096  # rows that a filter names one by one
_MORE = 1.25
_ANSWERED = 1 << 14  # results asked for in one request
_MESSAGE = 8 << 20  # bytes of vectors in one request
_TIMEOUT = 10.0  # seconds for a request

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class MilvusServer:
    """Where Milvus is: ``http://host:19530`` of a server or cluster with its *token* (``user:password``), or
    the path of a file, which one process at a time opens with Milvus Lite."""

    uri: str
    token: str = field(default="", repr=False)

    def open(
        self, release: str, collection: str, index: VectorIndex, progress: Progress | None = None
    ) -> MilvusIndex:
        """The *index* of a *collection* of a *release*, searched by Milvus, which is filled first where it
        does not hold all of its vectors; *progress* hears (rows, of all).

        :raises VectorServerError: the server is away or refuses. :raises WrongSetting: pymilvus is missing.
        """
        exact = index.exact if isinstance(index, ApproximateIndex) else index
        assert isinstance(exact, ExactIndex)  # the other engines are these two
        client, name = self._client(), _name(release, collection, exact)
        with self._speaking():
            if not _complete(client, name, exact):
                _fill(client, name, exact, progress or (lambda done, total: None))
        return MilvusIndex(exact, self, name)

    def drop(self, releases: Iterable[str]) -> list[str]:
        """Remove the collections of *releases*; the names of those that were there.

        :raises VectorServerError: the server is away or refuses. :raises WrongSetting: pymilvus is missing.
        """
        wanted = [re.compile(rf"rongtong_{_plain(release)}_[a-z]+_[0-9a-f]{{16}}") for release in releases]
        client = self._client()
        with self._speaking():
            names = [name for name in client.list_collections() if any(w.fullmatch(name) for w in wanted)]
            for name in names:
                client.drop_collection(name)
        return sorted(names)

    def search(self, name: str, queries: Floats, limit: int, rows: Rows | None, listed: bool) -> list[Any]:
        """The *limit* best of each query among *rows* (None: all) or, unless *listed*, all but *rows*."""
        # spelled out, for Milvus Lite takes no parameters
        wanted = "" if rows is None else f"row {'in' if listed else 'not in'} {rows.tolist()}"
        found: list[Any] = []
        client = self._client()
        with self._speaking():
            step = max(1, _ANSWERED // limit)
            for at in range(0, len(queries), step):
                part = queries[at : at + step].tolist()
                found += client.search(
                    name, part, wanted, limit, search_params={"metric_type": "IP"}, timeout=_TIMEOUT
                )
        return found

    def _client(self) -> Any:
        if "://" not in self.uri:
            Path(self.uri).parent.mkdir(parents=True, exist_ok=True)
        with self._speaking():
            return _client(self.uri, self.token)

    @contextmanager
    def _speaking(self) -> Any:
        try:
            from grpc import RpcError
            from pymilvus.exceptions import MilvusException
        except ImportError as error:
            raise WrongSetting(
                "Milvus is asked for but pymilvus is not installed.",
                field="vector_engine",
                value="milvus",
                mend="pip install 'rongtong[milvus]'",
            ) from error
        try:
            yield
        except (MilvusException, RpcError, OSError, RuntimeError) as error:
            local = "" if "://" in self.uri else "; a file is open to one process at a time"
            raise VectorServerError(
                f"Milvus does not answer as it should: {shorten(str(error), 300)}",
                field="milvus_uri",
                value=self.uri,
                mend=f"start it, or set RONGTONG_VECTOR_ENGINE to auto{local}",
            ) from error


class MilvusIndex:
    """A :class:`~indexes.vectors.VectorIndex` that asks Milvus for candidates; threads may share it."""

    def __init__(self, exact: ExactIndex, server: MilvusServer, name: str) -> None:
        """*name*: the Milvus collection that holds the vectors of *exact*. Use :meth:`MilvusServer.open`."""
        self.exact = exact
        self.name = name
        self._server = server

    @property
    def dimension(self) -> int:
        return self.exact.dimension

    @property
    def size(self) -> int:
        return self.exact.size

    def search(self, queries: Floats, k: int, allowed: Mask | None = None) -> tuple[Floats, Rows]:
        """As :meth:`indexes.vectors.VectorIndex.search`; :raises VectorServerError: Milvus is away."""
        check_search(k, allowed, self.size)
        matrix = check_vectors(queries, self.dimension)
        most = min(k, self.size)
        scores = np.full((len(matrix), most), -np.inf, np.float32)
        rows = np.full((len(matrix), most), NO_ROW, np.int64)
        count = self.size if allowed is None else int(np.count_nonzero(allowed))
        if not count or not len(matrix):
            return scores, rows
        # a zero query ties with every row: there is nothing to ask
        open_ = np.flatnonzero(matrix.any(axis=1))
        settled = np.zeros(len(matrix), np.bool_)
        for limit, named, listed in self._ways(most, count, allowed):
            found = self._server.search(self.name, matrix[open_], limit, named, listed)
            for i, hits in zip(open_.tolist(), found, strict=True):
                near = np.array([hit["distance"] for hit in hits], np.float32)
                held = np.array([hit["row"] for hit in hits], np.int64)
                # a full list may end before the last of the best, or among rows that score as it does
                unseen = near[-1] if len(hits) == limit < self.size else -np.inf
                kept = slice(None) if allowed is None else allowed[held]
                near, held = near[kept], held[kept]
                if held.size < count:
                    if held.size < most and not np.isneginf(unseen):
                        continue
                    margin = slack(matrix[i : i + 1], self.exact.longest)[0]
                    if held.size and not unseen < np.sort(near)[-min(most, near.size)] - margin:
                        continue
                again = self.exact.score(matrix[i], held)
                (scores[i],), (rows[i],) = best(again[None], held[None], most)
                settled[i] = True
            open_ = open_[~settled[open_]]
            if not open_.size:
                break
        if rest := np.flatnonzero(~settled).tolist():
            scores[rest], rows[rest] = self.exact.search(matrix[rest], k, allowed)
        return scores, rows

    def _ways(self, k: int, count: int, allowed: Mask | None) -> list[tuple[int, Rows | None, bool]]:
        """How to ask, one after the other until an answer is whole: how many rows for, which to name, and
        whether those are the ones wanted. A filter that few rows pass or fail names them; otherwise more are
        asked for than wanted and those that do not pass are dropped here."""
        limit = min(k + _SPARE, self.size, _MOST)
        if allowed is None:
            return [(limit, None, True)]
        if count <= _NAMED:
            return [(min(limit, count), np.flatnonzero(allowed), True)]
        if self.size - count <= _NAMED:
            return [(limit, np.flatnonzero(~allowed), False)]
        wide = min(int(_MORE * limit * self.size / count), self.size)
        return [(min(depth, _MOST), None, True) for depth in (wide, 4 * wide) if depth <= _MOST]

    def rows(self, numbers: Rows) -> Floats:
        return self.exact.rows(numbers)

    def save(self, folder: Path) -> None:
        """Write the vectors, which are what the release keeps."""
        self.exact.save(folder)


@lru_cache(maxsize=8)
def _client(uri: str, token: str) -> Any:
    from pymilvus import MilvusClient

    # errors are raised, with their mend; and Milvus Lite logs a traceback for each call that it lacks
    for name in ("pymilvus", "grpc._server"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return MilvusClient(uri, token=token, timeout=_TIMEOUT)


def _plain(text: str) -> str:
    """*text* in the letters that Milvus takes in a name."""
    return re.sub(r"[^A-Za-z0-9]", "_", text)


def _name(release: str, collection: str, exact: ExactIndex) -> str:
    return f"rongtong_{_plain(release)}_{_plain(collection)}_{_fingerprint(exact)}"


def _fingerprint(exact: ExactIndex) -> str:
    """16 digits for shape and content, by an even sample of the vectors."""
    sample = np.unique(np.linspace(0, exact.size - 1, min(exact.size, 1_000)).astype(np.int64))
    held = exact.rows(sample) if exact.size else np.zeros((0, exact.dimension), np.float32)
    shape = f"{exact.size} {exact.dimension} {exact.longest!r}".encode()
    return hashlib.sha256(shape + held.tobytes()).hexdigest()[:16]


def _complete(client: Any, name: str, exact: ExactIndex) -> bool:
    if not client.has_collection(name):
        return False
    client.load_collection(name)
    counted = client.query(name, filter="", output_fields=["count(*)"], consistency_level="Strong")
    return int(counted[0]["count(*)"]) == exact.size


def _fill(client: Any, name: str, exact: ExactIndex, progress: Progress) -> None:
    """Copy the vectors of *exact* into a new collection. Two that fill the same one write the same rows."""
    from pymilvus import DataType

    if not client.has_collection(name):
        schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("row", DataType.INT64, is_primary=True)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=exact.dimension)
        index = client.prepare_index_params()
        index.add_index("vector", index_type="FLAT", metric_type="IP")
        client.create_collection(name, schema=schema, index_params=index)
    step = max(1, _MESSAGE // (4 * exact.dimension))
    for at in range(0, exact.size, step):
        numbers = np.arange(at, min(at + step, exact.size))
        pairs = zip(numbers.tolist(), exact.rows(numbers), strict=True)
        client.upsert(name, [{"row": row, "vector": vector} for row, vector in pairs])
        progress(int(numbers[-1]) + 1, exact.size)
    client.flush(name)
    client.load_collection(name)
    if not _complete(client, name, exact):
        raise RuntimeError(f"{name} does not hold {exact.size:,} rows after it was filled")
