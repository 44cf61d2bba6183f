"""What a need demands, each demand with the words that state it.

:func:`mentions` reads one text; :func:`demands` gathers a need's fields, joins alternatives (A或B) into one
demand and drops repetitions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby, pairwise

from recommender.catalogue.domain import Need
from recommender.requirements.certificates import Certificate, canonical, find_certificates
from recommender.requirements.delivery import delivery
from recommender.requirements.experience import experience
from recommender.requirements.mention import Clause, Detail, Mention, Quantity, clauses_of
from recommender.requirements.specifications import at_site, quantities, specifications
from recommender.requirements.staff import staff
from recommender.requirements.standing import standing
from recommender.results import Source

_CERTIFIED = re.compile("认证|证书")
# where a description goes on to what suppliers must bring
_QUALIFYING = re.compile(r"(?:投标人|供应商|响应人|应答人|申请人)(?:的)?(?:资格|资质)(?:能力)?(?:要求|条件)")
# what a notice says of the whole project before it says what it wants
_OVERVIEW = re.compile(
    r"^[\s\d.()一二三四五六、]*(?:项目|工程)?(?:建设)?(?:概况|规模)(?:及内容概述)?\s?[:]?|^[\s\d.]*项目(?:建设)?(?:背景|简介)"
)
_HEADING = re.compile(r"^[\s\d.()一二三四五六、]*(?:本次)?[\u4e00-\u9fff\s]{2,12}:|^\s*\d+(?:\.\d+)+")
_SCOPE = re.compile(r"(?:招标|采购|供货|服务|项目)(?:范围|内容)|采购需求|货物名称")
# who issues a report that is wanted holds the certificate, not the supplier
_REPORTED = re.compile(r"(?:检[测验]|试验)机构[^。;]{0,30}出具|出具[^。;]{0,40}(?:检[测验]|试验)报告")
_OF_LABORATORIES = frozenset({"CMA", "ISO/IEC 17025"})
_HOLDING = re.compile("认证|证书|许可|资质|资格|具备|具有|通过|取得")
_NAMES_ONE = re.compile("认[证定]|证|资[质格]|体系|级|许可|[a-z]{2}|标准|鉴定|一体化|承制|标")
# the certificate itself is what is bought, or a rule about it is quoted
_BOUGHT = re.compile(
    r"[)》]?\s?(?:认证)?(?:服务|咨询|采购|模块|软件|全流程|管理办法|实施|培训|机构|认可证书|代办|办理|[一二三]级资质证书换)"
)
_AND = re.compile(r"[,;。]|并|且|同时|以及|和")
_ANY_OF = re.compile(r"之一|任[意一]")
_MAX_TEXT = 50_000
_PRODUCT = frozenset({"specification", "quantity", "delivery"})


@dataclass(frozen=True, slots=True)
class Demand:
    """A requirement as asked. ``kind``: certification, tier, size, registered_capital, experience, region,
    staff, delivery, quantity or specification; ``name`` is what a reader sees.

    ``details`` are alternatives, any of which meets it. ``must`` is False where the words leave room. A
    demand is ``of`` the supplier (what it must be or hold) or the product (what, how much, when).
    """

    kind: str
    name: str
    asked: Source
    details: tuple[Detail, ...] = ()
    must: bool = True

    @property
    def of(self) -> str:
        return "product" if self.kind in _PRODUCT else "supplier"

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        return tuple(d for d in self.details if isinstance(d, Certificate))

    @property
    def certificate(self) -> Certificate | None:
        """The first of the certificates that would do; None for other kinds."""
        return next(iter(self.certificates), None)


# to complete a deal reads the need again for which suppliers were just found; a need may be a long notice
@lru_cache(maxsize=32)
def demands(need: Need) -> tuple[Demand, ...]:
    """Every demand of *need*: stated ones from its fields first, then those read out of its text. Those of
    the needs read last are remembered.

    What comes from text is marked ``inferred``; what a field states is not read a second time from the text.
    """
    found: list[Demand] = []
    for name in need.required_certifications:
        source = Source("required_certifications", name)
        found.append(Demand("certification", name, source, (canonical(name),)))
    if need.required_tiers:
        names = tuple(str(t) for t in need.required_tiers)
        found.append(Demand("tier", "|".join(names), Source("required_tiers", names[0]), need.required_tiers))
    if need.reserved_for:
        size = need.reserved_for
        found.append(Demand("size", size, Source("reserved_for", size), (size,)))
    if need.quantity:
        quantity = Quantity(need.quantity, need.unit)
        words = f"{need.quantity:.15g}"
        found.append(
            Demand(
                "quantity", f"{words} {need.unit}".strip(), Source("quantity", words), (quantity,), must=False
            )
        )
    for field in ("qualification", "description", "title"):
        text = getattr(need, field)[:_MAX_TEXT]
        for demand in _joined(field, text):
            if not any(_same(demand, known) for known in found):
                found.append(demand)
    return tuple(found)


def _joined(field: str, text: str) -> Iterator[Demand]:
    """The demands of one text, alternatives joined."""
    for group, alternatives in groupby(mentions(field, text), lambda m: m.group or id(m)):
        several = list(alternatives)
        first, last = several[0], several[-1]
        span = text[first.start : last.end] if group == first.group else text[first.start : first.end]
        source = Source(field, span, inferred=True, start=first.start)
        details = tuple(dict.fromkeys(m.detail for m in several))
        mark = "|" if first.kind == "tier" else " 或 "
        name = mark.join(dict.fromkeys(m.name for m in several))
        yield Demand(first.kind, name, source, details, must=first.must)


_ONCE = frozenset({"registered_capital", "experience", "size", "tier", "quantity"})


def _same(one: Demand, other: Demand) -> bool:
    """Whether *one* asks for what *other* asks for already: a kind of certificate whatever its grade, a kind
    that is asked once, else the same words' meaning."""
    if one.kind != other.kind:
        return False
    if one.kind in _ONCE:
        return True
    if one.certificate and other.certificate:
        return {c.name for c in one.certificates} <= {c.name for c in other.certificates}
    return one.details == other.details


def mentions(field: str, text: str) -> list[Mention]:
    """Every requirement stated in *text*, a need's *field*, in order, repetitions included.

    Persons and references are asked for in the qualification; a description or a title speaks of the thing
    itself, and demands of the supplier there need words of holding.
    """
    found: list[Mention] = []
    qualifying = field == "qualification"
    site = not qualifying and at_site(field, text)
    scoped, overview = field == "description" and _SCOPE.search(text) is not None, False
    group = 0
    for clause in clauses_of(text):
        if scoped and (_HEADING.match(clause.words) or _OVERVIEW.match(clause.words)):
            overview = _OVERVIEW.match(clause.words) is not None
        qualifying = qualifying or _QUALIFYING.search(clause.words) is not None
        named = list(_certificates(clause, demanding=qualifying or _HOLDING.search(clause.low) is not None))
        standings = list(standing(clause))
        tiers = [replace(m, group=len(named) + 1) for m in standings if m.kind == "tier"]
        chunk = [*_alternatives(clause, named), *tiers, *(m for m in standings if m.kind != "tier")]
        groups = len(named) + 1
        if qualifying:
            people = _joined_by_or(clause, list(staff(clause)), groups)
            chunk += [*experience(clause), *people]
            groups += len(people)
        # of the whole project's numbers none is of the thing wanted
        if field != "qualification" and not overview:
            chunk += [*delivery(clause), *specifications(clause, site=site), *quantities(clause, site=site)]
        starts: dict[int, int] = {}
        for mention in chunk:
            starts.setdefault(mention.group, mention.start)
        chunk.sort(key=lambda m: (starts[m.group] if m.group else m.start, m.group, m.start))
        found.extend(replace(m, group=m.group + group) if m.group else m for m in chunk)
        group += groups
    return found


def _certificates(clause: Clause, *, demanding: bool) -> Iterator[Mention]:
    if not demanding or not _NAMES_ONE.search(clause.low):
        return
    for certificate, start, end in find_certificates(clause.low):
        # to keep up a quality management system is not to hold a certificate of one
        if "管理体系" in clause.low[start:end] and not _CERTIFIED.search(clause.low):
            continue
        if _BOUGHT.match(clause.low, end):
            continue
        if certificate.name in _OF_LABORATORIES and _REPORTED.search(clause.low):
            continue
        yield Mention(
            "certification", str(certificate), clause.start + start, clause.start + end, certificate
        )


def _alternatives(clause: Clause, named: list[Mention]) -> list[Mention]:
    """*named* with those that 或 joins in one group, numbered from 1."""
    if _ANY_OF.search(clause.words):
        return [replace(m, group=1) for m in named]
    return _joined_by_or(clause, named, 0)


def _joined_by_or(clause: Clause, named: list[Mention], group: int) -> list[Mention]:
    """*named* with neighbours that 或 joins in one group, numbered from *group* + 1."""
    joined = named[:1]
    for previous, mention in pairwise(named):
        between = clause.words[previous.end - clause.start : mention.start - clause.start]
        if "或" in between and not _AND.search(between.replace(",或", "或")):
            if not joined[-1].group:
                group += 1
                joined[-1] = replace(joined[-1], group=group)
            joined.append(replace(mention, group=joined[-1].group))
        else:
            joined.append(mention)
    return joined
