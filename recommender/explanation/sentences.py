"""One sentence for each side, and the cautions, built from the parts of a result and nothing else.

What a sentence quotes or names stands in the result: a span, a requirement, a name or a number. It names at
most three requirements of a kind, must-haves first; a wish of which nothing is known is left to the
checklist, for silence on a wish is no news.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from recommender.catalogue.domain import Enterprise, Need
from recommender.explanation.evidence import Quoted
from recommender.explanation.phrases import Phrases
from recommender.ranking.features import FEATURES
from recommender.results import Change, Evidence, Requirement, Result, Span, WhyNot

_SAME, _ALIKE = (
    0.75,
    0.6,
)  # cosine from which words say the same, and from which they have to do with each other
_ANSWERED = 0.6  # cosine from which something on file answers the words that name the thing
_NEAR = 0.45  # cosine of the whole below which an enterprise is far from the need
_UNBORNE = 0.5  # corroboration up to which an offering stands alone
_LISTED, _TEN = 3, 10
_SLIGHT = 0.005  # log-odds that no reader would see
_SOON = 90  # days in which a certificate runs out that a reader wants to know
_STALE = 365  # days after which a profile may no longer say what is so
_WORDS = {
    "sme": "中小企业",
    "small_micro": "小微企业",
    "innovative": "创新型中小企业",
    "specialized": "专精特新",
    "little_giant": "专精特新小巨人",
    "champion": "制造业单项冠军",
}


@dataclass(frozen=True, slots=True)
class Match:
    """What may be said of a match: the pairs that are quoted, what says most first, and the words that name
    the thing wanted where nothing on file answers them."""

    evidence: Sequence[Evidence] = ()
    unanswered: Span | None = None
    direct: bool = False  # the words quoted say the same, and are of the thing itself

    def lacking(self) -> tuple[str, str]:
        """What is told of the words that nothing answers."""
        if self.unanswered is None:
            return "", ""
        words = self.unanswered.span
        return f"，资料中未见与“{words}”直接对应的内容", f", but nothing on file answers “{words}” itself"


def matched(quoted: Quoted, phrases: Phrases) -> Match:
    """What may be said where *quoted* is what *phrases* of the need brought up."""
    wanted = phrases.wanted
    answered = wanted is None or quoted.core >= _ANSWERED
    best = next(iter(quoted.pairs), None)
    same = (
        best is not None
        and best.similarity >= _SAME
        and phrases.names_the_thing(best.need.span, best.offer.span)
    )
    return Match(quoted.pairs, None if answered else wanted, answered and same)


def for_buyer(name: str, match: Match, requirements: Sequence[Requirement]) -> str:
    """Why the buyer should look at this enterprise: Chinese, then English on a line of its own.
    *name* is "" where the enterprise is known by what it said only."""
    name, firm = name or "该企业", name or "The enterprise"
    met, missing, unknown = _met(requirements), _failed(requirements), _unproven(requirements)
    lacks, without = match.lacking()
    if match.direct:
        best = match.evidence[0]
        chinese = f"{name}的“{best.offer.span}”对应需求中的“{best.need.span}”"
        english = f"{firm} offers “{best.offer.span}”, which answers “{best.need.span}”"
    elif match.evidence:
        best = match.evidence[0]
        near = best.similarity >= _ALIKE
        chinese = (
            f"{name}的“{best.offer.span}”与需求中的“{best.need.span}”{'有关' if near else '只是相近'}{lacks}"
        )
        english = f"{firm}'s “{best.offer.span}” {'has to do with' if near else 'is only close to'} "
        english += f"“{best.need.span}”{without}"
    else:
        chinese = f"{name}没有与需求直接对应、可以引用的语句，仅按整体业务比较"
        english = f"{firm} has no words to quote that answer the need; it was compared as a whole only"
    chinese += (
        _listed("；已满足：", met, "、")
        + _listed("；不满足：", missing, "、")
        + _listed("；待核实：", unknown, "、")
    )
    english += (
        _listed("; meets ", met, ", ")
        + _listed("; does not meet ", missing, ", ")
        + _listed("; to be verified: ", unknown, ", ")
    )
    return f"{chinese}。\n{english}."


def for_supplier(need: Need, match: Match, requirements: Sequence[Requirement]) -> str:
    """Why the enterprise should answer this need, and what it lacks to qualify."""
    missing, unknown = _failed(requirements), _unproven(requirements)
    buyer = need.buyer_name or "采购方"
    lacks, without = match.lacking()
    if match.direct:
        best = match.evidence[0]
        chinese = f"{buyer}需要“{best.need.span}”，贵企业的“{best.offer.span}”与之对应"
        english = f"The buyer asks for “{best.need.span}”; you offer “{best.offer.span}”"
    elif match.evidence:
        best = match.evidence[0]
        near = best.similarity >= _ALIKE
        chinese = f"{buyer}的需求提到“{best.need.span}”，与贵企业的“{best.offer.span}”"
        chinese += f"{'有关' if near else '只是相近'}{lacks}"
        english = f"The need speaks of “{best.need.span}”, which "
        english += "has to do with " if near else "is only close to "
        english += f"your “{best.offer.span}”{without}"
    else:
        chinese = f"{buyer}的需求在贵企业的资料中没有可直接引用的对应语句，仅按整体业务比较"
        english = "Nothing on file about you answers the need in words; you were compared as a whole"
    if missing or unknown:
        chinese += _listed("；尚不满足：", missing, "、") + _listed("；请补充证明：", unknown, "、")
        english += _listed("; you do not meet ", missing, ", ") + _listed("; please show ", unknown, ", ")
    elif requirements and all(r.status == "met" for r in requirements):
        chinese += "；所列要求均已满足"
        english += "; you meet every listed requirement"
    elif any(r.must for r in requirements):
        chinese += "；必备要求均已满足"
        english += "; you meet every must-have"
    return f"{chinese}。\n{english}."


def why_not(found: WhyNot) -> str:
    """Why the enterprise is not in the list, and what would bring it there, to the enterprise itself."""
    chinese = (
        f"{found.name}在 {found.candidates} 家候选企业中按评分排第 {found.rank}，"
        f"评分 {found.score:.3f}，第十名为 {found.tenth_score:.3f}"
    )
    english = (
        f"{found.name} ranks {found.rank} of {found.candidates} by score, "
        f"{found.score:.3f} against {found.tenth_score:.3f} of the tenth"
    )
    for each in found.kept_out:
        chinese, english = f"{chinese}；{each.chinese}", f"{english}; {each.english}"
    if found.listed:
        return f"{chinese}；已在推荐名单中。\n{english}; it is in the list."
    worst = sorted(found.differences, key=lambda each: each.difference)[:_LISTED]
    lost = [(FEATURES[each.feature], each.difference) for each in worst if each.difference < -_SLIGHT]
    chinese += _listed("；差距主要在：", [f"{zh}（{gap:+.2f}）" for (zh, _), gap in lost], "、")
    english += _listed("; behind in: ", [f"{en} ({gap:+.2f})" for (_, en), gap in lost], ", ")
    enough = [change for change in found.changes if change.enough]
    if enough:
        # the smallest: as few things as do, and of these the one that needs the least
        best = min(enough, key=lambda change: (len(change.steps), change.gain))
        chinese += f"。{_joined_steps(best, '，并')}，可升至第 {best.rank} 名，评分 {best.score:.3f}"
        english += f". To {' and to '.join(s.english for s in best.steps)} would lift it to rank {best.rank}"
    elif found.changes:
        best = min(found.changes, key=lambda change: change.rank)
        chinese += f"。可改变的方面不足以进入前十；最多可升至第 {best.rank} 名：{_joined_steps(best, '，并')}"
        english += (
            f". Nothing within reach lifts it into the first ten; at best rank {best.rank}: to "
            + " and to ".join(step.english for step in best.steps)
        )
    elif found.rank > _TEN and not found.kept_out:
        chinese += "。在贵企业可改变的范围内，没有能提高名次的做法"
        english += ". Nothing within reach would lift it"
    return f"{chinese}。\n{english}."


def _joined_steps(change: Change, mark: str) -> str:
    return mark.join(step.chinese for step in change.steps)


def cautions(
    enterprise: Enterprise,
    offerings: int,
    match: Match,
    requirements: Sequence[Requirement],
    as_of: date,
    *,
    near: float,
    untouched: float | None = None,
    borne_out: float = math.nan,
) -> tuple[str, ...]:
    """What a careful reader should know before acting; *near* is the cosine of need and enterprise, of its
    best offering or as a whole, *untouched* the days since the profile changed, *borne_out* how far the rest
    of the profile bears the best offering out."""
    found: list[str] = []
    if borne_out <= _UNBORNE:
        found.append(
            "最接近的一项未得到其余产品或介绍的佐证，需核实 / "
            "an unverified claim: nothing else in the profile bears it out"
        )
    if near < _NEAR and not match.direct:
        found.append("与需求相差较远，可能并不提供 / far from what is wanted, which it may not offer")
    if not match.evidence:
        found.append(
            "没有可引用的对应语句，仅按整体业务比较 / no matching words to quote, compared as a whole only"
        )
    if offerings == 1:
        found.append("仅登记一项产品或能力 / a single offering on file")
    elif offerings == 0:
        found.append("未登记产品，仅凭企业介绍匹配 / no offering on file, matched by its description")
    if untouched is not None and untouched > _STALE:
        found.append(f"资料已 {untouched:.0f} 天未更新 / profile not updated for {untouched:.0f} days")
    found += _of_verdicts(requirements)
    told = {r.source.span for r in requirements if r.source and r.expires and r.note}
    found.extend(
        f"{c.name} 将于 {c.expires} 到期 / expires within {_SOON} days"
        for c in enterprise.certifications
        if c.expires and 0 <= (c.expires - as_of).days <= _SOON and str(c) not in told
    )
    return tuple(found)


def nothing_close(results: Sequence[Result], wanted: Span | None, *, needs: bool = False) -> tuple[str, ...]:
    """What is to be said of a whole list of explained *results* in which nothing answers what is *wanted*;
    *needs* says that needs are listed and not suppliers."""
    if not results:
        return ()
    far = all(any(told.startswith("与需求相差较远") for told in each.cautions) for each in results)
    if needs:
        told = (
            "现有需求中没有与贵企业业务接近的，仅供参考 / no need on file comes close; for orientation only"
        )
        return (told,) if far else ()
    if wanted and all(each.unanswered for each in results):
        return (
            f"名单中没有一家的资料写明“{wanted.span}”，以下按相近程度排列，仅供参考 / "
            f"nobody in the list states “{wanted.span}”; what follows is only near it",
        )
    if far:
        told = "目录中没有接近的供应，仅供参考 / nothing in the catalogue comes close; for orientation only"
        return (told,)
    return ()


def _of_verdicts(requirements: Sequence[Requirement]) -> Iterator[str]:
    """What the checklist itself says that is easily overlooked."""
    for each in requirements:
        kind = (each.kind, each.status)
        expiring = kind == ("certification", "met") and each.expires and each.note
        if each.status == "conflict":
            yield f"{in_words(each)}：填报与自述相互矛盾 / what is stated and what is claimed disagree"
        elif expiring or kind == ("quantity", "missing"):
            yield f"{in_words(each)}：{each.note}"
    claimed = [r for r in requirements if r.status == "met" and r.source and r.source.inferred]
    certificates = [in_words(r) for r in claimed if r.kind == "certification"]
    read = [in_words(r) for r in claimed if r.kind != "certification"]
    if certificates:
        yield _listed("", certificates[:_LISTED], "、") + " 仅见于自述，需核实 / claimed only, to be verified"
    if read:
        yield _listed("", read[:_LISTED], "、") + " 由产品介绍读出，需核实 / read out of its own description"


def in_words(requirement: Requirement) -> str:
    """A requirement as a reader says it; codes of tiers and sizes become their names."""
    return " / ".join(_WORDS.get(part, part) for part in requirement.requirement.split("|"))


def _met(requirements: Sequence[Requirement]) -> list[str]:
    return _named(requirements, ("met",))


def _failed(requirements: Sequence[Requirement]) -> list[str]:
    return _named(requirements, ("missing", "conflict"))


def _unproven(requirements: Sequence[Requirement]) -> list[str]:
    return _named([r for r in requirements if r.must], ("unknown",))


def _named(requirements: Sequence[Requirement], statuses: Sequence[str]) -> list[str]:
    """The first three of *statuses*, must-haves before wishes."""
    chosen = sorted((r for r in requirements if r.status in statuses), key=lambda r: not r.must)
    return list(dict.fromkeys(in_words(r) for r in chosen))[:_LISTED]


def _listed(lead: str, items: Sequence[str], mark: str) -> str:
    return lead + mark.join(items) if items else ""
