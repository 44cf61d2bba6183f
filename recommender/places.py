"""Places that running text mentions, so that a need without a region field still knows where it is."""

from __future__ import annotations

import re
from functools import cache

from recommender.intake.codes import region_level, region_names, resolve_region

_LONGEST_TEXT = 2_000


@cache
def _pattern() -> re.Pattern[str]:
    """Names of provinces and cities, long or short, and of counties in full: short county names (和平, 通道)
    are everyday words."""
    names = {
        name
        for name, codes in region_names().items()
        if any(region_level(code) < 3 for code in codes) or name.endswith(("县", "市", "区", "旗"))
    }
    return re.compile("|".join(sorted(map(re.escape, names), key=lambda n: (-len(n), n))))


@cache
def _only(name: str) -> str:
    """The code of *name* where it is one place's alone, or the highest of nested ones; "" where it is not."""
    codes = region_names()[name]
    top = [code for code in codes if region_level(code) == region_level(codes[0])]
    return codes[0] if len(top) == 1 else ""


def mentioned_region(text: str) -> tuple[str, str]:
    """The code of the first place that *text* names beyond doubt, and the words that name it; ("", "") where
    there is none. A city right behind its province narrows it.

    >>> mentioned_region("关于湖南省长沙市某某路改造工程")
    ('430100', '湖南省长沙市')
    """
    text = text[:_LONGEST_TEXT]
    for found in _pattern().finditer(text):
        code = _only(found.group())
        if not code:
            continue
        end = found.end()
        while follows := _pattern().match(text, end):
            inner = [c for c in region_names()[follows.group()] if c != code and _inside(c, code)]
            if len(inner) != 1:
                break
            code, end = inner[0], follows.end()
        return code, text[found.start() : end]
    return "", ""


def _inside(code: str, region: str) -> bool:
    width = 2 * region_level(region)
    return region_level(code) > region_level(region) and code[:width] == region[:width]


def region_of(text: str) -> str:
    """The shortest prefix of a GB/T 2260 code that stands for the place *text* (a code or a name): ``31``.

    Raises InputError where there is no such place.
    """
    code = resolve_region(text)
    return code[: 2 * region_level(code)]
