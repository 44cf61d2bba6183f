"""Explanations: quotable phrases, evidence on both sides, sentences, cautions."""

from recommender.explanation.evidence import evidence
from recommender.explanation.phrases import Phrases, phrases_of
from recommender.explanation.sentences import cautions, for_buyer, for_supplier

__all__ = ["Phrases", "cautions", "evidence", "for_buyer", "for_supplier", "phrases_of"]
