"""The wording of a clause: which pieces of it are phrases, and which say something.

A clause is cut where it stops naming things (公司专注于 | 汽车后市场管理), so that a piece is a phrase and no
torn sentence. Words that stand in every notice or profile are no phrase.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

import rjieba

from recommender.explanation.vocabulary import (
    BARE,
    BARE_HEADS,
    BREAKS,
    FORM,
    IDLE,
    JOINTS,
    NO_END,
    NO_START,
    NOT,
)
from recommender.intake.codes import region_names
from recommender.text.clauses import names_something

_WINDOW = range(2, 17)  # characters a quoted run of words may have
_NUMBER = re.compile(r"[\d.,:%\-]*")
# What only half a phrase begins or ends with
_EDGES = re.compile(r"[#/+·•・、…_及和与或某该其]|.*[#/·•・、…_及和与或的难]$", re.DOTALL)  # 融资难
_YEAR = re.compile(r"20\d\d|[、，,;；:：]")
_PROCEDURE = re.compile(
    "询比|比选|招标(?!代理)|投标|成交|中标|标包|标段|份额|开标|评标|公告|限价|控制价|详见|建筑面积|占地|平方米|总用地|投资估算|总投资|本项目|工程费用"
)
# What a buyer calls a project, 260711fc or ICT2026XA4072, and the 14# of a plot
_CODE = re.compile(r"[A-Za-z]20[12]\d|20[12]\d[A-Za-z]|\d{6}[A-Za-z]|(?<!\d)2[3-9][01]\d[0-3]\d(?!\d)|\d#")
_ADDRESS = re.compile(r"[路街道大厦园区楼]\S*\d+[号室层楼栋幢]?|\d+[号室层楼栋幢]|[路街]\S{0,6}以[东南西北]")
# Pairs that the dictionary cuts wrong
_MENDED = {
    ("招标", "代理服务"): ("招标代理", "服务"),
    ("外", "包"): ("外包",),
    ("及其", "他"): ("及", "其他"),
    ("专注", "于"): ("专注于",),
    ("等", "保"): ("等保",),
    ("年", "金"): ("年金",),
    ("对", "讲"): ("对讲",),
    ("项", "下"): ("项下",),
    ("公", "租房"): ("公租房",),
    ("招标", "代理"): ("招标代理",),
    ("采购", "代理"): ("采购代理",),
}
_MENDED_LAST = frozenset(last for _, last in _MENDED)
_HAN = re.compile("[\u4e00-\u9fff]{2}")
# The same words and phrases come up in offering after offering: of so many it is remembered what they are.
_KEPT = 16_384


@lru_cache(maxsize=_KEPT)
def words_of(text: str) -> tuple[str, ...]:
    """The words of *text*, which together are *text* again."""
    cut = rjieba.cut(text)
    if "及" not in text and _MENDED_LAST.isdisjoint(cut):
        return tuple(cut)
    found: list[str] = []
    for word in cut:
        if found and (mended := _MENDED.get((found[-1], word))):
            found[-1:] = mended
        elif len(word) > 2 and word.endswith("及"):
            found += [word[:-1], "及"]  # 维保及 is a word of the dictionary
        else:
            found.append(word)
    return tuple(found)


def segments(clause: str) -> list[list[str]]:
    """The words of *clause* in the pieces between words that end a phrase, idle words at the edges dropped.

    >>> ["".join(piece) for piece in segments("公司专注于汽车后市场管理")]
    ['汽车后市场管理']
    """
    found: list[list[str]] = [[]]
    wanted = True
    for word in words_of(clause):
        if _breaks(word):
            found.append([])
            wanted = word not in NOT
        elif wanted:
            found[-1].append(word)
    return [kept for piece in found if (kept := trimmed(piece))]


@lru_cache(maxsize=_KEPT)
def _breaks(word: str) -> bool:
    return word in BREAKS or word in NOT or _YEAR.fullmatch(word) is not None


def trimmed(words: Sequence[str]) -> list[str]:
    first, last = 0, len(words)
    while first < last and _begins_none(words[first]):
        if _NUMBER.fullmatch(words[first]) and words[first + 1 : first + 2] and words[first + 1].isascii():
            break  # 35 kV
        first += 1
    while last > first and _ends_none(words[last - 1]):
        last -= 1
    return list(words[first:last])


@lru_cache(maxsize=_KEPT)
def _begins_none(word: str) -> bool:
    return idle(word) or word in NO_START or word in region_names() or not word.strip()


@lru_cache(maxsize=_KEPT)
def _ends_none(word: str) -> bool:
    return idle(word) or word in NO_END or not word.strip()


def pieces(clause: str) -> Iterator[str]:
    """The phrases of *clause*, each as long as it goes, that say something."""
    for words in _phrases_in(clause):
        span = "".join(words)
        if span[0] in "即于当以从" and not span.startswith(
            ("即时", "即插", "即食", "即热", "当地", "当代", "以太", "从业")
        ):
            span = span[1:]
        if len(span) >= 2 and names_something(span) and not is_bare(words) and not _EDGES.match(span):
            yield span


def _phrases_in(clause: str) -> Iterator[list[str]]:
    """The segments of *clause*, each cut behind what a project is over: 地块项目 | 幕墙检测."""
    for words in segments(clause):
        if FORM.isdisjoint(words):
            yield words
            continue
        ends = [at for at, (word, after) in enumerate(pairwise(words), 1) if word in FORM and not bare(after)]
        for first, last in pairwise([0, *ends, len(words)]):
            if kept := trimmed(words[first:last]):
                yield kept


def runs(clause: str) -> Iterator[str]:
    """Runs of whole words inside the phrases of *clause*, 2–16 characters each, so that a long title is
    quoted in part.

    A run neither begins nor ends with a function word or a bare number: 用高纯湿 is no phrase.
    """
    for words in _phrases_in(clause):
        whole = "".join(words)
        starts = [0]
        for word in words:
            starts.append(starts[-1] + len(word))
        for first, word in enumerate(words):
            split = first and _NUMBER.fullmatch(words[first - 1]) and word.isascii()  # the G of 5G
            if idle(word) or word in NO_START or split or _torn(whole, starts[first]):
                continue
            for last in range(first, len(words)):
                run = whole[starts[first] : starts[last + 1]]
                if len(run) > _WINDOW[-1]:
                    break
                if run == clause or len(run) not in _WINDOW or run.strip() != run:
                    continue
                if idle(words[last]) or words[last] in NO_END or _EDGES.match(run):
                    continue
                if _torn(whole, starts[last + 1]) or is_bare(words[first : last + 1]):
                    continue
                if _CODE.search(run) or (words[last - 1] in JOINTS and bare(words[last])):
                    continue  # 智慧旅游和智慧
                if names_something(run):
                    yield run


def is_bare(words: Sequence[str]) -> bool:
    """Whether none of *words* tells one need or offer from another."""
    return all(map(_tells_nothing, words))


@lru_cache(maxsize=_KEPT)
def _tells_nothing(word: str) -> bool:
    return bare(word) or idle(word) or word in BREAKS


@lru_cache(maxsize=_KEPT)
def bare(word: str) -> bool:
    """Whether *word* says nothing by itself: 建设项目 is as bare as its halves, 数据中心 is not"""
    return word in BARE or (len(word) == 4 and word[:2] in BARE and word[2:] in BARE_HEADS)


def is_procedure(span: str) -> bool:
    """Whether *span* speaks of the procedure or of the site, and not of the thing."""
    return _PROCEDURE.search(span) is not None


def _torn(text: str, at: int) -> bool:
    """Whether a cut of *text* before *at* goes through a word of two characters."""
    return 0 < at < len(text) and _one_word(text[at - 1 : at + 1])


@lru_cache(maxsize=65_536)
def _one_word(pair: str) -> bool:
    return _HAN.fullmatch(pair) is not None and len(rjieba.cut(pair, hmm=False)) == 1


@lru_cache(maxsize=_KEPT)
def idle(word: str) -> bool:
    return word in IDLE or bool(_NUMBER.fullmatch(word.strip()))


def says_what(span: str, but: str = "") -> bool:
    """Whether *span* says what is wanted or offered, not by whom or where; *but* is who."""
    if "公司" in span or (but and (but in span or span in but)) or span in region_names():
        return False
    if _PROCEDURE.search(span) or _ADDRESS.search(span) or _CODE.search(span):
        return False
    return not _EDGES.match(span) and not is_bare(words_of(span))
