"""Where a chain is thin, who is closest to filling a node, how it is drawn, who could step in for a supplier:
``GET /v1/chains/{name}/gaps``, ``/closest``, ``/picture`` and ``/v1/chains/substitutes``."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi import Path as PathPart
from pydantic import BaseModel, Field
from starlette.responses import Response

from recommender.chains.gaps import EXPIRING_DAYS, Weakness, closest_document, gaps_document
from recommender.chains.picture import picture_document
from recommender.chains.substitutes import MAX_TOP_K, TOP_K, substitutes_document
from service.api.desk import AtDesk
from service.api.problems import responses

router = APIRouter(prefix="/v1/chains", tags=["chains"])

_WEAKNESSES = f"One of {', '.join(Weakness)}."

Name = Annotated[str, PathPart(min_length=1, max_length=200, description="A chain, or a product.")]
AsOf = Annotated[date | None, Query(description="The day that is judged; today where missing.")]


class Separation(BaseModel):
    materials: list[str]
    processes: list[str]
    certificates: list[str] = []


class NearFirm(BaseModel):
    enterprise_id: str
    name: str
    confidence: float = Field(ge=0, le=1)
    offering_id: str
    title: str
    node: str = Field(description="Where it sits.")
    zh: str
    en: str
    inferred: bool
    lacks: Separation
    has: Separation


class Weak(BaseModel):
    node: int
    name: str
    segment: str | None
    weakness: str = Field(description=_WEAKNESSES)
    zh: str
    en: str
    severity: float = Field(ge=0, le=1)
    level: str = Field(description="high, medium or low.")
    reach: float = Field(ge=0, description="Weighted number of nodes of the chain that hang on this one.")
    hangs: list[str] = Field(description="The surest of them.")
    evidence: list[dict[str, Any]] = Field(min_length=1)
    inferred: bool
    closest: list[NearFirm] = Field(description="The firms closest to filling it, and what separates them.")


class Gaps(BaseModel):
    release: str
    chain: str
    kind: str
    as_of: date
    days: int
    nodes: int
    counts: dict[str, int]
    usual_certificates: list[str] = Field(description="Held by at least half of those in the chain.")
    gaps: list[Weak]
    left_out: int


class Closest(BaseModel):
    release: str
    chain: str
    node: str
    as_of: date
    usual_certificates: list[str] = Field(description="Held by at least half of those in the chain.")
    closest: list[NearFirm]


class Instead(BaseModel):
    enterprise_id: str
    name: str
    offering_id: str
    title: str
    confidence: float = Field(ge=0, le=1)
    zh: str
    en: str
    inferred: bool
    differs: dict[str, Any]


class Thing(BaseModel):
    node: int | None
    name: str
    offering_ids: list[str]
    share: float = Field(ge=0, le=1)
    others: int
    left_empty: bool
    substitutes: list[Instead]


class Overall(BaseModel):
    enterprise_id: str
    name: str
    cover: float = Field(ge=0, description="Share of the supplier's business that it could take over.")
    things: list[str]
    differs: dict[str, Any]


class Substitutes(BaseModel):
    release: str
    enterprise_id: str
    name: str
    as_of: date
    left_empty: list[str]
    things: list[Thing]
    overall: list[Overall]


class Picture(BaseModel):
    release: str
    chain: str
    kind: str
    as_of: date
    width: int
    height: int
    bands: list[dict[str, Any]]
    head: int
    row: int
    nodes: list[dict[str, Any]]
    edges: list[dict[str, Any]]
    left_out: int
    levels: list[str]


@router.get(
    "/substitutes",
    summary="Who could step in for a supplier",
    response_model=Substitutes,
    responses=responses(404, 408, 422, 500, 503),
)
async def substitutes(
    desk: AtDesk,
    enterprise_id: Annotated[str, Query(min_length=1, max_length=200, description="The supplier.")],
    top_k: Annotated[int, Query(ge=1, le=MAX_TOP_K, description="How many for each thing.")] = TOP_K,
    as_of: AsOf = None,
) -> Response:
    """If it dropped out: what nobody else would fill, then who could, how sure, and what differs."""
    day = as_of or date.today()
    return await desk.run(
        lambda: _json(substitutes_document(desk.live.get().snapshot, enterprise_id, day, top_k))
    )


@router.get(
    "/{name:path}/gaps",
    summary="Where a chain is thin",
    response_model=Gaps,
    responses=responses(404, 408, 422, 500, 503),
)
async def gaps(
    name: Name,
    desk: AtDesk,
    days: Annotated[int, Query(ge=0, le=3650, description="Certificates that end within.")] = EXPIRING_DAYS,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    as_of: AsOf = None,
) -> Response:
    """Nodes that nobody or one firm fills, or firms of one place or in trouble; the most severe first."""
    day = as_of or date.today()
    return await desk.run(
        lambda: _json(gaps_document(desk.live.get().snapshot, name, day, days=days, limit=limit))
    )


@router.get(
    "/{name:path}/closest",
    summary="The firms closest to filling one node",
    response_model=Closest,
    responses=responses(404, 408, 422, 500, 503),
)
async def closest(
    name: Name,
    desk: AtDesk,
    node: Annotated[str, Query(min_length=1, max_length=200, description="A product or material.")],
    as_of: AsOf = None,
) -> Response:
    """Who could fill it beside those who do, the closest first, and what separates them from it."""
    day = as_of or date.today()
    return await desk.run(lambda: _json(closest_document(desk.live.get().snapshot, name, node, day)))


@router.get(
    "/{name:path}/picture",
    summary="A chain as it is drawn",
    response_model=Picture,
    responses=responses(404, 408, 422, 500, 503),
)
async def picture(name: Name, desk: AtDesk, as_of: AsOf = None) -> Response:
    """Nodes with their places in pixels, edges, who fills each node, and what is weak there."""
    day = as_of or date.today()
    return await desk.run(lambda: _json(picture_document(desk.live.get().snapshot, name, day)))


def _json(document: dict[str, Any]) -> Response:
    content = json.dumps(document, ensure_ascii=False, allow_nan=False)
    return Response(content.encode("utf-8", "backslashreplace"), media_type="application/json")
