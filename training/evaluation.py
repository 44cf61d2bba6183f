"""How good are the answers? Each system of the engine against judgments, with intervals and significance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from indexes.errors import InputError
from recommender.catalogue.domain import Need
from recommender.engine import Engine
from recommender.query import SYSTEMS, SupplierQuery
from training.metrics import MEASURES, Floats, Interval, bootstrap, randomisation_test, scores_by_query

if TYPE_CHECKING:
    import pandas

_DEPTH = 100  # the deepest measure


@dataclass(frozen=True, slots=True)
class Evaluation:
    """``means`` and ``p_values`` by system and measure; a p-value compares with the first system.

    ``values`` are those of each judged need (q,), in the order of ``need_ids``.
    """

    release: str
    need_ids: tuple[str, ...]
    systems: tuple[str, ...]
    values: Mapping[str, Mapping[str, Floats]]
    means: Mapping[str, Mapping[str, Interval]]
    p_values: Mapping[str, Mapping[str, float]]

    def to_json(self) -> dict[str, object]:
        return {
            "release": self.release,
            "needs": len(self.need_ids),
            "compared_with": self.systems[0],
            "systems": {
                system: {
                    measure: {
                        "mean": self.means[system][measure].mean,
                        "low": self.means[system][measure].low,
                        "high": self.means[system][measure].high,
                        "p": self.p_values.get(system, {}).get(measure),
                    }
                    for measure in MEASURES
                }
                for system in self.systems
            },
        }


def evaluate(
    engine: Engine,
    needs: Sequence[Need],
    qrels: Mapping[str, Mapping[str, int]],
    *,
    systems: Sequence[str] = SYSTEMS,
    as_of: date,
    progress: Callable[[str, int, int], None] | None = None,
) -> Evaluation:
    """Rank the enterprises of the engine's release for each judged need by each of *systems*.

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
    queries = [SupplierQuery(need, as_of, top_k=_DEPTH, explain=False) for need in judged]
    values = {}
    for system in systems:
        run: dict[str, list[str]] = {}
        for done, (need, ranked) in enumerate(zip(judged, engine.ranking(queries, system), strict=True), 1):
            run[need.need_id] = [enterprise_id for enterprise_id, _ in ranked]
            if progress:
                progress(system, done, len(judged))
        _, values[system] = scores_by_query(kept, run)
    first = systems[0]
    return Evaluation(
        engine.release,
        tuple(sorted(kept)),
        tuple(systems),
        values,
        {s: {m: bootstrap(values[s][m]) for m in MEASURES} for s in systems},
        {
            s: {m: randomisation_test(values[s][m], values[first][m]) for m in MEASURES}
            for s in systems
            if s != first
        },
    )


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
