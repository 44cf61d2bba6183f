"""Text to vectors, beside sentence-transformers reading the same folder."""

from __future__ import annotations

import os
from itertools import islice

import numpy as np

from recommender import profile
from recommender.catalogue import Reader
from recommender.encoder import Encoder, load_encoder, spelled
from tests.benchmarks.speed.report import Row, Section
from tests.benchmarks.timing import in_turn, median
from training.models import packaged_encoder

_TEXTS = 5_000


def encoding(catalogue: Reader, encoder: Encoder) -> Section:
    """Offerings as they are indexed: title and description."""
    from sentence_transformers import SentenceTransformer

    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # one core
    texts = [profile.offering_text(offering) for offering in islice(catalogue.offerings(), _TEXTS)]
    peer = SentenceTransformer(str(packaged_encoder()), device="cpu")
    ours, theirs = in_turn(
        lambda: encoder.encode(texts),
        lambda: peer.encode([spelled(t) for t in texts], batch_size=512, show_progress_bar=False),
        5,
    )
    folder = packaged_encoder()
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Section(
        "Encode",
        [
            Row(
                "offerings encoded, one core",
                len(texts) / ours,
                "/s",
                "sentence-transformers, all cores",
                len(texts) / theirs,
                note=f"{np.mean([len(text) for text in texts]):.0f} characters each",
            ),
            Row("load the encoder", median(lambda: load_encoder(folder), 5), note=f"{size / 1e6:.1f} MB"),
        ],
    )
