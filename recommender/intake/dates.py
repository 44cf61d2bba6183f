"""Dates and times in the spellings that lists have.

``2026-07-03 09:00``, ``2026/7/3``, ``2026年08月11日09时30分``, ``2026年5月28日09时``, ``20260703``, ISO 8601
with a zone (turned into China's time), serial numbers of a spreadsheet, and ranges (``A至B``: the later
end). The year comes first and has four digits: 7/3/26 could be four different days and is refused.
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime, timedelta, timezone

from indexes.errors import InputError
from recommender.catalogue.domain import Certification
from recommender.intake.values import fold

FIRST_YEAR, LAST_YEAR = 1800, 2200
CHINA = timezone(timedelta(hours=8))
_EPOCH = datetime(1899, 12, 30)  # day 0 of a spreadsheet; its false 29 February 1900 only matters before that
_SERIALS = range(20_000, 110_000)  # 1954 to 2201

_DAY = (
    r"(?P<year>\d{4})(?:\s*[年/.\-]\s*(?P<month>\d{1,2})"
    r"(?:\s*[月/.\-]\s*(?P<day>\d{1,2})\s*[日号]?|\s*月?)|\s*年?)"
)
_CLOCK = (
    r"(?P<half>上午|下午|中午|晚上|am|pm)?\s*(?P<hour>\d{1,2})\s*(?:[:时点]\s*(?:(?P<minute>\d{1,2})\s*"
    r"(?:[:分]\s*(?:(?P<second>\d{1,2})(?:\.\d{1,9})?\s*秒?)?)?)?)\s*整?\s*(?P<half_after>am|pm)?"
)
_ZONE = r"(?P<zone>z|utc|gmt|[+-]\d{2}:?\d{2})?"
_MOMENT = re.compile(rf"{_DAY}\s*[t,]?\s*(?:{_CLOCK})?\s*{_ZONE}", re.I)
_COMPACT = re.compile(
    r"(\d{4})(\d{2})(\d{2})(?:[t ]?(\d{2}):?(\d{2})(?::?(\d{2}))?)?(z|[+-]\d{2}:?\d{2})?", re.I
)
_WEEKDAY = re.compile(r"\((?:周|星期)?[^()]{0,12}\)|(?:星期|周)[一二三四五六日天]")
_BEFORE = re.compile(
    r"^(?:投标|递交|响应|报名|应答)?(?:文件)?(?:递交)?(?:截止|截至|有效期|有效|期限|时间|日期|到期|至|到|自|于|[:\s])+"
)
_AFTER = re.compile(r"(?:\(?北京时间\)?|截止|之?前|止|以前|为止|到期|失效|[,.;。\s])+$")
_RANGE = re.compile(r"\s*(?:至|到|～|~|—+|–|--+|\s-\s)\s*")
_NO_END = frozenset("长期 长期有效 永久 永久有效 无固定期限 无期限 不限".split())

_EXPIRY = re.compile(
    r"[\s,，;；]*[(（\[【]?\s*(?:证书)?(?:有效期限?|有效日期|有效|到期日?期?|失效日期|截止日?期?|expir(?:es|y)|valid)"
    r"\s*(?:自|从|至|到|截止|截至|until|till|to|by|on|[:：])*\s*(?P<when>[^()（）\[\]【】]{4,60}?)\s*[)）\]】]?\s*$"
    r"|\s*[(（\[【]\s*(?:至|到|截至)?\s*(?P<bare>\d{4}\s*[年/.\-][^()（）\[\]【】]{1,40}?)(?:\s*(?:到期|截止|止))?\s*[)）\]】]\s*$",
    re.I,
)

_ENDLESS = re.compile(r"[\s,，]*[(（]?(?:有效期限?[:：]?\s*)?(?:长期有效|长期|永久有效)[)）]?\s*$")


def moment(value: object, *, late: bool = False) -> datetime:
    """The local date and time, midnight where only a day is stated. Raises InputError.

    Of a month or a year alone it is the first day, the last one with *late*. A range gives its later end.

    >>> moment("2026年08月11日09时30分").isoformat(), moment("2026年5月28日至2026年6月4日").isoformat()
    ('2026-08-11T09:30:00', '2026-06-04T00:00:00')
    """
    if isinstance(value, bool):
        raise InputError("yes or no where a date is expected")
    if isinstance(value, datetime):
        return _within(_local(value))
    if isinstance(value, date):
        return _within(datetime(value.year, value.month, value.day))
    if isinstance(value, int | float):
        return _of_number(value, late)
    if not isinstance(value, str):
        raise InputError("not a date")
    text = _AFTER.sub("", _BEFORE.sub("", _WEEKDAY.sub("", fold(value))))
    found = _single(text, late)
    if found is None:
        ends = [_AFTER.sub("", part) for part in _RANGE.split(text)]
        moments = [_single(_BEFORE.sub("", end), late) for end in ends]
        if len(moments) != 2 or moments[0] is None or moments[1] is None:
            raise InputError("not a date that can be read", mend="write 2026-07-03 or 2026-07-03 09:30")
        found = max(moments[0], moments[1])
    return found


def day(value: object, *, late: bool = False) -> date:
    """As :func:`moment`, without the time of day.

    >>> day("20260703"), day("2026年2月", late=True)
    (datetime.date(2026, 7, 3), datetime.date(2026, 2, 28))
    """
    return moment(value, late=late).date()


def last_day(value: object) -> date | None:
    """The last day of something; None where *value* says that it has none (长期有效)."""
    if isinstance(value, str) and len(value) < 20 and fold(value) in _NO_END:
        return None
    return day(value, late=True)


def certification(text: str) -> Certification:
    """A certificate with its last day, where *text* states one. Raises InputError for an unreadable day.

    >>> certification("IATF 16949@2027-03-01") == certification("IATF 16949（有效期至2027年3月1日）")
    True
    """
    name, mark, expiry = text.rpartition("@")
    if mark:
        name, expiry = name.strip(), expiry.strip()
        if not name:
            raise InputError("a certificate without a name", mend="write NAME@2027-03-01")
        try:
            return Certification(name, last_day(expiry) if expiry else None)
        except InputError:
            raise InputError("the expiry date cannot be read", mend="write NAME@2027-03-01") from None
    endless = _ENDLESS.search(text)
    if endless and endless.start():
        return Certification(text[: endless.start()].strip(" \t,，;；:："))
    stated = _EXPIRY.search(text[-SEARCHED:])
    if stated is None:
        return Certification(text.strip())
    name = text[: max(0, len(text) - SEARCHED) + stated.start()].strip(" \t,，;；:：")
    if not name:
        raise InputError("a certificate without a name", mend="write NAME@2027-03-01")
    try:
        return Certification(name, last_day(stated["when"] or stated["bare"]))
    except InputError:
        raise InputError("the expiry date cannot be read", mend="write NAME@2027-03-01") from None


SEARCHED = 120
"""Characters at the end of a certificate's text in which its expiry is looked for."""


def _of_number(value: float, late: bool) -> datetime:
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError("not a date")
    if int(value) in _SERIALS:
        return _EPOCH + timedelta(seconds=round(value * 86_400))
    if value == int(value) and (len(str(int(value))) in (4, 8, 12, 14)):
        found = _single(str(int(value)), late)
        if found is not None:
            return found
    raise InputError("not a date")


def _single(text: str, late: bool) -> datetime | None:
    """One date without a range; None where it has another shape; InputError where there is no such day."""
    compact = _COMPACT.fullmatch(text)
    if compact:
        year, month, dom, hour, minute, second = (int(part or 0) for part in compact.groups()[:6])
        return _zoned(_made(year, month, dom, hour, minute, second), compact[7])
    if re.fullmatch(r"\d{5}(?:\.\d+)?", text):
        return _of_number(float(text), late)
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    year, month = int(match["year"]), int(match["month"] or 0)
    if not match["day"]:
        if match["hour"]:
            return None
        return _end_of(year, month) if late else _made(year, month or 1, 1)
    hour = int(match["hour"] or 0)
    half = (match["half"] or match["half_after"] or "").lower()
    if half in ("下午", "晚上", "pm", "中午") and (hour < 11 or (half != "中午" and hour < 12)):
        hour += 12
    found = _made(year, month, int(match["day"]), hour, int(match["minute"] or 0), int(match["second"] or 0))
    return _zoned(found, match["zone"])


def _made(year: int, month: int, dom: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    # 24:00 is how notices write the end of a day
    midnight = (hour, minute, second) == (24, 0, 0)
    try:
        found = datetime(year, month, dom, 0 if midnight else hour, minute, second)
    except ValueError:
        raise InputError("there is no such date or time") from None
    return _within(found) + timedelta(days=int(midnight))


def _end_of(year: int, month: int) -> datetime:
    following = _made(year + (month or 12) // 12, (month or 12) % 12 + 1, 1)
    return _within(following - timedelta(days=1))


def _zoned(found: datetime, zone: str | None) -> datetime:
    if not zone:
        return found
    if zone.lower() in ("z", "utc", "gmt"):
        offset = timedelta()
    else:
        hours, minutes = int(zone[1:3]), int(zone[-2:])
        if hours > 14 or minutes > 59:
            raise InputError("there is no such date or time")
        offset = timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)
    return _local(found.replace(tzinfo=timezone(offset)))


def _local(found: datetime) -> datetime:
    if found.tzinfo is not None:
        try:
            found = found.astimezone(CHINA)
        except OverflowError:
            raise InputError("the year is out of reason") from None
    return found.replace(tzinfo=None, microsecond=0)


def _within(found: datetime) -> datetime:
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise InputError("the year is out of reason")
    return found
