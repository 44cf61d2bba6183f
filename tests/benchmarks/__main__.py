"""``python -m tests.benchmarks [HOME]``: times the whole way, on HOME's catalogue or on the bundled sample.

HOME is only read: what is written goes to a temporary folder.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import cycle
from pathlib import Path

import numpy as np

from indexes.exact import ExactIndex
from indexes.lexical import LexicalIndex
from indexes.store import ReleaseStore
from recommender import profile
from recommender.catalogue import Catalogue, Kind, as_record, open_catalogue
from recommender.encoder import Encoder, load_encoder, spelled
from recommender.engine import Engine
from recommender.query import SupplierQuery
from recommender.refresh import refresh
from tests.benchmarks.timing import Row, in_turn, machine, median, table
from training.models import packaged_encoder

_TOP_K = 10
_CHARACTERS = 40


@contextmanager
def sample() -> Iterator[Path]:
    """A workspace with the bundled sample's catalogue."""
    from recommender.intake.importer import import_file
    from recommender.sample.write import write_sample

    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        write_sample(home / "sample")
        catalogue = open_catalogue(f"sqlite:///{home / 'catalogue.db'}")
        for kind in Kind:
            import_file(catalogue, kind, home / "sample" / f"{kind}.csv")
        catalogue.close()
        yield home


def refreshing(home: Path, catalogue: Catalogue, encoder: Encoder) -> list[Row]:
    """Full, unchanged and one-percent refresh, into a folder that is thrown away."""
    changed = [
        as_record(enterprise) | {"description": f"{enterprise.description} 新"}
        for row, enterprise in enumerate(catalogue.enterprises())
        if row % 100 == 0
    ]

    def run(full: bool) -> None:
        refresh(catalogue, ReleaseStore(home), encoder, cache=home / "cache", full=full)

    def one_percent() -> None:
        records = [{**record, "description": record["description"] + "。"} for record in changed]
        changed[:] = records
        with catalogue.transaction() as transaction:
            transaction.upsert(Kind.ENTERPRISES, records, given={"description"})
        run(False)

    counts = ", ".join(f"{count:,} {kind}" for kind, count in catalogue.counts().items())
    full = median(lambda: run(True), 3)
    return [
        Row("refresh, full", full, note=counts),
        Row("refresh, 1 % of the enterprises changed", median(one_percent, 3), "full", full),
        Row("refresh, nothing changed", median(lambda: run(False), 3), "full", full),
    ]


def encoding(catalogue: Catalogue, encoder: Encoder) -> list[Row]:
    """The static encoder in numpy against the same folder through sentence-transformers, on one core.

    Offerings are joined until they have 40 characters, what a described product has.
    """
    from sentence_transformers import SentenceTransformer

    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # one core
    texts = [""]
    for offering in catalogue.offerings():
        if len(texts[-1]) >= _CHARACTERS:
            texts.append("")
        texts[-1] += profile.offering_text(offering)
    texts = texts[:5000]
    peer = SentenceTransformer(str(packaged_encoder()), device="cpu")
    ours, theirs = in_turn(
        lambda: encoder.encode(texts),
        lambda: peer.encode([spelled(t) for t in texts], batch_size=512, show_progress_bar=False),
        5,
    )
    each = np.mean([len(text) for text in texts])
    per_second = f"{len(texts) / ours:,.0f} texts a second of {each:.0f} characters"
    folder = packaged_encoder()
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    loading = median(lambda: load_encoder(folder), 5)
    return [
        Row(f"encode {len(texts):,} offerings", ours, "sentence-transformers", theirs, per_second),
        Row("load the encoder", loading, note=f"{size / 1e6:.1f} MB"),
    ]


def searching(engine: Engine) -> list[Row]:
    """Each half of retrieval against its plainest peer on the same data."""
    import bm25s

    random = np.random.default_rng(0)
    vectors = random.standard_normal((100_000, 256), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index, query = ExactIndex.from_vectors(vectors), vectors[:1] + 0.1

    def by_numpy() -> None:
        scores = vectors @ query[0]
        np.argpartition(-scores, 100)[:100]

    exact, numpy = in_turn(lambda: index.search(query, 100), by_numpy, 21)
    snapshot = engine.snapshot
    lists = [
        profile.enterprise_tokens(
            snapshot.enterprise(row), [snapshot.offering(r) for r in snapshot.offering_rows(row)]
        )
        for row in range(min(5000, snapshot.enterprises.documents.size))
    ]
    lexical = LexicalIndex.build(lists)
    words = sorted({token for tokens in lists[:3] for token in tokens})[:40]
    numbers = {word: number for number, word in enumerate(sorted({t for tokens in lists for t in tokens}))}
    peer = bm25s.BM25(method="lucene", backend="numpy")
    peer.index(([[numbers[t] for t in tokens] for tokens in lists], numbers), show_progress=False)
    ours, theirs = in_turn(lambda: lexical.scores(words), lambda: peer.get_scores(words), 21)
    return [
        Row("exact search, 100,000 × 256, k = 100", exact, "numpy product and partition", numpy),
        Row(f"lexical scores, {len(lists):,} documents, 40 tokens", ours, "bm25s", theirs),
    ]


def answering(engine: Engine, catalogue: Catalogue) -> list[Row]:
    """Whole requests, with and without explanation, one by one and in a batch."""
    needs = list(catalogue.needs())[:200]
    today = date.today()
    brief = [SupplierQuery(need, today, top_k=_TOP_K, explain=False) for need in needs]
    full = [SupplierQuery(need, today, top_k=_TOP_K) for need in needs]
    briefly, fully = cycle(brief), cycle(full)
    explained, plain = in_turn(
        lambda: engine.suppliers(next(fully)), lambda: engine.suppliers(next(briefly)), len(needs)
    )
    batch = median(lambda: list(engine.suppliers_many(brief)), 3) / len(brief)
    return [
        Row("one request, ten explained suppliers", explained, "without explanation", plain),
        Row(f"a need in a batch of {len(brief)}", batch, "one by one", plain),
    ]


def starting(home: Path) -> list[Row]:
    """A one-shot command against the bare interpreter."""
    command = [sys.executable, "-m", "service.cli.main", "recommend", "suppliers", "--home", str(home)]
    ours, theirs = in_turn(
        lambda: subprocess.run([*command, "--text", "轴承"], check=True, capture_output=True),
        lambda: subprocess.run(
            [sys.executable, "-c", "import numpy, faiss"], check=True, capture_output=True
        ),
        5,
    )
    return [Row("rongtong recommend suppliers --text …", ours, "python -c 'import numpy, faiss'", theirs)]


def measure(source: Path) -> str:
    """The report on the catalogue in *source*."""
    import shutil

    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        shutil.copy(source / "catalogue.db", home / "catalogue.db")
        catalogue = open_catalogue(f"sqlite:///{home / 'catalogue.db'}")
        encoder = load_encoder(packaged_encoder())
        rows = refreshing(home, catalogue, encoder)
        engine = Engine.open(ReleaseStore(home), encoder)
        rows += encoding(catalogue, encoder)
        rows += searching(engine)
        rows += answering(engine, catalogue)
        rows += starting(home)
        catalogue.close()
    return f"{machine()}\n\n{table(rows)}\n"


def main() -> None:
    if len(sys.argv) > 1:
        report = measure(Path(sys.argv[1]))
    else:
        with sample() as home:
            report = measure(home)
    sys.stdout.write(report)


if __name__ == "__main__":
    main()
