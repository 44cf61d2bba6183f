"""``GET /v1/chains``, ``/v1/chains/path`` and ``/v1/chains/{name}``: the chain graph of the live release."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi import Path as PathPart
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from recommender.chains.view import chain_document, chains_document, path_document
from service.api.desk import AtDesk
from service.api.problems import responses

router = APIRouter(prefix="/v1/chains", tags=["chains"])

_LONGEST = 200
Name = Annotated[str, PathPart(min_length=1, max_length=_LONGEST, description="A chain, or a product.")]
_END = "A product, material or process."
From = Annotated[str, Query(alias="from", min_length=1, max_length=_LONGEST, description=_END)]
To = Annotated[str, Query(alias="to", min_length=1, max_length=_LONGEST, description=_END)]


class Cleaned(BaseModel):
    """What was left out of the imported edges, and why."""

    given: int = 0
    kept: int = 0
    rules: list[dict[str, Any]] = Field(default_factory=list)


class ChainName(BaseModel):
    chain: str
    nodes: int


class Chains(BaseModel):
    release: str
    chains: list[ChainName]
    nodes: int
    edges: dict[str, int] = Field(description="By origin: imported, stated, inferred.")
    offerings: dict[str, int] = Field(description="How many there are, and how many sit on a node.")
    cleaned: Cleaned


class Seated(BaseModel):
    enterprise_id: str
    name: str
    offering_id: str
    title: str
    confidence: float = Field(ge=0, le=1)
    how: str = Field(description="name, head or meaning.")


class Node(BaseModel):
    node: int
    name: str
    kind: str = Field(description="product, material, process, segment or industry.")
    segment: str | None = Field(description="upstream, midstream or downstream.")
    inferred_segment: bool
    suppliers: int = Field(description="How many enterprises sit here.")
    top: list[Seated]


class Edge(BaseModel):
    source: int
    target: int
    relation: str
    confidence: float = Field(ge=0, le=1)
    origin: str = Field(description="imported, stated or inferred.")


class Chain(BaseModel):
    release: str
    chain: str
    kind: str = Field(description="chain, or neighbourhood of a product.")
    segments: dict[str, list[int]]
    nodes: list[Node]
    edges: list[Edge]
    cleaned: Cleaned


class PathStep(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    start: str = Field(alias="from")
    end: str = Field(alias="to")
    relation: str
    forward: bool = Field(description="Whether the edge points this way itself.")
    confidence: float = Field(ge=0, le=1)
    origin: str
    weakest: bool
    zh: str
    en: str


class ChainPath(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    release: str
    start: str = Field(alias="from")
    end: str = Field(alias="to")
    confidence: float = Field(ge=0, le=1)
    steps: list[PathStep]


@router.get("", summary="All chains", response_model=Chains, responses=responses(408, 500, 503))
async def chains(desk: AtDesk) -> Response:
    """The chains by name, how large the graph is, and what was cleaned out of the imported edges."""
    return await desk.run(lambda: _json(chains_document(desk.live.get().snapshot)))


# before /{name}: a chain called "path" is reached by its products
@router.get(
    "/path",
    summary="The surest path between two nodes",
    response_model=ChainPath,
    responses=responses(404, 408, 422, 500, 503),
)
async def path(desk: AtDesk, start: From, end: To) -> Response:
    """Step by step, each with who says so; the weakest step is marked."""
    return await desk.run(lambda: _json(path_document(desk.live.get().snapshot, start, end)))


@router.get(
    "/{name:path}",  # names hold strokes: CRH380A/B
    summary="A chain, or the neighbourhood of a product",
    response_model=Chain,
    responses=responses(404, 408, 422, 500, 503),
)
async def chain(name: Name, desk: AtDesk) -> Response:
    """Nodes by segment with those who fill them, edges with their origin, and what was cleaned."""
    return await desk.run(lambda: _json(chain_document(desk.live.get().snapshot, name)))


def _json(document: dict[str, Any]) -> Response:
    content = json.dumps(document, ensure_ascii=False, allow_nan=False)
    return Response(content.encode("utf-8", "backslashreplace"), media_type="application/json")
