"""The checks that a release passes before it goes live: is it whole, and is it no worse than the last one?

What cannot be judged (no release before, no judgments, no golden queries) passes and says so. The bounds are
wide on purpose: a gate stops what must be a mistake. What is merely unusual is reported, and
``rongtong releases compare`` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from indexes.release import Gate
from recommender import probes, profile
from recommender.catalogue.domain import Need
from recommender.content import ENTERPRISES, NEEDS, OFFERINGS
from recommender.encoder import Encoder
from recommender.engine import Engine
from recommender.golden import GoldenQuery
from recommender.measures import ndcg, randomisation_test
from recommender.probes import DEPTH, Latency, Probes
from recommender.query import SupplierQuery, need_from_text
from recommender.searching import recall_kept
from recommender.snapshot import Snapshot
from recommender.standing import Judgments

Judged = tuple[Gate, Mapping[str, float | int]]  # a verdict, and the figures it rests on

LEAST_SHARE, MOST_TIMES = 0.5, 4.0
"""A collection with fewer rows than this share of the last release's, or more than so many times, is taken
for a failed import."""
FEW_LOST, FEW_BEFORE = 50, 1_000
"""… unless it lost no more rows than these, or had fewer than these before it grew: small catalogues live."""
MOST_CHURN = 0.9
"""Mean share of the first ten that another release may replace; beyond it, lists have nothing in common."""
WORSE, CHANCE, LEAST_JUDGED = 0.02, 0.01, 8
"""nDCG@10 is worse where it fell by as much, with at most this probability of chance, on as many needs."""
FAR_WORSE, FAR_CHANCE = 0.1, 0.05
"""… or by as much with this one: a list of products put to the wrong enterprises is told by as few needs."""
SLOWER, SLOW = 5.0, 100.0
"""Slower means: the median request takes so many times the processor's time that it took in the last release,
for the same number of offerings, and more than so many milliseconds. The time on the clock, which depends on
who else is at work, is told and not judged."""

EVALUATION = "evaluation"
"""Where the manifest's notes keep :attr:`Checked.measured`."""

_FORCE = "where it is meant so: `rongtong refresh --force`"
_PROBED = 64  # offerings asked for themselves
_LOOKED_AT = 2_000  # offerings whose owner is compared with the one they name
_READ = 32  # offerings and enterprises whose texts are read again
_TOLD = 3


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdicts, and what was measured for them: the evaluation that the manifest keeps."""

    gates: tuple[Gate, ...]
    measured: Mapping[str, Mapping[str, float | int]] = field(default_factory=dict)


def check(
    built: Snapshot,
    encoder: Encoder,
    parent: Snapshot | None,
    *,
    judgments: Judgments | None = None,
    golden: Sequence[GoldenQuery] = (),
    recalled: Callable[[], Judged] | None = None,
    tell: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> Checked:
    """Judge the release in ``built.folder``, whose manifest is yet to be written, against *parent*.

    Writes the answers to the fixed needs there, which belong to the release. A release whose parts do not fit
    together is not asked anything. *judgments*: see :func:`recommender.standing.judgments_of`. *recalled*
    gives what :func:`recall_kept` finds, where that is asked already.
    """
    gates = [rows(built.manifest.counts, parent.manifest.counts if parent else None)]
    gates += [gate(built, encoder) for gate in (aligned, no_orphans, found_again)]
    tell("check", 1, 3)
    if not all(gate.passed for gate in gates[1:]):
        return Checked(tuple(gates))
    engine = Engine.on(built, encoder)
    judged = judgments or {}
    asked, latency = probes.ask(engine, judged.keys())
    probes.write(built.folder, asked)
    before = probes.read(parent.folder) if parent else None
    tell("check", 2, 3)
    compared = [
        golden_hit(engine, golden),
        quality(asked, before, judged, built),
        churn(asked, before, built, parent),
        latency_bounded(latency, parent),
        recalled() if recalled else recall_kept(built),
    ]
    tell("check", 3, 3)
    measured = {gate.name: figures for gate, figures in compared if figures}
    return Checked((*gates, *(gate for gate, _ in compared)), measured)


# ---------------------------------------------------------------------- is it whole?


def rows(counts: Mapping[str, int], before: Mapping[str, int] | None) -> Gate:
    """Whether the collections have about as many rows as in the last release."""
    name, told, strange = "row counts", [], []
    for collection, count in counts.items():
        old = (before or {}).get(collection, 0)
        told.append(f"{collection} {count:,}" + (f" ({count - old:+,})" if before else ""))
        lost = old and (not count or (count < LEAST_SHARE * old and old - count > FEW_LOST))
        grown = old >= FEW_BEFORE and count > MOST_TIMES * old
        if lost or grown:
            what = "came out empty" if not count else "shrank" if lost else "grew"
            strange.append(f"{collection} {what}: {count:,}, before {old:,}")
    if not strange:
        return Gate(name, True, ", ".join(told))
    return Gate(
        name,
        False,
        "; ".join(strange),
        f"{LEAST_SHARE:g} to {MOST_TIMES:g} times as many as in the last release",
        f"look for a failed import or lost rows in the catalogue; {_FORCE}",
    )


def aligned(built: Snapshot, encoder: Encoder) -> Gate:
    """Whether row i means the same in every part: by the sizes, and by reading some rows' texts again."""
    name, expected = "aligned", "vectors, words, filters and documents of the same rows"
    for collection in (ENTERPRISES, OFFERINGS, NEEDS):
        parts = getattr(built, collection)
        sizes = {
            "manifest": built.manifest.counts[collection],
            "vectors": parts.vectors.size,
            "filters": parts.filters.size,
            "documents": parts.documents.size,
        }
        if collection != OFFERINGS:
            sizes["words"] = parts.lexical.size
        if len(set(sizes.values())) > 1:
            found = f"{collection}: {', '.join(f'{part} {size:,}' for part, size in sizes.items())}"
            return Gate(name, False, found, expected, _REBUILD)
    if strays := [*_strange_vectors(built, encoder), *_strange_words(built)]:
        found = f"{len(strays)} rows hold another row's part, such as {strays[0]}"
        return Gate(name, False, found, expected, _REBUILD)
    return Gate(name, True, expected)


_REBUILD = "`rongtong refresh --full` builds everything anew; if it fails as well, please report it"


def no_orphans(built: Snapshot, encoder: Encoder) -> Gate:
    """Whether every offering belongs to the enterprise that it names, in the collections and in the graph."""
    name, expected = "no orphans", "every offering beside the enterprise that it names"
    first, total = built.first, built.manifest.counts[OFFERINGS]
    if first[0] != 0 or first[-1] != total or bool((np.diff(first) < 0).any()):
        return Gate(name, False, "the offerings are not cut into enterprises", expected, _REBUILD)
    ids = built.enterprises.documents.id_of
    for row in _spread(total, _LOOKED_AT):
        named = built.offerings.documents.get(int(row)).get("enterprise_id")
        if named != (owner := ids(int(built.owner[row]))):
            id = built.offerings.documents.id_of(int(row))
            return Gate(name, False, f"{id} names {named}, stands with {owner}", expected, _REBUILD)
    graph = built.graph.stored.arrays
    offered = graph.sitting_offerings
    inside = not offered.size or (offered.min() >= 0 and offered.max() < total)
    if not inside or bool((built.owner[offered] != graph.sitting_owners).any()):
        found = "the chain graph seats an offering with another enterprise"
        return Gate(name, False, found, expected, _REBUILD)
    seated = f", {len(offered):,} seats in the chain graph" if len(offered) else ""
    return Gate(name, True, f"{total:,} offerings{seated}")


def found_again(built: Snapshot, encoder: Encoder) -> Gate:
    """Whether offerings, asked for by their own vectors, are found first or tie with what is."""
    chosen = _spread(built.offerings.vectors.size, _PROBED)
    vectors = built.offerings.vectors.rows(chosen)
    known = np.linalg.norm(vectors, axis=1) > 0.5
    scores, _ = built.offerings.vectors.search(vectors[known], 1)
    asked, found = int(known.sum()), int((scores[:, :1] >= 0.999).sum())
    if found == asked:
        return Gate("search", True, f"{found} of {asked} offerings find themselves")
    return Gate("search", False, f"{found} of {asked} offerings find themselves", "all of them", _REBUILD)


def _strange_vectors(built: Snapshot, encoder: Encoder) -> list[str]:
    """Ids of offerings whose stored vector is not that of their text."""
    chosen = _spread(built.offerings.documents.size, _READ)
    texts = [profile.offering_text(built.offering(int(row))) for row in chosen]
    if not texts:
        return []
    stored, again = built.offerings.vectors.rows(chosen), encoder.encode(texts)
    differ = np.linalg.norm(stored - again, axis=1) > 0.05  # half precision is off by less than 0.001
    return [built.offerings.documents.id_of(int(row)) for row in chosen[differ]]


def _strange_words(built: Snapshot) -> list[str]:
    """Ids of enterprises that their own words do not find."""
    found = []
    for row in _spread(built.enterprises.documents.size, _READ):
        offerings = [built.offering(each) for each in islice(built.offering_rows(int(row)), 3)]
        words = profile.enterprise_tokens(built.enterprise(int(row)), offerings)[:8]
        if words and not built.enterprises.lexical.scores_of(words, np.array([row]))[0] > 0:
            found.append(built.enterprises.documents.id_of(int(row)))
    return found


def _spread(size: int, most: int) -> NDArray[np.int64]:
    """At most *most* rows, evenly spread over *size*, the first and the last among them."""
    return np.unique(np.linspace(0, size - 1, min(most, size)).astype(np.int64)) if size else np.zeros(0, int)


# ---------------------------------------------------------------------- is it no worse?


def golden_hit(engine: Engine, golden: Sequence[GoldenQuery]) -> Judged:
    """Whether every golden query has one of its enterprises among its first."""
    name = "golden queries"
    if not golden:
        return Gate(name, True, "none in the workspace (golden.csv)"), {}
    as_of, missed, asked = probes.day_of(engine.snapshot), [], []
    for query in golden:
        need = _need(engine.snapshot, query)
        if need is None:
            missed.append(f"{query.row}: the release holds no need {query.need_id}")
        else:
            asked.append((query, SupplierQuery(need, as_of, query.within, explain=False)))
    answers = engine.suppliers_many([query for _, query in asked])
    for (query, _), answer in zip(asked, answers, strict=True):
        if not {result.enterprise_id for result in answer.results}.intersection(query.enterprise_ids):
            wanted = " or ".join(query.enterprise_ids[:_TOLD])
            missed.append(f"{query.row}: {query.asked!r} has no {wanted} within {query.within}")
    hit = len(golden) - len(missed)
    figures = {"queries": len(golden), "hit": hit}
    if not missed:
        return Gate(name, True, f"{hit} of {len(golden)} hit"), figures
    told = "; ".join(missed[:_TOLD]) + (f"; and {len(missed) - _TOLD} more" if len(missed) > _TOLD else "")
    mend = f"see what took their places with `rongtong recommend suppliers`; change the rows, or, {_FORCE}"
    return Gate(name, False, f"{hit} of {len(golden)} hit. {told}", "all of them", mend), figures


def quality(asked: Probes, before: Probes | None, judged: Judgments, built: Snapshot) -> Judged:
    """Whether nDCG@10 on the catalogue's outcomes is not worse than the last release's, beyond chance.

    Both are judged by today's outcomes on the same needs; who is no longer in the catalogue does not count.
    """
    name, held = "quality", built.enterprises.documents.row_of
    right = {
        id: {firm: grade for firm, grade in judged[id].items() if held(firm) is not None}
        for id in asked.lists
        if id in judged
    }
    right = {id: grades for id, grades in right.items() if grades}
    if not right:
        return Gate(name, True, "no need has an outcome: nobody qualified or was awarded"), {}
    now = {id: ndcg(grades, asked.lists[id], DEPTH) for id, grades in right.items()}
    mean = float(np.mean(list(now.values())))
    figures = {"ndcg@10": round(mean, 4), "needs": len(now)}
    pairs = [id for id in now if before and id in before.lists]
    told = f"nDCG@10 {mean:.3f} on {len(now)} needs with outcomes"
    if before is None or len(pairs) < LEAST_JUDGED:
        told += f"; {len(pairs)} of them asked of the last release: too few to compare"
        return Gate(name, True, told), figures
    ours = np.array([now[id] for id in pairs])
    theirs = np.array([ndcg(right[id], before.lists[id], DEPTH) for id in pairs])
    chance, fell = randomisation_test(ours, theirs), float(theirs.mean() - ours.mean())
    figures |= {"compared": len(pairs), "before": round(float(theirs.mean()), 4), "p": round(chance, 4)}
    told += f"; on {len(pairs)} of them {ours.mean():.3f}, before {theirs.mean():.3f} (p = {chance:.2g})"
    bound = FAR_CHANCE if fell >= FAR_WORSE else CHANCE
    if fell < WORSE or chance > bound:
        return Gate(name, True, told), figures
    expected = f"a fall below {WORSE:g}, or one that is chance (p > {bound:g})"
    mend = f"see `rongtong releases compare`: a new ranker or encoder? a wrong import?; {_FORCE}"
    return Gate(name, False, told, expected, mend), figures


def churn(asked: Probes, before: Probes | None, built: Snapshot, parent: Snapshot | None) -> Judged:
    """How much of the first ten is new, over the needs that did not change themselves."""
    name = "churn"
    if before is None or parent is None:
        return Gate(name, True, "no lists of an earlier release to compare with"), {}
    now, then = built.needs.documents, parent.needs.documents
    replaced = []
    for id, listed in asked.lists.items():
        old, row, old_row = before.lists.get(id), now.row_of(id), then.row_of(id)
        if not old or row is None or old_row is None or now.raw(row) != then.raw(old_row):
            continue
        replaced.append(1.0 - len(set(old).intersection(listed)) / len(old))
    if not replaced:
        return Gate(name, True, "no need that both releases were asked"), {}
    mean, touched = float(np.mean(replaced)), int(np.count_nonzero(replaced))
    figures = {"mean": round(mean, 4), "needs": len(replaced), "changed": touched}
    told = f"{mean:.1%} of the first ten replaced; {touched} of {len(replaced)} needs have another list"
    if mean <= MOST_CHURN:
        return Gate(name, True, told), figures
    mend = f"see `rongtong releases compare`; {_FORCE}"
    return Gate(name, False, told, f"at most {MOST_CHURN:.0%}", mend), figures


def latency_bounded(latency: Latency | None, parent: Snapshot | None) -> Judged:
    """Whether requests did not become several times slower than the catalogue grew."""
    name = "latency"
    if latency is None:
        return Gate(name, True, "no need to ask"), {}
    figures = latency.to_json()
    told = (
        f"p50 {latency.p50:.1f} ms, p95 {latency.p95:.1f} ms of {latency.requests} requests; "
        f"{latency.cpu:.1f} ms of processor"
    )
    then = measured_before(parent, name)
    before = then.get("cpu", 0)
    if not before > 0:
        return Gate(name, True, f"{told}; no earlier figures"), figures
    growth = max(1.0, latency.offerings / max(then.get("offerings", 0), 1))
    bound = max(SLOW, SLOWER * growth * before)
    told += f", before {before:.1f} ms"
    if latency.cpu <= bound:
        return Gate(name, True, told), figures
    mend = f"a new encoder or ranker? many more offerings or requirements?; {_FORCE}"
    return Gate(name, False, told, f"up to {bound:.0f} ms of processor", mend), figures


def measured_before(parent: Snapshot | None, gate: str) -> dict[str, float]:
    """The figures of a gate that the manifest of *parent* keeps; none where it has none."""
    notes = parent.manifest.notes.get(EVALUATION) if parent else None
    found = notes.get(gate) if isinstance(notes, dict) else None
    if not isinstance(found, dict):
        return {}
    return {name: value for name, value in found.items() if type(value) in (int, float)}


def _need(snapshot: Snapshot, query: GoldenQuery) -> Need | None:
    if query.text:
        return need_from_text(query.text)
    row = snapshot.needs.documents.row_of(query.need_id)
    return None if row is None else snapshot.need(row)
