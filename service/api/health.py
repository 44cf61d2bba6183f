"""``/healthz`` (the process is alive) and ``/readyz`` (a release is loaded and it can answer)."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from service.api.desk import AtDesk
from service.api.problems import responses

router = APIRouter(tags=["health"])


class Alive(BaseModel):
    status: Literal["alive"] = "alive"


class Ready(BaseModel):
    status: Literal["ready"] = "ready"
    release: str
    encoder: str
    remark: str | None = Field(
        default=None,
        description="Why another release answers than the one that was put live; null where all is well.",
    )


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", summary="Is the process alive?", responses=responses(500))
async def healthz() -> Alive:
    return Alive()


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", summary="Can it answer?", responses=responses(500, 503))
async def readyz(desk: AtDesk) -> Ready:
    """503 with the reason until a release is loaded. A remark says that an older release answers because the
    one that was put live cannot."""
    engine = desk.live.get()
    return Ready(release=engine.release, encoder=engine.encoder.name, remark=desk.live.remark or None)
