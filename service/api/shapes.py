"""What the recommendation endpoints take and give, as pydantic models: they are the OpenAPI description."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from recommender.catalogue.domain import Link, Scope, Size, Tier
from recommender.query import MAX_TEXT, MAX_TOP_K, Filters, Policy


def _whole_number(value: object) -> object:
    """JSON numbers only: ``"10"`` and ``true`` are not numbers; ``10.0`` is one (JSON knows no integers)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("Input should be a whole number")
    return value


def _boolean(value: object) -> object:
    if not isinstance(value, bool):
        raise ValueError("Input should be true or false")
    return value


def _day(value: object) -> object:
    if value is not None and not (isinstance(value, str) and len(value) == 10):
        raise ValueError("Input should be a day like 2026-01-31")
    return value


def _printable(value: object) -> object:
    """JSON can write NUL, which no database takes, and halves of surrogate pairs, which UTF-8 cannot say."""
    if isinstance(value, str) and ("\x00" in value or any("\ud800" <= mark <= "\udfff" for mark in value)):
        raise ValueError("Input should not contain NUL characters or lone surrogates")
    return value


Identifier = Annotated[str, StringConstraints(min_length=1, max_length=200), BeforeValidator(_printable)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT), BeforeValidator(_printable)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=200), BeforeValidator(_printable)]
Words = Word | Annotated[list[Word], Field(max_length=100)]
Tiers = Tier | Annotated[list[Tier], Field(max_length=10)]
Sizes = Size | Annotated[list[Size], Field(max_length=10)]
Links = Link | Annotated[list[Link], Field(max_length=10)]


class FiltersIn(BaseModel):
    """Hard filters: every field given must hold, several values of one field mean any of them."""

    model_config = ConfigDict(extra="forbid")

    region: Words = Field(default=[], description="GB/T 2260 codes or the start of one (31), or place names.")
    tier: Tiers = Field(default=[], description="Of suppliers.")
    size: Sizes = Field(default=[], description="Of suppliers.")
    certification: Words = Field(default=[], description="Names of certificates, like IATF 16949.")
    industry: Words = Field(
        default=[], description="GB/T 4754-2017 codes or the start of one, or names; of suppliers."
    )
    industry_chain: Words = Field(default=[], description="Names of industry chains.")
    link: Links = Field(default=[])
    buyer: Words = Field(default=[], description="Buyers' ids or names; for needs only.")

    def checked(self) -> Filters:
        """The domain's filters. Raises InputError for a region or an industry that does not exist."""
        return Filters.of({name: getattr(self, name) for name in self.model_fields_set})


class _Pair(BaseModel):
    """What every question has."""

    model_config = ConfigDict(extra="forbid")

    text: Text = Field(default="", description="Free text, in any words.")
    filters: FiltersIn = Field(default_factory=FiltersIn)
    link: Link | None = Field(
        default=None, description="One of the seven chains; the need's own where missing."
    )
    policy: Policy = Field(
        default=Policy.LENIENT,
        description="Who fails a must-have requirement is ranked lower (lenient) or left out and counted "
        "(strict). What is unknown is never failed.",
    )
    as_of: Annotated[date | None, BeforeValidator(_day)] = Field(
        default=None,
        description="The day for which certificates and deadlines are judged; today where missing.",
    )

    def _one_of(self, name: str) -> None:
        if len(self.model_fields_set & {name, "text"}) != 1:
            raise ValueError(f"Give either {name} or text")


class _Asked(_Pair):
    top_k: Annotated[int, BeforeValidator(_whole_number)] = Field(default=10, ge=1, le=MAX_TOP_K)
    explain: Annotated[bool, BeforeValidator(_boolean)] = Field(
        default=True, description="Whether the results carry their reasons."
    )
    scope: Scope = Field(
        default=Scope.ANY,
        description="same keeps results of the need's own industry chain, cross those from other chains.",
    )


def _either(name: str) -> dict[str, Any]:
    return {"oneOf": [{"required": [name]}, {"required": ["text"]}]}


class SuppliersQuestion(_Asked):
    """Who can supply this need? Give the id of a public, open need, or the need in words."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra=_either("need_id")
        | {
            "examples": [
                {
                    "text": "高铁转向架用轴箱轴承，寿命不低于240万公里，需通过 ISO/TS 22163",
                    "top_k": 10,
                    "policy": "strict",
                    "filters": {"region": ["43", "江苏"], "tier": ["little_giant", "champion"]},
                    "link": "supply",
                    "explain": True,
                }
            ]
        },
    )

    need_id: Identifier = Field(default="", description="Id of a need in the catalogue.")
    exposure: Annotated[bool, BeforeValidator(_boolean)] = Field(
        default=True,
        description="Whether near-equal suppliers take turns to be seen; false leaves the order by score.",
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        self._one_of("need_id")
        return self


class BuyersQuestion(_Asked):
    """Who needs what this enterprise makes? Give its id, or what it offers in words."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra=_either("enterprise_id")
        | {
            "examples": [
                {"text": "我们生产精密轴承，年产能20万套，有 IATF 16949 认证", "top_k": 5, "explain": True}
            ]
        },
    )

    enterprise_id: Identifier = Field(default="", description="Id of an enterprise in the catalogue.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        self._one_of("enterprise_id")
        return self


class WhyQuestion(_Pair):
    """Why is this enterprise not recommended for this need? Give the id of a public, open need, or the need
    in words."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra=_either("need_id")
        | {"examples": [{"text": "高铁转向架用轴箱轴承，需通过 ISO/TS 22163", "enterprise_id": "E1"}]},
    )

    need_id: Identifier = Field(default="", description="Id of a need in the catalogue.")
    enterprise_id: Identifier = Field(description="Id of an enterprise in the catalogue.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        self._one_of("need_id")
        return self


class ContributionOut(BaseModel):
    feature: str = Field(description="Name of a feature; /v1/vocabulary has the words for it.")
    value: float = Field(description="The feature as measured.")
    contribution: float = Field(description="What it added to the log-odds of the score.")


class SourceOut(BaseModel):
    field: str
    span: str = Field(description="Exact substring of the stored field.")
    offering_id: str | None = None
    inferred: bool | None = Field(default=None, description="Read out of free text, not stated.")
    start: int | None = Field(default=None, ge=0, description="Where the span begins in the field's text.")


class RequirementOut(BaseModel):
    requirement: str
    kind: str
    status: str = Field(
        description="met, missing, unknown or conflict", pattern="^(met|missing|unknown|conflict)$"
    )
    asked: SourceOut | None = Field(description="Where the need asks for it.")
    source: SourceOut | None = Field(description="Where the enterprise answers it.")
    note: str
    must: bool = Field(description="False for a wish.")
    as_of: date | None = Field(description="The day on which the verdict was true.")
    expires: date | None = Field(description="The last day of the certificate that the verdict rests on.")


class SpanOut(BaseModel):
    field: str
    span: str = Field(description="Exact substring of the stored field.")


class OfferSpanOut(SpanOut):
    offering_id: str = Field(description="Empty where the enterprise's own description is quoted.")


class EvidenceOut(BaseModel):
    need: SpanOut
    offer: OfferSpanOut
    similarity: float


class MovedOut(BaseModel):
    by_score: int = Field(alias="from", ge=1, description="The rank that the score alone would have given.")
    reason: str


class ResultOut(BaseModel):
    """One partner. The reasons (from ``contributions`` on) are there when ``explain`` was true."""

    enterprise_id: str
    name: str
    need_id: str | None = Field(default=None, description="For buyers: the need.")
    title: str | None = Field(default=None, description="For buyers: the need's title.")
    rank: int = Field(ge=1)
    score: float = Field(ge=0, le=1)
    moved: MovedOut | None = Field(
        default=None, description="There where diversity or fair exposure moved the result."
    )
    fails: list[str] | None = Field(
        default=None, description="Must-have requirements that are missing or in conflict."
    )
    unproven: list[str] | None = Field(
        default=None, description="Under strict policy: must-have requirements of which nothing is known."
    )
    contributions: list[ContributionOut] | None = None
    base: float | None = Field(default=None, description="With all contributions: the log-odds of the score.")
    facts: dict[str, Any] | None = None
    requirements: list[RequirementOut] | None = None
    evidence: list[EvidenceOut] | None = None
    unanswered: SpanOut | None = Field(
        default=None,
        description="The words of the need that name the thing, where nothing on file answers them.",
    )
    cross_chain: dict[str, Any] | None = None
    cautions: list[str] | None = None
    for_buyer: str | None = None
    for_supplier: str | None = None


class MissedOut(BaseModel):
    """A candidate that was left out; ``requirements`` are those that it fails."""

    enterprise_id: str
    name: str
    need_id: str | None = None
    title: str | None = None
    rank: int = Field(ge=1, description="The rank that its score alone would have given.")
    score: float = Field(ge=0, le=1)
    fails: list[str]
    requirements: list[RequirementOut]


class LeftOutOut(BaseModel):
    """Whom strict policy left out though they score better than the last result."""

    count: int = Field(ge=0)
    reasons: dict[str, int] = Field(description="How many fail each requirement.")
    best: list[MissedOut]


class Answer(BaseModel):
    """Ranked partners, best first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "release": "20260131T020000Z-3f9a",
                    "query": {"text": "高铁转向架用轴箱轴承", "top_k": 1, "link": "supply"},
                    "results": [
                        {
                            "enterprise_id": "91430200MA4L1A2B3C",
                            "name": "株洲某某轴承有限公司（虚构）",
                            "rank": 1,
                            "score": 0.87,
                            "contributions": [
                                {"feature": "semantic_match", "value": 0.71, "contribution": 2.3}
                            ],
                            "base": -0.4,
                            "facts": {"region": "430200", "tier": "little_giant"},
                            "requirements": [],
                            "evidence": [
                                {
                                    "need": {"field": "title", "span": "轴箱轴承"},
                                    "offer": {
                                        "offering_id": "O-1",
                                        "field": "title",
                                        "span": "动车组轴箱轴承",
                                    },
                                    "similarity": 0.83,
                                }
                            ],
                            "cross_chain": None,
                            "cautions": [],
                            "for_buyer": "",
                            "for_supplier": "",
                        }
                    ],
                }
            ]
        }
    )

    release: str
    query: dict[str, Any]
    results: list[ResultOut]
    notes: list[str] = Field(default_factory=list, description="What is to be said of the list as a whole.")
    left_out: LeftOutOut | None = Field(default=None, description="There under strict policy.")


class KeptOutOut(BaseModel):
    by: str = Field(description="A filter, or link, requirement, buyer or arrangement.")
    value: str
    zh: str
    en: str


class DifferenceOut(BaseModel):
    """A feature of the enterprise beside that of the tenth; a value is null where it is not known."""

    feature: str
    value: float | None
    contribution: float
    tenth_value: float | None
    tenth_contribution: float
    difference: float


class StepOut(BaseModel):
    kind: str
    subject: str
    zh: str
    en: str


class ChangeOut(BaseModel):
    """What the enterprise could change of itself; worth doing only where it is true."""

    steps: list[StepOut]
    gain: float = Field(description="What it would add to the log-odds of the score.")
    score: float = Field(ge=0, le=1)
    rank: int = Field(ge=1)
    enough: bool = Field(description="Whether the enterprise would then stand among the first ten.")


class WhyAnswer(BaseModel):
    """Where an enterprise stands for a need. The differences add up to the log-odds of ``score`` less those
    of ``tenth_score``."""

    release: str
    query: dict[str, Any]
    enterprise_id: str
    name: str
    rank: int = Field(ge=1, description="By score, among all candidates of the release.")
    candidates: int = Field(ge=1)
    score: float = Field(ge=0, le=1)
    tenth_score: float = Field(ge=0, le=1)
    listed: bool
    kept_out: list[KeptOutOut]
    differences: list[DifferenceOut]
    requirements: list[RequirementOut]
    changes: list[ChangeOut]
    for_supplier: str
