"""``python -m tests.benchmarks.faithfulness DIR``: are the explanations true?

DIR holds ``catalogue/`` with ``enterprises_listed.csv``, ``products_listed.csv``, ``enterprises_sme.xlsx``,
``product_edges.csv``, ``needs_soe.csv`` and ``needs_tenders.jsonl``. Needs spread evenly over both lists are
asked of a release of both catalogues, ten results each, and of every quotation it is asked: does the score
fall when the quoted words are masked, and further than for a random span as long? The same is asked of the
answers from other chains to all needs of both lists, and of the words that their paths begin with, and of the
partners that complete a need, there and in the bundled sample. Further:
do the contributions add up, is every span a substring of its field, and is a model that was taught shuffled
outcomes flat?
"""

from __future__ import annotations

import csv
import json
import math
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from indexes.store import ReleaseStore
from recommender.catalogue import Enterprise, Kind, Need, Offering, Outcome, Scope, open_catalogue
from recommender.chains.transfer import reaching
from recommender.completion import CompletionQuery
from recommender.encoder import load_encoder
from recommender.engine import Engine
from recommender.explanation import masked
from recommender.intake.importer import import_file
from recommender.matching import exact
from recommender.matching.common import Parts
from recommender.query import SupplierQuery
from recommender.ranking import PRIOR, AdditiveModel
from recommender.refresh import refresh
from recommender.results import Evidence, Recommendation, Result
from recommender.text.titles import subject
from tests.benchmarks.workspaces import sample
from training.curve_fit import fit
from training.metrics import bootstrap
from training.models import packaged_encoder
from training.slates import Slate, judged, slates

NEEDS = 500
DAY = date(2026, 11, 21)
_MASK = "，"
_ACROSS = 5  # results from another chain whose paths are tested


@dataclass(frozen=True, slots=True)
class Case:
    """One quotation of one result. ``need`` numbers the need; ``lost`` is the log-odds lost by masking the
    quoted words, ``random`` by masking a random span as long, NaN where the text has no other."""

    need: int
    lost: float
    random: float


@dataclass(slots=True)
class Found:
    """What a run over many needs found: quotations of needs and of offers, words of needs from which a path
    leads to another chain, the largest error of a sum of contributions, spans, and those of them that stand
    nowhere in their field."""

    needs: list[Case] = field(default_factory=list)
    offers: list[Case] = field(default_factory=list)
    paths: list[Case] = field(default_factory=list)
    sum_error: float = 0.0
    spans: int = 0
    loose: int = 0


def parts_of(engine: Engine) -> Parts:
    return Parts.of(engine.snapshot, engine.encoder, engine.model)


def measure(engine: Engine, needs: Sequence[Need], *, top_k: int = 10, seed: int = 0) -> Found:
    """Asks *engine* for each of *needs* and masks what it quotes."""
    draw = random.Random(seed)
    found = Found()
    for number, need in enumerate(needs):
        query = SupplierQuery(need, DAY, top_k=top_k)
        _add(found, engine, query, engine.suppliers(query), number, draw)
    return found


def measure_across(engine: Engine, needs: Sequence[Need], *, seed: int = 0) -> Found:
    """The same for what ``scope=cross`` answers over a path, of those *needs* for which there is any."""
    draw = random.Random(seed)
    found = Found()
    for number, need in enumerate(needs):
        reached = reaching(engine.snapshot.graph, need, engine.encoder.encode)
        if reached is None or not any(way.leaves for way in reached.ways):
            continue
        query = SupplierQuery(need, DAY, top_k=_ACROSS, scope=Scope.CROSS)
        _add(found, engine, query, _with_paths(engine.suppliers(query)), number, draw)
    return found


def measure_partners(engine: Engine, needs: Sequence[Need], *, seed: int = 0) -> Found:
    """The same for the partners that complete *needs*: their explanations quote the need that was derived
    and sought."""
    draw = random.Random(seed)
    found = Found()
    for number, need in enumerate(needs):
        for suggestion in engine.complete(CompletionQuery(need, DAY)).suggestions:
            link = suggestion.partner.link if suggestion.stated else None
            answer = Recommendation(engine.release, {}, suggestion.results)
            _add(found, engine, SupplierQuery(suggestion.sought, DAY, link=link), answer, number, draw)
    return found


def _add(
    found: Found,
    engine: Engine,
    query: SupplierQuery,
    answer: Recommendation,
    number: int,
    draw: random.Random,
) -> None:
    """Puts what the results of *answer* to *query* are worth to *found*; *number* is the need's."""
    spans, loose = _spans(engine, query.need, answer)
    found.spans += spans
    found.loose += loose
    found.sum_error = max(found.sum_error, _sum_error(answer))
    found.needs += _need_cases(engine, query, answer, number, draw, _quoted)
    found.offers += _offer_cases(engine, query, answer, number, draw)
    found.paths += _need_cases(engine, query, answer, number, draw, _path_words)


def _quoted(result: Result) -> list[str]:
    return [quoted.need.span for quoted in result.evidence]


def _path_words(result: Result) -> list[str]:
    """The need's words from which the path of *result* leads to another chain."""
    path: Mapping[str, Any] = result.cross_chain or {}
    return [path["need"]["span"]] if path.get("path") else []


def _with_paths(answer: Recommendation) -> Recommendation:
    return replace(answer, results=tuple(result for result in answer.results if _path_words(result)))


def _need_cases(
    engine: Engine,
    query: SupplierQuery,
    answer: Recommendation,
    number: int,
    draw: random.Random,
    words_of: Callable[[Result], list[str]],
) -> list[Case]:
    parts, need = parts_of(engine), query.need
    documents = engine.snapshot.enterprises.documents
    listed = [documents.row_of(result.enterprise_id) for result in answer.results]
    rows = np.array(sorted(row for row in listed if row is not None), np.int64)
    known: dict[str, dict[int, float]] = {}

    def odds(words: str) -> dict[int, float]:
        if words not in known:
            asking = exact.asking(parts, replace(query, need=masked(need, words) if words else need))
            scored = exact.log_odds(parts, asking, rows).tolist()
            known[words] = dict(zip(rows.tolist(), scored, strict=True))
        return known[words]

    texts = (subject(need.title), need.description)
    cases = []
    for row, result in zip(listed, answer.results, strict=True):
        assert row is not None
        for words in words_of(result):
            other = _another(texts, words, draw)
            whole = odds("")[row]
            lost = whole - odds(words)[row]
            cases.append(Case(number, lost, whole - odds(other)[row] if other else math.nan))
    return cases


def _offer_cases(
    engine: Engine, query: SupplierQuery, answer: Recommendation, number: int, draw: random.Random
) -> list[Case]:
    """The same on the other side: words of the first quoted offer are masked in the enterprise's record."""
    parts = parts_of(engine)
    asking = exact.asking(parts, query)
    cases = []
    for result in answer.results:
        row = engine.snapshot.enterprises.documents.row_of(result.enterprise_id)
        if row is None or not result.evidence:
            continue
        enterprise, offerings = exact.stored(parts, row)

        def odds(words: str, row: int = row, firm: exact.Firm = (enterprise, offerings)) -> float:
            features, _ = exact.supposed(parts, asking, row, *_without(firm, words), touched=False)
            return float(parts.model.log_odds(parts.model.contributions(features))[0])

        quoted = result.evidence[0].offer.span
        texts = [text for each in offerings for text in (each.title, each.description)]
        other = _another([*texts, enterprise.description], quoted, draw)
        whole = odds("")
        cases.append(Case(number, whole - odds(quoted), whole - odds(other) if other else math.nan))
    return cases


def _without(firm: exact.Firm, words: str) -> exact.Firm:
    if not words:
        return firm
    enterprise, offerings = firm
    bare = [
        replace(o, title=o.title.replace(words, _MASK), description=o.description.replace(words, _MASK))
        for o in offerings
    ]
    return replace(enterprise, description=enterprise.description.replace(words, _MASK)), tuple(bare)


def _another(texts: Sequence[str], words: str, draw: random.Random) -> str:
    """A random span of *texts* as long as *words*, but other words; "" where there is none."""
    length = len(words)
    starts = [
        (text, start)
        for text in texts
        for start in range(len(text) - length + 1)
        if text[start : start + length] != words
    ]
    if not starts:
        return ""
    text, start = draw.choice(starts)
    return text[start : start + length]


def _spans(engine: Engine, need: Need, answer: Recommendation) -> tuple[int, int]:
    """How many spans *answer* has, and how many of them do not stand in the field that they name."""
    parts = parts_of(engine)
    checked: list[bool] = []
    for result in answer.results:
        row = engine.snapshot.enterprises.documents.row_of(result.enterprise_id)
        assert row is not None
        enterprise, offerings = exact.stored(parts, row)
        by_id = {offering.offering_id: offering for offering in offerings}
        if result.unanswered:
            checked.append(result.unanswered.span in str(getattr(need, result.unanswered.field)))
        for quoted in result.evidence:
            checked.append(quoted.need.span in str(getattr(need, quoted.need.field)))
            checked.append(quoted.offer.span in _field(enterprise, by_id, quoted))
        for verdict in result.requirements:
            if verdict.asked and isinstance(getattr(need, verdict.asked.field), str):
                checked.append(verdict.asked.span in getattr(need, verdict.asked.field))
            source = verdict.source
            if source and source.start is not None:
                holder = by_id.get(source.offering_id, enterprise)
                checked.append(getattr(holder, source.field)[source.start :].startswith(source.span))
        for quote in _path_quotes(result):
            owner = engine.snapshot.offerings.documents.row_of(str(quote.get("offering_id", "")))
            text = getattr(need if owner is None else engine.snapshot.offering(owner), quote["field"])
            checked.append(text[quote["start"] :].startswith(quote["span"]))
    return len(checked), checked.count(False)


def _path_quotes(result: Result) -> list[Mapping[str, Any]]:
    """All that the path of *result* quotes: the need, the offering, who states an edge or a standard."""
    path: Mapping[str, Any] = result.cross_chain or {}
    steps = [quote for step in path.get("steps", ()) for quote in step.get("quotes", ())]
    return [path["need"], path["offering"], *steps] if path.get("path") else []


def _field(enterprise: Enterprise, offerings: Mapping[str, Offering], quoted: Evidence) -> str:
    holder = offerings[quoted.offering_id] if quoted.offering_id else enterprise
    return str(getattr(holder, quoted.offer.field))


def _sum_error(answer: Recommendation) -> float:
    """The largest difference between the log-odds of a score and base plus contributions."""
    return max(
        (
            abs(r.base + sum(c.contribution for c in r.contributions) - math.log(r.score / (1 - r.score)))
            for r in answer.results
        ),
        default=0.0,
    )


def spreads(engine: Engine, needs: Sequence[Need], outcomes: Sequence[Outcome]) -> tuple[float, float]:
    """The spread that contributions have in a model fitted to *outcomes*, and in one to the same shuffled.

    Both start from curves that are flat. The spread is the mean over features of the standard deviation of
    what a feature adds to the candidates that were shown, in log-odds.
    """
    parts = parts_of(engine)
    known = judged(outcomes)
    shown = [
        _only_shown(s) for s in slates(parts, sorted(needs, key=lambda n: n.need_id), known, outcomes, DAY)
    ]
    flat = replace(
        PRIOR,
        curves=tuple(replace(c, knots=tuple((x, 0.0) for x, _ in c.knots)) for c in PRIOR.curves),
    )
    draw = np.random.default_rng(0)
    shuffled = [replace(slate, grades=draw.permutation(slate.grades)) for slate in shown]
    true, false = (_spread(fit(several, flat), shown) for several in (shown, shuffled))
    return true, false


def _only_shown(slate: Slate) -> Slate:
    at = np.flatnonzero(slate.shown)
    return Slate(
        slate.need_id,
        slate.day,
        tuple(slate.ids[i] for i in at),
        {name: column[at] for name, column in slate.features.items()},
        slate.grades[at],
        slate.shown[at],
        slate.ranks[at],
        slate.found[at],
    )


def _spread(model: AdditiveModel, shown: Sequence[Slate]) -> float:
    added = np.concatenate([model.contributions(slate.features) for slate in shown])
    return float(added.std(axis=0).mean())


def rate(cases: Sequence[Case], *, beats: bool) -> tuple[str, float, int]:
    """A share of *cases* with its interval over needs, as text; the share; how many cases it is of."""
    counted = [case for case in cases if not (beats and math.isnan(case.random))]
    right = [float(case.lost > (max(case.random, 0.0) if beats else 0.0)) for case in counted]
    found = bootstrap(np.array(right), groups=np.array([case.need for case in counted]))
    return str(found), found.mean, len(counted)


def real_needs(data: Path, count: int | None) -> list[Need]:
    """*count* needs spread evenly over both lists; None: all of both."""
    with open(data / "catalogue" / "needs_soe.csv", encoding="utf-8", newline="") as file:
        bought = [
            Need(r["need_id"], r["title"], r["description"], r["qualification"], buyer_name=r["buyer"])
            for r in csv.DictReader(file)
        ]
    with open(data / "catalogue" / "needs_tenders.jsonl", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    tenders = [
        Need(r["need_id"], r["title"], r.get("scope") or "", r.get("qualification") or "") for r in rows
    ]
    if count is None:
        return bought + tenders
    return _spread_evenly(bought, count // 2) + _spread_evenly(tenders, count - count // 2)


def _spread_evenly(needs: Sequence[Need], count: int) -> list[Need]:
    return [needs[i * len(needs) // count] for i in range(count)]


def fill(data: Path, home: Path) -> Engine:
    """The listed companies and the SMEs as a release in *home*."""
    encoder = load_encoder(packaged_encoder())
    folder = data / "catalogue"
    with open_catalogue(f"sqlite:///{home / 'catalogue.db'}") as catalogue:
        import_file(catalogue, Kind.ENTERPRISES, folder / "enterprises_listed.csv")
        import_file(catalogue, Kind.OFFERINGS, folder / "products_listed.csv")
        import_file(catalogue, Kind.ENTERPRISES, folder / "enterprises_sme.xlsx")
        import_file(catalogue, Kind.EDGES, folder / "product_edges.csv")
        refresh(catalogue, ReleaseStore(home), encoder, cache=home / "cache")
    return Engine.open(ReleaseStore(home), encoder)


def report(found: Found) -> Iterator[str]:
    yield "| what | share [95 %] | of |"
    yield "|---|---|---:|"
    for side, cases in (("need", found.needs), ("offer", found.offers), ("path", found.paths)):
        if not cases:
            continue
        for what, beats in (("lowers the score", False), ("and more than a random span", True)):
            text, _, count = rate(cases, beats=beats)
            yield f"| masking the {side}'s words {what} | {text} | {count:,} |"
    yield ""
    yield f"Largest error of a sum of contributions: {found.sum_error:.1e}."
    yield f"Spans that do not stand in their field: {found.loose} of {found.spans:,}."


def main(data: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as name:
        engine = fill(data, Path(name))
        counts = engine.snapshot.manifest.counts
        yield f"{NEEDS} needs, {counts['enterprises']:,} enterprises, {counts['offerings']:,} offerings"
        yield ""
        yield from report(measure(engine, real_needs(data, NEEDS)))
        yield ""
        yield "Answers over a path from another chain, to all needs that have any:"
        yield ""
        yield from report(measure_across(engine, real_needs(data, None)))
        yield ""
        yield "Partners that complete a need, of catalogues that state no link but supply:"
        yield ""
        yield from report(measure_partners(engine, real_needs(data, NEEDS)))
    with sample() as home, open_catalogue(f"sqlite:///{home / 'catalogue.db'}") as catalogue:
        encoder = load_encoder(packaged_encoder())
        refresh(catalogue, ReleaseStore(home), encoder, cache=home / "cache")
        opened = Engine.open(ReleaseStore(home), encoder)
        needs = list(catalogue.needs())
        true, shuffled = spreads(opened, needs, list(catalogue.outcomes()))
        yield ""
        yield "Partners that complete a need of the sample, which states links:"
        yield ""
        yield from report(measure_partners(opened, needs))
        yield ""
    yield f"Spread of contributions, fitted to the sample's outcomes: {true:.3f}; shuffled: {shuffled:.3f}."


if __name__ == "__main__":
    for line in main(Path(sys.argv[1])):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
