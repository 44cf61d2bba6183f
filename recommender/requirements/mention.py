"""What a reader of requirements finds: a kind, the words that state it, and what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from recommender.catalogue.domain import Tier
from recommender.requirements.certificates import Certificate
from recommender.requirements.fold import fold, lower
from recommender.requirements.quantities import Measure


@dataclass(frozen=True, slots=True)
class Experience:
    """Similar projects: at least ``count`` of them since ``since``, ``amount`` yuan each or together."""

    count: int | None = None
    since: date | None = None
    amount: float | None = None


@dataclass(frozen=True, slots=True)
class Capital:
    """Registered capital of at least ``amount`` yuan."""

    amount: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where the supplier must be: ``code`` is a prefix of GB/T 2260 codes; with ``seat`` it must be
    registered there, and a branch or a depot is not enough."""

    code: str
    seat: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """At the latest ``days`` after the contract, or on ``day``."""

    days: int | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Quantity:
    """How much is wanted, in ``unit``; of one ``period`` (day, month, year) where that is said."""

    amount: float
    unit: str
    period: str = ""


Detail = Certificate | Measure | Experience | Capital | Place | Delivery | Quantity | Tier | str


@dataclass(frozen=True, slots=True)
class Mention:
    """A requirement stated at ``start`` to ``end`` of a text. ``detail`` is what its kind says, a text where
    there is no more to it. Mentions of one ``group`` are alternatives; 0 stands by itself."""

    kind: str
    name: str
    start: int
    end: int
    detail: Detail
    group: int = 0
    must: bool = True


@dataclass(frozen=True, slots=True)
class Clause:
    """A sentence of a text: ``words`` folded, ``low`` in lower case as well, both beginning at ``start``."""

    words: str
    low: str
    start: int


_SENTENCE = re.compile(r"[^。;\n!?]+")
# A sentence that only rewards, or that repeats what the law says of everybody.
_SOFT = re.compile(
    r"优先|加分|得分|评分|\d分(?![钟包厂部批段解类期次支子公米散布之])|如有|若有|可提供|鼓励|失信|信用中国|不良行为|重大违法|联合惩戒"
)
# The part of a sentence between commas that refuses or waives; 不得少于 demands.
_WAIVED = re.compile(
    r"不要求|无需|无须|不作要求|不接受|不得(?![低少小高大超]|为?[低少小])|禁止|不允许|不强制|可不|不再"
)


def clauses_of(text: str) -> Iterator[Clause]:
    """The sentences of *text* that may demand something; what is refused or waived in them is blanked out, so
    that offsets stay."""
    folded = fold(text)
    for sentence in _SENTENCE.finditer(folded):
        words = sentence.group()
        if len(words) < 2 or words.isspace() or _SOFT.search(words):
            continue
        if "不" in words or "无" in words or "禁止" in words:
            parts = words.split(",")
            words = ",".join(" " * len(part) if _WAIVED.search(part) else part for part in parts)
            if words.isspace():
                continue
        yield Clause(words, lower(words), sentence.start())


_CHINESE: dict[str, float] = {
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
    "十": 10,
}
_CHINESE |= {"壹": 1, "贰": 2, "叁": 3, "半": 0.5}


def number(text: str) -> float:
    """A number in digits or as one Chinese numeral up to ten, half included; 十二 to 九十九 too.

    Raises KeyError for anything else.
    """
    text = text.replace(",", "").replace(" ", "")
    if text[0].isdigit():
        return float(text)
    if len(text) > 1 and "十" in text:
        tens, _, ones = text.partition("十")
        return (_CHINESE[tens] if tens else 1) * 10 + (_CHINESE[ones] if ones else 0)
    return float(_CHINESE[text])
