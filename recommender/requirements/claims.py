"""What an enterprise says of itself: certificates it claims to hold, and what its offerings are stated to do.

A text is read once and kept, because the same offerings are judged for need after need.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.code_lists import CodeLists
from recommender.catalogue.domain import Enterprise, Offering
from recommender.requirements.certificates import Certificate, find_certificates
from recommender.requirements.fold import fold, lower
from recommender.requirements.quantities import Found, stated
from recommender.results import Source

_MAX_TEXT = 20_000
_CLAUSE = re.compile(r"[^。;!\n]+")
_HOLDS = re.compile(
    r"通过|取得|获得|获|持有|持|具有|具备|拥有|经|已.{0,6}认证|资质[:：方]|列入|范围覆盖|审核"
)
_LEAD_TIME = re.compile(r"(?:交期|交货期|供货周期|交付周期)\s?(?P<n>\d+)\s?(?P<u>天|周|个月)")
_DAYS = {"天": 1, "周": 7, "个月": 30}
_TITLES = re.compile(r"[\u4e00-\u9fff]{2,}|[A-Za-z0-9]{2,}")


@lru_cache(maxsize=65536)
def held(text: str) -> tuple[tuple[Certificate, int, int], ...]:
    """Certificates that *text* says its writer holds, with offsets.

    A mere mention is no claim: a laboratory that offers 3C testing does not hold a 3C certificate.
    """
    found: list[tuple[Certificate, int, int]] = []
    for clause in _CLAUSE.finditer(fold(text[:_MAX_TEXT])):
        if _HOLDS.search(clause.group()):
            at = clause.start()
            found += [(c, at + start, at + end) for c, start, end in find_certificates(lower(clause.group()))]
    return tuple(found)


def claim(
    certificates: Sequence[Certificate], enterprise: Enterprise, offerings: Sequence[Offering]
) -> Source | None:
    """The first words in which the enterprise says that it holds one that satisfies any of *certificates*."""
    for text, offering_id in texts(enterprise, offerings):
        for certificate, start, end in held(text):
            if any(certificate.satisfies(asked) for asked in certificates):
                return Source("description", text[start:end], offering_id, inferred=True, start=start)
    return None


def certificates_claimed(text: str) -> tuple[Certificate, ...]:
    """The certificates :func:`held` by the writer of *text*, each once."""
    return tuple(dict.fromkeys(certificate for certificate, _, _ in held(text)))


def dimensions_stated(offering: Offering) -> tuple[str, ...]:
    """The dimensions of the measures that *offering* states."""
    return tuple(dict.fromkeys(found.measure.dimension for _, _, found in specified(offering)))


def texts(enterprise: Enterprise, offerings: Sequence[Offering]) -> Iterator[tuple[str, str]]:
    """The descriptions of the enterprise and of its offerings, each with the offering's id."""
    if enterprise.description:
        yield enterprise.description, ""
    for offering in offerings:
        if offering.description:
            yield offering.description, offering.offering_id


def specified(offering: Offering) -> Iterator[tuple[str, str, Found]]:
    """The measures of *offering*: field, text, and where in it."""
    for field, text in (("title", offering.title), ("description", offering.description)):
        for found in stated(text):
            yield field, text, found


@lru_cache(maxsize=65536)
def lead_time(text: str) -> tuple[int, int, int] | None:
    """The shortest usual delivery in days that *text* states, with offsets: 常规交期24天."""
    found = [
        (int(match["n"]) * _DAYS[match["u"]], match.start(), match.end())
        for match in _LEAD_TIME.finditer(fold(text))
    ]
    return min(found, default=None)


# pairs that stand in every other title
_COMMON = frozenset(
    "采购 公告 项目 设备 系统 系列 产品 批量 供货 年度 需求 材料 加工 定制 技术 服务 智能 高性 性能 工程 "
    "装置 总成".split()
)


@lru_cache(maxsize=65536)
def grams(title: str) -> frozenset[str]:
    """The pairs of characters in *title*, by which two titles are seen to name the same kind of thing."""
    words = _TITLES.findall(lower(fold(title)))
    return frozenset(word[i : i + 2] for word in words for i in range(len(word) - 1))


def kind_codes(title: str) -> list[int]:
    """The :func:`grams` of *title* as numbers below 2³², ascending: what :class:`CodeLists` keeps of it."""
    return sorted(map(_code, grams(title)))


def _code(gram: str) -> int:
    return ord(gram[0]) << 16 | ord(gram[1])  # all that grams yields are of the basic plane


def alike(offering: Offering, wanted: frozenset[str]) -> bool:
    """Whether *offering* is of the kind that *wanted*, the pairs of a need's title, names: three pairs of its
    own title stand there, or two that are half of them, or all."""
    own = grams(offering.title) - _COMMON
    return bool(enough_alike(len(own & wanted), len(own)))


def enough_alike(shared: Any, own: Any) -> Any:
    """The rule of :func:`alike` by the number of pairs *shared* and *own*; numbers or arrays of them."""
    return (shared >= 3) | ((shared == 2) & (own <= 4)) | ((shared == 1) & (own == 1))


_COMMON_CODES = np.array(sorted(map(_code, _COMMON)), np.uint32)


def which_alike(kinds: CodeLists, rows: NDArray[np.int64], wanted: frozenset[str]) -> NDArray[np.bool_]:
    """(r,) :func:`alike` for the offerings *rows*, of whose titles *kinds* holds the :func:`kind_codes`."""
    whose, codes = kinds.at(rows)
    telling = ~np.isin(codes, _COMMON_CODES)
    asked = np.array([_code(gram) for gram in wanted], np.uint32)
    shared = np.bincount(whose[telling & np.isin(codes, asked)], minlength=rows.size)
    found: NDArray[np.bool_] = enough_alike(shared, np.bincount(whose[telling], minlength=rows.size))
    return found
