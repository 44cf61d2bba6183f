"""Similar projects that a supplier must show: how many, since when, worth how much."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from recommender.requirements.mention import Clause, Experience, Mention, number

_YEAR = r"【?20\s?\d\s?\d\s?年"
_SINCE = rf"自?\s?{_YEAR}[^。;]{{0,14}}?(?:以来|起|至|之间|之前|内|之后)"
_PERIOD = rf"(?:{_SINCE}|近\s?[一二三四五\d]\s?年内?)"
_PATTERNS = (
    # 自2022年7月1日至投标截止日前具有至少1个……业绩, 近4年内至少有2个……业绩
    rf"{_PERIOD}[^。;]{{0,160}}?业绩(?!表|证明|要求|是否|时间|不)",
    # 具有类似项目业绩
    r"(?:具有|具备|至少|不少于|承接过|承担过|完成过|须有|须提供|应有)[^。;]{0,80}?(?<!经营)业绩"
    r"(?!表|证明|要求|是否|时间|不|优|良|合同等)",
    # 自2022年7月1日至今承担过直埋蒸汽管道工程
    rf"{_PERIOD}[^。;]{{0,60}}?(?:承接|承担|承包|完成|代理|实施|管理|服务|承办|做)过[^。;,]{{2,60}}",
    r"(?:同类|类似|相似)[^。;,\d]{0,10}业绩[^。;,]{0,6}(?:不少于|至少|≥|>=)\s?\d+\s?[个项份]",
    # 2023年以来……供货不少于3批次
    rf"{_YEAR}以来[^。;,]{{1,30}}?供货不少于\s?\d+\s?批次?",
    r"同类业绩指[^。;,]{1,40},\s?单个合同额不少于",
    r"(?:提供|须有)\s?\d+\s?份用户使用证明(?:,运行满\s?\d+\s?个?[月年])?",
    r"有批量供货记录",
    # 自2022年7月1日至今必须具有累计保过……的经验
    rf"{_PERIOD}[^。;]{{0,120}}?的(?:经验|经历)(?=[,、)]|$)",
)
_ANY = re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS))
_GATE = re.compile("业绩|过|类似项目|同类|供货|使用证明|经[验历]")
# how a reference is proven, not that one is wanted
_PROOF = re.compile("证明材料|结算依据|不予认可")
_COUNT = re.compile(
    r"(?:至少|不少于|具有|具备|提供|【|有)[^。;,\d一二两三]{0,8}?([一二两三四五\d]+)\s?(?:个|项|份|批)"
)
_AMOUNT = re.compile(r"额[^。;\d]{0,14}?【?(\d[\d,.]*)】?\s?([万亿])?元?")
# the amount may follow: ……业绩, 单项合同金额不少于60万元
_TAIL = re.compile(r"(?:[^。;\d]{0,24}额)?[^。;\d]{0,14}?【?\d[\d,.]*】?\s?[万亿]?元?")
_DAY = re.compile(r"(20\s?\d\s?\d)\s?年(?:\s?(\d{1,2})\s?月)?(?:\s?(\d{1,2})\s?日)?")
_SCALE = {"亿": 1e8, "万": 1e4, None: 1.0}


def experience(clause: Clause) -> Iterator[Mention]:
    """At most one demand for a sentence: what counts as similar is explained in the same breath."""
    if not _GATE.search(clause.words):
        return
    match = _ANY.search(clause.words)
    if not match or _PROOF.search(match.group()):
        return
    end = match.end()
    if not _AMOUNT.search(match.group()) and (tail := _TAIL.match(clause.words, end)):
        end = tail.end()
    words = clause.words[match.start() : end]
    count, amount, since = _COUNT.search(words), _AMOUNT.search(words), _DAY.search(words)
    detail = Experience(
        int(_safe(count[1])) if count else None,
        _day(since) if since else None,
        float(amount[1].replace(",", "").rstrip(".")) * _SCALE[amount[2]] if amount else None,
    )
    yield Mention("experience", "同类业绩", clause.start + match.start(), clause.start + end, detail)


def _safe(text: str) -> float:
    try:
        return number(text)
    except KeyError:
        return 1


def _day(match: re.Match[str]) -> date | None:
    try:
        return date(int(match[1].replace(" ", "")), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        return None
