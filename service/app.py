"""The application: :func:`create_app` puts the API and the page together. Interactive API pages are left
out on purpose: they load scripts from other hosts, and Rongtong works without the internet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING

import anyio.to_thread
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from indexes.errors import EncoderError
from service.api import (
    chain_gaps,
    chains,
    completion,
    health,
    pages,
    problems,
    ranking,
    recommendations,
    vocabulary,
)
from service.api.desk import Desk
from service.api.guard import Guard
from service.live import LOOK_EVERY, LiveEngine
from service.logs import set_up_logging
from service.memory import few_arenas
from service.settings import Settings, load_settings

if TYPE_CHECKING:
    from recommender.engine import Engine
    from service.workspace import Workspace

DESCRIPTION = """Rongtong (融通) recommends partners between enterprises and large buyers, with reasons
that both sides can check. Every `span` is an exact substring of the stored field that it names; `base` plus
all contributions is the log-odds of `score`. Errors are `application/problem+json`."""


def create_app(
    settings: Settings | None = None, *, open_desk: Callable[[Settings], Desk] | None = None
) -> FastAPI:
    """The ASGI application. *settings* are read from the environment where missing; *open_desk* makes what
    the endpoints work with, once at start-up (tests give their own)."""
    chosen = settings or load_settings()
    make_desk = open_desk or desk_from

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        desk = await anyio.to_thread.run_sync(make_desk, chosen)
        app.state.desk = desk
        watching = asyncio.create_task(_watch(desk.live))
        try:
            yield
        finally:
            watching.cancel()
            await anyio.to_thread.run_sync(desk.close)

    app = FastAPI(
        title="Rongtong 融通",
        description=DESCRIPTION,
        version=version("rongtong"),
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    problems.install(app)
    app.add_middleware(Guard, max_body=chosen.max_body, timeout=chosen.request_timeout)
    app.include_router(recommendations.router)
    app.include_router(completion.router)
    app.include_router(chain_gaps.router)  # before /{name}, which takes anything
    app.include_router(chains.router)
    app.include_router(vocabulary.router)
    app.include_router(ranking.router)
    app.include_router(health.router)
    app.include_router(pages.pages())
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]  # FastAPI's documented way to extend it
    return app


def desk_from(settings: Settings) -> Desk:
    """Catalogue, encoder and the current release of the workspace; without a release it still starts."""
    from recommender.catalogue.repository import open_catalogue
    from service.workspace import Workspace

    set_up_logging(settings.log_level)
    few_arenas()
    settings.home.mkdir(parents=True, exist_ok=True)
    catalogue = open_catalogue(settings.catalogue_url)
    place = Workspace(settings)
    live = LiveEngine(engine_opener(place), settings.home / "CURRENT")
    live.start()
    return Desk(
        live,
        catalogue,
        threads=settings.threads,
        ledger=place.ledger() if settings.exposure else None,
        decisions=place.decisions() if settings.decision_days else None,
    )


def engine_opener(place: Workspace) -> Callable[[], Engine]:
    """What opens the live release: a whole one where the live one is damaged, and with the
    encoder read again where it was trained anew together with the release."""
    from recommender.engine import Engine
    from recommender.matching.reading import Reader

    # one for every release: what it has read is at hand when the next one serves
    store, encoder, milvus = place.store(), Reader(place.encoder()), place.milvus()

    def open_engine() -> Engine:
        nonlocal encoder
        try:
            return Engine.open(store, encoder, substitute=True, milvus=milvus)
        except EncoderError:
            encoder = Reader(place.encoder())
            return Engine.open(store, encoder, substitute=True, milvus=milvus)

    return open_engine


async def _watch(live: LiveEngine) -> None:
    """A process that nobody asks anything follows CURRENT too, and lets go of the older release."""
    while True:
        await asyncio.sleep(LOOK_EVERY)
        live.look()


def _openapi(app: FastAPI) -> dict[str, object]:
    """FastAPI's description with the problem schema, and without its own validation errors."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            license_info=app.license_info,
        )
        schemas = schema["components"]["schemas"]
        schemas.pop("HTTPValidationError", None)
        schemas.pop("ValidationError", None)
        schemas["Problem"] = problems.Problem.model_json_schema()
        app.openapi_schema = schema
    return app.openapi_schema
