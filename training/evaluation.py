"""How good are the answers? Each system of the engine against judgments, with intervals and significance."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from indexes.errors import InputError
from recommender.catalogue.domain import Need
from recommender.engine import Engine
from recommender.query import MAX_TOP_K, SYSTEMS, SupplierQuery
from training.metrics import MEASURES, Floats, Interval, intervals, scores_by_query, significance

if TYPE_CHECKING:
    import pandas

_DEPTH = 100  # the deepest measure
_REMEMBERED = 10  # places of each list that are kept to look at

Qrels = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Standing:
    """How the main system answered a need: its best-placed right enterprise and that one's place (None: not
    in the first hundred), and the first ten of the list with their scores."""

    winner: str | None
    rank: int | None
    top: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """``means`` and ``p_values`` by system and measure; a p-value compares with the first system.

    ``values`` are those of each judged need (q,), in the order of ``need_ids``, and ``groups`` (q,) number
    needs that belong together (None: each stands alone). ``standings`` are the main system's, by need.
    """

    release: str
    need_ids: tuple[str, ...]
    systems: tuple[str, ...]
    values: Mapping[str, Mapping[str, Floats]]
    means: Mapping[str, Mapping[str, Interval]]
    p_values: Mapping[str, Mapping[str, float]]
    standings: Mapping[str, Standing]
    groups: NDArray[np.int64] | None = None

    @property
    def main(self) -> str:
        """The system whose answers users see: ``full`` where it was measured, else the last."""
        return "full" if "full" in self.systems else self.systems[-1]

    def to_json(self) -> dict[str, object]:
        return {
            "release": self.release,
            "needs": len(self.need_ids),
            "compared_with": self.systems[0],
            "systems": {
                system: as_json(self.means[system], self.p_values.get(system, {})) for system in self.systems
            },
        }


def as_json(means: Mapping[str, Interval], p_values: Mapping[str, float]) -> dict[str, object]:
    """Measures with their intervals and p-values (None where there is none)."""
    return {
        measure: {"mean": each.mean, "low": each.low, "high": each.high, "p": p_values.get(measure)}
        for measure, each in means.items()
    }


def evaluate(
    engine: Engine,
    needs: Sequence[Need],
    qrels: Qrels,
    *,
    systems: Sequence[str] = SYSTEMS,
    as_of: date,
    ignored: Mapping[str, Collection[str]] | None = None,
    groups: Mapping[str, str] | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Evaluation:
    """Rank the enterprises of the engine's release for each judged need by each of *systems*.

    *ignored* names enterprises that count neither as right nor as wrong for a need: they are taken out of its
    lists before measuring (condensed lists, Sakai 2007). *groups* says which needs belong together, as in
    :func:`training.metrics.bootstrap`; a need that it lacks stands alone.

    Raises InputError for an unknown system, and where not one need has a judgment of grade ≥ 1.
    """
    if unknown := [s for s in systems if s not in SYSTEMS]:
        raise InputError(
            "No such system.", field="systems", value=unknown[0], mend=f"of {', '.join(SYSTEMS)}"
        )
    if not systems:
        raise InputError("No system was named.", field="systems", value="", mend=f"of {', '.join(SYSTEMS)}")
    judged = [need for need in needs if any(grade > 0 for grade in qrels.get(need.need_id, {}).values())]
    if not judged:
        raise InputError(
            "No need has a judgment.",
            field="qrels",
            value=f"{len(qrels)} judged needs, {len(needs)} needs",
            mend="need_id must be the same in both files, and a grade at least 1",
        )
    kept = {need.need_id: qrels[need.need_id] for need in judged}
    ignored = ignored or {}
    depth = min(_DEPTH + max((len(each) for each in ignored.values()), default=0), MAX_TOP_K)
    queries = [SupplierQuery(need, as_of, top_k=depth, explain=False) for need in judged]
    values, lists = {}, {}
    for system in systems:
        ranked: dict[str, list[tuple[str, float]]] = {}
        for done, (need, found) in enumerate(zip(judged, engine.ranking(queries, system), strict=True), 1):
            out = ignored.get(need.need_id, ())
            ranked[need.need_id] = [each for each in found if each[0] not in out][:_DEPTH]
            if progress:
                progress(system, done, len(judged))
        lists[system] = ranked
        _, values[system] = scores_by_query(kept, {q: [id for id, _ in each] for q, each in ranked.items()})
    first, need_ids = systems[0], tuple(sorted(kept))
    numbers = _numbered(need_ids, groups) if groups else None
    return Evaluation(
        engine.release,
        need_ids,
        tuple(systems),
        values,
        {s: intervals(values[s], groups=numbers) for s in systems},
        {s: significance(values[s], values[first], groups=numbers) for s in systems if s != first},
        {
            need_id: _standing(kept[need_id], lists["full" if "full" in systems else systems[-1]][need_id])
            for need_id in need_ids
        },
        numbers,
    )


def _numbered(need_ids: Sequence[str], groups: Mapping[str, str]) -> NDArray[np.int64]:
    names: dict[tuple[bool, str], int] = {}
    keys = [(id in groups, groups.get(id, id)) for id in need_ids]
    return np.array([names.setdefault(key, len(names)) for key in keys], np.int64)


def _standing(judged: Mapping[str, int], ranked: Sequence[tuple[str, float]]) -> Standing:
    right = ((id, place) for place, (id, _) in enumerate(ranked, 1) if judged.get(id, 0) > 0)
    winner, rank = next(right, (None, None))
    return Standing(winner, rank, tuple(ranked[:_REMEMBERED]))


def by_need(found: Evaluation, needs: Sequence[Need]) -> pandas.DataFrame:
    """One row a judged need, the worst for the last system first: its id, title and, for each system and
    measure, a column ``system measure``. To look at failures, not at means."""
    import pandas

    titles = {need.need_id: need.title for need in needs}
    columns: dict[str, object] = {
        "need_id": found.need_ids,
        "title": [titles.get(need_id, "") for need_id in found.need_ids],
    }
    for system in found.systems:
        for measure in MEASURES:
            columns[f"{system} {measure}"] = found.values[system][measure]
    worst = [f"{found.systems[-1]} {measure}" for measure in ("MRR", "R@100")]
    return pandas.DataFrame(columns).sort_values([*worst, "need_id"], kind="stable", ignore_index=True)
