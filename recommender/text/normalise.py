"""One spelling for searching.

Lists come from forms, web pages and scans: full-width Latin, Traditional characters, stray HTML, control
characters. :func:`for_search` folds all of that away; the stored original is what a person sees.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import cache

import opencc

_TAG = re.compile(r"<(?:[a-zA-Z/!?][^<>]{0,500})>")
_SPACE = re.compile(r"\s+")
# Cc controls, Cf invisible formats (zero-width, direction marks), Cs lone surrogates, Co private use
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\ue000-\uf8ff]"
)


@cache
def _traditional_to_simplified() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def clean(text: str) -> str:
    """*text* without what no reader can see: HTML tags and entities, control and format characters.

    This is what the catalogue stores; spelling, case and width stay as they were written. Line breaks
    are kept, other runs of white space are not touched.
    """
    if "<" in text:
        text = _TAG.sub(" ", text)
    if "&" in text:
        text = html.unescape(text)
    return _UNSEEN.sub("", text).strip()


def for_search(text: str) -> str:
    """*text* in the one spelling that is indexed: clean, NFKC, simplified, lower case, single spaces.

    >>> for_search("後臺ＥＲＰ軟體<br/>　１２㎜")
    '后台erp软体 12mm'
    """
    text = unicodedata.normalize("NFKC", clean(text))
    # OpenCC hands text to C++ as UTF-8, which refuses what clean() has removed and cuts at NUL
    text = _traditional_to_simplified().convert(text)
    return _SPACE.sub(" ", text.lower()).strip()
