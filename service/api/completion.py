"""``POST /v1/recommendations/complete``: the partners on the other links that make a deal work.

Callers are anonymous, as those of the other recommendations: they complete what is public, and a need that is
not answers like one that does not exist.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from starlette.responses import Response

from recommender.catalogue.domain import Link
from recommender.completion import CompletionQuery, Suggestion
from recommender.completion.answer import MAX_PARTNERS
from recommender.decisions import answer_bytes
from recommender.query import need_from_text
from recommender.results import JSON
from service.api.desk import AtDesk, Desk
from service.api.problems import responses
from service.api.recommendations import known_enterprise, visible_need
from service.api.shapes import (
    FiltersIn,
    Identifier,
    RequirementOut,
    ResultOut,
    SourceOut,
    Text,
    _boolean,
    _day,
    _whole_number,
)
from service.labels import with_names

router = APIRouter(prefix="/v1/recommendations", tags=["recommendations"])


class CompleteQuestion(BaseModel):
    """Whom else does this deal need? Give the id of a public, open need, or the need in words; with an
    enterprise: what would the two lack?"""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "oneOf": [{"required": ["need_id"]}, {"required": ["text"]}],
            "examples": [
                {
                    "text": "高铁转向架用轴箱轴承，预算1200万元，须提供型式试验报告，需通过 ISO/TS 22163",
                    "top_k": 3,
                }
            ],
        },
    )

    need_id: Identifier = Field(default="", description="Id of a need in the catalogue.")
    text: Text = Field(default="", description="A need in any words.")
    enterprise_id: Identifier = Field(default="", description="Id of the supplier that is chosen for it.")
    top_k: Annotated[int, BeforeValidator(_whole_number)] = Field(
        default=3, ge=1, le=MAX_PARTNERS, description="Partners of each kind."
    )
    filters: FiltersIn = Field(
        default_factory=FiltersIn,
        description="Hard filters of the partners; their link says which links to complete.",
    )
    explain: Annotated[bool, BeforeValidator(_boolean)] = Field(
        default=True, description="Whether the partners carry their reasons."
    )
    as_of: Annotated[date | None, BeforeValidator(_day)] = Field(
        default=None,
        description="The day for which certificates and deadlines are judged; today where missing.",
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set & {"need_id", "text"}) != 1:
            raise ValueError("Give either need_id or text")
        return self


class WordsOut(BaseModel):
    zh: str
    en: str


class SoughtOut(WordsOut):
    """What is sought; title and description are what was searched, and what the partners' evidence quotes."""

    title: str
    description: str


class TriggerOut(SourceOut):
    """The words or the fact that call for the partner."""

    of: Literal["need", "enterprise"]
    note: str | None = Field(default=None, description="What follows from the figure.")
    verdict: RequirementOut | None = Field(default=None, description="How the chosen supplier stands to it.")


class SuggestionOut(BaseModel):
    link: Link
    kind: str
    sought: SoughtOut
    why: WordsOut
    triggers: list[TriggerOut] = Field(min_length=1)
    link_stated: bool = Field(
        description="False where no offering of the catalogue states this link: found by words alone."
    )
    results: list[ResultOut]


class WithoutOut(WordsOut):
    link: Link
    source: SourceOut | None = Field(description="Words of the title that ask for this very thing.")


class CompletionAnswer(BaseModel):
    """Partners on the other links, each because of something that is quoted; every link is in one list."""

    release: str
    query: dict[str, Any]
    suggestions: list[SuggestionOut]
    without: list[WithoutOut]


@router.post(
    "/complete",
    summary="Partners that complete a need",
    response_model=CompletionAnswer,
    response_description="Partners on the other links, and why",
    responses=responses(400, 404, 408, 413, 415, 422, 500, 503),
)
async def complete(question: CompleteQuestion, desk: AtDesk) -> Response:
    """Partners on the other links that a need, or a need with a chosen supplier, calls for."""
    return await desk.run(lambda: _complete(question, desk))


def _complete(question: CompleteQuestion, desk: Desk) -> Response:
    filters = question.filters.checked()
    engine = desk.live.get()
    need = visible_need(desk, question.need_id) if question.need_id else need_from_text(question.text)
    enterprise, offerings = (
        known_enterprise(desk, question.enterprise_id) if question.enterprise_id else (None, ())
    )
    found = engine.complete(
        CompletionQuery(
            need=need,
            as_of=question.as_of or date.today(),
            top_k=question.top_k,
            filters=filters,
            enterprise=enterprise,
            offerings=offerings,
            explain=question.explain,
        )
    )
    document = found.to_json()
    document["suggestions"] = [_named(each, explain=found.explain) for each in found.suggestions]
    return Response(answer_bytes(document), media_type="application/json")


def _named(suggestion: Suggestion, *, explain: bool) -> JSON:
    """*suggestion* with the names of the partners' places and industries beside their codes."""
    results = [result.to_json(explain=explain) for result in suggestion.results]
    if explain:
        results = [
            document | {"facts": with_names(result.facts)}
            for document, result in zip(results, suggestion.results, strict=True)
        ]
    return suggestion.to_json(explain=explain) | {"results": results}
