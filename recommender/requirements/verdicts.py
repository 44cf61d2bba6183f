"""How an enterprise stands to each demand of a need: met, missing, unknown or conflict, and why.

``missing`` is said only where the enterprise states something of that kind that does not suffice; silence is
``unknown``. What is read out of free text is marked inferred, and never overrules a stated expiry.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from recommender.catalogue.domain import Certification, Enterprise, Need, Offering, Size, Tier
from recommender.requirements.certificates import Certificate, canonical, find_certificates
from recommender.requirements.extract import Demand
from recommender.results import Requirement, Source
from recommender.text.normalise import for_search

_TIER_ORDER = {tier: order for order, tier in enumerate(Tier)}
_RESERVED = {"sme": (Size.MEDIUM, Size.SMALL, Size.MICRO), "small_micro": (Size.SMALL, Size.MICRO)}
_MAX_TEXT = 20_000
_CLAUSE = re.compile(r"[^。；;！!\n]+")
_HOLDS = re.compile(r"通过|取得|获得|获|持有|持|具有|具备|拥有|经|已.{0,6}认证")


def judge(
    asked: Sequence[Demand], need: Need, enterprise: Enterprise, offerings: Sequence[Offering], as_of: date
) -> tuple[Requirement, ...]:
    """One verdict for each of *asked*, in order. Certificates must be valid on *as_of*; one that ends before
    the need's deadline is met with a note."""
    return tuple(_JUDGES[demand.kind](demand, need, enterprise, offerings, as_of) for demand in asked)


def coverage(verdicts: Sequence[Requirement]) -> float:
    """Share of demands met less share missing, −1 to 1; 0 where nothing is asked or nothing is known."""
    worth = {"met": 1.0, "unknown": 0.0, "conflict": -0.5, "missing": -1.0}
    return sum(worth[v.status] for v in verdicts) / len(verdicts) if verdicts else 0.0


def _certification(
    demand: Demand, need: Need, enterprise: Enterprise, offerings: Sequence[Offering], as_of: date
) -> Requirement:
    assert demand.certificate is not None
    stated = [c for c in enterprise.certifications if canonical(c.name).satisfies(demand.certificate)]
    valid = [c for c in stated if c.expires is None or c.expires >= as_of]
    claim = _claimed(demand.certificate, enterprise, offerings)
    if valid:
        best = max(valid, key=lambda c: c.expires or date.max)
        return _verdict(demand, "met", Source("certifications", str(best)), _validity(best, need))
    if stated:
        last = max(stated, key=lambda c: c.expires or date.min)
        note = f"已于 {last.expires} 到期 / expired"
        status = "conflict" if claim else "missing"
        return _verdict(demand, status, Source("certifications", str(last)), note)
    lower = [c for c in enterprise.certifications if canonical(c.name).name == demand.certificate.name]
    if lower and not any(canonical(c.name).grade for c in lower):
        source = Source("certifications", str(lower[0]))
        return _verdict(demand, "unknown", source, "未写明等级 / grade not stated")
    if lower:
        return _verdict(
            demand, "missing", Source("certifications", str(lower[0])), "等级不足 / grade too low"
        )
    if claim:
        return _verdict(demand, "met", claim, "仅见于自述，未经核实 / claimed, not verified")
    status = "missing" if enterprise.certifications else "unknown"
    return _verdict(
        demand, status, None, "" if enterprise.certifications else "未填报证书 / no certificates stated"
    )


def _validity(certification: Certification, need: Need) -> str:
    if certification.expires and need.deadline and certification.expires < need.deadline.date():
        return f"{certification.expires} 到期，早于截止日 / expires before the deadline"
    return ""


def _claimed(
    certificate: Certificate, enterprise: Enterprise, offerings: Sequence[Offering]
) -> Source | None:
    """The first words in which the enterprise says of itself that it holds *certificate*.

    A mere mention is no claim: a laboratory that offers 3C testing does not hold a 3C certificate.
    """
    texts = [("description", enterprise.description, "")]
    texts.extend(("description", offering.description, offering.offering_id) for offering in offerings)
    for field, text, offering_id in texts:
        for clause in _CLAUSE.findall(text[:_MAX_TEXT]):
            folded = for_search(clause)
            if not _HOLDS.search(folded):
                continue
            for found, start, end in find_certificates(folded):
                if found.satisfies(certificate):
                    return Source(field, _as_written(clause, folded[start:end]), offering_id, inferred=True)
    return None


def _as_written(clause: str, words: str) -> str:
    """*words* as they stand in *clause*; all of it where case or width differ too much to tell."""
    at = clause.lower().find(words)
    return clause[at : at + len(words)] if at >= 0 else clause.strip()


def _tier(
    demand: Demand, need: Need, enterprise: Enterprise, offerings: Sequence[Offering], as_of: date
) -> Requirement:
    if enterprise.tier is None:
        return _verdict(demand, "unknown", None, "未填报梯度 / tier not stated")
    enough = any(_TIER_ORDER[enterprise.tier] >= _TIER_ORDER[t] for t in need.required_tiers)
    return _verdict(demand, "met" if enough else "missing", Source("tier", enterprise.tier.value))


def _size(
    demand: Demand, need: Need, enterprise: Enterprise, offerings: Sequence[Offering], as_of: date
) -> Requirement:
    if enterprise.size is None:
        return _verdict(demand, "unknown", None, "未填报规模 / size not stated")
    fits = enterprise.size in _RESERVED.get(demand.name, tuple(Size))
    return _verdict(demand, "met" if fits else "missing", Source("size", enterprise.size.value))


def _capital(
    demand: Demand, need: Need, enterprise: Enterprise, offerings: Sequence[Offering], as_of: date
) -> Requirement:
    assert demand.amount is not None
    if enterprise.registered_capital is None:
        return _verdict(demand, "unknown", None, "未填报注册资本 / not stated")
    status = "met" if enterprise.registered_capital >= demand.amount else "missing"
    return _verdict(demand, status, Source("registered_capital", f"{enterprise.registered_capital:.0f}"))


def _experience(
    demand: Demand, need: Need, enterprise: Enterprise, offerings: Sequence[Offering], as_of: date
) -> Requirement:
    return _verdict(
        demand, "unknown", None, "目录中没有业绩记录，请向企业核实 / ask the enterprise for references"
    )


def _verdict(demand: Demand, status: str, source: Source | None, note: str = "") -> Requirement:
    return Requirement(demand.name, demand.kind, status, demand.asked, source, note)


_JUDGES = {
    "certification": _certification,
    "tier": _tier,
    "size": _size,
    "registered_capital": _capital,
    "experience": _experience,
}
