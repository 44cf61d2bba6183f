"""Names, credit codes and contacts of enterprises that do not exist.

Every name ends in （示例）. Every credit code has right check characters (GB 32100-2015 for the whole,
GB 11714-1997 for the organisation part), but its organisation part begins with ``YB`` (样本), a series that
is never allotted, so that no code can be a real company's. Contacts use the unallotted exchange
010-0000 and the reserved domain example.com.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from recommender.intake.codes import region_name
from recommender.sample.chains import DATA

_SYMBOLS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100: without I, O, S, V, Z
_WEIGHTS = tuple(3**i % 31 for i in range(17))
_ORGANISATION = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"  # GB 11714
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_FAMILY_NAMES = "赵钱孙李周吴郑王冯陈卫蒋沈韩杨朱秦许何吕施张孔曹严金魏陶姜谢邹窦章苏潘葛范彭鲁韦马方任袁柳"


@dataclass(frozen=True, slots=True)
class Trade:
    match: tuple[str, ...]
    words: tuple[str, ...]
    industry: str


@dataclass(frozen=True, slots=True)
class Words:
    """``data/words.toml``: what names are made of."""

    mark: str
    first: str
    second: str
    avoid: frozenset[str]
    forms: tuple[str, ...]
    elsewhere: tuple[str, ...]
    trades: tuple[Trade, ...]
    chains: dict[str, tuple[str, ...]]

    def trade(self, product: str) -> Trade | None:
        """The first trade that *product*'s name speaks of."""
        return next((t for t in self.trades if any(match in product for match in t.match)), None)


@cache
def words() -> Words:
    with (DATA / "words.toml").open("rb") as file:
        raw: dict[str, Any] = tomllib.load(file)
    return Words(
        mark=raw["mark"],
        first=raw["given_first"],
        second=raw["given_second"],
        avoid=frozenset(raw["avoid"]),
        forms=tuple(raw["forms"]),
        elsewhere=tuple(raw["elsewhere"]),
        trades=tuple(Trade(tuple(t["match"]), tuple(t["words"]), t["industry"]) for t in raw["trade"]),
        chains={key: tuple(names) for key, names in raw["chains"].items()},
    )


def credit_code(region: str, number: int) -> str:
    """The 18 characters of an enterprise registered in *region* (six digits); *number* is below 1,000,000.

    >>> credit_code("430200", 1)
    '91430200YB0000010W'
    """
    organisation = f"YB{number:06d}"
    pairs = zip(_ORGANISATION_WEIGHTS, organisation, strict=True)
    rest = (11 - sum(weight * _ORGANISATION.index(symbol) for weight, symbol in pairs) % 11) % 11
    body = f"91{region}{organisation}{'X' if rest == 10 else rest}"
    total = sum(weight * _SYMBOLS.index(symbol) for weight, symbol in zip(_WEIGHTS, body, strict=True))
    return body + _SYMBOLS[(31 - total % 31) % 31]


def city(region: str) -> str:
    """How people call the place: ``430200`` → 株洲."""
    name = region_name(region)
    return name.removesuffix("市") if len(name) > 2 else name


def contact(number: int, rng: Random) -> str:
    title = rng.choice(["经理", "女士", "先生", "工", "主任"])
    return f"{rng.choice(_FAMILY_NAMES)}{title} 010-0000-{number:04d} contact{number:04d}@example.com"


class Namer:
    """Gives each enterprise a name that no other has."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._used: set[str] = set()

    def name(self, region: str, tails: Sequence[str], *, with_place: bool = True) -> tuple[str, str]:
        """Full and short name; *tails* are the choices for what follows the given name."""
        source = words()
        while True:
            given = self._rng.choice(source.first) + self._rng.choice(source.second)
            # given names become scarce: now and then one serves again, in another place and trade
            if given in source.avoid or (given in self._used and self._rng.random() < 0.9):
                continue
            tail = self._rng.choice(list(tails))
            full = f"{city(region) if with_place else ''}{given}{tail}{source.mark}"
            if full not in self._used:
                self._used.update((given, full))
                return full, given + _short(tail)


def _short(tail: str) -> str:
    for form in (
        "集团有限公司",
        "股份有限公司",
        "有限责任公司",
        "科技有限公司",
        "制造有限公司",
        "实业有限公司",
        "有限公司",
    ):
        if tail.endswith(form) and len(tail) > len(form):
            return tail.removesuffix(form)
    return tail
