"""``python -m tests.benchmarks.edges DIR``: how clean the chain graph is, and what is inferred rightly.

DIR is the data folder with ``catalogue/product_edges.csv``. Three parts:

1. *Cleaning*: what each rule drops, and the precision of the edges before and after, with 95 % Wilson
   intervals. ``edge_judgments.csv`` holds judgments made by hand: true (both ends are whole names of goods,
   materials or processes, and the relation holds), doubtful (it holds in some sense: a dish called a kind of
   its ingredient, a brand, a quantity attached, or cannot be told) or false; edges are named by the sha256
   of ``source TAB relation TAB target``. Edges are drawn in the order of that hash: "before" are the first
   200, "after" the first 200 kept ones beyond the first 500, which nobody had read while the rules were
   written; the rest of the 500 served to write them.
2. *Hidden edges*: a fifth of the cleaned edges is hidden (by hash); of what each rule infers from the others,
   how many are hidden edges. That is a lower bound of its precision, because the list is far from complete.
3. *Inferred edges judged by hand*: of what is inferred from all edges and not in the list, the first of each
   rule by hash.

Last come times: cleaning, building the graph with the listed companies' products on it, loading it, and
asking it.
"""

from __future__ import annotations

import csv
import hashlib
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from math import sqrt
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue.domain import Edge, Relation
from recommender.chains.building import build
from recommender.chains.cleaning import clean, rules
from recommender.chains.graph import ChainGraph
from recommender.chains.inferring import infer
from recommender.chains.offered import Offered
from recommender.chains.walking import expand, path
from recommender.encoder import Encoder, load_encoder
from training.models import packaged_encoder

JUDGMENTS = Path(__file__).with_name("edge_judgments.csv")
GRADES = ("true", "doubtful", "false")
DRAWN, READ = 200, 500  # edges of a sample; edges that were read while the rules were written
INFERRED = 30  # edges of each rule that were judged


def mark(edge: Edge) -> str:
    """The sha256 that stands for *edge* in the judgments."""
    text = f"{edge.source}\t{edge.relation.value}\t{edge.target}"
    return hashlib.sha256(text.encode()).hexdigest()


def read_edges(data: Path) -> list[Edge]:
    """The distinct edges of the file, in the order of their marks."""
    with open(data / "catalogue" / "product_edges.csv", encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        found = {Edge(r["product"], r["related"], Relation(r["relation"])) for r in rows}
    return sorted(found, key=mark)


def read_judgments() -> dict[str, str]:
    with open(JUDGMENTS, encoding="utf-8", newline="") as file:
        return {row["sha256"]: row["grade"] for row in csv.DictReader(file)}


def wilson(hits: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    if not of:
        return 0.0, 1.0
    share, spread = hits / of, z * z / of
    middle = (share + spread / 2) / (1 + spread)
    half = z * sqrt(share * (1 - share) / of + spread / of / 4) / (1 + spread)
    return middle - half, middle + half


def counted(name: str, edges: Iterable[Edge], judgments: dict[str, str]) -> str:
    grades = [judgments.get(mark(edge), "not judged") for edge in edges]
    judged = Counter(grades)
    known = sum(judged[grade] for grade in GRADES)
    parts = []
    for title, hits in (("true", judged["true"]), ("not false", judged["true"] + judged["doubtful"])):
        low, high = wilson(hits, known)
        share = hits / known if known else 0.0
        parts.append(f"{title} {share:.1%} [{low:.1%}, {high:.1%}]")
    left = f", {judged['not judged']} not judged" if judged["not judged"] else ""
    return f"{name}: {known} edges, {', '.join(parts)}{left}"


def after_sample(edges: Sequence[Edge], kept: Iterable[Edge]) -> list[Edge]:
    survived = {mark(edge) for edge in kept}
    return [edge for edge in edges[READ:] if mark(edge) in survived][:DRAWN]


def inferred(edges: Sequence[Edge], encoder: Encoder) -> Iterator[tuple[str, Edge]]:
    """(rule, edge) for all that is inferred from *edges*."""
    names = sorted({name for edge in edges for name in (edge.source, edge.target)})
    number = {name: node for node, name in enumerate(names)}
    triples = [(number[e.source], number[e.target], e.relation) for e in edges]
    for each in infer(names, triples, encoder.encode(names)):
        yield each.rule, Edge(names[each.source], names[each.target], each.relation)


def report(data: Path) -> Iterator[str]:
    edges, judgments = read_edges(data), read_judgments()
    cleaned = clean(edges)
    yield f"{len(edges):,} distinct edges, {len(cleaned.kept):,} kept"
    for rule in rules():
        if cleaned.dropped[rule.name]:
            yield f"  {cleaned.dropped[rule.name]:>7,} {rule.name}: {rule.english}"
    yield counted("before", edges[:DRAWN], judgments)
    yield counted(
        "after, not read while the rules were written", after_sample(edges, cleaned.kept), judgments
    )
    survived = {mark(edge) for edge in cleaned.kept}
    dropped = [edge for edge in edges[:READ] if mark(edge) not in survived]
    yield counted("dropped, of those read", dropped, judgments)

    encoder = load_encoder(packaged_encoder())
    hidden = {mark(edge) for edge in cleaned.kept if int(mark(edge), 16) % 5 == 0}
    visible = [edge for edge in cleaned.kept if mark(edge) not in hidden]
    by_relation = Counter(e.relation.value for e in cleaned.kept if mark(e) in hidden)
    yield f"hidden: {len(hidden):,} edges ({', '.join(f'{r} {n:,}' for r, n in by_relation.items())})"
    found, right = Counter[str](), Counter[str]()
    for rule_name, edge in inferred(visible, encoder):
        found[rule_name] += 1
        right[rule_name] += mark(edge) in hidden
    for rule_name in sorted(found):
        low, high = wilson(right[rule_name], found[rule_name])
        yield (
            f"  {rule_name}: {found[rule_name]:,} inferred, {right[rule_name]:,} of them hidden edges, "
            f"precision at least {right[rule_name] / found[rule_name]:.1%} [{low:.1%}, {high:.1%}]"
        )
    total, hits = found.total(), right.total()
    yield f"  all: {hits:,} of {len(hidden):,} inferred back ({hits / len(hidden):.1%}) among {total:,}"

    fresh = sorted(inferred(cleaned.kept, encoder), key=lambda each: mark(each[1]))
    for rule_name in sorted(found):
        sample = [edge for rule, edge in fresh if rule == rule_name][:INFERRED]
        yield counted(f"inferred anew, {rule_name}", sample, judgments)


def times(data: Path) -> Iterator[str]:
    """How long each takes; what is asked is drawn from the products themselves with a fixed seed."""
    edges, encoder = read_edges(data), load_encoder(packaged_encoder())
    with open(data / "catalogue" / "products_listed.csv", encoding="utf-8-sig", newline="") as file:
        rows = sorted((r["enterprise_id"], r["product"]) for r in csv.DictReader(file))
    titles = [title for _, title in rows]
    starts = [i for i, (owner, _) in enumerate(rows) if not i or owner != rows[i - 1][0]]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        begun = time.perf_counter()
        cleaned = clean(edges)
        yield f"clean: {time.perf_counter() - begun:.1f} s"
        vectors: dict[str, NDArray[np.float32]] = {}

        def encode(texts: Sequence[str]) -> NDArray[np.float32]:
            if lacking := [text for text in texts if text not in vectors]:
                vectors.update(zip(lacking, encoder.encode(lacking), strict=True))
            return np.stack([vectors[text] for text in texts])

        for what in ("first", "with all vectors at hand"):
            begun = time.perf_counter()
            build(lambda: cleaned, Offered.listed(titles, titles, starts), encode, encoder.dimension, folder)
            yield f"build, {what}: {time.perf_counter() - begun:.1f} s"
        loads = [timed(lambda: ChainGraph.load(folder / "graph")) for _ in range(20)]
        graph = ChainGraph.load(folder / "graph")
        yield f"load: {1e3 * median(loads):.1f} ms for {graph.size:,} nodes, {graph.edge_count:,} edges"
        yield f"first text: {1e3 * timed(lambda: graph.nodes_of('轴承')):.1f} ms"
        rng = random.Random(4)
        asked = rng.sample(titles, 300)

        def ask(text: str) -> None:
            reached = expand(graph, text)
            graph.enterprises_on([r.node for r in reached], [r.confidence for r in reached])

        spent = sorted(timed(lambda text=text: ask(text)) for text in asked)
        yield f"expand and suppliers: median {1e3 * median(spent):.2f} ms, 95th {1e3 * spent[285]:.2f} ms"
        pairs = [(rng.randrange(graph.size), rng.randrange(graph.size)) for _ in range(100)]
        spent = sorted(timed(lambda pair=pair: path(graph, *pair)) for pair in pairs)
        yield f"path between random nodes: median {1e3 * median(spent):.1f} ms, 95th {1e3 * spent[95]:.1f} ms"


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    for line in chain(report(Path(sys.argv[1])), times(Path(sys.argv[1]))):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
