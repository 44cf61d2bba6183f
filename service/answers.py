"""An answer as the API sends it; the decision log keeps its hash, and a replay makes it again."""

from __future__ import annotations

from recommender.results import JSON, Recommendation, Result
from service.labels import with_names


def document_of(found: Recommendation) -> JSON:
    """*found* as JSON values, codes of places and industries with their names beside them."""
    document = found.to_json()
    document["results"] = [_named(result, found.explain) for result in found.results]
    return document


def _named(result: Result, explain: bool) -> JSON:
    document = result.to_json(explain=explain)
    if explain:
        document["facts"] = with_names(result.facts)
    return document
