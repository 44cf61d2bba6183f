"""From the catalogue to a live release: embed what changed, build beside the live one, check, promote.

Nothing that the live release consists of is touched: whatever happens here, it goes on serving.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from indexes.engines import Engine
from indexes.errors import CatalogueError, GateFailed, ReleaseError
from indexes.release import EncoderEntry, Gate, Manifest, measuring, write_manifest
from indexes.shelf import Opened
from indexes.splice import Splice
from indexes.store import ReleaseStore, storing
from recommender import searching
from recommender.building import Building, past_columns
from recommender.catalogue import Catalogue, Kind
from recommender.chains.building import Parent, build
from recommender.chains.cleaning import Cleaned, clean
from recommender.chains.offered import Offered
from recommender.changes import CatalogueMarks, Plan, plan
from recommender.content import ENTERPRISES, NEEDS, OFFERINGS, Content, read_content
from recommender.encoder import Encoder
from recommender.garbage import undisturbed
from recommender.golden import read_golden
from recommender.profile import offering_text
from recommender.ranking.stored import model_of, put_into, wanted
from recommender.snapshot import Collection, Snapshot
from recommender.standing import GRADES, judgments_of
from recommender.vector_cache import VectorCache

if TYPE_CHECKING:
    from recommender.gates import Judged

Progress = Callable[[str, int, int], None]
Vectors = NDArray[np.float32]

_BESIDE = 4  # threads that copy and compute beside the one that reads, embeds and judges


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
    engine: Engine = "auto",
    opening: Callable[[], Opened] | None = None,
) -> RefreshReport:
    """Build a release of all that *catalogue* holds, with the ranker installed beside it, and make it live.

    What did not change since the live release is taken over from it; the result is the same as that of a
    *full* refresh, which reads and embeds everything anew and promotes even where nothing changed. *force*
    promotes although the release did not pass its gates, which is recorded. *cache* keeps the vectors of
    texts, so that an interrupted refresh goes on where it was. *progress* hears (stage, done, total);
    *engine* is how vectors will be searched; *opening* gives the release to start from, where whoever holds
    the store's lock has begun to open it already.

    Raises CatalogueError when there is nothing to index, InputError when the installed ranker or the list of
    golden queries is none, RefreshRunning when another process refreshes, ReleaseError when the storage
    fails, and GateFailed when the new release does not pass its checks: it then lies beside the others, to be
    looked at, until the next refresh. The live release stays as it was.
    """
    tell = progress or (lambda stage, done, total: None)
    clock = _Clock()
    golden = read_golden(store.root)
    vectors = VectorCache(cache, encoder)
    with store.lock(), storing("build the release"), undisturbed():
        store.sweep()
        store.remove_refused()
        if full:
            vectors.clear()
        release = store.new_id()
        folder = store.begin(release)
        try:
            with clock.stage("read"), catalogue.snapshot() as view:
                with ThreadPoolExecutor(1) as aside:  # to verify a release and to read marks take as long
                    parent_of = aside.submit(_parent, opening or partial(store.open, substitute=True))
                    marks = CatalogueMarks.of(view)
                parent, current = parent_of.result()
                # now and then all is read anew: so texts that nothing holds any more leave the cache
                anew = full or vectors.outgrown()
                todo = plan(marks, None if anew else parent, encoder.fingerprint, engine)
                if not todo.counts[ENTERPRISES] and not todo.counts[NEEDS]:
                    raise CatalogueError(
                        "The catalogue is empty.", mend="import enterprises, offerings and needs first"
                    )
                if todo.nothing_changed and parent and wanted(store.root) == model_of(parent):
                    if not current:
                        store.promote(parent.release, force=True)
                    return _nothing_new(parent, clock)
                content = read_content(todo, view, folder, tell)
                past = past_columns(todo, view)
                judged = tuple(view.outcomes(GRADES))
                edges = None if todo.kept(Kind.EDGES) else clean(view.edges())
            with ThreadPoolExecutor(_BESIDE) as pool:  # what leaves Python to this thread
                building = Building(pool, todo, content, folder, engine)
                # what is wanted from here on is read while threads write
                from recommender.gates import EVALUATION, check

                with clock.stage("embed"):
                    building.add(_embed(content, vectors, tell))
                manifest = Manifest(
                    release,
                    datetime.now(UTC).isoformat(timespec="seconds"),
                    EncoderEntry(encoder.name, encoder.fingerprint, encoder.dimension),
                    parent=parent.release if parent else None,
                    counts=todo.counts,
                )
                built = Snapshot(manifest, folder)

                def recall() -> Judged:
                    building.wait_for_vectors()
                    return searching.recall_kept(built)

                recalled = pool.submit(recall).result
                with clock.stage("chains"):
                    graph_texts = _graph(edges, todo, content, vectors, folder)
                with clock.stage("index"):
                    building.finish(past, tell)
                    put_into(folder, store.root)
                    todo.save(folder)
                with clock.stage("check"), measuring(folder) as measured:
                    checked = check(
                        built,
                        encoder,
                        parent,
                        judgments=judgments_of(judged),
                        golden=golden,
                        recalled=recalled,
                        tell=tell,
                    )
                    gates = checked.gates
                    notes = {EVALUATION: checked.measured, **searching.notes(built, todo.parent)}
                    manifest = write_manifest(folder, replace(manifest, gates=gates, notes=notes), measured)
                    changed = _changes(todo, built, parent)
            with clock.stage("promote"):
                store.finish(release)
                if manifest.failed and not force:
                    raise _refused(manifest, parent)
                store.promote(release, force=force, contents=False)  # the manifest has just been made of them
                if todo.parent is None:
                    vectors.prune([*content.texts, *graph_texts])
        finally:
            store.discard(release)
    return RefreshReport(
        release,
        parent.release if parent else None,
        True,
        todo.counts,
        changed,
        vectors.added,
        clock.seconds,
        gates,
    )


def _nothing_new(live: Snapshot, clock: _Clock) -> RefreshReport:
    none = {name: {"added": 0, "removed": 0, "altered": 0} for name in (ENTERPRISES, OFFERINGS, NEEDS)}
    counts = live.manifest.counts
    return RefreshReport(live.release, live.release, False, counts, none, 0, clock.seconds, ())


def _parent(opening: Callable[[], Opened]) -> tuple[Snapshot | None, bool]:
    """The release to start from, where there is a whole one, and whether CURRENT names it."""
    try:
        opened = opening()
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


def _graph(
    edges: Cleaned | None, todo: Plan, content: Content, cache: VectorCache, folder: Path
) -> list[str]:
    """Write the chain graph; the texts that were embedded for it. *edges* are None where the parent's
    stand."""
    splice = todo.splices[OFFERINGS]

    def read(rows: NDArray[np.int64]) -> Iterator[tuple[str, str]]:
        for row in splice.source[rows].tolist():
            if row < 0:
                yield content.offering_titles[~row], content.offering_texts[~row]
            else:
                assert todo.parent is not None  # who has no parent has no older rows
                offering = todo.parent.offering(row)
                yield offering.title, offering_text(offering)

    def cleaned() -> Cleaned:
        assert edges is not None  # a parent made by this very code has the frame that these edges make
        return edges

    starts = np.cumsum(todo.enterprises.parts) - todo.enterprises.parts
    older = Parent(todo.parent.graph, splice, same_edges=edges is None) if todo.parent else None
    return build(cleaned, Offered(read, starts, splice.size), cache.encode, cache.dimension, folder, older)


def _changes(todo: Plan, built: Snapshot, parent: Snapshot | None) -> dict[str, dict[str, int]]:
    """How many documents of each collection were added, removed or altered since *parent*."""
    return {
        name: _changed(splice, built.collection(name), parent.collection(name) if parent else None)
        for name, splice in todo.splices.items()
    }


def _changed(splice: Splice, now: Collection, old: Collection | None) -> dict[str, int]:
    if old is None:
        return {"added": splice.size, "removed": 0, "altered": 0}
    fresh = splice.fresh.tolist()
    before = old.documents.rows_of([now.documents.id_of(row) for row in fresh]).tolist()
    known = [(was, row) for was, row in zip(before, fresh, strict=True) if was >= 0]
    altered = sum(old.documents.raw(was) != now.documents.raw(row) for was, row in known)
    return {
        "added": len(fresh) - len(known),
        "removed": old.documents.size - splice.kept.size - len(known),
        "altered": altered,
    }
