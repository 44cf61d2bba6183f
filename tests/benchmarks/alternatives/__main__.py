"""``python -m tests.benchmarks.alternatives DATA WORK``: the table of alternatives in the model's card.

DATA is a folder as for ``tests.benchmarks.quality`` with the open texts; what is computed is kept in the
folder WORK, so that an interrupted run goes on. An hour of one core. The Markdown goes to standard output:
``training/alternatives.md`` is what it printed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from recommender.text.tokens import tokens
from tests.benchmarks.alternatives import expansion, pooling
from tests.benchmarks.alternatives.lessons import INTRODUCTION, LESSONS, REMARKS
from tests.benchmarks.alternatives.matching import Asked, Contest, Features, Ranks, Reader, compared, measures
from tests.benchmarks.alternatives.variants import Floats, Workshop, without_common
from training import report
from training.awards import FOLDS
from training.settings import TrainingSettings
from training.stages import save_array

Row = tuple[str, Callable[[], Ranks]]
_UNIFORM = 1e9  # softening at which all token weights are alike


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that are compared with their first."""

    title: str
    rows: Sequence[Row]


class Bench:
    def __init__(self, data: Path, work: Path) -> None:
        self.shop = Workshop(data, work, _say)
        self.data = data
        self.settings = self.shop.settings
        self.contest = Contest(self.shop.awards)
        self.reader = Reader(self.contest, self.shop.tokenizer)
        self.folds = cache(self._folds)
        self.plain = cache(self._plain)

    def _kept(self, name: str, make: Callable[[], Sequence[Floats]], number: int) -> list[Floats]:
        stages = self.shop.stages

        def save() -> None:
            for at, vectors in enumerate(make()):
                save_array(stages.path(f"{name}-{at}.npy"), vectors)

        stages.run(name, save)
        return [np.load(stages.path(f"{name}-{at}.npy")) for at in range(number)]

    @property
    def before(self) -> Floats:
        """The shipped vectors before any contract."""
        return self._kept("before", lambda: [self.shop.contrasted(self.shop.shipped)], 1)[0]

    def _folds(self) -> list[Floats]:
        """The shipped recipe, without the contracts of each fold."""
        return self._kept("fold", lambda: self.shop.folds(self.before), FOLDS)

    def trained(self, settings: TrainingSettings) -> list[Floats]:
        """Contrast and contracts anew."""
        return self.shop.folds(self.shop.contrasted(self.shop.shipped, settings), settings)

    def full(self, folds: Sequence[Floats], reader: Reader | None = None, **how: object) -> Ranks:
        """By the shipped curves."""
        offering, whole = (reader or self.reader).cosines(folds, **how)  # type: ignore[arg-type]
        return self.contest.ranks(self.contest.by_prior(self.contest.features(offering, whole)))

    def _plain(self) -> Features:
        return self.contest.features(*self.reader.cosines(self.folds()))

    def learned(self, *names: str, **other: Floats) -> Ranks:
        """By weights learned on the other folds, of the features *names* and *other*."""
        features = {name: self.plain()[name] for name in names} | other
        return self.contest.ranks(self.contest.by_learned(features))

    def shipped(self) -> Ranks:
        return self.full(self.folds())


def groups(bench: Bench) -> Iterator[Group]:
    yield from _encoder(bench)
    yield from _retrieval(bench)
    yield Group("Contracts and counter-examples", _contracts(bench))


def _encoder(bench: Bench) -> Iterator[Group]:
    settings = bench.settings

    def vocabulary(pieces: str) -> Ranks:
        of = bench.shop.sampled(pieces)
        return bench.full([bench.shop.contrasted(of)] * FOLDS, Reader(bench.contest, of.cut))

    yield Group(
        "Vocabulary, every fourth text, before any contract",
        [
            ("words, unigram model (shipped)", lambda: vocabulary("words")),
            ("characters", lambda: vocabulary("characters")),
            ("overlapping bigrams, characters where none is known", lambda: vocabulary("bigrams")),
        ],
    )
    wide = cache(lambda dimension: bench.trained(replace(settings, dimension=dimension)))

    def cut_to(dimension: int, folds: Sequence[Floats]) -> Ranks:
        return bench.full([np.ascontiguousarray(vectors[:, :dimension]) for vectors in folds])

    half = np.float16
    yield Group(
        "Dimension",
        [
            ("256 (shipped; 34 MB)", bench.shipped),
            ("128 (17 MB)", lambda: bench.full(wide(128))),
            ("384 (51 MB)", lambda: bench.full(wide(384))),
            ("512 (69 MB)", lambda: bench.full(wide(512))),
            ("first 256 of the 512", lambda: cut_to(256, wide(512))),
            ("first 128 of the 256", lambda: cut_to(128, bench.folds())),
            ("first 64 of the 256 (9 MB)", lambda: cut_to(64, bench.folds())),
            (
                "256 stored as float16 (17 MB)",
                lambda: bench.full([v.astype(half).astype(np.float32) for v in bench.folds()]),
            ),
        ],
    )
    fixed = replace(settings, weight_learning_rate=0.0)

    def contrasted(changed: TrainingSettings) -> Ranks:
        return bench.full([bench.shop.contrasted(bench.shop.shipped, changed)] * FOLDS)

    def before() -> Ranks:
        return bench.full([bench.before] * FOLDS)

    yield Group(
        "Token weights, before any contract",
        [
            ("a / (a + f), then learned (shipped)", before),
            ("a / (a + f), fixed", lambda: contrasted(fixed)),
            ("uniform, fixed", lambda: contrasted(replace(fixed, softening=_UNIFORM))),
            ("uniform, then learned", lambda: contrasted(replace(settings, softening=_UNIFORM))),
        ],
    )

    def uncommon(number: int) -> Ranks:
        folds = bench.folds()
        return bench.full([without_common(v, bench.reader.offerings(v), number) for v in folds])

    yield Group(
        "Removal of common components, from what was learned",
        [
            ("none (shipped)", bench.shipped),
            ("the first", lambda: uncommon(1)),
            ("the first three", lambda: uncommon(3)),
            (
                "the mean of the profiles, from profiles alone",
                lambda: bench.full(bench.folds(), centred=True),
            ),
        ],
    )

    def dropped() -> Ranks:
        words = bench.shop.whole_words
        vectors = bench.shop.contrasted(bench.shop.shipped, cut=words)
        return bench.full([vectors] * FOLDS, Reader(bench.contest, words))

    yield Group(
        "Words outside the vocabulary, before any contract",
        [("fall apart into shorter pieces (shipped)", before), ("are dropped", dropped)],
    )


def _retrieval(bench: Bench) -> Iterator[Group]:
    contest, near = bench.contest, ("site", "seat")

    def matched(pool: pooling.Pool, *names: str) -> Ranks:
        offering, _ = bench.reader.cosines(bench.folds(), pool=pool)
        return bench.learned(*names, "words", *near, offering=offering)

    shares = pooling.soft(0.1, weighted=True)
    yield Group(
        "One vector or several, all weights learned",
        [
            ("best offering and profile (shipped)", lambda: matched(pooling.best, "profile")),
            ("best offering", lambda: matched(pooling.best)),
            ("profile", lambda: bench.learned("profile", "words", *near)),
            ("soft-max 0.1 by root of revenue share, and profile", lambda: matched(shares, "profile")),
        ],
    )
    before = cache(
        lambda: bench.contest.features(*bench.reader.cosines([bench.before] * FOLDS)),
    )

    def before_contracts(*without: str) -> Ranks:
        features = {name: values for name, values in before().items() if name not in without}
        return contest.ranks(contest.by_learned(features))

    yield Group(
        "The same before any contract",
        [
            ("best offering and profile", before_contracts),
            ("best offering", lambda: before_contracts("profile")),
            ("profile", lambda: before_contracts("offering")),
        ],
    )
    yield Group(
        "Offerings to one score, no profile, all weights learned",
        [
            ("best", lambda: matched(pooling.best)),
            *((f"soft-max, temperature {t}", lambda t=t: matched(pooling.soft(t))) for t in (0.03, 0.1, 0.3)),
            ("mean by root of revenue share", lambda: matched(pooling.mean)),
            ("soft-max 0.1 by root of revenue share", lambda: matched(shares)),
        ],
    )

    def halves() -> tuple[Floats, Floats]:
        features = bench.plain()
        # the dense half as retrieval has it
        return 0.4 * features["offering"] + 0.6 * features["profile"], features["words"]

    def text_only() -> Ranks:
        features = {name: bench.plain()[name] for name in ("offering", "profile", "words")}
        return contest.ranks(contest.by_prior(features))

    def calibrated() -> Ranks:
        dense, words = halves()
        return contest.ranks(contest.by_learned({"dense": dense}) + contest.by_learned({"words": words}))

    yield Group(
        "Fusion",
        [
            ("shipped curves, text only", text_only),
            ("shared words alone", lambda: contest.ranks(halves()[1])),
            ("dense alone", lambda: contest.ranks(halves()[0])),
            ("reciprocal rank", lambda: contest.ranks(pooling.reciprocal(halves()))),
            ("each half calibrated alone, log-odds added", calibrated),
            ("weights learned together", lambda: bench.learned("offering", "profile", "words")),
            ("shipped curves with nearness (shipped)", bench.shipped),
            (
                "weights learned together with nearness",
                lambda: bench.learned("offering", "profile", "words", *near),
            ),
        ],
    )
    yield Group("The product graph added to the need", _expansions(bench))

    def buyer(weight: float) -> Ranks:
        folds = bench.shop.folds(bench.before, buyer=weight)
        return bench.full(folds, buyer=weight)

    def buyer_words(weight: float) -> Ranks:
        offering, whole = bench.reader.cosines(bench.folds())
        words = contest.lexical + np.float32(weight) * contest.buyer_words()
        return contest.ranks(contest.by_prior(contest.features(offering, whole, words)))

    yield Group(
        "The buyer's name",
        [
            ("a fifth beside the need (shipped)", bench.shipped),
            ("not read", lambda: buyer(0.0)),
            ("a half", lambda: buyer(0.5)),
            ("a fifth, and its words count 0.2", lambda: buyer_words(0.2)),
            ("a fifth, and its words count 0.5", lambda: buyer_words(0.5)),
        ],
    )


def _expansions(bench: Bench) -> list[Row]:
    contest, needs = bench.contest, bench.contest.awards.needs
    graph = cache(lambda: expansion.read_graph(bench.data))

    def meant(weight: float, *relations: str) -> Ranks:
        more = Asked([expansion.added(needs, graph(), [each]) for each in relations], weight)
        return bench.full(bench.folds(), more=more)

    def worded(weight: float, *relations: str) -> Ranks:
        offering, whole = bench.reader.cosines(bench.folds())
        more = contest.words([tokens(text) for text in expansion.added(needs, graph(), relations)])
        own, other = (
            words / np.maximum(words.max(axis=1, keepdims=True), 1e-9) for words in (contest.lexical, more)
        )
        features = contest.features(offering, whole, own + np.float32(weight) * other)
        return contest.ranks(contest.by_prior(features))

    kind, material, above = expansion.KIND, expansion.MATERIAL, expansion.ABOVE
    return [
        ("nothing (shipped)", bench.shipped),
        ("kinds, by meaning, 0.1", lambda: meant(0.1, kind)),
        ("kinds, by meaning, 0.3", lambda: meant(0.3, kind)),
        ("materials, by meaning, 0.1", lambda: meant(0.1, material)),
        ("what it is a kind of, by meaning, 0.1", lambda: meant(0.1, above)),
        ("kinds, by words, 0.2", lambda: worded(0.2, kind)),
        ("kinds, by words, 0.5", lambda: worded(0.5, kind)),
        ("materials, by words, 0.2", lambda: worded(0.2, material)),
    ]


def _contracts(bench: Bench) -> list[Row]:
    settings, shop = bench.settings, bench.shop

    def longer(steps: int) -> Ranks:
        changed = replace(settings, award_steps=steps)
        return bench.full(shop.folds(bench.before, changed))

    def hard(number: int) -> Ranks:
        return bench.full(bench.trained(replace(settings, hard_negatives=number)))

    return [
        ("contracts learned from, 12 steps (shipped)", bench.shipped),
        ("no contract", lambda: bench.full([bench.before] * FOLDS)),
        ("6 steps", lambda: longer(6)),
        ("25 steps", lambda: longer(25)),
        ("50 steps", lambda: longer(50)),
        ("popularity taken up beside", lambda: bench.full(shop.folds_beside_popularity(bench.before))),
        ("1 mined counter-example each", lambda: hard(1)),
        ("4 mined counter-examples each", lambda: hard(4)),
    ]


def lines(bench: Bench, group: Group) -> Iterator[str]:
    """Its part of the table, as it is measured: what was learned, and the rows."""
    yield f"| **{group.title}.** {' '.join(LESSONS[group.title].split())} | | | |"
    reference: Ranks | None = None
    for name, make in group.rows:
        ranks = _ranks(bench, f"{group.title} {name}", make)
        cells = [f"{values.mean():.3f}" for values in measures(ranks).values()]
        if reference is None:
            reference = ranks
        else:
            gains = compared(ranks, reference, bench.contest.winners).values()
            cells = [f"{cell} ({gain:+.3f}, p {p:.2g})" for cell, (gain, p) in zip(cells, gains, strict=True)]
        yield f"| {' | '.join([name, *cells])} |"


def _ranks(bench: Bench, name: str, make: Callable[[], Ranks]) -> Ranks:
    stage = re.sub(r"\W+", "-", name)
    path = bench.shop.stages.path(f"{stage}.npy")
    bench.shop.stages.run(stage, lambda: save_array(path, make()))
    ranks: Ranks = np.load(path)
    return ranks


def main(data: Path, work: Path) -> Iterator[str]:
    bench = Bench(data, work)
    yield INTRODUCTION.format(needs=len(bench.contest.winners), suppliers=bench.contest.site.shape[1])
    yield ""
    yield from report.table(("", "R@10", "R@100", "MRR"), ())
    for group in groups(bench):
        yield from lines(bench, group)
    yield ""
    yield REMARKS


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    for written in main(*map(Path, sys.argv[1:])):
        sys.stdout.write(f"{written}\n")
        sys.stdout.flush()
