"""``POST /v1/recommendations/suppliers``, ``/buyers`` and ``/why``.

Callers are anonymous: they see what is public. A need that is not public and open answers like one that
does not exist, and contacts are not part of any answer.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from indexes.errors import UnknownId
from recommender.catalogue.domain import Enterprise, Need, NeedStatus, Offering, Visibility
from recommender.decisions import answer_bytes
from recommender.query import BuyerQuery, SupplierQuery, enterprise_from_text, need_from_text
from recommender.results import Recommendation
from service.answers import document_of
from service.api.desk import AtDesk, Desk
from service.api.problems import responses
from service.api.shapes import Answer, BuyersQuestion, SuppliersQuestion, WhyAnswer, WhyQuestion

router = APIRouter(prefix="/v1/recommendations", tags=["recommendations"])
_PROBLEMS = responses(400, 404, 408, 413, 415, 422, 500, 503)
DECISION = "X-Decision-Id"
_LOGGED: dict[int | str, dict[str, Any]] = {
    200: {
        "headers": {
            DECISION: {
                "description": "What `rongtong replay` calls this answer; absent where none are logged.",
                "schema": {"type": "string"},
            }
        }
    }
}
VISIBLE = (Visibility.PUBLIC.value,)


@router.post(
    "/suppliers",
    summary="Suppliers for a need",
    response_model=Answer,
    response_description="Ranked suppliers",
    responses=_PROBLEMS | _LOGGED,
)
async def suppliers(question: SuppliersQuestion, desk: AtDesk) -> Response:
    """Ranked suppliers for a need of the catalogue or one in words, with reasons."""
    return await desk.answer(lambda: _suppliers(question, desk))


@router.post(
    "/buyers",
    summary="Buyers for an enterprise",
    response_model=Answer,
    response_description="Ranked needs and their buyers",
    responses=_PROBLEMS | _LOGGED,
)
async def buyers(question: BuyersQuestion, desk: AtDesk) -> Response:
    """Ranked open needs and their buyers for an enterprise of the catalogue or one in words, with reasons."""
    return await desk.answer(lambda: _buyers(question, desk))


@router.post(
    "/why",
    summary="Why an enterprise is not recommended",
    response_model=WhyAnswer,
    response_description="Its rank, the difference to the tenth, and what would lift it",
    responses=_PROBLEMS,
)
async def why(question: WhyQuestion, desk: AtDesk) -> Response:
    """Where an enterprise stands for a need, why, and the smallest changes that would lift it."""
    return await desk.run(lambda: _why(question, desk))


def _suppliers(question: SuppliersQuestion, desk: Desk) -> Response:
    filters = question.filters.checked()
    engine = desk.live.get()
    need = visible_need(desk, question.need_id) if question.need_id else need_from_text(question.text)
    known = desk.ledger.before(desk.ledger.today()) if desk.ledger else None
    query = SupplierQuery(
        need=need,
        as_of=question.as_of or date.today(),
        top_k=question.top_k,
        filters=filters,
        link=question.link,
        explain=question.explain,
        policy=question.policy,
        scope=question.scope,
        exposure=replace(known, moves=question.exposure) if known else None,
    )
    found = engine.suppliers(query)
    if desk.ledger:
        desk.ledger.record(_same_question(question), found.attention)
    return _answer(desk, query, found)


def _why(question: WhyQuestion, desk: Desk) -> Response:
    engine = desk.live.get()
    need = visible_need(desk, question.need_id) if question.need_id else need_from_text(question.text)
    query = SupplierQuery(
        need=need,
        as_of=question.as_of or date.today(),
        filters=question.filters.checked(),
        link=question.link,
        policy=question.policy,
    )
    found = engine.why(query, question.enterprise_id)
    return Response(answer_bytes(found.to_json()), media_type="application/json")


def _same_question(question: SuppliersQuestion) -> str:
    """A digest that two questions share where they ask for the same list."""
    asked = question.model_dump_json(exclude={"explain", "exposure", "as_of"})
    return hashlib.sha256(asked.encode()).hexdigest()


def _buyers(question: BuyersQuestion, desk: Desk) -> Response:
    filters = question.filters.checked()
    engine = desk.live.get()
    if question.enterprise_id:
        enterprise, offerings = known_enterprise(desk, question.enterprise_id)
    else:
        enterprise, offerings = enterprise_from_text(question.text)
    query = BuyerQuery(
        enterprise=enterprise,
        offerings=offerings,
        as_of=question.as_of or date.today(),
        top_k=question.top_k,
        filters=filters,
        link=question.link,
        explain=question.explain,
        visibility=VISIBLE,
        policy=question.policy,
        scope=question.scope,
    )
    return _answer(desk, query, engine.buyers(query))


def visible_need(desk: Desk, need_id: str) -> Need:
    """A need that anybody may see. Raises UnknownId, in the same words whether it is hidden or unknown."""
    try:
        need = desk.catalogue.need(need_id)
    except UnknownId:
        need = None
    if need is None or need.visibility is not Visibility.PUBLIC or need.status is not NeedStatus.OPEN:
        raise UnknownId(
            "There is no such need.",
            field="need_id",
            value=need_id,
            mend="give the id of a public, open need, or its text",
        )
    return need


def known_enterprise(desk: Desk, enterprise_id: str) -> tuple[Enterprise, tuple[Offering, ...]]:
    """An enterprise and its offerings. Raises UnknownId."""
    return desk.catalogue.enterprise(enterprise_id), desk.catalogue.offerings_of(enterprise_id)


def _answer(desk: Desk, query: SupplierQuery | BuyerQuery, found: Recommendation) -> Response:
    """Made into bytes here, in the worker's thread, which keeps the event loop free."""
    content = answer_bytes(document_of(found))
    headers = {DECISION: desk.decisions.record(query, found, content)} if desk.decisions else None
    return Response(content, media_type="application/json", headers=headers)
