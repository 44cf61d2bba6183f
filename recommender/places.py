"""Places that running text mentions, so that a need without a region field still knows where it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from recommender.catalogue.domain import Need
from recommender.intake.codes import LONGEST_NAME, region_level, region_names, resolve_region
from recommender.text.titles import subject

_LONGEST_TEXT = 2_000


@cache
def _names() -> dict[str, str]:
    """Names that stand for a place in running text, each with the code of the one place that it means beyond
    doubt, or "" where several of a level share it.

    Provinces and cities go by long and short names, counties by the full one only: short county names (和平,
    通道) are everyday words.
    """
    found: dict[str, str] = {}
    for name, codes in region_names().items():
        if region_level(codes[0]) < 3 or name.endswith(("县", "市", "区", "旗")):
            top = [code for code in codes if region_level(code) == region_level(codes[0])]
            found[name] = top[0] if len(top) == 1 else ""
    return found


@cache
def _beginnings() -> frozenset[str]:
    """The first two characters of the names: at most places of a text none begins."""
    return frozenset(name[:2] for name in _names())


def _place_at(text: str, start: int) -> str:
    """The longest name of a place that begins at *start*, "" where none does."""
    if text[start : start + 2] not in _beginnings():
        return ""
    names = _names()
    for end in range(min(len(text), start + LONGEST_NAME), start + 1, -1):
        if text[start:end] in names:
            return text[start:end]
    return ""


def mentioned_region(text: str) -> tuple[str, str]:
    """The code of the first place that *text* names beyond doubt, and the words that name it; ("", "") where
    there is none. A city or county right behind its province or city narrows it.

    >>> mentioned_region("关于湖南省长沙市某某路改造工程")
    ('430100', '湖南省长沙市')
    """
    text = text[:_LONGEST_TEXT]
    start = 0
    while start < len(text):
        name = _place_at(text, start)
        code = _names().get(name, "")
        if not code:
            start += len(name) or 1
            continue
        end = start + len(name)
        while inner := _place_at(text, end):
            within = [other for other in region_names()[inner] if _inside(other, code)]
            if len(within) != 1:
                break
            code, end = within[0], end + len(inner)
        return code, text[start:end]
    return "", ""


def _inside(code: str, region: str) -> bool:
    width = 2 * region_level(region)
    return region_level(code) > region_level(region) and code[:width] == region[:width]


@dataclass(frozen=True, slots=True)
class Places:
    """Where a need is: ``site`` is where the thing is wanted, ``seat`` where the buyer is; GB/T 2260 codes,
    "" where unknown. ``…_words`` are the words that a code was inferred from, "" where a field states it."""

    site: str = ""
    site_words: str = ""
    seat: str = ""
    seat_words: str = ""


def places_of(need: Need) -> Places:
    """The places of *need*. A place in what the title is about is a site: a road is built where it runs,
    while goods travel to wherever their buyer sits."""
    site, site_words = mentioned_region(subject(need.title))
    if need.region:
        return Places(site, site_words, need.region)
    for text in (need.buyer_name, need.title, need.description):
        seat, seat_words = mentioned_region(text)
        if seat:
            return Places(site, site_words, seat, seat_words)
    return Places(site, site_words)


def region_of(text: str) -> str:
    """The shortest prefix of a GB/T 2260 code that stands for the place *text* (a code or a name): ``31``.

    Raises InputError where there is no such place.
    """
    code = resolve_region(text)
    return code[: 2 * region_level(code)]
