"""Explanations: quotable phrases, evidence on both sides, sentences, cautions."""

from recommender.explanation.evidence import Offer, evidence
from recommender.explanation.masking import Lexical, Side, masked
from recommender.explanation.phrases import Phrases, phrases_of
from recommender.explanation.sentences import cautions, for_buyer, for_supplier

__all__ = [
    "Lexical",
    "Offer",
    "Phrases",
    "Side",
    "cautions",
    "evidence",
    "for_buyer",
    "for_supplier",
    "masked",
    "phrases_of",
]
