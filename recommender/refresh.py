"""From the catalogue to a live release: embed what changed, build beside the live one, check, promote.

Nothing that the live release consists of is touched: whatever happens here, it goes on serving.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexes.documents import DocumentStore
from indexes.errors import GateFailed, ReleaseError
from indexes.exact import ExactIndex
from indexes.lexical import LexicalIndex
from indexes.release import EncoderEntry, Gate, Manifest, load_verified, write_manifest
from indexes.store import ReleaseStore
from recommender import profile
from recommender.catalogue import Catalogue
from recommender.chains.building import Offered, build
from recommender.chains.cleaning import clean
from recommender.content import ENTERPRISES, KINDS, NEEDS, OFFERINGS, Content, read_content
from recommender.encoder import Encoder
from recommender.ranking.stored import put_into
from recommender.snapshot import Snapshot
from recommender.vector_cache import VectorCache

Progress = Callable[[str, int, int], None]
Vectors = NDArray[np.float32]

_NEAREST, _SAMPLED = 10, 5_000  # matches that a match is compared with, and rows among which they are sought
_BLOCK = 1_024
_PROBES = 200  # offerings asked for themselves before a release goes live


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """``release`` is live now; where nothing had changed it is the one that was, and ``built`` is false.

    ``changed`` counts the documents added, removed and altered in each collection against the parent;
    ``embedded`` the texts that the encoder had not seen; ``seconds`` are wall time by stage.
    """

    release: str
    parent: str | None
    built: bool
    counts: Mapping[str, int]
    changed: Mapping[str, Mapping[str, int]]
    embedded: int
    seconds: Mapping[str, float]
    gates: tuple[Gate, ...]

    def to_json(self) -> dict[str, object]:
        return {
            "release": self.release,
            "parent": self.parent,
            "built": self.built,
            "counts": dict(self.counts),
            "changed": {name: dict(counts) for name, counts in self.changed.items()},
            "embedded": self.embedded,
            "seconds": {name: round(value, 3) for name, value in self.seconds.items()},
            "gates": [{"gate": g.name, "passed": g.passed, "detail": g.detail} for g in self.gates],
        }


@dataclass(slots=True)
class _Clock:
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start


def refresh(
    catalogue: Catalogue,
    store: ReleaseStore,
    encoder: Encoder,
    *,
    cache: Path,
    full: bool = False,
    progress: Progress | None = None,
) -> RefreshReport:
    """Build a release of all that *catalogue* holds, with the ranker installed beside it, and make it live.

    Vectors are taken from *cache* where text and encoder are the same; *full* embeds everything anew and
    promotes even where nothing changed. *progress* hears (stage, done, total).

    Raises CatalogueError when there is nothing to index, InputError when the installed ranker is none,
    RefreshRunning when another process refreshes, and GateFailed when the new release does not pass its
    checks; the live release stays as it was.
    """
    tell = progress or (lambda stage, done, total: None)
    clock = _Clock()
    with store.lock():
        store.sweep()
        parent = _parent(store)
        release = store.new_id()
        folder = store.begin(release)
        try:
            with clock.stage("read"), catalogue.snapshot() as view:
                content = read_content(view, folder, tell)
                edges = clean(view.edges())
            with clock.stage("embed"):
                cache_of_vectors = VectorCache(cache, encoder)
                if full:
                    cache_of_vectors.clear()
                vectors = _embed(content, cache_of_vectors, tell)
            with clock.stage("index"):
                _index(content, vectors, folder, tell)
                put_into(folder, store.root)
            with clock.stage("chains"):
                offered = Offered(content.offering_titles, content.offering_texts, content.first_offering)
                graph_texts = build(edges, offered, cache_of_vectors.encode, encoder.dimension, folder)
                embedded = cache_of_vectors.added
            with clock.stage("check"):
                tell("check", 0, 1)
                manifest = Manifest(
                    release,
                    datetime.now(UTC).isoformat(timespec="seconds"),
                    EncoderEntry(encoder.name, encoder.fingerprint, encoder.dimension),
                    parent=parent.release if parent else None,
                    counts=content.counts,
                )
                gates = _gates(Snapshot(manifest, folder), parent)
                manifest = write_manifest(folder, replace(manifest, gates=gates))
                changed = {name: _changes(folder, parent, name) for name in (ENTERPRISES, OFFERINGS, NEEDS)}
                tell("check", 1, 1)
            if parent and not full and _same(manifest, parent.manifest):
                return RefreshReport(
                    parent.release,
                    parent.release,
                    False,
                    content.counts,
                    changed,
                    embedded,
                    clock.seconds,
                    (),
                )
            if failed := [gate for gate in gates if not gate.passed]:
                raise GateFailed(
                    "The new release did not pass its checks; the old one goes on serving.",
                    field="gate",
                    value="; ".join(f"{gate.name}: {gate.detail}" for gate in failed),
                    mend="correct the catalogue and refresh again",
                )
            with clock.stage("promote"):
                store.finish(release)
                store.promote(release)
                cache_of_vectors.prune([*content.texts, *graph_texts])
        finally:
            store.discard(release)
    return RefreshReport(
        release,
        parent.release if parent else None,
        True,
        content.counts,
        changed,
        embedded,
        clock.seconds,
        gates,
    )


def _parent(store: ReleaseStore) -> Snapshot | None:
    """The live release, where there is a whole one to compare with."""
    try:
        live = store.current()
        return Snapshot(load_verified(live.path), live.path)
    except ReleaseError:
        return None


def _embed(content: Content, cache: VectorCache, tell: Progress) -> dict[str, Vectors]:
    """Vectors of all texts, by what they are of."""
    encoded = cache.encode(content.texts, lambda done, total: tell("embed", done, total))
    groups = content.text_groups
    ends = np.cumsum([len(texts) for texts in groups.values()])[:-1]
    return dict(zip(groups, np.split(encoded, ends), strict=True))


def _index(content: Content, vectors: Mapping[str, Vectors], folder: Path, tell: Progress) -> None:
    profiles = content.profiles(vectors["standing"], vectors["offerings"])
    needs = np.zeros_like(vectors["subjects"])
    parts = zip(vectors["subjects"], vectors["buyers"], vectors["descriptions"], strict=True)
    for row, (about, buyer, description) in enumerate(parts):
        needs[row] = profile.need_vector(about, buyer, description)
    made = {OFFERINGS: vectors["offerings"], ENTERPRISES: profiles, NEEDS: needs}
    words = {ENTERPRISES: content.enterprise_tokens, NEEDS: content.need_tokens}
    content.enterprise_columns.numbers["nearest_needs"] = _nearest(profiles, needs[content.wanted])
    content.need_columns.numbers["nearest_enterprises"] = _nearest(needs, profiles)
    for done, (name, matrix) in enumerate(made.items()):
        tell("index", done, len(made))
        ExactIndex.from_vectors(matrix).save(folder / name / "vectors")
        content.filters(name).save(folder / name / "filters")
        if name in words:
            LexicalIndex.build(words[name], k1=profile.K1, b=profile.B).save(folder / name / "lexical")
    content.offering_kinds.build().save(folder / OFFERINGS / KINDS)
    tell("index", len(made), len(made))


def _nearest(vectors: Vectors, others: Vectors) -> list[float]:
    """For each of *vectors* (n, d) the mean cosine of its ten nearest among *others* (m, d), to three
    decimals; NaN for all where there are fewer. Beyond 5,000 an even sample stands for all, and fewer of it
    for the ten."""
    if len(others) < _NEAREST:
        return [math.nan] * len(vectors)
    step = -(-len(others) // _SAMPLED)
    sample, most = others[::step].T, max(1, _NEAREST // step)
    means: list[float] = []
    for start in range(0, len(vectors), _BLOCK):
        alike = vectors[start : start + _BLOCK] @ sample
        means += np.partition(alike, -most, axis=1)[:, -most:].mean(axis=1, dtype=np.float64).tolist()
    return [round(mean, 3) for mean in means]


def _gates(built: Snapshot, parent: Snapshot | None) -> tuple[Gate, ...]:
    """The checks that a release passes before it goes live, each with what was found."""
    counts = built.manifest.counts
    gates = [_rows_gate(counts, parent)]
    sizes = {
        name: (
            getattr(built, name).vectors.size,
            getattr(built, name).filters.size,
            getattr(built, name).documents.size,
        )
        for name in (ENTERPRISES, OFFERINGS, NEEDS)
    }
    aligned = all(set(found) == {counts[name]} for name, found in sizes.items())
    gates.append(
        Gate(
            "aligned", aligned, "vectors, filters and documents have the same rows" if aligned else str(sizes)
        )
    )
    orphans = len(built.owner) != counts[OFFERINGS]
    gates.append(
        Gate("no orphans", not orphans, f"{counts[OFFERINGS]:,} offerings belong to an enterprise each")
    )
    gates.append(_search_gate(built))
    return tuple(gates)


def _rows_gate(counts: Mapping[str, int], parent: Snapshot | None) -> Gate:
    """A collection that was full must not come out empty: that is a failed import, not news."""
    lost = [name for name in counts if parent and parent.manifest.counts.get(name) and not counts[name]]
    detail = (
        f"{', '.join(lost)} came out empty" if lost else ", ".join(f"{n} {c:,}" for n, c in counts.items())
    )
    return Gate("row counts", not lost, detail)


def _search_gate(built: Snapshot) -> Gate:
    """Offerings spread over the index, asked for by their own vectors, must be found first or tie with it."""
    size = built.offerings.vectors.size
    rows = (
        np.unique(np.linspace(0, size - 1, min(_PROBES, size)).astype(np.int64))
        if size
        else np.zeros(0, np.int64)
    )
    probes = built.offerings.vectors.rows(rows)
    known = np.linalg.norm(probes, axis=1) > 0.5
    scores, _ = built.offerings.vectors.search(probes[known], 1)
    missed = int((scores[:, 0] < 0.999).sum()) if len(scores) else 0
    return Gate(
        "search", not missed, f"{int(known.sum()) - missed} of {int(known.sum())} offerings find themselves"
    )


def _changes(folder: Path, parent: Snapshot | None, name: str) -> dict[str, int]:
    """How many documents of a collection were added, removed or altered since *parent*."""
    now = DocumentStore.load(folder / name / "documents")
    if parent is None:
        return {"added": now.size, "removed": 0, "altered": 0}
    before: DocumentStore = getattr(parent, name).documents
    added = altered = 0
    for row, id in enumerate(now.ids()):
        old = before.row_of(id)
        if old is None:
            added += 1
        elif before.raw(old) != now.raw(row):
            altered += 1
    return {"added": added, "removed": before.size - (now.size - added), "altered": altered}


def _same(new: Manifest, old: Manifest) -> bool:
    """Whether two releases hold the same bytes made by the same encoder."""
    return new.files == old.files and new.encoder.fingerprint == old.encoder.fingerprint
