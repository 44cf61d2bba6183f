"""What an SME could change of itself so that a need would rank it higher.

Counterfactual explanations (Wachter, Mittelstadt & Russell 2018): not why the list is as it is, but what
would have to be otherwise. Only what is in the enterprise's hands is tried, never where it is or how old it
is; and each change is worth making only where it is true, which its words say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from recommender.catalogue.domain import Certification, Enterprise, Need, Offering, Size, Tier
from recommender.explanation.things import called
from recommender.requirements import Demand
from recommender.requirements.mention import Quantity
from recommender.results import ChangeStep, Requirement
from recommender.text.titles import subject, wanted

Firm = tuple[Enterprise, tuple[Offering, ...]]

_LONGEST_TITLE = 60
_YEARLY = {"": 1, "year": 1, "month": 12, "day": 365}
_NEXT_TIER = {
    None: Tier.INNOVATIVE,
    Tier.NONE: Tier.INNOVATIVE,
    Tier.INNOVATIVE: Tier.SPECIALIZED,
    Tier.SPECIALIZED: Tier.LITTLE_GIANT,
    Tier.LITTLE_GIANT: Tier.CHAMPION,
}
_TIER_WORDS = {
    Tier.INNOVATIVE: "创新型中小企业",
    Tier.SPECIALIZED: "专精特新中小企业",
    Tier.LITTLE_GIANT: "专精特新小巨人",
    Tier.CHAMPION: "制造业单项冠军",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A change as it is told, and a function that makes the enterprise as it would be."""

    told: ChangeStep
    apply: Callable[[Firm], Firm]


def _step(kind: str, subject: str, chinese: str, english: str, apply: Callable[[Firm], Firm]) -> Step:
    return Step(ChangeStep(kind, subject, chinese, english), apply)


def steps(
    need: Need,
    asked: Sequence[Demand],
    verdicts: Sequence[Requirement],
    firm: Firm,
    nearest: int,
    *,
    stale: bool,
    strange: bool,
) -> Iterator[Step]:
    """What could be changed, the least effort first. *verdicts* stand as *asked*; *nearest* is the place of
    the offering that the need met, −1 where there is none; *stale* says that the profile's age costs it,
    *strange* that nothing in it is near what is wanted."""
    enterprise, offerings = firm
    open_demands = [d for d, v in zip(asked, verdicts, strict=True) if v.status != "met"]
    if stale:
        yield _step("profile", "", "更新资料", "bring the profile up to date", lambda firm: firm)
    yield from _stated(open_demands, enterprise, nearest)
    title = wanted_title(need)
    if title and not any(offering.title == title for offering in offerings):
        offered = Offering("", enterprise.enterprise_id, title, link=need.link)
        yield _step(
            "offering",
            title,
            f"若确能提供，登记产品或能力“{title}”" + ("（现有资料未见同类业务）" if strange else ""),
            f"register “{title}” as an offering, if you do offer it"
            + (" (nothing on file is of that kind)" if strange else ""),
            lambda firm: (firm[0], (*firm[1], offered)),
        )
    for demand in open_demands:
        if demand.kind == "certification" and demand.certificate is not None:
            yield _certificate(demand)
    yield from _tier(open_demands, enterprise)


def wanted_title(need: Need) -> str:
    """What *need* is about, as an offering would be called."""
    about = subject(need.title)
    return called(about) or wanted(about.rsplit("公司", 1)[-1] or about)[:_LONGEST_TITLE]


def _stated(demands: Sequence[Demand], enterprise: Enterprise, nearest: int) -> Iterator[Step]:
    """What may be so already and only has to be said."""
    for demand in demands:
        if demand.kind == "quantity" and isinstance(demand.details[0], Quantity):
            yield _capacity(demand, demand.details[0], nearest)
        elif demand.kind == "size" and enterprise.size is None:
            size = Size.SMALL if demand.name == "small_micro" else Size.MEDIUM
            yield _step(
                "size",
                demand.name,
                "若属实，填报企业规模（中小微）",
                "state your size class, if it is one of the reserved",
                lambda firm, size=size: (replace(firm[0], size=size), firm[1]),  # type: ignore[misc]
            )
        elif demand.kind == "registered_capital" and enterprise.registered_capital is None:
            yield _capital(demand)
    said = [d for d in demands if d.kind in ("specification", "delivery") and d.asked.span]
    if said:
        names = "、".join(dict.fromkeys(d.name for d in said))
        words = "；".join(d.asked.span for d in said)
        yield _step(
            "specification",
            names,
            f"若属实，在产品介绍中写明：{names}",
            f"say in the offering's description, if it is so: {names}",
            lambda firm: _on_offering(
                firm, nearest, lambda o: replace(o, description=f"{o.description}；{words}".strip("；"))
            ),
        )


def _capacity(demand: Demand, asked: Quantity, nearest: int) -> Step:
    yearly = asked.amount * _YEARLY[asked.period]
    return _step(
        "capacity",
        demand.name,
        f"若属实，填报年产能不低于 {yearly:.15g} {asked.unit}".rstrip(),
        f"state a yearly capacity of at least {yearly:.15g} {asked.unit}, if it is so".replace(" ,", ","),
        lambda firm: _on_offering(firm, nearest, lambda o: replace(o, capacity=yearly, unit=asked.unit)),
    )


def _capital(demand: Demand) -> Step:
    amount = getattr(demand.details[0], "amount", 0.0)
    return _step(
        "registered_capital",
        demand.name,
        f"若属实，填报{demand.name}",
        f"state your registered capital, if it is enough ({demand.name})",
        lambda firm: (replace(firm[0], registered_capital=amount), firm[1]),
    )


def _certificate(demand: Demand) -> Step:
    held = Certification(str(demand.certificate))

    def apply(firm: Firm) -> Firm:
        enterprise, offerings = firm
        return replace(enterprise, certifications=(*enterprise.certifications, held)), offerings

    return _step(
        "certificate",
        demand.name,
        f"取得并填报 {held.name}",
        f"obtain {held.name} and state it",
        apply,
    )


def _tier(demands: Sequence[Demand], enterprise: Enterprise) -> Iterator[Step]:
    wanted = next((d.details[0] for d in demands if d.kind == "tier"), _NEXT_TIER.get(enterprise.tier))
    if isinstance(wanted, Tier) and wanted in _TIER_WORDS:
        yield _step(
            "tier",
            wanted.value,
            f"经主管部门认定为{_TIER_WORDS[wanted]}",
            f"be recognised as {wanted.value.replace('_', ' ')} by the authorities",
            lambda firm: (replace(firm[0], tier=wanted), firm[1]),
        )


def _on_offering(firm: Firm, nearest: int, change: Callable[[Offering], Offering]) -> Firm:
    """*firm* with *change* made to the offering that was registered for the need, or else to the nearest."""
    enterprise, offerings = firm
    place = next((at for at, offering in enumerate(offerings) if not offering.offering_id), nearest)
    if place < 0:
        return firm
    return enterprise, (*offerings[:place], change(offerings[place]), *offerings[place + 1 :])
