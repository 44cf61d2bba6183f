"""Two releases side by side: what was added, removed and altered, which needs changed their answers, and why.

A sample of the needs that both hold is asked, the same ones every time (:func:`recommender.probes.in_order`),
so that the work does not grow with the catalogue. A release that another encoder made cannot be asked any
more; the answers that it kept stand for it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from indexes.errors import InputError, UnknownId
from indexes.release import FileEntry
from recommender import probes
from recommender.causes import SLIGHT, Cause, Kind, Pair, Shift, altered, causes
from recommender.content import ENTERPRISES, NEEDS, OFFERINGS
from recommender.engine import Engine
from recommender.matching import exact
from recommender.matching.common import coverages
from recommender.query import SupplierQuery
from recommender.ranking.stored import model_of
from recommender.snapshot import Snapshot

SAMPLE = 100
EXPLAINED = 20
"""Needs whose changes are explained, those that changed most; the others are told without reasons."""

Lists = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Side:
    """A release to be compared, as of a day. ``engine`` is None where it cannot be asked."""

    snapshot: Snapshot
    day: date
    engine: Engine | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """A collection: rows before and after, and the documents added, removed and altered."""

    before: int
    after: int
    added: int
    removed: int
    altered: int


@dataclass(frozen=True, slots=True)
class Move:
    """An enterprise that stands elsewhere: its ranks (None: not in the list), how much its log-odds changed
    (None where it was not measured in both), by which features, and why."""

    enterprise_id: str
    name: str
    before: int | None
    after: int | None
    gain: float | None = None
    shifts: tuple[Shift, ...] = ()
    causes: tuple[Cause, ...] = ()

    def to_json(self) -> dict[str, object]:
        return {
            "enterprise_id": self.enterprise_id,
            "name": self.name,
            "before": self.before,
            "after": self.after,
            "gain": self.gain,
            "features": [shift.to_json() for shift in self.shifts],
            "causes": [cause.to_json() for cause in self.causes],
        }


@dataclass(frozen=True, slots=True)
class Changed:
    """A need whose list is another one: how many of the first stayed in it, and who moved."""

    need_id: str
    title: str
    kept: int
    length: int
    moves: tuple[Move, ...]
    explained: bool

    def to_json(self) -> dict[str, object]:
        return {
            "need_id": self.need_id,
            "title": self.title,
            "kept": self.kept,
            "of": self.length,
            "explained": self.explained,
            "moves": [move.to_json() for move in self.moves],
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """``asked`` needs of the ``shared`` ones, the first ``top_k`` each; ``remarks`` tell what could not be
    done as asked."""

    old: Side
    new: Side
    counts: Mapping[str, Counts]
    differs: tuple[Cause, ...]
    top_k: int
    asked: tuple[str, ...]
    shared: int
    overlap: float
    changed: tuple[Changed, ...]
    remarks: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        return {
            "old": _told(self.old),
            "new": _told(self.new),
            "counts": {
                name: {field: getattr(each, field) for field in Counts.__slots__}
                for name, each in self.counts.items()
            },
            "differs": [cause.kind.value for cause in self.differs],
            "top_k": self.top_k,
            "needs": {
                "shared": self.shared,
                "asked": len(self.asked),
                "changed": len(self.changed),
                "overlap": self.overlap,
            },
            "changed": [each.to_json() for each in self.changed],
            "remarks": list(self.remarks),
        }


def compare(
    old: Side, new: Side, *, needs: Sequence[str] = (), top_k: int = 10, sample: int = SAMPLE
) -> Comparison:
    """Compare two releases on *needs*, or on a *sample* of those that both hold, the first *top_k* each.

    Raises UnknownId for a need that one of them lacks, InputError for numbers out of range, DamagedRelease.
    """
    if sample < 1:
        raise InputError("Ask at least one need.", field="sample", value=sample)
    then, now = old.snapshot.needs.documents, new.snapshot.needs.documents
    for id in needs:
        for side, held in ((old, then), (new, now)):
            if held.row_of(id) is None:
                raise UnknownId(
                    f"Release {side.snapshot.release} holds no such need.",
                    field="need",
                    value=id,
                    mend="give the id of a need that both releases hold",
                )
    shared = [id for id in now.ids() if then.row_of(id) is not None]
    chosen, remarks = _choose(old, new, list(dict.fromkeys(needs)), shared, top_k, sample)
    before, after = _lists(old, chosen, top_k), _lists(new, chosen, top_k)
    models = [model_of(side.snapshot) for side in (old, new)]
    pair = Pair(
        old.snapshot,
        new.snapshot,
        old.day,
        new.day,
        encoder=old.snapshot.manifest.encoder.fingerprint != new.snapshot.manifest.encoder.fingerprint,
        ranker=models[0] != models[1],
    )
    differing = [id for id in chosen if before[id] != after[id]]
    kept = {id: len(set(before[id]) & set(after[id])) for id in chosen}
    differing.sort(key=lambda id: kept[id] / max(len(before[id]), len(after[id])))
    return Comparison(
        old,
        new,
        {name: _counts(pair, name) for name in (ENTERPRISES, OFFERINGS, NEEDS)},
        _differences(pair),
        top_k,
        tuple(chosen),
        len(shared),
        float(np.mean([kept[id] / max(len(before[id]), len(after[id]), 1) for id in chosen]))
        if chosen
        else 1.0,
        tuple(
            _changed(old, new, pair, id, before[id], after[id], explain=place < EXPLAINED)
            for place, id in enumerate(differing)
        ),
        remarks,
    )


def _choose(
    old: Side, new: Side, needs: list[str], shared: list[str], top_k: int, sample: int
) -> tuple[list[str], tuple[str, ...]]:
    """The needs to ask, and what must be said of them."""
    silent = [side for side in (old, new) if side.engine is None]
    if not silent:
        return needs or probes.in_order(shared)[:sample], ()
    kept = [probes.read(side.snapshot.folder) for side in silent]
    names = " and ".join(side.snapshot.release for side in silent)
    if any(each is None for each in kept) or top_k > probes.DEPTH:
        raise InputError(
            f"Another encoder made {names}, which can be asked no more and kept no such answers.",
            field="top_k",
            value=top_k,
            mend=f"set RONGTONG_ENCODER to the one that made it, or ask for at most {probes.DEPTH}",
        )
    answered = set(shared).intersection(*(each.lists for each in kept if each))
    if lacking := [id for id in needs if id not in answered]:
        raise UnknownId(
            f"Another encoder made {names}, which kept no answer to this need.",
            field="need",
            value=lacking[0],
            mend="set RONGTONG_ENCODER to the one that made it, or leave --need out",
        )
    remark = f"Another encoder made {names}: its lists are those that it kept, and are not explained."
    return needs or probes.in_order(answered)[:sample], (remark,)


def _lists(side: Side, needs: Sequence[str], top_k: int) -> Lists:
    if side.engine is None:
        kept = probes.read(side.snapshot.folder)
        assert kept is not None
        return {id: kept.lists[id][:top_k] for id in needs}
    queries = [_query(side, id, top_k) for id in needs]
    answers = side.engine.suppliers_many(queries)
    return {
        id: tuple(result.enterprise_id for result in answer.results)
        for id, answer in zip(needs, answers, strict=True)
    }


def _query(side: Side, need_id: str, top_k: int) -> SupplierQuery:
    row = side.snapshot.needs.documents.row_of(need_id)
    assert row is not None
    return SupplierQuery(side.snapshot.need(row), side.day, top_k, explain=False)


def _changed(
    old: Side,
    new: Side,
    pair: Pair,
    need_id: str,
    before: tuple[str, ...],
    after: tuple[str, ...],
    *,
    explain: bool,
) -> Changed:
    """Who moved in the lists for a need: newcomers and movers by their place now, then who left."""
    then, now = ({id: rank for rank, id in enumerate(listed, 1)} for listed in (before, after))
    moved = [id for id in [*after, *(id for id in before if id not in now)] if then.get(id) != now.get(id)]
    documents = [side.snapshot.needs.documents for side in (old, new)]
    texts = [held.get(row) for held in documents if (row := held.row_of(need_id)) is not None]
    shifts: Mapping[str, tuple[float, tuple[Shift, ...]]] = {}
    if explain and old.engine and new.engine:  # both can be asked
        shifts = _shifts(*(_measured(side, need_id, moved) for side in (old, new)))
    need = altered(*texts)

    def move(id: str) -> Move:
        gain, parts = shifts.get(id, (None, ()))
        rose = then.get(id, math.inf) > now.get(id, math.inf)
        why = causes(pair, id, gain, parts, need, rose=rose) if explain else ()
        return Move(id, _name(pair, id), then.get(id), now.get(id), gain, parts, why)

    return Changed(
        need_id,
        str(texts[-1]["title"]),
        len(then.keys() & now.keys()),
        max(len(before), len(after)),
        tuple(map(move, moved)),
        explain,
    )


Parts = Mapping[str, tuple[float | None, float]]  # feature → as measured, what it adds


def _measured(side: Side, need_id: str, ids: Sequence[str]) -> Mapping[str, Parts]:
    """The parts of the scores of those *ids* that the release, which can be asked, holds."""
    assert side.engine is not None
    parts = side.engine.parts
    held = parts.snapshot.enterprises.documents.row_of
    rows = np.array(sorted(row for id in ids if (row := held(id)) is not None), np.int64)
    if not len(rows):
        return {}
    asking = exact.asking(parts, _query(side, need_id, 1))
    _, features = exact.measured(parts, asking, rows)
    if asking.reading.demands:
        features["requirement_coverage"] = coverages(
            [exact.verdicts(parts, asking, int(row)) for row in rows]
        )
    added = parts.model.contributions(features)
    absent = np.full(len(rows), np.nan)
    found = {}
    for place, row in enumerate(rows):
        values = [float(features.get(name, absent)[place]) for name in parts.model.features]
        found[parts.snapshot.enterprises.documents.id_of(int(row))] = {
            name: (None if np.isnan(value) else value, float(part))
            for name, value, part in zip(parts.model.features, values, added[place], strict=True)
        }
    return found


def _shifts(
    before: Mapping[str, Parts], after: Mapping[str, Parts]
) -> Mapping[str, tuple[float, tuple[Shift, ...]]]:
    """For each enterprise measured in both, the change of its log-odds and the features that made it, those
    that moved most first. The base, which is the same for all, is left out."""
    found = {}
    for id in before.keys() & after.keys():
        nothing = (None, 0.0)
        each = [
            Shift(name, old, new, was, now)
            for name in {**before[id], **after[id]}
            for (old, was), (new, now) in [(before[id].get(name, nothing), after[id].get(name, nothing))]
        ]
        told = sorted((s for s in each if abs(s.difference) >= SLIGHT), key=lambda s: -abs(s.difference))
        found[id] = sum(shift.difference for shift in each), tuple(told)
    return found


def _name(pair: Pair, id: str) -> str:
    for snapshot in (pair.new, pair.old):
        if (row := snapshot.enterprises.documents.row_of(id)) is not None:
            return str(snapshot.enterprises.documents.get(row)["name"])
    return id


def _counts(pair: Pair, collection: str) -> Counts:
    old, new = getattr(pair.old, collection).documents, getattr(pair.new, collection).documents
    added = differ = 0
    stored = f"{collection}/documents/"
    same = _files(pair.old, stored) == _files(pair.new, stored)
    for row, id in () if same else enumerate(new.ids()):
        before = old.row_of(id)
        if before is None:
            added += 1
        elif old.raw(before) != new.raw(row):
            differ += 1
    return Counts(old.size, new.size, added, old.size - (new.size - added), differ)


def _files(snapshot: Snapshot, below: str) -> Mapping[str, FileEntry]:
    """What the manifest says of the files whose paths begin with *below*."""
    return {path: entry for path, entry in snapshot.manifest.files.items() if path.startswith(below)}


def _differences(pair: Pair) -> tuple[Cause, ...]:
    """What differs for all enterprises at once."""
    graphs = (
        {p: e for p, e in s.manifest.files.items() if p.startswith("graph/")} for s in (pair.old, pair.new)
    )
    old, new = graphs
    found = ((pair.encoder, Kind.ENCODER), (pair.ranker, Kind.RANKER), (old != new, Kind.GRAPH))
    return tuple(Cause(kind) for differs, kind in found if differs)


def _told(side: Side) -> dict[str, object]:
    manifest = side.snapshot.manifest
    ranker = manifest.files.get("ranker.json")
    return {
        "release": manifest.release,
        "created": manifest.created,
        "as_of": side.day.isoformat(),
        "size": manifest.size,
        "encoder": manifest.encoder.name,
        "encoder_fingerprint": manifest.encoder.fingerprint,
        "ranker_sha256": ranker.sha256 if ranker else None,
        "passed": manifest.passed,
        "measured": dict(manifest.notes.get("evaluation") or {}),
    }
