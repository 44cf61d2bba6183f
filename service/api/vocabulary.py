"""``GET /v1/vocabulary``: the Chinese and English words for the names that answers contain."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from service import labels
from service.api.problems import responses

router = APIRouter(prefix="/v1", tags=["vocabulary"])


class Words(BaseModel):
    zh: str
    en: str


Table = dict[str, Words]


class Vocabulary(BaseModel):
    features: Table = Field(description="Features of the ranking model.")
    links: Table = Field(description="The seven chains.")
    tiers: Table
    sizes: Table
    reserved: Table = Field(description="Whom a need is reserved for.")
    statuses: Table = Field(description="Verdicts on a requirement.")
    kinds: Table = Field(description="Kinds of requirement.")
    fields: Table = Field(description="Stored fields that spans are taken from.")


@router.get("/vocabulary", summary="Words for the names in answers", responses=responses(500))
async def vocabulary() -> Vocabulary:
    return Vocabulary(
        features=_table(labels.feature_labels()),
        links=_table(labels.LINKS),
        tiers=_table(labels.TIERS),
        sizes=_table(labels.SIZES),
        reserved=_table(labels.RESERVED),
        statuses=_table(labels.STATUSES),
        kinds=_table(labels.KINDS),
        fields=_table(labels.FIELDS),
    )


def _table(words: dict[str, labels.Label]) -> Table:
    return {name: Words(zh=chinese, en=english) for name, (chinese, english) in words.items()}
