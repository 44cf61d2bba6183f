"""What an enterprise of the generated catalogue offers."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from random import Random

from recommender.catalogue.domain import Enterprise, Link, Offering, Tier
from recommender.sample.links import Provider, load_providers
from recommender.sample.names import city
from recommender.sample.offerings import plain_number
from recommender.sample.phrases import pools, significant
from tests.benchmarks.catalogues.templates import Template, compiled, say
from tests.benchmarks.catalogues.vocabulary import Head, Vocabulary, phrases

COMMON, SERVICE = 0.06, 0.06  # of the offerings: words that everyone uses; the six other links
BARE = 0.22  # have a title alone
COPIED, VARIED = 0.02, 0.05  # are another's word for word (dealers); or but for a figure or a title
_MEMORY = 500  # recent offerings that may be copied
_SHORTEST, _LONGEST = 30, 120  # characters between which a description ends
_TAILS = ("process", "quality", "capacity", "certificate", "history", "service")


class Offers:
    """Writes offerings, one after another, from one stream of chance."""

    def __init__(self, words: Vocabulary, as_of: date, rng: Random) -> None:
        self._words = words
        self._as_of = as_of
        self._rng = rng
        self._recent: deque[Offering] = deque(maxlen=_MEMORY)

    def of(self, enterprise: Enterprise, home: int, count: int) -> list[tuple[Offering, int]]:
        """*count* offerings of *enterprise*, most of them near its *home* product; with the head of each,
        -1 for what has none. Weights sum to at most 1."""
        rng = self._rng
        heads = self._words.heads
        values = {
            "city": city(enterprise.region),
            "year": str((enterprise.founded or self._as_of).year),
            "chain": enterprise.industry_chains[0],
            "short": enterprise.short_name,
        }
        if enterprise.certifications:
            values["certificate"] = enterprise.certifications[0].name
        shares = sorted((rng.random() ** 2 + 0.02 for _ in range(count)), reverse=True)
        total = sum(shares) * (1.02 + 0.3 * rng.random())
        weighed = rng.random() < 0.8
        found: list[tuple[Offering, int]] = []
        for number, share in enumerate(shares, start=1):
            draft = Offering(
                f"{enterprise.enterprise_id}-{number:03d}",
                enterprise.enterprise_id,
                "",
                weight=round(share / total, 4) if weighed else None,
            )
            dice = rng.random()
            if dice < COMMON:
                offering, head = self._common(draft, values), -1
            elif dice < COMMON + SERVICE:
                offering, head = self._service(draft, heads[home], values), -1
            elif dice < COMMON + SERVICE + COPIED + VARIED and self._recent:
                offering, head = self._copied(draft, rng.choice(self._recent), dice), -1
            else:
                head = self._near(home)
                offering = self._good(draft, heads[head], values, enterprise)
                self._recent.append(offering)
            found.append((offering, head))
        return found

    def _near(self, home: int) -> int:
        """A firm makes variants of one product, some that are near it, and now and then something else."""
        rng = self._rng
        dice = rng.random()
        if dice < 0.45:
            return home
        if dice < 0.85:
            near = self._words.heads[home].near
            return near[int(rng.random() ** 1.5 * len(near))]
        if dice < 0.93:
            near = self._words.heads[rng.choice(self._words.heads[home].near)].near
            return near[int(rng.random() * len(near))]
        return self._words.draw(rng)

    def _good(self, draft: Offering, head: Head, values: dict[str, str], enterprise: Enterprise) -> Offering:
        rng, node = self._rng, head.node
        title = self.title(head)
        capacity = None
        if rng.random() < 0.6:
            sales = (enterprise.revenue or 1e6) * (draft.weight or 0.1)
            capacity = float(
                max(1, round(significant(sales / (sum(node.price) / 2) * rng.uniform(1.0, 1.8))))
            )
        window = rng.random() < 0.04
        start = self._as_of + timedelta(days=rng.randint(-30, 45)) if window else None
        return replace(
            draft,
            title=title,
            description="" if rng.random() < BARE else self._description(title, head, values, capacity),
            capacity=capacity,
            unit=node.unit if capacity is not None else "",
            available_from=start,
            available_until=start + timedelta(days=rng.randint(60, 240)) if start else None,
            first_of_kind=enterprise.tier in (Tier.LITTLE_GIANT, Tier.CHAMPION) and rng.random() < 0.05,
        )

    def title(self, head: Head) -> str:
        """A product of the kind *head*, as a list would name it."""
        rng, name = self._rng, head.name
        dice = rng.random()
        if dice < 0.2:
            return name
        one = head.words[int(rng.random() ** 1.3 * len(head.words))]
        if dice < 0.55:
            return f"{one}{name}"
        if dice < 0.67:
            two = rng.choice(head.words)
            return f"{one}{two}{name}" if two != one else f"{one}{name}"
        if dice < 0.75:
            return f"{name}{rng.choice(phrases()['suffixes'])}"
        if dice < 0.81:
            return f"{rng.choice(phrases()['grades'])}{name}"
        if dice < 0.87:
            return f"{one}{rng.choice(phrases()['suffixes'])}"
        if dice < 0.94:
            return f"{name}（{_code(rng)}）" if rng.random() < 0.5 else f"{one}{name} {_code(rng)}"
        return f"{one}、{self._words.heads[rng.choice(head.near)].name}"

    def _description(self, title: str, head: Head, values: dict[str, str], capacity: float | None) -> str:
        rng = self._rng
        words, near, heads = head.words, head.near, self._words.heads
        given = values | {
            "good": title,
            "product": title,
            "h1": heads[near[int(rng.random() * len(near))]].name,
            "h2": heads[near[int(rng.random() * len(near))]].name,
            "used_in": heads[near[0]].name,
            "unit": head.node.unit,
        }
        processes = head.node.processes if head.sentences else words[:8]
        given["p"] = given["process"] = rng.choice(processes or words)
        given["process2"] = rng.choice(words)
        if capacity is not None:
            given["capacity"] = f"{plain_number(capacity)}{head.node.unit}"
        first = head.sentences if head.sentences and rng.random() < 0.45 else _sentences()
        text = ""
        for pool in (first, *(_sentences() if rng.random() < 0.5 else _tails() for _ in range(3))):
            for slot in ("w1", "w2", "w3", "w4"):
                given[slot] = words[int(rng.random() * len(words))]
            given["s1"], given["s2"] = say(_specs(), values, rng), say(_specs(), values, rng)
            more = say(pool, given, rng)
            if more and not more.endswith("。"):
                more += "。"
            if len(text) + len(more) <= _LONGEST:
                text += more
            if len(text) >= _SHORTEST and rng.random() < 0.4:
                break
        return text

    def _common(self, draft: Offering, values: dict[str, str]) -> Offering:
        rng = self._rng
        titles = phrases()["common"]
        title = titles[int(rng.random() ** 2 * len(titles))]
        described = rng.random() < 0.3
        return replace(draft, title=title, description=say(_tails(), values, rng) if described else "")

    def _service(self, draft: Offering, home: Head, values: dict[str, str]) -> Offering:
        rng = self._rng
        provider, titles, offers = rng.choice(_providers())
        given = values | {"product": home.name}
        title, text = say(titles, given, rng), say(offers, given, rng)
        if rng.random() < 0.6:
            title = f"{title}（{home.name}）"
        return replace(
            draft, title=title, description=f"{text}。" if text else "", link=provider.link, weight=None
        )

    def _copied(self, draft: Offering, other: Offering, dice: float) -> Offering:
        rng = self._rng
        title, text = other.title, other.description
        if dice >= COMMON + SERVICE + COPIED:
            title = (
                f"{title} {_code(rng)}" if rng.random() < 0.5 else f"{rng.choice(phrases()['grades'])}{title}"
            )
            text += say(_tails(), {"city": "本地"}, rng) if text and rng.random() < 0.5 else ""
        return replace(draft, title=title, description=text, capacity=other.capacity, unit=other.unit)


def _code(rng: Random) -> str:
    """A model code: YX3-160, DN80, LF-22B."""
    letters = "".join(rng.choice("ABCDFGHJKLMNPRSTWXYZ") for _ in range(rng.randint(1, 3)))
    tail = rng.choice(("", "", "A", "B", "T", "/2"))
    return f"{letters}{rng.choice(('-', '', '-'))}{rng.randint(2, 980)}{tail}"


@cache
def _specs() -> tuple[Template, ...]:
    return compiled(phrases()["specs"])


@cache
def _sentences() -> tuple[Template, ...]:
    return compiled(phrases()["sentences"])


@cache
def _tails() -> tuple[Template, ...]:
    """The sample's closing sentences, those for discrete parts alone left out."""
    return compiled(t for kind in _TAILS for t in pools()["offering"][kind] if "{part}" not in t)


@cache
def _providers() -> tuple[tuple[Provider, tuple[Template, ...], tuple[Template, ...]], ...]:
    """Who offers on the links other than supply, with titles and sentences."""
    return tuple(
        (provider, compiled(provider.titles), compiled(provider.offers))
        for provider in load_providers()
        if provider.link is not Link.SUPPLY
    )
