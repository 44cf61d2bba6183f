"""``/healthz`` (the process is alive) and ``/readyz`` (a release is loaded and it can answer)."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from service.api.desk import AtDesk
from service.api.problems import responses

router = APIRouter(tags=["health"])


class Alive(BaseModel):
    status: Literal["alive"] = "alive"


class Ready(BaseModel):
    status: Literal["ready"] = "ready"
    release: str
    encoder: str


@router.get("/healthz", summary="Is the process alive?", responses=responses(500))
async def healthz() -> Alive:
    return Alive()


@router.get("/readyz", summary="Can it answer?", responses=responses(500, 503))
async def readyz(desk: AtDesk) -> Ready:
    """503 with the reason until a release is loaded."""
    engine = desk.live.get()
    return Ready(release=engine.release, encoder=engine.encoder.name)
