"""The encoder that ships with the package."""

from __future__ import annotations

from pathlib import Path

PACKAGED = "rongtong-static-zh"


def packaged_encoder() -> Path:
    """The folder of the shipped encoder, loadable with ``SentenceTransformer(folder)``."""
    return Path(__file__).resolve().parent / PACKAGED
