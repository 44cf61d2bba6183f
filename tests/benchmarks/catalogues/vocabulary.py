"""The goods of an invented economy: some thousand kinds of product, each with the words and products near it.

The bundled sample knows four hundred products in depth; a nation's catalogue has tens of thousands. The
breadth comes from what else the project ships: the classes of GB/T 4754, and the product-like words among
the pieces of the tokenizer that the encoder has. Which words and products are near is asked of the encoder,
so that a maker of bearings speaks of rollers and cages and not of seedlings.
"""

from __future__ import annotations

import csv
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from random import Random

import faiss
import numpy as np
from numpy.typing import NDArray

import recommender.intake
from recommender.encoder import load_encoder
from recommender.sample.chains import Node, load_chains
from tests.benchmarks.catalogues.templates import Template, compiled
from training.models import packaged_encoder

_CODES = Path(recommender.intake.__file__).parent / "codes" / "industries.csv"
_WORD = re.compile("▁?([一-鿿]{2,4})")
_PRODUCT_LIKE = 0.38  # mean cosine to the three nearest products from which a word is one of the trade
_HEAD = 0.45  # … and from which it is sold under its own name
_NEAR_WORDS, _NEAR_HEADS = 60, 12
_SKEW = 0.6  # the r-th commonest product is offered r^-0.7 as often as the first
_LEADING, _TRAILING = ("其他", "未列明"), ("及其他", "未列明", "专用", "制造", "加工", "生产", "业")


@dataclass(frozen=True, slots=True)
class Head:
    """A kind of product: its name, the kinds and words near it, and how the trade speaks of it."""

    name: str
    industry: str  # GB/T 4754-2017 code
    chain: str
    near: tuple[int, ...]  # other heads, nearest first
    words: tuple[str, ...]  # nearest first
    node: Node  # the sample's product nearest to it: unit, price, processes, certificates
    sentences: tuple[Template, ...]  # of that node, where the head is one of its names


@dataclass(frozen=True, slots=True)
class Vocabulary:
    heads: tuple[Head, ...]
    shares: tuple[float, ...]  # running sum of how often each is offered

    def draw(self, rng: Random) -> int:
        """The number of a head, common ones more often."""
        return rng.choices(range(len(self.heads)), cum_weights=self.shares)[0]


@cache
def phrases() -> dict[str, tuple[str, ...]]:
    """``phrases.toml``."""
    with (Path(__file__).parent / "phrases.toml").open("rb") as file:
        return {name: tuple(texts) for name, texts in tomllib.load(file).items()}


@cache
def vocabulary() -> Vocabulary:
    """The one vocabulary: the same with the same encoder, in the same order for all seeds."""
    folder = packaged_encoder()
    encoder = load_encoder(folder)
    nodes = [node for chain in load_chains().values() for node in chain.nodes]
    chains = {chain.key: chain.name for chain in load_chains().values()}
    named: dict[str, Node] = {}
    for node in nodes:
        for name in (*node.names, *node.kinds):
            named.setdefault(name, node)
    codes = dict(_industries())
    words = _words(folder)
    products = [*named, *(name for name in codes if name not in named)]
    word_vectors = encoder.encode(words)
    nearness = _nearest(word_vectors, encoder.encode(products), 3)[0].mean(axis=1)
    of_trade = np.flatnonzero(nearness >= _PRODUCT_LIKE)
    trade = [words[row] for row in of_trade]
    known = set(products)
    products += [words[row] for row in np.flatnonzero(nearness >= _HEAD) if words[row] not in known]
    vectors = encoder.encode(products)
    of_node = _nearest(vectors, encoder.encode([node.name for node in nodes]), 1)[1]
    of_class = _nearest(vectors, encoder.encode(list(codes)), 1)[1]
    near_words = _nearest(vectors, word_vectors[of_trade], _NEAR_WORDS + 10)[1]
    near_heads = _nearest(vectors, vectors, _NEAR_HEADS + 1)[1]
    industry_codes = list(codes.values())
    heads = []
    for row, name in enumerate(products):
        own = named.get(name)
        node = own or nodes[of_node[row][0]]
        code = industry_codes[of_class[row][0]]
        heads.append(
            Head(
                name=name,
                industry=code,
                chain=chains[own.chain] if own else _division(code),
                near=tuple(int(other) for other in near_heads[row] if other != row)[:_NEAR_HEADS],
                words=tuple(
                    w for w in (trade[i] for i in near_words[row]) if w not in name and name not in w
                )[:_NEAR_WORDS],
                node=node,
                sentences=compiled(node.offers) if own else (),
            )
        )
    order = Random("commonness").sample(range(1, len(heads) + 1), k=len(heads))
    return Vocabulary(tuple(heads), tuple(accumulate(rank**-_SKEW for rank in order)))


def _words(folder: Path) -> list[str]:
    """The Chinese pieces of two to four characters that the encoder knows."""
    with (folder / "tokenizer.json").open(encoding="utf-8") as file:
        pieces = json.load(file)["model"]["vocab"]
    return sorted({found[1] for piece, _ in pieces if (found := _WORD.fullmatch(piece))})


def _industries() -> Iterator[tuple[str, str]]:
    """What the classes of GB/T 4754-2017 make, with their codes: 石墨及碳素制品制造 → 石墨, 碳素制品."""
    with _CODES.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for name in re.split("[、和及与]", row["name"]) if len(row["code"]) == 4 else ():
                for part in _LEADING:
                    name = name.removeprefix(part)
                for part in _TRAILING:
                    name = name.removesuffix(part)
                if 2 <= len(name) <= 8:
                    yield name, row["code"]


@cache
def _divisions() -> dict[str, str]:
    with _CODES.open(encoding="utf-8") as file:
        rows = [(row["code"], row["name"]) for row in csv.DictReader(file)]
    return {code: re.split("[、和及]", name)[0].removesuffix("业") for code, name in rows if len(code) == 2}


def _division(code: str) -> str:
    """The industry chain of a product that the sample has no chain for: its division's first trade."""
    return _divisions()[code[:2]]


def _nearest(
    one: NDArray[np.float32], two: NDArray[np.float32], count: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Cosines, to three decimals, and rows (len(one), count) of the *two* nearest to each of *one*; ties by
    row, so that what another machine adds up in another order changes the catalogue seldom."""
    scores, rows = faiss.knn(one, two, count, metric=faiss.METRIC_INNER_PRODUCT)
    scores = np.round(scores, 3)
    order = np.lexsort((rows, -scores), axis=1)
    return np.take_along_axis(scores, order, axis=1), np.take_along_axis(rows, order, axis=1)
