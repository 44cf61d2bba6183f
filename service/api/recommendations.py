"""``POST /v1/recommendations/suppliers`` and ``/buyers``.

Callers are anonymous: they see what is public. A need that is not public and open answers like one that
does not exist, and contacts are not part of any answer.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date

from fastapi import APIRouter
from starlette.responses import Response

from indexes.errors import UnknownId
from recommender.catalogue.domain import Enterprise, Need, NeedStatus, Offering, Visibility
from recommender.query import BuyerQuery, SupplierQuery, enterprise_from_text, need_from_text
from recommender.results import JSON, Recommendation, Result
from service.api.desk import AtDesk, Desk
from service.api.problems import responses
from service.api.shapes import Answer, BuyersQuestion, SuppliersQuestion
from service.labels import with_names

router = APIRouter(prefix="/v1/recommendations", tags=["recommendations"])
_PROBLEMS = responses(400, 404, 408, 413, 415, 422, 500, 503)
VISIBLE = (Visibility.PUBLIC.value,)


@router.post(
    "/suppliers",
    summary="Suppliers for a need",
    response_model=Answer,
    response_description="Ranked suppliers",
    responses=_PROBLEMS,
)
async def suppliers(question: SuppliersQuestion, desk: AtDesk) -> Response:
    """Ranked suppliers for a need of the catalogue or one in words, with reasons."""
    return await desk.run(lambda: _suppliers(question, desk))


@router.post(
    "/buyers",
    summary="Buyers for an enterprise",
    response_model=Answer,
    response_description="Ranked needs and their buyers",
    responses=_PROBLEMS,
)
async def buyers(question: BuyersQuestion, desk: AtDesk) -> Response:
    """Ranked open needs and their buyers for an enterprise of the catalogue or one in words, with reasons."""
    return await desk.run(lambda: _buyers(question, desk))


def _suppliers(question: SuppliersQuestion, desk: Desk) -> Response:
    filters = question.filters.checked()
    engine = desk.live.get()
    need = visible_need(desk, question.need_id) if question.need_id else need_from_text(question.text)
    known = desk.ledger.before(desk.ledger.today()) if desk.ledger else None
    found = engine.suppliers(
        SupplierQuery(
            need=need,
            as_of=question.as_of or date.today(),
            top_k=question.top_k,
            filters=filters,
            link=question.link,
            explain=question.explain,
            policy=question.policy,
            exposure=replace(known, moves=question.exposure) if known else None,
        )
    )
    if desk.ledger:
        desk.ledger.record(_same_question(question), found.attention)
    return _answer(found)


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
    return _answer(
        engine.buyers(
            BuyerQuery(
                enterprise=enterprise,
                offerings=offerings,
                as_of=question.as_of or date.today(),
                top_k=question.top_k,
                filters=filters,
                link=question.link,
                explain=question.explain,
                visibility=VISIBLE,
                policy=question.policy,
            )
        )
    )


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


def _answer(found: Recommendation) -> Response:
    """Made into bytes here, in the worker's thread, which keeps the event loop free."""
    document = found.to_json()
    document["results"] = [_named(result, found.explain) for result in found.results]
    content = json.dumps(document, ensure_ascii=False, allow_nan=False)
    return Response(content.encode(), media_type="application/json")


def _named(result: Result, explain: bool) -> JSON:
    document = result.to_json(explain=explain)
    if explain:
        document["facts"] = with_names(result.facts)
    return document
