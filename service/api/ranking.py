"""``GET /v1/ranking``: how the live release ranks, in plain words and with its weights."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from recommender.ranking import FEATURES, PRIOR, Curve
from recommender.ranking.words import NEVER, RULES, WORDS
from service.api.desk import AtDesk
from service.api.problems import responses

router = APIRouter(prefix="/v1", tags=["vocabulary"])

Direction = Literal["more_helps", "more_hurts", "free"]
_DIRECTIONS: dict[int, Direction] = {1: "more_helps", -1: "more_hurts", 0: "free"}


class Said(BaseModel):
    zh: str
    en: str


class Counted(BaseModel):
    """A feature of the model. What is not known of a candidate adds 0."""

    feature: str
    label: Said
    words: Said
    direction: Direction = Field(description="What more of it does; free where the curve may go both ways.")
    smallest: float = Field(description="The smallest log-odds that it can add.")
    largest: float = Field(description="The largest log-odds that it can add.")


class Ranking(BaseModel):
    release: str
    model: Literal["prior", "trained"] = Field(
        description="Whether the curves are those that ship, or were fitted to outcomes."
    )
    base: float = Field(description="Log-odds before anything is added.")
    counts: list[Counted] = Field(description="Those that can make the largest difference first.")
    never: list[Said] = Field(description="What never counts.")
    rules: dict[str, Said] = Field(description="What may move a place without touching its score.")


@router.get("/ranking", summary="How candidates are ranked", responses=responses(408, 500, 503))
async def ranking(desk: AtDesk) -> Ranking:
    """What counts, in which direction and how much at most; what never counts; what moves places."""
    engine = desk.live.get()
    model = engine.model
    return Ranking(
        release=engine.release,
        model="prior" if model == PRIOR else "trained",
        base=model.base,
        counts=sorted(map(_counted, model.curves), key=lambda each: each.smallest - each.largest),
        never=[_said(words) for words in NEVER],
        rules={name: _said(words) for name, words in RULES.items()},
    )


def _counted(curve: Curve) -> Counted:
    added = [log_odds for _, log_odds in curve.knots]
    return Counted(
        feature=curve.feature,
        label=_said(FEATURES[curve.feature]),
        words=_said(WORDS[curve.feature]),
        direction=_DIRECTIONS[curve.direction],
        smallest=min(added),
        largest=max(added),
    )


def _said(words: tuple[str, str]) -> Said:
    return Said(zh=words[0], en=words[1])
