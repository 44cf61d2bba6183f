"""What the large buyers of the generated catalogue need, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from random import Random

from recommender.catalogue.domain import Enterprise, Link, Need, NeedStatus, Outcome, Stage, Tier, Visibility
from recommender.sample.links import load_providers
from recommender.sample.names import city
from recommender.sample.notices import Notices
from recommender.sample.offerings import plain_number
from recommender.sample.phrases import fill, pools, significant
from tests.benchmarks.catalogues.offers import Offers
from tests.benchmarks.catalogues.templates import Template, compiled, say
from tests.benchmarks.catalogues.vocabulary import Head, Vocabulary

SERVICE = 0.2  # of the needs are on the six links other than supply
SHOWN = 12  # enterprises at most that the old platform showed for a need
_COMMON = ("ISO 9001", "ISO 14001", "ISO 45001", "IATF 16949")
_TIERS = (
    (Tier.SPECIALIZED, Tier.LITTLE_GIANT),
    (Tier.LITTLE_GIANT,),
    (Tier.INNOVATIVE, Tier.SPECIALIZED, Tier.LITTLE_GIANT),
)
_FUNNEL = ((Stage.VIEWED, 0.5), (Stage.CONTACTED, 0.4), (Stage.MET, 0.6), (Stage.QUALIFIED, 0.5))


class Needs:
    """Writes needs, one after another, from one stream of chance."""

    def __init__(self, words: Vocabulary, as_of: date, rng: Random) -> None:
        self._words = words
        self._as_of = as_of
        self._rng = rng
        self._offers = Offers(words, as_of, rng)  # for titles alone
        self._notices = Notices(rng)
        self._voices = {name: compiled(texts) for name, texts in pools()["need"].items()}
        self._providers = [provider for provider in load_providers() if provider.link is not Link.SUPPLY]
        self._number = 0

    def next(self, buyer: Enterprise) -> tuple[Need, int]:
        """A need of *buyer* and the number of the product it is about."""
        rng = self._rng
        self._number += 1
        number = self._words.draw(rng)
        head = self._words.heads[number]
        values = {
            "buyer_short": buyer.short_name,
            "chain": buyer.industry_chains[0],
            "city": city(buyer.region),
            "year": str(self._as_of.year),
            "since": str(self._as_of.year - rng.randint(2, 4)),
        }
        write = self._service if rng.random() < SERVICE else self._supply
        return write(buyer, head, values), number

    def _supply(self, buyer: Enterprise, head: Head, values: dict[str, str]) -> Need:
        rng, node = self._rng, head.node
        low, high = node.quantity
        quantity = max(1.0, float(round(significant(low * (high / low) ** rng.random()))))
        budget = significant(quantity * rng.uniform(*node.price) * rng.uniform(0.95, 1.2), 3)
        pay = rng.choice((30, 30, 45, 60, 60, 60, 90))
        near = self._words.heads[rng.choice(head.near)].name
        given = values | {
            "name": self._offers.title(head),
            "quantity": f"{plain_number(quantity)}{node.unit}",
            "unit": node.unit,
            "budget": f"{plain_number(budget)}元",
            "pay": str(pay),
            "used_in": near,
            "process": rng.choice(head.words),
        }
        wants = compiled(node.wants) if head.sentences else _ASKED
        topical = {f"w{i}": rng.choice(head.words) for i in (1, 2, 3)} | {"h1": near}
        said = [say(wants, given | topical, rng)]
        if not said[0].endswith("。"):
            said[0] += "。"
        if rng.random() < 0.35:
            said.insert(0, say(self._voices["background"], given, rng))
        groups = rng.sample(("delivery", "acceptance", "commercial"), k=rng.choice((1, 1, 2, 2, 3)))
        said += [say(self._voices[group], given, rng) for group in groups]
        asked = [name for name in node.certificates if rng.random() < 0.5]
        asked += [name for place, name in enumerate(_COMMON) if rng.random() < 0.5 / (1 + place)]
        certificates = tuple(dict.fromkeys(asked))[:3]
        tiers = rng.choice(_TIERS) if rng.random() < 0.12 else ()
        reserved = rng.choice(("sme", "sme", "small_micro")) if rng.random() < 0.2 else ""
        consortium = rng.choice((True, False, False)) if rng.random() < 0.6 else None
        return self._need(
            buyer,
            title=say(self._voices["title"], given, rng) or f"{given['name']}采购",
            description="".join(said),
            qualification=self._notices.qualification(
                given, certificates=certificates, tiers=tiers, reserved=reserved, consortium=consortium
            ),
            industry_chain=head.chain,
            required_certifications=certificates if rng.random() < 0.8 else (),
            required_tiers=tiers,
            quantity=quantity,
            unit=node.unit,
            budget=budget if rng.random() < 0.8 else None,
            payment_days=pay,
            reserved_for=reserved,
            consortium_allowed=consortium,
        )

    def _service(self, buyer: Enterprise, head: Head, values: dict[str, str]) -> Need:
        rng = self._rng
        provider = rng.choice(self._providers)
        given = values | {"product": head.name, "name": provider.kind}
        asked = tuple(name for name in provider.certificates if rng.random() < 0.5)
        return self._need(
            buyer,
            title=fill(rng.choice(provider.want_titles), given, rng),
            description=f"{fill(rng.choice(provider.wants), given, rng)}。",
            qualification=self._notices.qualification(given, certificates=asked, maker=False),
            link=provider.link,
            industry_chain=buyer.industry_chains[0],
            required_certifications=asked,
            budget=significant(provider.price[0] * (provider.price[1] / provider.price[0]) ** rng.random()),
        )

    def _need(self, buyer: Enterprise, **fields: object) -> Need:
        rng, as_of = self._rng, self._as_of
        status = rng.choices(
            (NeedStatus.OPEN, NeedStatus.CLOSED, NeedStatus.AWARDED, NeedStatus.DRAFT), (70, 8, 19, 3)
        )[0]
        if status in (NeedStatus.CLOSED, NeedStatus.AWARDED):
            deadline = as_of - timedelta(days=rng.randint(3, 700))
            published = deadline - timedelta(days=rng.randint(15, 45))
        else:
            deadline = as_of + timedelta(days=rng.randint(5, 80))
            published = as_of - timedelta(days=rng.randint(0, 40))
        return Need(
            need_id=f"XQ{self._number:06d}",
            buyer_id=buyer.enterprise_id,
            buyer_name=buyer.name,
            region=buyer.region,
            deadline=datetime.combine(deadline, time(rng.choice((0, 9, 14, 17)))),
            visibility=rng.choices(tuple(Visibility), (80, 15, 5))[0],
            status=status,
            published=published,
            **fields,  # type: ignore[arg-type]
        )


def outcomes(
    needs: Sequence[tuple[Need, int]], makers: Mapping[int, Sequence[str]], words: Vocabulary, rng: Random
) -> Iterator[Outcome]:
    """What the old platform showed and how far each pair came. *makers*: head → ids of who offers it."""
    for need, head in needs:
        if need.status is NeedStatus.DRAFT or need.published is None:
            continue
        pool = [firm for h in (head, *words.heads[head].near) for firm in makers.get(h, ())]
        shown = [firm for firm in dict.fromkeys(pool) if firm != need.buyer_id][: rng.randint(4, SHOWN)]
        start = datetime.combine(need.published, time(9)) + timedelta(minutes=rng.randint(0, 480))
        winner = ""
        for place, firm in enumerate(shown):
            yield Outcome(need.need_id, firm, Stage.SHOWN, start + timedelta(seconds=place))
            at, stage = start, Stage.SHOWN
            for following, chance in _FUNNEL:
                at += timedelta(hours=rng.randint(2, 60))
                if rng.random() > chance / (1 + 0.03 * place):
                    break
                stage = following
                yield Outcome(need.need_id, firm, stage, at)
            if stage is Stage.QUALIFIED:
                winner = winner or firm
            elif stage is Stage.MET and rng.random() < 0.6:
                yield Outcome(need.need_id, firm, Stage.REJECTED, at)
        if need.status is NeedStatus.AWARDED and winner and need.deadline:
            amount = significant(need.budget * rng.uniform(0.78, 0.99), 4) if need.budget else None
            yield Outcome(need.need_id, winner, Stage.AWARDED, need.deadline, amount)


_ASKED: tuple[Template, ...] = compiled(
    (
        "拟采购{name}，用于{h1}，要求{w1}、{w2}满足现场条件",
        "现有{h1}需配套{name}，{w1}与{w2}按图纸执行，{process}过程可见证",
        "征集{w1}方案，替换在用{name}，年需求约{quantity}",
        "{h1}改造所需{name}一批，重点考察{w1}、{w2}及{w3}",
        "寻求能稳定供应{name}的厂家，须有{w1}经验，兼顾{w2}",
        "{name}及配套{w1}，含安装调试，{w2}指标在技术协议中确定",
        "为解决{h1}中{w1}的难题，公开寻找{name}供方",
        "{year}年{h1}项目采购{name}，数量{quantity}，{w1}另议",
    )
)
