"""What calls for a partner without words of its own: money, terms, demands, how a chosen supplier stands.

A reader takes a :class:`Case` and yields triggers; :data:`READERS` names them for ``partners.toml``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from recommender.catalogue.domain import Enterprise, Need
from recommender.completion.results import Trigger
from recommender.places import Places
from recommender.requirements import Demand
from recommender.requirements.fold import fold
from recommender.requirements.mention import Quantity
from recommender.results import Requirement, Source
from recommender.standing import yearly_business
from recommender.text.titles import subject

LARGE_ORDER = 5_000_000.0
"""Yuan: a quarter of the yearly business below which an industrial enterprise is small (20 million,
统计上大中小微型企业划分办法, 2017)."""
LARGE_SHARE = 0.25  # of a chosen supplier's own yearly business
LARGE_EQUIPMENT = 1_000_000.0  # yuan
LONG_PAYMENT = 60  # days: the longest that large enterprises may take (State Council decree 802, 2025)
BULK = 500.0  # tonnes
SOON = timedelta(days=90)  # a certificate that ends within so many days needs renewal

# Standards that a product is tested to; a laboratory, not a certification body, shows that they are met.
_STANDARDS = frozenset(
    "AEC-Q;AQG 324;GR-468;DO-160G;EN 50155;EN 45545-2;GB 38031;GB 18384;GB/T 36276;GB/T 36547;GB/T 34120;"
    "NB/T 32004;UN 38.3;IEC 62619;RoHS;REACH;ISTA;SEMI S2;防爆合格证;OECD拖拉机试验;农业机械推广鉴定;"
    "电信设备进网许可证;SRRC".split(";")
)
# What a certification body issues (a laboratory's own accreditation is none of it); other licences are given
# by an authority, and no partner can sell them.
_CERTIFIED = re.compile(
    r"^(?:(?:IATF|AS/EN|ISO(?!/IEC 17025)|GJB|EN|IEC|VDA|TL|QC|API|DO|HACCP|CMMI|ITSS|CCC|CRCC|CURC|NADCAP|CE"
    r"|UL|CQC|TÜV|NSF|DNV|CCS|CTSO)(?![A-Za-z])|.*(?:体系|认证)$)"
)
_TRADES = re.compile(r"作业|安全生产考核|焊|电工|岗位证|培训合格|安全员")
# Sums of the contract; 总投资, 造价 and 投资估算 are of the project that it is a part of.
_MONEY = re.compile(
    r"(?:限价|预算|控制价|合同(?:估算|预估|暂定)?总?价|(?:估算|采购|合同|项目|标的)金额)[^。;\n,\d]{0,16}?"
    r"(?P<n>\d[\d,]*(?:\.\d+)?)\s?(?P<u>亿|万)?元"
)
_TONNES = {"吨": 1.0, "万吨": 1e4, "t": 1.0, "公吨": 1.0, "千克": 1e-3, "公斤": 1e-3, "kg": 1e-3}
_EQUIPMENT = re.compile(
    r"(?:设备|机床|生产线|产线|机组|加工中心|起重机|叉车|挖掘机|机器人|压缩机)"
    r"(?!用|末端|零|部件|备件|配件|联网|管理|维|保|检|状态)"
)
_COMMA = re.compile(r"[,，;；。]")
_GOODS = frozenset({"quantity", "specification"})
# A region's first two digits are its province.
_PROVINCE = 2


@dataclass(frozen=True, slots=True)
class Case:
    """A need with its *asked* demands and *places*, and the chosen enterprise, if any, with its *verdicts* on
    those demands, in the same order."""

    need: Need
    asked: tuple[Demand, ...]
    places: Places
    as_of: date
    enterprise: Enterprise | None = None
    verdicts: tuple[Requirement, ...] = ()

    @property
    def thing(self) -> str:
        """What is wanted, a substring of the title: its subject, up to a comma where it was all typed."""
        about = subject(self.need.title)
        return about[: mark.start()] if (mark := _COMMA.search(about, 2)) else about

    def demands(self, kind: str) -> Iterator[tuple[Demand, Requirement | None]]:
        """The demands of a *kind* that the chosen enterprise is not known to meet for good."""
        for place, demand in enumerate(self.asked):
            verdict = self.verdicts[place] if self.verdicts else None
            if demand.kind == kind and (verdict is None or self._open(verdict)):
                yield demand, verdict

    def _open(self, verdict: Requirement) -> bool:
        if verdict.status != "met":
            return True
        until = max(self.need.deadline.date() if self.need.deadline else self.as_of, self.as_of + SOON)
        return verdict.expires is not None and verdict.expires <= until


def certificates(case: Case) -> Iterator[Trigger]:
    """Certificates that a certification body issues."""
    for demand, verdict in case.demands("certification"):
        names = [certificate.name for certificate in demand.certificates]
        if any(_CERTIFIED.match(name) and name not in _STANDARDS for name in names):
            yield Trigger("need", demand.asked, _until(verdict), verdict)


def _until(verdict: Requirement | None) -> str:
    """When the certificate of the chosen enterprise ends, where it is still met."""
    if verdict is None or verdict.status != "met":
        return ""
    return f"所选企业的证书 {verdict.expires} 到期 / the chosen supplier's ends then"


def standards(case: Case) -> Iterator[Trigger]:
    """Standards and approvals that rest on a test report."""
    for demand, verdict in case.demands("certification"):
        if any(certificate.name in _STANDARDS for certificate in demand.certificates):
            yield Trigger("need", demand.asked, _until(verdict), verdict)


def trade_staff(case: Case) -> Iterator[Trigger]:
    """Persons with a licence of a trade."""
    for demand, verdict in case.demands("staff"):
        if _TRADES.search(demand.name):
            yield Trigger("need", demand.asked, verdict=verdict)


def licensed_staff(case: Case) -> Iterator[Trigger]:
    """Registered engineers, titles, numbers of people."""
    for demand, verdict in case.demands("staff"):
        if not _TRADES.search(demand.name) and not demand.name.startswith("经验"):
            yield Trigger("need", demand.asked, verdict=verdict)


def amount(need: Need) -> tuple[float, Source] | None:
    """Yuan that the need is worth, and where it says so: its budget, or else the first sum that its text
    calls a budget, a limit or an estimate."""
    if need.budget:
        return need.budget, Source("budget", f"{need.budget:.0f}")
    for field in ("description", "title"):
        text = getattr(need, field)
        if "元" in text and (found := _MONEY.search(fold(text))):
            yuan = float(found["n"].replace(",", "")) * {"亿": 1e8, "万": 1e4}.get(found["u"] or "", 1.0)
            return yuan, Source(field, text[found.start() : found.end()], inferred=True, start=found.start())
    return None


def large_order(case: Case) -> Iterator[Trigger]:
    """An order that is large beside the chosen enterprise's yearly business, or beside a small one's."""
    worth = amount(case.need)
    if worth is None:
        return
    yuan, source = worth
    business = yearly_business(case.enterprise) if case.enterprise else None
    if case.enterprise and business:
        if yuan >= LARGE_SHARE * business:
            share = (
                f"相当于所选企业年业务量的 {yuan / business:.0%} / of the chosen supplier's yearly business"
            )
            yield Trigger("need", source, share)
            yield Trigger("enterprise", _business(case.enterprise))
    elif yuan >= LARGE_ORDER:
        yield Trigger(
            "need",
            source,
            f"不低于 {LARGE_ORDER / 1e4:,.0f} 万元，为小型工业企业年营收上限（2,000 万元）的四分之一"
            " / at least a quarter of a small industrial enterprise's highest yearly revenue",
        )


def _business(enterprise: Enterprise) -> Source:
    if enterprise.revenue:
        return Source("revenue", f"{enterprise.revenue:.0f}")
    return Source("registered_capital", f"{enterprise.registered_capital or 0:.0f}")


def long_payment(case: Case) -> Iterator[Trigger]:
    """Payment at the legal limit or beyond it."""
    days = case.need.payment_days
    if days is not None and days >= LONG_PAYMENT:
        note = f"{days} 天，达到或超过 {LONG_PAYMENT} 天 / {days} days, {LONG_PAYMENT} or more"
        yield Trigger("need", Source("payment_days", str(days)), note)


def bulk(case: Case) -> Iterator[Trigger]:
    """Material by the hundred tonnes."""
    for demand in case.asked:
        for detail in demand.details:
            if demand.kind != "quantity" or not isinstance(detail, Quantity):
                continue
            tonnes = detail.amount * _TONNES.get(detail.unit.lower(), 0.0)
            if tonnes >= BULK:
                note = f"{tonnes:,.0f} 吨，不少于 {BULK:,.0f} 吨 / {tonnes:,.0f} tonnes, {BULK:,.0f} or more"
                yield Trigger("need", demand.asked, note)


def equipment(case: Case) -> Iterator[Trigger]:
    """A title that names equipment, and a sum worth leasing."""
    title, worth = case.need.title, amount(case.need)
    found = _EQUIPMENT.search(fold(case.thing))
    if worth and found and worth[0] >= LARGE_EQUIPMENT:
        start = title.index(case.thing) + found.start()
        yield Trigger("need", Source("title", title[start : start + len(found.group())], start=start))
        yield Trigger("need", worth[1])


def far(case: Case) -> Iterator[Trigger]:
    """Goods whose chosen supplier sits in another province than the site or the buyer."""
    there = case.places.site or case.places.seat
    here = case.enterprise.region if case.enterprise else ""
    if not (here and there) or here[:_PROVINCE] == there[:_PROVINCE]:
        return
    if any(demand.kind in _GOODS for demand in case.asked):
        yield Trigger("enterprise", Source("region", here), "与需求地不在同一省份 / another province")
        words = case.places.site_words if case.places.site else case.places.seat_words
        if case.need.region and there == case.need.region:
            yield Trigger("need", Source("region", there))
        elif field := next(
            (f for f in ("title", "buyer_name", "description") if words in getattr(case.need, f)), ""
        ):
            yield Trigger("need", Source(field, words, inferred=True))


def short_capacity(case: Case) -> Iterator[Trigger]:
    """A quantity that the chosen enterprise's capacity does not cover."""
    for place, verdict in enumerate(case.verdicts):
        if verdict.kind == "quantity" and verdict.status == "missing":
            yield Trigger("need", case.asked[place].asked, verdict=verdict)


def short_performance(case: Case) -> Iterator[Trigger]:
    """A specification that the chosen enterprise states and does not reach."""
    for place, verdict in enumerate(case.verdicts):
        if verdict.kind == "specification" and verdict.status in ("missing", "conflict"):
            yield Trigger("need", case.asked[place].asked, verdict=verdict)


READERS: Mapping[str, Callable[[Case], Iterator[Trigger]]] = {
    reader.__name__: reader
    for reader in (
        certificates,
        standards,
        trade_staff,
        licensed_staff,
        large_order,
        long_payment,
        bulk,
        equipment,
        far,
        short_capacity,
        short_performance,
    )
}
