"""What every request passes through: limits before the application, headers and one log line after it.

Pure ASGI, so that it also sees what the framework itself answers. Neither bodies nor query strings are
logged: a need may be confidential.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
import traceback
import uuid
from collections.abc import Iterator

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.problems import ProblemResponse, problem

logger = logging.getLogger("rongtong.access")

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Guard:
    """ASGI middleware: request id, body limit, content type, time limit, security headers, access log.

    ``max_body`` is in bytes and holds for chunked bodies too; ``timeout`` is in seconds and spans reading
    the body and computing the answer.
    """

    def __init__(self, app: ASGIApp, *, max_body: int, timeout: float) -> None:
        self._app = app
        self._max_body = max_body
        self._timeout = timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope["request_id"] = request_id
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                out = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    out[name] = value
                out.setdefault("Cache-Control", "no-store")
                out["X-Request-ID"] = request_id
            await send(message)

        try:
            refusal = await self._pass_on(scope, headers, receive, send_with_headers)
            if refusal is not None and not status:
                await refusal(scope, receive, send_with_headers)
        finally:
            logger.info(
                "request",
                extra={
                    "method": scope["method"],
                    "path": _route(scope),
                    "status": status,
                    "ms": round((time.perf_counter() - started) * 1000, 1),
                    "request_id": request_id,
                },
            )

    async def _pass_on(
        self, scope: Scope, headers: Headers, receive: Receive, send: Send
    ) -> ProblemResponse | None:
        """Let the application answer; or the problem to answer with in its place."""
        refusal: ProblemResponse | None = self._problem(
            scope, 408, "The body did not arrive in time.", mend="send it again", close=True
        )
        try:
            async with asyncio.timeout(self._timeout):
                body, refusal = await self._body(headers, scope, receive)
                if refusal is None:
                    late = "The answer took too long."
                    refusal = self._problem(scope, 503, late, mend="ask again, or for less")
                    await self._app(scope, _replay(body, receive), send)
                    refusal = None
        except ClientDisconnect:
            return None
        except TimeoutError:
            pass  # what it was waiting for says which problem it is
        except Exception as error:  # the outermost boundary: a clean answer, whatever it was
            _log_failure(error, scope["request_id"])
            wrong = "Something went wrong in the server."
            return self._problem(scope, 500, wrong, mend="see the server's log")
        return refusal

    async def _body(
        self, headers: Headers, scope: Scope, receive: Receive
    ) -> tuple[bytes, ProblemResponse | None]:
        """The whole body, or the answer that refuses it."""
        if scope["method"] not in ("POST", "PUT", "PATCH"):
            return b"", None
        kind = headers.get("content-type", "").split(";")[0].strip().lower()
        if headers.get("content-encoding", "identity").lower() != "identity":
            return b"", self._problem(
                scope, 415, "Compressed bodies are not understood.", mend="send plain JSON"
            )
        too_large = self._problem(
            scope, 413, "The body is too large.", mend=f"send at most {self._max_body:,} bytes", close=True
        )
        announced = headers.get("content-length", "")
        if announced.isdigit() and int(announced) > self._max_body:
            return b"", too_large
        parts: list[bytes] = []
        size = 0
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > self._max_body:
                return b"", too_large
            parts.append(chunk)
            more = message.get("more_body", False)
        if size and kind != "application/json":
            return b"", self._problem(
                scope, 415, "The body is not declared as JSON.", mend="send Content-Type: application/json"
            )
        return b"".join(parts), None

    def _problem(
        self, scope: Scope, status: int, detail: str, *, mend: str, close: bool = False
    ) -> ProblemResponse:
        headers = {"Connection": "close"} if close else None
        if status == 503:
            headers = {"Retry-After": "5"}
        return problem(
            status, detail, mend=mend, path=scope["path"], request_id=scope["request_id"], headers=headers
        )


def _route(scope: Scope) -> str:
    """The route's pattern, never what the caller put into it; a page's route has no pattern but its path."""
    if "route" in scope:
        return str(getattr(scope["route"], "path", ""))
    return str(scope["path"]) if "endpoint" in scope and not scope.get("path_params") else "(no route)"


def _replay(body: bytes, receive: Receive) -> Receive:
    """A ``receive`` that gives the body that was read, then what comes after it."""
    messages: Iterator[Message] = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def again() -> Message:
        for message in messages:
            return message
        return await receive()

    return again


def _log_failure(error: Exception, request_id: str) -> None:
    """Where it broke, without the message: a database error quotes the values that it was given."""
    frames = [
        f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
    ]
    logger.error(
        "unexpected failure",
        extra={"request_id": request_id, "error": type(error).__qualname__, "frames": frames[-12:]},
    )
