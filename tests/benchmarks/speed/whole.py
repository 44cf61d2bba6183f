"""The whole job beside txtai: the same questions, the same texts, our encoder's vectors, its hybrid search.

txtai indexes offerings (its unit is a text, not an enterprise) and returns texts; the best ten enterprises
are read off them. It filters nothing and judges no requirement: ours does in either row.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray

from recommender import profile
from recommender.catalogue import Need, Reader
from recommender.encoder import Encoder
from recommender.engine import Engine
from recommender.query import SupplierQuery
from recommender.text.tokens import tokens
from tests.benchmarks.speed.asking import TOP_K, open_needs
from tests.benchmarks.speed.limits import one_core
from tests.benchmarks.speed.peers import INSTALL
from tests.benchmarks.speed.report import Row, Section, percentiles
from tests.benchmarks.timing import duration

_NEEDS = 60
_SPACES = {"whitespace": True, "lowercase": False, "emoji": False}  # how its keyword half tells words apart
_HITS = 100  # texts asked of txtai, so that ten enterprises stand among them


def whole_job(engine: Engine, catalogue: Reader, encoder: Encoder) -> Section:
    """Needs a second, one by one on one core."""
    title = "The whole job beside txtai, one core"
    try:
        from txtai import Embeddings
    except ImportError as problem:
        return Section(title, notes=[f"txtai is not installed ({problem}): {INSTALL}"])
    needs = open_needs(catalogue, _NEEDS)
    texts: list[str] = []
    owners: list[str] = []
    for offering in catalogue.offerings():
        texts.append(profile.offering_text(offering))
        owners.append(offering.enterprise_id)
    asked = [_text_of(need) for need in needs]
    originals: dict[str, str] = {}

    def spaced(text: str) -> str:
        """What txtai is given: its keyword half splits at spaces, so words and bigrams stand apart."""
        words = " ".join(tokens(text))
        originals[words] = text
        return words

    def transform(given: Iterable[str]) -> NDArray[np.float32]:
        return encoder.encode([originals[text] for text in given])

    peer = Embeddings(
        {
            "method": "external",
            "transform": transform,
            "hybrid": True,
            "scoring": {"method": "bm25", "normalize": True, "terms": True, "tokenizer": _SPACES},
        }
    )
    start = time.perf_counter()
    peer.index((row, spaced(text), None) for row, text in enumerate(texts))
    built = time.perf_counter() - start

    def theirs(need_text: str) -> list[str]:
        found = dict.fromkeys(owners[row] for row, _ in peer.search(spaced(need_text), _HITS))
        return list(found)[:TOP_K]

    today = date.today()
    plain = [SupplierQuery(need, today, top_k=TOP_K, explain=False) for need in needs]
    full = [SupplierQuery(need, today, top_k=TOP_K) for need in needs]
    with one_core():
        peer_p50, peer_p99 = _each(theirs, asked)
        plain_p50, plain_p99 = _each(engine.suppliers, plain)
        full_p50, full_p99 = _each(engine.suppliers, full)
    peer.close()
    name = f"txtai {version('txtai')}, hybrid, its defaults"
    return Section(
        title,
        [
            Row(
                "ranked and qualified",
                plain_p50,
                peer=name,
                theirs=peer_p50,
                note=f"p99 {plain_p99 * 1e3:.1f} ms against {peer_p99 * 1e3:.1f} ms",
            ),
            Row(
                "ranked, qualified and explained",
                full_p50,
                peer=name,
                theirs=peer_p50,
                note=f"p99 {full_p99 * 1e3:.1f} ms",
            ),
        ],
        [f"txtai indexed {len(texts):,} offerings in {duration(built)}."],
    )


def _text_of(need: Need) -> str:
    about, _, description = profile.need_texts(need)
    return f"{about} {description}"


def _each(ask: Callable[..., object], questions: Sequence[object]) -> tuple[float, float]:
    for question in questions[:5]:
        ask(question)
    seconds = []
    for question in questions:
        start = time.perf_counter()
        ask(question)
        seconds.append(time.perf_counter() - start)
    p50, _, p99 = percentiles(seconds)
    return p50, p99
