"""One sentence for each side, and the cautions, built from the parts of a result and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from recommender.catalogue.domain import Enterprise, Need
from recommender.results import Evidence, Requirement

_LISTED = 3
_WORDS = {
    "sme": "中小企业",
    "small_micro": "小微企业",
    "innovative": "创新型中小企业",
    "specialized": "专精特新",
    "little_giant": "专精特新小巨人",
    "champion": "制造业单项冠军",
}


def for_buyer(name: str, evidence: Sequence[Evidence], requirements: Sequence[Requirement]) -> str:
    """Why the buyer should look at this enterprise: Chinese, then English on a line of its own."""
    met, missing, unknown = (_of(requirements, status) for status in ("met", "missing", "unknown"))
    if evidence:
        best = evidence[0]
        chinese = f"{name}的“{best.offer.span}”对应需求中的“{best.need.span}”"
        english = f"{name} offers “{best.offer.span}”, which answers “{best.need.span}”"
    else:
        chinese = f"{name}没有与需求直接对应、可以引用的语句，仅按整体业务比较"
        english = f"{name} has no words to quote that answer the need; it was compared as a whole"
    chinese += (
        _listed("；已满足：", met, "、")
        + _listed("；缺少：", missing, "、")
        + _listed("；待核实：", unknown, "、")
    )
    english += (
        _listed("; meets ", met, ", ")
        + _listed("; lacks ", missing, ", ")
        + _listed("; to be verified: ", unknown, ", ")
    )
    return f"{chinese}。\n{english}."


def for_supplier(need: Need, evidence: Sequence[Evidence], requirements: Sequence[Requirement]) -> str:
    """Why the enterprise should answer this need, and what it lacks to qualify."""
    missing, unknown = (_of(requirements, status) for status in ("missing", "unknown"))
    buyer = need.buyer_name or "采购方"
    if evidence:
        best = evidence[0]
        chinese = f"{buyer}需要“{best.need.span}”，贵企业的“{best.offer.span}”与之对应"
        english = f"The buyer asks for “{best.need.span}”; you offer “{best.offer.span}”"
    else:
        chinese = f"{buyer}的需求在贵企业的资料中没有可直接引用的对应语句，仅按整体业务比较"
        english = "Nothing on file about you answers the need in words; you were compared as a whole"
    if missing or unknown:
        chinese += _listed("；尚缺：", missing, "、") + _listed("；请补充证明：", unknown, "、")
        english += _listed("; you lack ", missing, ", ") + _listed("; please show ", unknown, ", ")
    elif requirements:
        chinese += "；所列要求均已满足"
        english += "; you meet every listed requirement"
    return f"{chinese}。\n{english}."


def cautions(
    enterprise: Enterprise,
    offerings: int,
    evidence: Sequence[Evidence],
    requirements: Sequence[Requirement],
    as_of: date,
) -> tuple[str, ...]:
    """What a careful reader should know before acting."""
    found: list[str] = []
    if not evidence:
        found.append(
            "没有可引用的对应语句，仅按整体业务比较 / no matching words to quote, compared as a whole only"
        )
    if offerings == 1:
        found.append("仅登记一项产品或能力 / a single offering on file")
    elif offerings == 0:
        found.append("未登记产品，仅凭企业介绍匹配 / no offering on file, matched by its description")
    found.extend(
        f"{c.name} 将于 {c.expires} 到期 / expires within 90 days"
        for c in enterprise.certifications
        if c.expires and 0 <= (c.expires - as_of).days <= 90
    )
    for requirement in requirements:
        if requirement.source and requirement.source.inferred:
            found.append(f"{requirement.requirement} 仅见于自述，需核实 / claimed only, to be verified")
        elif requirement.status == "conflict":
            found.append(f"{requirement.requirement} 的信息相互矛盾 / stated and claimed disagree")
    return tuple(found)


def _of(requirements: Sequence[Requirement], status: str) -> list[str]:
    return [_in_words(r) for r in requirements if r.status == status][:_LISTED]


def _in_words(requirement: Requirement) -> str:
    """A requirement as a reader says it; codes of tiers and sizes become their names."""
    return " / ".join(_WORDS.get(part, part) for part in requirement.requirement.split("|"))


def _listed(lead: str, items: Sequence[str], mark: str) -> str:
    return lead + mark.join(items) if items else ""
