"""The answer: ranked partners with the parts that make up each score and the words it rests on.

``to_json`` gives the shape that outside programs rely on. ``base`` plus all contributions is the log-odds
of ``score``; every span is an exact substring of the stored field that it names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

JSON = dict[str, object]


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one feature added to the log-odds; ``value`` is the feature as measured."""

    feature: str
    value: float
    contribution: float

    def to_json(self) -> JSON:
        return {"feature": self.feature, "value": self.value, "contribution": self.contribution}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a verdict comes from; ``inferred`` where it is read out of free text and not stated. ``start`` is
    where *span* begins in the field's text, None where the field is no text."""

    field: str
    span: str
    offering_id: str = ""
    inferred: bool = False
    start: int | None = None

    def to_json(self) -> JSON:
        found: JSON = {"field": self.field, "span": self.span}
        if self.offering_id:
            found["offering_id"] = self.offering_id
        if self.inferred:
            found["inferred"] = True
        if self.start is not None:
            found["start"] = self.start
        return found


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing the need asks for and how the enterprise stands to it: met, missing, unknown or conflict.

    ``must`` is False for a wish. ``as_of`` is the day the verdict was true; ``expires`` the last day of the
    certificate it rests on.
    """

    requirement: str
    kind: str
    status: str
    asked: Source | None = None
    source: Source | None = None
    note: str = ""
    must: bool = True
    as_of: date | None = None
    expires: date | None = None

    def to_json(self) -> JSON:
        return {
            "requirement": self.requirement,
            "kind": self.kind,
            "status": self.status,
            "asked": self.asked.to_json() if self.asked else None,
            "source": self.source.to_json() if self.source else None,
            "note": self.note,
            "must": self.must,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "expires": self.expires.isoformat() if self.expires else None,
        }


@dataclass(frozen=True, slots=True)
class Span:
    field: str
    span: str

    def to_json(self) -> JSON:
        return {"field": self.field, "span": self.span}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words of the need and words of the offer that mean the same; ``offering_id`` is empty where the
    enterprise's own description is quoted."""

    need: Span
    offer: Span
    offering_id: str
    similarity: float

    def to_json(self) -> JSON:
        offer = self.offer.to_json()
        return {
            "need": self.need.to_json(),
            "offer": {"offering_id": self.offering_id, **offer},
            "similarity": self.similarity,
        }


@dataclass(frozen=True, slots=True)
class Moved:
    """Why a result does not stand where its score puts it: at rank ``by_score`` (after any strict policy)."""

    by_score: int
    reason: str

    def to_json(self) -> JSON:
        return {"from": self.by_score, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Result:
    """One partner. For suppliers ``need_id`` is empty; for buyers it names the need, ``title`` its title.

    ``fails`` names the must-have requirements that are missing or in conflict, ``unproven`` those of which
    nothing is known. ``unanswered`` are the words of the need that name the thing, where nothing on file
    answers them. Where ``moved`` is None the result stands in the order of the scores.
    """

    enterprise_id: str
    name: str
    rank: int
    score: float
    base: float
    contributions: tuple[Contribution, ...]
    need_id: str = ""
    title: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)  # region, tier, size … for display
    requirements: tuple[Requirement, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    unanswered: Span | None = None
    cross_chain: Mapping[str, object] | None = None
    cautions: tuple[str, ...] = ()
    for_buyer: str = ""
    for_supplier: str = ""
    fails: tuple[str, ...] = ()
    unproven: tuple[str, ...] = ()
    moved: Moved | None = None

    def to_json(self, *, explain: bool = True) -> JSON:
        found: JSON = {"enterprise_id": self.enterprise_id, "name": self.name}
        if self.need_id:
            found |= {"need_id": self.need_id, "title": self.title}
        found |= {"rank": self.rank, "score": self.score}
        if self.moved:
            found["moved"] = self.moved.to_json()
        if self.fails:
            found["fails"] = list(self.fails)
        if self.unproven:
            found["unproven"] = list(self.unproven)
        if not explain:
            return found
        return found | {
            "contributions": [c.to_json() for c in self.contributions],
            "base": self.base,
            "facts": dict(self.facts),
            "requirements": [r.to_json() for r in self.requirements],
            "evidence": [e.to_json() for e in self.evidence],
            "unanswered": self.unanswered.to_json() if self.unanswered else None,
            "cross_chain": dict(self.cross_chain) if self.cross_chain else None,
            "cautions": list(self.cautions),
            "for_buyer": self.for_buyer,
            "for_supplier": self.for_supplier,
        }


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Whom strict policy kept out of the list: how many, how often each requirement was failed, and the best
    few with the verdicts that they fail; their ``rank`` is what their score alone would have given."""

    count: int
    reasons: Mapping[str, int]
    best: tuple[Result, ...]

    def to_json(self) -> JSON:
        best = [
            result.to_json(explain=False) | {"requirements": [r.to_json() for r in result.requirements]}
            for result in self.best
        ]
        return {"count": self.count, "reasons": dict(self.reasons), "best": best}


@dataclass(frozen=True, slots=True)
class Recommendation:
    """``left_out`` is there under strict policy only. No part of the answer are ``attention``, by enterprise
    id what the list gave and what the scores deserved, which is for the exposure ledger, and ``weighed``, the
    ids of all whose balance in that ledger could have moved the list. ``notes`` are what is to be said of the
    list as a whole."""

    release: str
    query: Mapping[str, object]
    results: tuple[Result, ...]
    explain: bool = True
    left_out: LeftOut | None = None
    attention: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    weighed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def to_json(self) -> JSON:
        found: JSON = {
            "release": self.release,
            "query": dict(self.query),
            "results": [r.to_json(explain=self.explain) for r in self.results],
        }
        if self.notes:
            found["notes"] = list(self.notes)
        if self.left_out is not None:
            found["left_out"] = self.left_out.to_json()
        return found


@dataclass(frozen=True, slots=True)
class KeptOut:
    """What keeps an enterprise off a list apart from its score: ``by`` is a filter, link, requirement, buyer
    or arrangement; ``value`` the one that does."""

    by: str
    value: str
    chinese: str
    english: str

    def to_json(self) -> JSON:
        return {"by": self.by, "value": self.value, "zh": self.chinese, "en": self.english}


@dataclass(frozen=True, slots=True)
class Difference:
    """A feature of an enterprise beside that of the tenth: as measured (None where not known), and what each
    adds to the log-odds."""

    feature: str
    own: float | None
    tenth: float | None
    own_contribution: float
    tenth_contribution: float

    @property
    def difference(self) -> float:
        return self.own_contribution - self.tenth_contribution

    def to_json(self) -> JSON:
        return {
            "feature": self.feature,
            "value": self.own,
            "contribution": self.own_contribution,
            "tenth_value": self.tenth,
            "tenth_contribution": self.tenth_contribution,
            "difference": self.difference,
        }


@dataclass(frozen=True, slots=True)
class ChangeStep:
    """One thing to change, worth doing only where it is true; ``subject`` is the requirement, title or tier
    that it is about."""

    kind: str
    subject: str
    chinese: str
    english: str

    def to_json(self) -> JSON:
        return {"kind": self.kind, "subject": self.subject, "zh": self.chinese, "en": self.english}


@dataclass(frozen=True, slots=True)
class Change:
    """What would become of an enterprise with *steps* made: the log-odds it gains, its score and its rank.
    ``enough`` says that it would stand in the list."""

    steps: tuple[ChangeStep, ...]
    gain: float
    score: float
    rank: int
    enough: bool

    def to_json(self) -> JSON:
        return {
            "steps": [step.to_json() for step in self.steps],
            "gain": self.gain,
            "score": self.score,
            "rank": self.rank,
            "enough": self.enough,
        }


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Where an enterprise stands for a need among all *candidates* of the release, why, and what would change
    it. The sum of ``differences`` is the log-odds of ``score`` less those of ``tenth_score``."""

    release: str
    query: Mapping[str, object]
    enterprise_id: str
    name: str
    rank: int
    candidates: int
    score: float
    tenth_score: float
    listed: bool
    kept_out: tuple[KeptOut, ...]
    differences: tuple[Difference, ...]
    requirements: tuple[Requirement, ...]
    changes: tuple[Change, ...]
    for_supplier: str = ""

    def to_json(self) -> JSON:
        return {
            "release": self.release,
            "query": dict(self.query),
            "enterprise_id": self.enterprise_id,
            "name": self.name,
            "rank": self.rank,
            "candidates": self.candidates,
            "score": self.score,
            "tenth_score": self.tenth_score,
            "listed": self.listed,
            "kept_out": [each.to_json() for each in self.kept_out],
            "differences": [each.to_json() for each in self.differences],
            "requirements": [each.to_json() for each in self.requirements],
            "changes": [each.to_json() for each in self.changes],
            "for_supplier": self.for_supplier,
        }
