"""The pages at ``/``, ``/chains`` and ``/ranking`` and the files they need, read from the package once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files

from fastapi import APIRouter, Request
from starlette.responses import Response

_FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/problems.js": ("problems.js", "text/javascript; charset=utf-8"),
    "/app.js": ("app.js", "text/javascript; charset=utf-8"),
    "/complete.js": ("complete.js", "text/javascript; charset=utf-8"),
    "/style.css": ("style.css", "text/css; charset=utf-8"),
    "/chains": ("chain.html", "text/html; charset=utf-8"),
    "/chains/{name:path}": ("chain.html", "text/html; charset=utf-8"),
    "/chain.js": ("chain.js", "text/javascript; charset=utf-8"),
    "/chain.css": ("chain.css", "text/css; charset=utf-8"),
    "/complete.css": ("complete.css", "text/css; charset=utf-8"),
    "/ranking": ("ranking.html", "text/html; charset=utf-8"),
    "/ranking.js": ("ranking.js", "text/javascript; charset=utf-8"),
    "/ranking.css": ("ranking.css", "text/css; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}


@dataclass(frozen=True, slots=True)
class _Page:
    content: bytes
    media_type: str
    tag: str

    async def __call__(self, request: Request) -> Response:
        headers = {"ETag": self.tag, "Cache-Control": "no-cache"}
        if request.headers.get("if-none-match") == self.tag:
            return Response(status_code=304, headers=headers)
        return Response(self.content, media_type=self.media_type, headers=headers)


def pages() -> APIRouter:
    """Routes for the files of ``service/web``."""
    router = APIRouter()
    for path, (name, media_type) in _FILES.items():
        content = files("service").joinpath("web", name).read_bytes()
        page = _Page(content, media_type, f'"{hashlib.sha256(content).hexdigest()[:32]}"')
        router.add_route(path, page.__call__, methods=["GET"], include_in_schema=False)
    return router
