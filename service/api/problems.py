"""Errors as ``application/problem+json`` (RFC 9457), one shape for all of them."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, TypedDict
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from indexes.errors import RongtongError, shorten

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """What went wrong (RFC 9457), where, and how to mend it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:rongtong:problem:unknown-id",
                    "title": "Not Found",
                    "status": 404,
                    "detail": "There is no such need.",
                    "instance": "/v1/recommendations/suppliers",
                    "field": "need_id",
                    "value": "'N-404'",
                    "mend": "give the id of a public, open need, or its text",
                    "request_id": "6f1c0f4b2f5e4d0f9d3c2b1a00e1d2c3",
                }
            ]
        }
    )

    type: str = Field(description="A stable name of the kind of problem, as a URN.")
    title: str = Field(description="The HTTP status in words.")
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="What is wrong, for a person to read.")
    instance: str = Field(description="Path of the request.")
    field: str | None = Field(default=None, description="The input at fault.")
    value: str | None = Field(default=None, description="Its value, shortened.")
    mend: str | None = Field(default=None, description="What to do about it.")
    request_id: str | None = Field(default=None, description="To find the request in the server's log.")


class ProblemResponse(Response):
    media_type = MEDIA_TYPE


def problem(
    status: int,
    detail: str,
    *,
    code: str = "",
    field: str = "",
    value: str = "",
    mend: str = "",
    path: str = "",
    request_id: str = "",
    headers: dict[str, str] | None = None,
) -> ProblemResponse:
    """The answer for one problem. ``value`` must already be shortened and printable."""
    title = HTTPStatus(status).phrase
    body: dict[str, object] = {
        "type": f"urn:rongtong:problem:{code or title.lower().replace(' ', '-')}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": quote(path, errors="replace"),
    }
    optional = {"field": field, "value": value, "mend": mend, "request_id": request_id}
    body |= {name: text for name, text in optional.items() if text}
    # A lone surrogate in an input is shown escaped: UTF-8 has no bytes for it.
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace")
    return ProblemResponse(content, status_code=status, headers=headers)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI entries of the problems that an operation can answer."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


def install(app: FastAPI) -> None:
    """Make *app* answer every error as a problem."""
    app.add_exception_handler(RongtongError, _own)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


class _Where(TypedDict):
    path: str
    request_id: str


def _where(request: Request) -> _Where:
    return {"path": request.url.path, "request_id": str(request.scope.get("request_id", ""))}


async def _own(request: Request, error: Exception) -> Response:
    assert isinstance(error, RongtongError)
    shown = shorten(error.value) if error.field else ""
    headers = {"Retry-After": "5"} if error.status == 503 else None
    return problem(
        error.status,
        error.message,
        code=error.code,
        field=error.field,
        value=shown,
        mend=error.mend,
        headers=headers,
        **_where(request),
    )


_SAYINGS = {
    "extra_forbidden": "There is no such field.",
    "model_attributes_type": "Input should be a JSON object.",
}


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # of "one or several" both readings are told; the one that came further fits what was meant
    first = min(error.errors(), key=lambda e: (e["type"] in ("string_type", "list_type"), -len(e["loc"])))
    if first["type"] == "json_invalid":
        return problem(
            400,
            "The body is not valid JSON.",
            code="invalid-json",
            mend="send one JSON object",
            **_where(request),
        )
    place = [
        str(part) for part in first["loc"] if part not in ("body", "query", "path") and "[" not in str(part)
    ]
    given = first.get("input")
    # as it was written, not as Python writes it
    told = json.dumps(given, ensure_ascii=False, default=str)[:80]
    return problem(
        422,
        _SAYINGS.get(first["type"], f"{first['msg'].removeprefix('Value error, ').rstrip('.')}."),
        code="invalid-input",
        field=shorten(".".join(place)).strip("'\"") or "body",
        value="" if first["type"] == "missing" else shorten(given) if isinstance(given, str) else told,
        mend="see /openapi.json",
        **_where(request),
    )


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    sayings = {
        404: "There is nothing at this address.",
        405: "This address does not answer that method.",
        400: "The body could not be read.",
    }
    detail = sayings.get(error.status_code, str(error.detail))
    return problem(
        error.status_code,
        detail,
        mend="see /openapi.json",
        headers=dict(error.headers) if error.headers else None,
        **_where(request),
    )
