"""When the thing must be there: days after the contract, or a day."""

from __future__ import annotations

import math
import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date

from recommender.requirements.mention import Clause, Delivery, Mention, number

_SPAN = (
    r"(?P<{n}>(?<!\d)\d{{1,3}}|[一二两三四五六七八九十半]{{1,3}})\s?个?"
    r"(?P<{u}>日历天|日历日|工作日|自然日|天|日|周|月|年)(?!度|或|\s?\d|[内]?(?:一签|以上))"
)
_TERM = (
    r"(?:工\s?期|交\s?货\s?期限?|供货期限?|交付期限?|实施期|(?:设计|供货|制作|生产|交付|施工|建设)周期|"
    r"(?:供货|交货|交付|完工|完成|实施)(?:时间|期限))"
)
_SERVICE = r"(?:服\s?务\s?期\s?限?|合同履行期限?|履约期限?)"
_DONE = r"(?:完成|提交|出具|提供|交付|交货|到货|供货|达成|组织|交首批|交清|安装完|完工|送货|验收|运抵)"
_FRAME = _SPAN.replace("|年)", ")")
_RULES = (
    rf"{_TERM}(?:要求)?[^。;\n\d]{{0,30}}?{_FRAME.format(n='n1', u='u1')}\s?内?",
    rf"{_SERVICE}[^。;\n\d]{{0,40}}?{_FRAME.format(n='n2', u='u2')}\s?内?(?=[^。;\n\d]{{0,6}}?{_DONE})",
    rf"{_SPAN.format(n='n3', u='u3')}(?:之?内|到货|完成)(?=[^。;,\n]{{0,9}}{_DONE}|$)",
    r"(?P<n5>(?<!\d)\d{1,3})\s?(?P<u5>小时)内(?:送|到货|发货|供货|配送|交货)",
    r"(?P<n6>(?<!\d)\d{1,3})\s?个?(?P<u6>日历天)(?:之?内)?",
    rf"(?:交货|交付|到货|供货)(?:期)?不超(?:过)?{_SPAN.format(n='n4', u='u4')}",
)
_DAYS = re.compile("|".join(_RULES))
_BEFORE_DAY = re.compile(
    r"(?:工\s?期|交\s?货\s?期|供货|交货|交付|竣工|完工|完成|上线)[^。;\n]{0,20}?(?P<y>20\d\d)\s?年\s?(?P<m>\d{1,2})\s?月\s?(?:(?P<d>\d{1,2})\s?日?|底)前"
    r"|(?:工\s?期|交\s?货\s?期)[^。;\n]{0,30}?至\s?(?P<y3>20\d\d)\s?年\s?(?P<m3>\d{1,2})\s?月\s?(?P<d3>\d{1,2})\s?日"
    r"|(?P<y2>20\d\d)\s?年\s?(?P<m2>\d{1,2})\s?月\s?(?:(?P<d2>\d{1,2})\s?日?|底)前(?=[^。;,\n]{0,8}(?:完成|交付|供货|交货|完工|竣工|到货))"
)
_GATE = re.compile(r"[天日周月年时]")
# payment, guarantee and replies have days of their own
_OTHER = re.compile(
    r"付款|付清|支付|质保|保修|换货|响应|账期|结算|发票|社保|投标|公示|有效期|试运行|保险|缴纳|提前|以来|近[一二三四五\d]|缺陷责任|延期|逾期|每延|考核|满\s?\d|到达|[天日]内(?:到场|进场)|上门|维修"
)
_LENGTH = {
    "小时": 1 / 24,
    "日历天": 1,
    "日历日": 1,
    "自然日": 1,
    "工作日": 1,
    "天": 1,
    "日": 1,
    "周": 7,
    "月": 30,
    "年": 365,
}


def delivery(clause: Clause) -> Iterator[Mention]:
    words = clause.words
    if not _GATE.search(words):
        return
    whole = len(words)  # where the first term ends
    for match in _DAYS.finditer(words):
        around = words[max(match.start() - 12, 0) : match.end() + 8]
        # of several terms the whole counts, not its parts
        if _OTHER.search(around) or "其中" in words[whole : match.start()]:
            continue
        whole = min(whole, match.end())
        at, length, unit = next(
            (match.start(f"n{i}"), match[f"n{i}"], match[f"u{i}"]) for i in "123456" if match[f"n{i}"]
        )
        days = _days(length, unit)
        if days:
            yield Mention(
                "delivery", f"交期 {days} 天", clause.start + at, clause.start + match.end(), Delivery(days)
            )
    for match in _BEFORE_DAY.finditer(words):
        mark = next(mark for mark in ("", "2", "3") if match[f"y{mark}"])
        year, month = int(match[f"y{mark}"]), int(match[f"m{mark}"])
        try:
            day = date(year, month, int(match[f"d{mark}"] or monthrange(year, month)[1]))
        except ValueError:
            continue
        at = match.start(f"y{mark}")
        yield Mention(
            "delivery",
            f"交期 {day.isoformat()}",
            clause.start + at,
            clause.start + match.end(),
            Delivery(day=day),
        )


def _days(length: str, unit: str) -> int:
    """Whole days; 0 where *length* is no number."""
    if (length, unit) == ("半", "年"):
        return 180
    try:
        return math.ceil(round(number(length) * _LENGTH[unit], 6))
    except KeyError:
        return 0
