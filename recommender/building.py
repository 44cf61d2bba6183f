"""From what was read, and what an older release holds, to the files of a new release."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexes import engines
from indexes.code_lists import CodeLists
from indexes.documents import DocumentStore
from indexes.filters import FilterColumns
from indexes.lexical import LexicalIndex
from indexes.vectors import VectorIndex
from recommender import profile
from recommender.catalogue import Kind, Reader
from recommender.catalogue.domain import NeedStatus, Visibility
from recommender.changes import FRESH, Plan
from recommender.content import ENTERPRISES, KINDS, NEEDS, OFFERINGS, Content
from recommender.snapshot import Collection
from recommender.standing import UNKNOWN, pasts

Vectors = NDArray[np.float32]
Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Progress = Callable[[str, int, int], None]

_NEAREST, _SAMPLED = 10, 1_024  # matches that a match is compared with, and rows among which they are sought
_BLOCK, _CACHED = 4_096, 128  # rows compared at a time, and rows whose likenesses stay in cache
_LONGEST_FIRST = (ENTERPRISES, OFFERINGS, NEEDS)
_PAST = ("track_record", "booked", "booked_day")


def past_columns(plan: Plan, view: Reader) -> dict[str, Floats]:
    """What the outcomes say of every enterprise (n,)."""
    if plan.parent and plan.kept(Kind.OUTCOMES):
        held = plan.parent.enterprises.filters
        there = plan.known[ENTERPRISES] >= 0
        found = {name: np.full(there.size, np.nan) for name in _PAST}
        for name in _PAST:
            found[name][there] = held.numbers(name)[plan.known[ENTERPRISES][there]]
        return found
    history = pasts(view.outcomes())
    told = [history.get(id, UNKNOWN) for id in plan.enterprises.ids]
    return {name: np.array([getattr(past, name) for past in told], np.float64) for name in _PAST}


class Building:
    """The three collections, being written below the release *folder* on threads of *pool*: copying and numpy
    let go of the interpreter. What needs no vectors is begun at once; they are :meth:`add`-ed, and last comes
    :meth:`finish`. *engine* says how vectors will be searched; the documents of fresh rows lie in
    :meth:`Plan.fresh_documents`.
    """

    def __init__(
        self, pool: Executor, plan: Plan, content: Content, folder: Path, engine: engines.Engine = "auto"
    ) -> None:
        self._pool, self._plan, self._content = pool, plan, content
        self._folder, self._engine = folder, engine
        for name in _LONGEST_FIRST:
            (folder / name).mkdir(exist_ok=True)  # here, so that no two threads make the same
        self._parts = [pool.submit(_save_parts, plan, name, content, folder) for name in _LONGEST_FIRST]
        self._documents = [pool.submit(_save_documents, plan, name, folder) for name in _LONGEST_FIRST]
        self._filters = {name: pool.submit(_filters, plan, name, content) for name in _LONGEST_FIRST}
        self._vectors: dict[str, Future[VectorIndex]] = {}

    def add(self, vectors: Mapping[str, Vectors]) -> None:
        """Begin to write *vectors*, those of the texts of the content, by group."""
        made = {
            ENTERPRISES: self._content.profiles(vectors["standing"], vectors["offerings"]),
            OFFERINGS: vectors["offerings"],
            NEEDS: _needs(vectors["subjects"], vectors["buyers"], vectors["descriptions"]),
        }
        self._vectors = {
            name: self._pool.submit(_save_vectors, self._plan, name, made[name], self._folder, self._engine)
            for name in made
        }

    def wait_for_vectors(self) -> None:
        """Return when the vectors and the ids of their rows are written; raises what kept them from it."""
        for part in self._documents:
            part.result()
        for index in self._vectors.values():
            index.result()

    def finish(self, past: Mapping[str, Floats], tell: Progress) -> None:
        """Write the filters, with what only all records together tell, and wait for everything else."""
        filters = {name: columns.result() for name, columns in self._filters.items()}
        firms, needs = self._vectors[ENTERPRISES].result(), self._vectors[NEEDS].result()
        wanted = np.flatnonzero(_wanted(filters[NEEDS]))
        starts = np.cumsum(self._plan.enterprises.parts) - self._plan.enterprises.parts
        filters[ENTERPRISES] = filters[ENTERPRISES].with_numbers(
            {
                **past,
                "first_offering": starts,
                "changed": self._plan.enterprises.day,
                "nearest_needs": _nearest(firms, needs, wanted),
            }
        )
        filters[NEEDS] = filters[NEEDS].with_numbers(
            {"nearest_enterprises": _nearest(needs, firms, np.arange(firms.size))}
        )
        for name, columns in filters.items():
            columns.save(self._folder / name / "filters")
        tell("index", 1, 2)
        for part in self._parts:
            part.result()
        self.wait_for_vectors()
        shutil.rmtree(self._folder / FRESH, ignore_errors=True)
        tell("index", 2, 2)


def _save_parts(plan: Plan, name: str, content: Content, folder: Path) -> None:
    """Write what a collection has beside vectors, filters and documents: words, kinds."""
    old, splice, place = _old(plan, name), plan.splices[name], folder / name
    words = {ENTERPRISES: content.enterprise_words, NEEDS: content.need_words}
    if old and plan.same(name):
        for part in old.folder.iterdir():
            if part.name not in ("filters", "vectors", "documents"):
                shutil.copytree(part, place / part.name)
        return
    if name in words:
        index = words[name].build()
        index = LexicalIndex.spliced(old.lexical, splice, index) if old else index
        index.save(place / "lexical")
    if name == OFFERINGS:
        kinds = content.offering_kinds.build()
        kinds = CodeLists.spliced(plan.parent.kinds, splice, kinds) if plan.parent else kinds
        kinds.save(place / KINDS)


def _save_documents(plan: Plan, name: str, folder: Path) -> None:
    """Write the documents of a collection that has older ones; others lie in their place already."""
    old, place = _old(plan, name), folder / name / "documents"
    if old and plan.same(name):
        shutil.copytree(old.folder / "documents", place)
    elif old:
        added = DocumentStore.load(plan.fresh_documents(folder, name))
        DocumentStore.spliced(place, old.documents, plan.splices[name], added)


def _old(plan: Plan, name: str) -> Collection | None:
    return plan.parent.collection(name) if plan.parent else None


def _save_vectors(plan: Plan, name: str, fresh: Vectors, folder: Path, engine: engines.Engine) -> VectorIndex:
    """Write the vectors of all rows, and open them."""
    old, place = _old(plan, name), folder / name / "vectors"
    if old:
        engines.save_spliced(place, old.vectors, plan.splices[name], fresh, engine)
    else:
        engines.build(fresh, engine).save(place)
    return engines.load(place)


def _filters(plan: Plan, name: str, content: Content) -> FilterColumns:
    fresh, old = content.filters(name), _old(plan, name)
    return FilterColumns.spliced(old.filters, plan.splices[name], fresh) if old else fresh


def _needs(subjects: Vectors, buyers: Vectors, descriptions: Vectors) -> Vectors:
    """(n, d) need vectors from those of their three texts."""
    found = np.zeros_like(subjects)
    for row, texts in enumerate(zip(subjects, buyers, descriptions, strict=True)):
        found[row] = profile.need_vector(*texts)
    return found


def _wanted(needs: FilterColumns) -> NDArray[np.bool_]:
    """(n,) the open needs that more than the invited see."""
    invited = needs.mask_any("visibility", [Visibility.INVITED.value])
    return needs.mask_any("status", [NeedStatus.OPEN.value]) & ~invited


def _nearest(vectors: VectorIndex, others: VectorIndex, among: Rows) -> Floats:
    """For each of *vectors* the mean cosine of its ten nearest among those of *others* in the rows *among*
    (m,), to three decimals; NaN for all where there are fewer. Beyond 1,024 an even sample stands for all,
    and fewer of it for the ten."""
    if among.size < _NEAREST:
        return np.full(vectors.size, math.nan)
    step = -(-among.size // _SAMPLED)
    sample, most = others.rows(among[::step]).T, max(1, _NEAREST // step)
    means = np.empty(vectors.size)
    for start in range(0, vectors.size, _BLOCK):
        alike = vectors.rows(np.arange(start, min(start + _BLOCK, vectors.size))) @ sample
        for at in range(0, len(alike), _CACHED):
            means[start + at : start + at + _CACHED] = _greatest(alike[at : at + _CACHED], most) / most
    return means.round(3)


def _greatest(alike: Vectors, most: int) -> Floats:
    """(r,) the sum of the *most* greatest of each row of *alike* (r, m), which is spoilt."""
    rows, total = np.arange(len(alike)), np.zeros(len(alike))
    for _ in range(most):  # the best one by one: faster than sorting, for so few
        best = alike.argmax(axis=1)
        total += alike[rows, best]
        alike[rows, best] = -np.inf
    return total
