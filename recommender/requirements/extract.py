"""What a need demands of its suppliers, each demand with the words that state it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from recommender.catalogue.domain import Need
from recommender.requirements.certificates import Certificate, canonical, find_certificates
from recommender.results import Source
from recommender.text.normalise import for_search

# A clause that only rewards or refuses is no demand.
_SOFT = re.compile(
    r"优先|加分|得分|评分|得?\d+分|可提供|如有|若有|不要求|无需|不作要求|不接受|不得|禁止|鼓励"
)
_CLAUSE = re.compile(r"[^。；;\n!！?？]+")
_EXPERIENCE = re.compile(
    r"(?:同类|类似|相关|相似)[^。；;\n]{0,14}?业绩|业绩(?:要求|证明)|(?:至少|不少于|具有|具备)[^。；;\n]{0,30}?业绩"
)
_CAPITAL = re.compile(
    r"注册资(?:本|金)[^。；;\n\d]{0,14}?(?:不低于|不少于|不小于|≥|>=|在|达到|大于)[^。；;\n\d]{0,6}?(\d[\d,]*(?:\.\d+)?)\s*(亿|万)?元?"
)
_CERTIFIED = re.compile("认证|证书")
_HOLDING = re.compile("认证|证书|许可|资质|资格|具备|具有|通过|取得")
_MAX_TEXT = 50_000


@dataclass(frozen=True, slots=True)
class Demand:
    """A requirement as asked. ``kind``: certification, tier, size, experience or registered_capital.

    ``name`` is what a reader sees; ``certificate`` and ``amount`` (yuan) are set for their kinds.
    """

    kind: str
    name: str
    asked: Source
    certificate: Certificate | None = None
    amount: float | None = None


def demands(need: Need) -> tuple[Demand, ...]:
    """Every demand of *need*: stated ones from its fields first, then those read out of its text.

    What comes from text is marked ``inferred``; a certificate stated in a field is not read a second
    time from the text.
    """
    found: list[Demand] = []
    for name in need.required_certifications:
        found.append(Demand("certification", name, Source("required_certifications", name), canonical(name)))
    if need.required_tiers:
        names = tuple(str(t) for t in need.required_tiers)
        found.append(Demand("tier", "|".join(names), Source("required_tiers", names[0])))
    if need.reserved_for:
        found.append(Demand("size", need.reserved_for, Source("reserved_for", need.reserved_for)))
    for field in ("qualification", "description", "title"):
        for demand in _from_text(field, getattr(need, field)[:_MAX_TEXT]):
            if not any(_same(demand, known) for known in found):
                found.append(demand)
    return tuple(found)


def _same(one: Demand, other: Demand) -> bool:
    """Whether two demands ask for the same: a kind of certificate whatever its grade, else the kind alone."""
    if one.certificate and other.certificate:
        return one.certificate.name == other.certificate.name
    return one.kind == other.kind


def _from_text(field: str, text: str) -> list[Demand]:
    found: list[Demand] = []
    for clause in _CLAUSE.finditer(text):
        words = clause.group().strip()
        folded = for_search(words)
        if not folded or _SOFT.search(folded):
            continue
        # a description speaks of the thing itself: only words of holding make a demand there
        demanding = field == "qualification" or _HOLDING.search(folded) is not None
        for certificate, start, end in find_certificates(folded) if demanding else ():
            # to keep up a quality management system is not to hold a certificate of one
            if "管理体系" in folded[start:end] and not _CERTIFIED.search(folded):
                continue
            span = _original(words, folded, start, end)
            found.append(
                Demand("certification", str(certificate), Source(field, span, inferred=True), certificate)
            )
        if match := _CAPITAL.search(folded):
            amount = float(match[1].replace(",", "")) * {"亿": 1e8, "万": 1e4, None: 1.0}[match[2]]
            span = _original(words, folded, match.start(), match.end())
            found.append(
                Demand(
                    "registered_capital",
                    f"注册资本 ≥ {amount / 1e4:g} 万元",
                    Source(field, span, inferred=True),
                    amount=amount,
                )
            )
        if field == "qualification" and (match := _EXPERIENCE.search(folded)):
            span = _original(words, folded, match.start(), match.end())
            found.append(Demand("experience", "同类业绩", Source(field, span, inferred=True)))
    return found


def _original(words: str, folded: str, start: int, end: int) -> str:
    """The part of *words* that normalised to ``folded[start:end]``; the whole clause where widths differ."""
    if len(words) == len(folded):
        return words[start:end]
    at = words.lower().find(folded[start:end])
    return words[at : at + end - start] if at >= 0 else words
