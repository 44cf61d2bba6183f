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
from indexes.release import EncoderEntry, Gate, Manifest, write_manifest
from indexes.store import ReleaseStore, storing
from recommender import profile
from recommender.catalogue import Catalogue
from recommender.chains.building import Offered, build
from recommender.chains.cleaning import clean
from recommender.content import ENTERPRISES, NEEDS, OFFERINGS, Content, read_content
from recommender.encoder import Encoder
from recommender.gates import EVALUATION, check, judgments_of
from recommender.golden import read_golden
from recommender.ranking.stored import put_into
from recommender.snapshot import Snapshot
from recommender.vector_cache import VectorCache

Progress = Callable[[str, int, int], None]
Vectors = NDArray[np.float32]

_NEAREST, _SAMPLED = 10, 5_000  # matches that a match is compared with, and rows among which they are sought
_BLOCK = 1_024


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """``release`` is live now; where nothing had changed it is the one that was, and ``built`` is false.

    ``changed`` counts the documents added, removed and altered in each collection against the parent;
    ``embedded`` the texts that the encoder had not seen; ``seconds`` are wall time by stage; ``forced`` the
    gates against which the release went live.
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
            "gates": [gate_json(gate) for gate in self.gates],
        }


def gate_json(gate: Gate) -> dict[str, object]:
    found: dict[str, object] = {"gate": gate.name, "passed": gate.passed, "detail": gate.detail}
    return found if gate.passed else found | {"expected": gate.expected, "mend": gate.mend}


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
    force: bool = False,
    progress: Progress | None = None,
) -> RefreshReport:
    """Build a release of all that *catalogue* holds, with the ranker installed beside it, and make it live.

    Vectors are taken from *cache* where text and encoder are the same; *full* embeds everything anew and
    promotes even where nothing changed; *force* although it did not pass its gates, which is recorded.
    *progress* hears (stage, done, total).

    Raises CatalogueError when there is nothing to index, InputError when the installed ranker or the list of
    golden queries is none, RefreshRunning when another process refreshes, ReleaseError when the storage
    fails, and GateFailed when the new release does not pass its checks: it then lies beside the others, to be
    looked at, until the next refresh. The live release stays as it was.
    """
    tell = progress or (lambda stage, done, total: None)
    clock = _Clock()
    golden = read_golden(store.root)
    with store.lock(), storing("build the release"):
        store.sweep()
        store.remove_refused()
        parent, current = _parent(store)
        release = store.new_id()
        folder = store.begin(release)
        try:
            with clock.stage("read"), catalogue.snapshot() as view:
                content = read_content(view, folder, tell)
                edges = clean(view.edges())
                judgments = judgments_of(view.outcomes())
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
                manifest = Manifest(
                    release,
                    datetime.now(UTC).isoformat(timespec="seconds"),
                    EncoderEntry(encoder.name, encoder.fingerprint, encoder.dimension),
                    parent=parent.release if parent else None,
                    counts=content.counts,
                )
                checked = check(
                    Snapshot(manifest, folder), encoder, parent, judgments=judgments, golden=golden, tell=tell
                )
                gates, notes = checked.gates, {EVALUATION: checked.measured}
                manifest = write_manifest(folder, replace(manifest, gates=gates, notes=notes))
                changed = {name: _changes(folder, parent, name) for name in (ENTERPRISES, OFFERINGS, NEEDS)}
            if parent and not full and _same(manifest, parent.manifest):
                if not current:
                    store.promote(parent.release, force=True)
                return RefreshReport(
                    parent.release,
                    parent.release,
                    False,
                    content.counts,
                    changed,
                    embedded,
                    clock.seconds,
                    gates,
                )
            with clock.stage("promote"):
                store.finish(release)
                if manifest.failed and not force:
                    raise _refused(manifest, parent)
                store.promote(release, force=force)
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


def _parent(store: ReleaseStore) -> tuple[Snapshot | None, bool]:
    """The release to compare with, where there is a whole one, and whether CURRENT names it."""
    try:
        opened = store.open(substitute=True)
    except ReleaseError:
        return None, True
    return Snapshot(opened.manifest, opened.path, opened.lease), not opened.remark


def _refused(manifest: Manifest, parent: Snapshot | None) -> GateFailed:
    found = "; ".join(f"{gate.name}: {gate.detail}" for gate in manifest.failed)
    serving = f"{parent.release} goes on serving" if parent else "nothing serves yet"
    compare = f"`rongtong releases compare {parent.release} {manifest.release}`; " if parent else ""
    return GateFailed(
        f"The new release did not pass its checks; {serving}. {found}.",
        field="release",
        value=manifest.release,
        mend=f"{compare}{manifest.failed[0].mend}",
    )


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
