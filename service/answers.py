"""An answer as the API sends it; the decision log keeps its hash, and a replay makes it again."""

from __future__ import annotations

from dataclasses import replace

from recommender.results import JSON, Recommendation
from service.labels import with_names


def document_of(found: Recommendation) -> JSON:
    """*found* as JSON values, codes of places and industries with their names beside them."""
    named = tuple(replace(result, facts=with_names(result.facts)) for result in found.results)
    return replace(found, results=named).to_json()
