"""From what was read, and what an older release holds, to the files of a new release."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexes import engines
from indexes.code_lists import CodeLists
from indexes.documents import DocumentStore
from indexes.filters import FilterColumns
from indexes.lexical import LexicalIndex
from recommender import profile
from recommender.catalogue import Kind, Reader
from recommender.catalogue.domain import NeedStatus, Visibility
from recommender.changes import FRESH, Plan
from recommender.content import ENTERPRISES, KINDS, NEEDS, OFFERINGS, Content
from recommender.snapshot import Collection
from recommender.standing import UNKNOWN, pasts

Vectors = NDArray[np.float32]
Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], None]

_NEAREST, _SAMPLED = 10, 1_024  # matches that a match is compared with, and rows among which they are sought
_BLOCK = 4_096
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


def build_collections(
    plan: Plan,
    content: Content,
    vectors: Mapping[str, Vectors],
    past: Mapping[str, Floats],
    folder: Path,
    tell: Progress,
    engine: engines.Engine = "auto",
) -> None:
    """Write vectors, words, filters and documents of the three collections into the release *folder*.

    *vectors* are those of the texts of *content*, by group; *engine* says how they will be searched. The
    documents of fresh rows lie in :meth:`Plan.fresh_documents`.
    """
    made = {
        OFFERINGS: vectors["offerings"],
        ENTERPRISES: content.profiles(vectors["standing"], vectors["offerings"]),
        NEEDS: _needs(vectors["subjects"], vectors["buyers"], vectors["descriptions"]),
    }
    words = {ENTERPRISES: content.enterprise_words, NEEDS: content.need_words}
    whole = {name: engines.as_stored(_vectors(plan, name, fresh), engine) for name, fresh in made.items()}
    filters = {name: _filters(plan, name, content) for name in made}
    wanted = np.flatnonzero(_wanted(filters[NEEDS]))
    starts = np.cumsum(plan.enterprises.parts) - plan.enterprises.parts
    filters[ENTERPRISES] = filters[ENTERPRISES].with_numbers(
        {
            **past,
            "first_offering": starts,
            "changed": plan.enterprises.day,
            "nearest_needs": _nearest(whole[ENTERPRISES], whole[NEEDS][wanted]),
        }
    )
    filters[NEEDS] = filters[NEEDS].with_numbers(
        {"nearest_enterprises": _nearest(whole[NEEDS], whole[ENTERPRISES])}
    )
    for done, name in enumerate(made):
        tell("index", done, len(made))
        old, splice, place = _old(plan, name), plan.splices[name], folder / name
        filters[name].save(place / "filters")
        if old and plan.same(name):
            for part in old.folder.iterdir():
                if part.name != "filters":
                    shutil.copytree(part, place / part.name)
            continue
        engines.build(whole[name], engine, (old.vectors, splice) if old else None).save(place / "vectors")
        if name in words:
            index = words[name].build()
            index = LexicalIndex.spliced(old.lexical, splice, index) if old else index
            index.save(place / "lexical")
        if name == OFFERINGS:
            kinds = content.offering_kinds.build()
            kinds = CodeLists.spliced(plan.parent.kinds, splice, kinds) if plan.parent else kinds
            kinds.save(place / KINDS)
        if old:
            added = DocumentStore.load(plan.fresh_documents(folder, name))
            DocumentStore.spliced(place / "documents", old.documents, splice, added)
    shutil.rmtree(folder / FRESH, ignore_errors=True)
    tell("index", len(made), len(made))


def _old(plan: Plan, name: str) -> Collection | None:
    return plan.parent.collection(name) if plan.parent else None


def _vectors(plan: Plan, name: str, fresh: Vectors) -> Vectors:
    """(n, d) the vectors of all rows."""
    old = _old(plan, name)
    if old is None:
        return fresh
    splice = plan.splices[name]
    whole = np.empty((splice.size, fresh.shape[1]), np.float32)
    at = 0
    for is_fresh, start, end in splice.runs():
        for first in range(start, end, _BLOCK):
            numbers = np.arange(first, min(first + _BLOCK, end))
            whole[at : at + numbers.size] = fresh[numbers] if is_fresh else old.vectors.rows(numbers)
            at += numbers.size
    return whole


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


def _nearest(vectors: Vectors, others: Vectors) -> Floats:
    """For each of *vectors* (n, d) the mean cosine of its ten nearest among *others* (m, d), to three
    decimals; NaN for all where there are fewer. Beyond 1,024 an even sample stands for all, and fewer of it
    for the ten."""
    if len(others) < _NEAREST:
        return np.full(len(vectors), math.nan)
    step = -(-len(others) // _SAMPLED)
    sample, most = others[::step].T, max(1, _NEAREST // step)
    means = np.empty(len(vectors))
    for start in range(0, len(vectors), _BLOCK):
        alike = vectors[start : start + _BLOCK] @ sample
        rows, total = np.arange(len(alike)), np.zeros(len(alike))
        for _ in range(most):  # the best one by one: faster than sorting, for so few
            best = alike.argmax(axis=1)
            total += alike[rows, best]
            alike[rows, best] = -np.inf
        means[start : start + _BLOCK] = total / most
    return means.round(3)
