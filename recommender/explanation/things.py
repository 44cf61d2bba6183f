"""The things that a title names, without what they are for, where, and how they are bought."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from recommender.explanation.vocabulary import FORM, HANDIWORK, JOINTS, PLACES, SERVICE, TAIL, TRADES
from recommender.explanation.wording import (
    bare,
    idle,
    is_bare,
    is_procedure,
    says_what,
    segments,
    trimmed,
    words_of,
)
from recommender.text.clauses import clauses

_MOST_CORES = 4
_LEAST_NAME, _LONG_NAME = 4, 8
_SHORTEST_NAME, _WHOLE_NAME, _LONGEST_NAME = 2, 3, 14
_NUMBERED = re.compile(r"第[\d一二三四五]|.*\d{5}|[^\u4e00-\u9fff]*$")  # 第2批物资, 260803S
_TRADE = re.compile(r"[（(](监理|勘察设计|审计|造价咨询|全过程工程咨询|工程监理)[）)]")
_BRACKETED = re.compile(r"[（(【\[][^（）()【】\[\]]*[）)】\]]")
_LEAST_BEHIND_PLACE = 4  # 酒店家具 is a kind of thing, 酒店宴会家具 is wanted by a hotel
_PROPER = re.compile(r"[“\"][^“”\"]*[”\"]")  # “去慈城赶集” is what somebody calls it
_LOT = re.compile(r"(?<=.{4})(?:第?[\dⅠ-Ⅹ一二三四五]*标[段包]|子项).*$")
_COUNTED = re.compile(
    r"^(?:第[\d一二三四五六七八九]+批|[号幢栋座届吨楼馆](?=[\u4e00-\u9fff]{4}))"
)  # of 12号馆, 31号楼, where the number was dropped
_COMMA = re.compile(r"[，；;。\n]|(?<!\d),|,(?!\d)")
_UNIT = r"(?:[A-Za-z%℃°Ωμ/·²³]{1,8}|[个件套台只辆吨米年月日天周时万千亿元圆升度公里平方]{1,5})"
# What the thing must be or how it comes: 壁厚10mm, 年需 800 吨, 须通过IRIS, 20天内交货, 精度高
_PROPERTY = re.compile(
    r"(?:供应商|投标人|产品)?(?:必?须|[需应](?=通过|具|提供|有|满足|符合|能)|要求|20\d\d年|含(?=安装|运输|税)|包含|包括|具有|具备|满足|符合|"
    r"执行(?!器|机构)|通过|提供|交货|交期|工期|服务期|质保期|账期)"
    rf"|[^\d]{{0,10}}\d[\d.,~～\-×x*]*\s*{_UNIT}?(?:以上|以下|以内|内|左右|之?内?交货|[一-龥]?级)?$"
    r"|[A-Za-z]+\d*\s?等?级$|[一-龥]{2,4}[高低长短大小好快轻强]$"
    r"|(?:[一-龥]{0,4}[型号级质度])?[A-Za-z\d /.\-]+$"
)
_BEHIND_A_CODE = frozenset("级型类号")  # T700级碳纤维
_HAN = re.compile("[\u4e00-\u9fff]{2}")


def cores_of(title: str) -> list[str]:
    """The words of *title*, substrings of it, that name the things wanted, the last first: a Chinese noun
    comes last, what it is for and where before it; of a list each.

    >>> cores_of("云和大数据中心A2数据中心深基坑监测项目"), cores_of("办公桌、文件柜（重招）采购")
    (['深基坑监测'], ['文件柜', '办公桌'])
    """
    title = _without_properties(title)
    if trade := _TRADE.search(title):  # 停车场改造项目（监理） wants no car park
        return [trade[1]]
    for part in reversed(_BRACKETED.split(_PROPER.sub("，", title))):  # （重招） and （除面食） name nothing
        named = [core for clause in reversed(list(clauses(part))) for core in _cores_in(clause)]
        if named:
            return list(dict.fromkeys(named))[:_MOST_CORES]
    return []


def _without_properties(title: str) -> str:
    """*title* without the parts behind a comma that only say what the thing must be: somebody who types a
    need goes on to its figures, and the last clause names no thing.

    >>> _without_properties("前驱动桥，静载不小于6000kg，须通过IATF 16949，采购1400台")
    '前驱动桥'
    """
    first, *others = _COMMA.split(title)
    return "，".join([first, *(part for part in others if not _PROPERTY.match(part.strip()))])


def _cores_in(clause: str) -> Iterator[str]:
    """The core phrases of the last segment of *clause* that names anything, the last first."""
    for words in reversed(segments(clause)):
        if thing := _thing(words):
            parts: list[list[str]] = [[]]
            for word in thing:
                if word in JOINTS and not is_bare(parts[-1]):
                    parts.append([])
                else:
                    parts[-1].append(word)
            yield from filter(None, map(_core_of, reversed(parts)))
            return


def _core_of(words: Sequence[str]) -> str:
    left: list[str] = list(words)
    kept: list[str] = []
    while left and (not _names(kept) or kept[0] in _BEHIND_A_CODE):
        kept.insert(0, left.pop())
    kept = trimmed(kept)
    span = "".join(kept)
    return span if len(span) >= 2 and says_what(span) and not _NUMBERED.match(span) else ""


def _names(words: Sequence[str]) -> bool:
    """Whether *words*, the last of a title, are enough to name a thing."""
    length = len("".join(words))
    told = [word for word in words if _HAN.match(word)]
    return length >= _LEAST_NAME and (not only_doing(told) or (length >= _LONG_NAME and not is_bare(told)))


def _thing(words: Sequence[str]) -> list[str]:
    """*words* of a title without those that say how it is bought: behind 项目 stands the thing, or before."""
    forms = [at for at, word in enumerate(words) if word in FORM]
    left = list(words)
    if forms:
        behind = list(words[forms[-1] + 1 :])
        left = list(words[: forms[-1]]) if _is_tail(behind) else behind
    while left and (left[-1] in TAIL or idle(left[-1])):
        left.pop()
    joints = [at for at, word in enumerate(left) if word in JOINTS]
    if joints and is_bare(left[joints[-1] + 1 :]):
        left = left[: joints[-1]]
    return left


def called(title: str) -> str:
    """What *title* wants as an offering would be called: its last clause that names something, as far back
    as an offering's name goes; nothing where no clause does.

    >>> called("国际展览中心12号馆宴会家具（重发）采购"), called("甬江南岸、世茂湾花园可视对讲系统项目")
    ('宴会家具', '可视对讲系统')
    """
    title = _without_properties(title)
    if trade := _TRADE.search(title):
        return trade[1]
    plain = _LOT.sub("", _PROPER.sub(" ", title).rsplit("公司", 1)[-1])
    short = ""
    for clause in reversed([clause for part in _BRACKETED.split(plain) for clause in clauses(part)]):
        for words in reversed(segments(clause)):
            thing = trimmed(_thing(words))
            thing = trimmed(thing[_behind_a_place(thing) :])
            while thing and len("".join(thing)) > _LONGEST_NAME:
                thing = trimmed(thing[1:])
            name = _COUNTED.sub("", "".join(thing))
            if len(name) < _SHORTEST_NAME or not says_what(name) or _NUMBERED.match(name):
                continue
            if len(name) >= _WHOLE_NAME:
                return name
            short = short or name
    return short or bare_thing(plain)


def _behind_a_place(words: Sequence[str]) -> int:
    """How many of *words* only name the place: 世茂湾花园 of 世茂湾花园物业服务."""
    for at in range(len(words) - 1, 0, -1):
        left = "".join(trimmed(words[at:]))
        if words[at - 1].endswith(PLACES) and len(left) >= _LEAST_BEHIND_PLACE and says_what(left):
            return at
    return 0


def bare_thing(title: str) -> str:
    """What *title* wants where every word of it is bare: 安全咨询服务."""
    for clause in reversed([clause for part in _BRACKETED.split(title) for clause in clauses(part)]):
        for words in reversed(segments(clause)):
            span = "".join(trimmed(_thing(words)))
            if len(span) >= 4 and not is_procedure(span) and not _NUMBERED.match(span):
                return span
    return ""


def _is_tail(words: Sequence[str]) -> bool:
    return all(word in TAIL or bare(word) or idle(word) for word in words)


@lru_cache(maxsize=4096)
def head(span: str) -> str:
    """*span* without the bare words that it ends with; all of it where there is nothing else."""
    words = list(words_of(span))
    while words and (bare(words[-1]) or idle(words[-1])):
        words.pop()
    left = "".join(words)
    return left.removesuffix("人员") or left or span


def trade(core: str) -> tuple[str, ...]:
    """The words, one of which says what is to be done to the thing that *core* names; none where the thing
    itself is wanted.

    >>> trade("幕墙检测服务")[:2], trade("检测设备")
    (('检测', '检验'), ())
    """
    words = list(words_of(core))
    while words and words[-1] in SERVICE:
        words.pop()
    return _done(words[-1]) if words else ()


def _done(word: str) -> tuple[str, ...]:
    """The words that say the same as the trade *word*, which may be two in one: 维修保养, 维修服务."""
    if word in TRADES or len(word) != 4:
        return TRADES.get(word, ())
    first, last = TRADES.get(word[:2], ()), TRADES.get(word[2:], ())
    return first + last if last or word[2:] in SERVICE else ()


def only_done(span: str) -> bool:
    """Whether *span* says what is done and not to what: 设施维修保养."""
    return only_doing(words_of(span))


def only_doing(words: Sequence[str]) -> bool:
    """Whether *words* are of a trade that says little without its object, and of nothing else."""
    return all(
        bare(word) or idle(word) or word in JOINTS or HANDIWORK.intersection(_done(word)) for word in words
    )
