"""One spelling for searching.

Lists come from forms, web pages and scans: full-width Latin, Traditional characters, stray HTML, control
characters, characters spaced apart, quantities written in words or apart from their unit. :func:`for_search`
folds all of that away; the stored original is what a person sees.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from functools import cache

import opencc

SPELLING = 2
"""Raise this number with every change to :func:`for_search`: vectors of another spelling are not reused."""

_TAG = re.compile(r"<(?:[a-zA-Z/!?][^<>]{0,500})>")
_SPACE = re.compile(r"\s+")
# Cc controls, Cf invisible formats (zero-width, direction marks), Cs lone surrogates, Co private use
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\ue000-\uf8ff]"
)
# What NFKC leaves over of an accent, and the marks that choose a variant of a character's shape
_MARKS = re.compile("[\u0300-\u036f\ufe00-\ufe0f\U000e0000-\U000e01ef]")
_ACCENT = re.compile("[\u0300-\u036f]")
# All but ASCII, Chinese quotation marks, stops and brackets, and Han characters
_CHANGEABLE = re.compile("[^\x00-\x7f\u2018-\u201d\u3001\u3002\u3008-\u3011\u3400-\u9fff]+")
_HAN_ALONE = re.compile("[\u4e00-\u9fff]+")
# A character by itself between two spaces, before another one: 轴 承
_SPACED_APART = re.compile(r" (?<=[^\w][\u3400-\u9fff] )(?=[\u3400-\u9fff](?:\W|$))")

_UNITS = dict(
    pair.split("=")
    for pair in "千伏安=kva 兆伏安=mva 千伏=kv 毫安时=mah 安时=ah 千瓦时=kwh 兆瓦时=mwh 千瓦=kw 兆瓦=mw "
    "吉瓦=gw 兆帕=mpa 千帕=kpa 平方毫米=mm2 平方厘米=cm2 平方公里=km2 平方千米=km2 平方米=m2 平米=m2 "
    "立方米=m3 毫米=mm 厘米=cm 微米=μm um=μm 纳米=nm 公里=km 千米=km 公斤=kg 千克=kg 毫克=mg "
    "千赫=khz 兆赫=mhz 吉赫=ghz 赫兹=hz 摄氏度=°c".split()
)


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))


# Each begins with plain characters, which the search skips to: reading for training spends its time here.
_QUANTITY = re.compile(
    rf"(\d)(?: ?(?P<named>{_any(_UNITS)})| (?P<letters>{_any({*_UNITS.values(), 'db', 'rpm'})}))(?![a-z0-9])"
)
_TIMES = re.compile(r"(\d) ?[x*×✕╳] ?(?=\d)")
_SIZE = re.compile(r"(dn|公称直径|φ|ø|⌀|∅|ɸ|外径|直径) ?(?=\d)(?<![a-z]dn)(?<![a-z]dn )")
_STANDARD = re.compile(r"(gb|dl|/) ?t ?-?(?=\d{2})")
_DASH = re.compile("[\u2010-\u2013\u2212]")


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
    """*text* in the one spelling that is indexed: clean, NFKC, simplified, lower case, single spaces, units
    as letters right behind their number, sizes and standards written one way.

    >>> for_search("後臺ＥＲＰ軟體<br/>　１２㎜ 10 千伏 轴 承 公称直径300 GBT3098.1")
    '后台erp软体 12mm 10kv 轴承 dn300 gb/t 3098.1'
    """
    if _HAN_ALONE.fullmatch(text):  # a name: nothing else below can change it
        simplified: str = _traditional_to_simplified().convert(text)
        return simplified
    text = _compatible(clean(text))
    # OpenCC hands text to C++ as UTF-8, which refuses what clean() has removed and cuts at NUL
    text = _traditional_to_simplified().convert(text)
    text = f" {_SPACE.sub(' ', _MARKS.sub('', text.lower()))}"
    text = _SPACED_APART.sub("", text)
    text = _DASH.sub("-", text)
    text = _QUANTITY.sub(_in_letters, text)
    text = _TIMES.sub(r"\1×", text)
    text = _SIZE.sub(lambda size: "dn" if size[1] in ("dn", "公称直径") else "φ", text)
    text = _STANDARD.sub(lambda standard: f"{standard[1].strip('/')}/t ", text)
    return text.strip()


def _compatible(text: str) -> str:
    """NFKC of *text*, five times as fast where little of it changes: only what can change is handed over.

    An accent composes with the letter before it, so a text that has one goes as a whole.
    """
    if _ACCENT.search(text):
        return unicodedata.normalize("NFKC", text)
    return _CHANGEABLE.sub(lambda run: unicodedata.normalize("NFKC", run.group()), text)


def _in_letters(quantity: re.Match[str]) -> str:
    return quantity[1] + (quantity["letters"] or _UNITS[quantity["named"]])
