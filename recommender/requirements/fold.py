"""One spelling for reading requirements that keeps every character in its place.

:func:`recommender.text.normalise.for_search` may change the length of a text; here offsets into the folded
text are offsets into the original, so that every extraction points at its words.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

import opencc


@cache
def _traditional_to_simplified() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def _one_for_one(code: int) -> str:
    """The compatibility form of a character where that is one character, else the character itself."""
    folded = unicodedata.normalize("NFKC", chr(code))
    return folded if len(folded) == 1 else chr(code)


# full-width forms, small forms, radicals that look like Han characters, wide and hard spaces
_WIDTHS = {
    code: _one_for_one(code)
    for first, last in ((0xFF00, 0xFFEF), (0xFE50, 0xFE6F), (0x2E80, 0x2FD5), (0xF900, 0xFAFF))
    for code in range(first, last + 1)
} | {
    0xA0: " ",
    0x3000: " ",
    0xB5: "μ",  # micro sign
    0x2126: "Ω",  # ohm sign
    0x3D5: "φ",
    0xD8: "Φ",
    0xF8: "φ",
    0x2300: "Φ",
    0x2212: "-",
    0x2013: "-",
    0x2014: "-",
    0x223C: "~",
    0x301C: "~",
    0x2267: "≥",
    0x2A7E: "≥",
    0x2266: "≤",
    0x2A7D: "≤",
    0xFF1E: ">",
    0xFF1C: "<",
    0xB7: "·",
    0x2022: "·",
    0x22C5: "·",
    0x2219: "·",
}


@lru_cache(maxsize=64)
def fold(text: str) -> str:
    """*text* with one width and in Simplified Chinese, case kept, every character in its place.

    >>> fold("須通過ＩＳＯ９００１")
    '须通过ISO9001'
    """
    widths = text.translate(_WIDTHS)
    if widths.isascii() or "\x00" in widths:
        return widths
    try:
        folded = str(_traditional_to_simplified().convert(widths))
    except UnicodeEncodeError:  # a lone surrogate
        return widths
    return folded if len(folded) == len(text) else widths


def lower(folded: str) -> str:
    """*folded* in lower case, every character in its place."""
    small = folded.lower()
    return (
        small
        if len(small) == len(folded)
        else "".join(c.lower() if len(c.lower()) == 1 else c for c in folded)
    )
