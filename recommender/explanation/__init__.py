"""Explanations: quotable phrases, evidence on both sides, sentences, cautions."""

from recommender.explanation.evidence import Offer, Quoted, evidence
from recommender.explanation.masking import Lexical, Rereading, Side, masked
from recommender.explanation.phrases import Phrases, phrases_of
from recommender.explanation.sentences import (
    Match,
    cautions,
    for_buyer,
    for_supplier,
    matched,
    nothing_close,
)
from recommender.explanation.things import cores_of

__all__ = [
    "Lexical",
    "Match",
    "Offer",
    "Phrases",
    "Quoted",
    "Rereading",
    "Side",
    "cautions",
    "cores_of",
    "evidence",
    "for_buyer",
    "for_supplier",
    "masked",
    "matched",
    "nothing_close",
    "phrases_of",
]
