"""From a cell to a value: numbers, money in words, shares, yes and no, lists, credit codes.

Dates are in :mod:`recommender.intake.dates`. Each function takes what a reader hands over (text, a number,
a bool, a list) and returns the value, or raises :class:`InputError` with a reason that does not repeat the
value, so that reasons can be counted. Text is folded with NFKC first: full-width digits, ``％`` and ``：``
read like their plain forms. None of them takes an empty cell.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar

from indexes.errors import InputError
from recommender.intake.codes import region_of_code

E = TypeVar("E", bound=StrEnum)

LARGEST = 1e15
"""No honest amount, count or capacity exceeds this (China's yearly output is 1.4e14 yuan)."""
SHORT = 200
"""Characters of a cell that is read as a number, a date or a word; a longer one is text, not a value."""

_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:[,' ]\d{3})+|\d+)?(?:\.\d*)?(?:e[+-]?\d{1,3})?", re.I)
_SCALES = {
    "千": 3,
    "万": 4,
    "十万": 5,
    "百万": 6,
    "千万": 7,
    "亿": 8,
    "十亿": 9,
    "百亿": 10,
    "千亿": 11,
    "万亿": 12,
}
_SCALES |= {"k": 3, "w": 4}
_AMOUNT = re.compile(
    r"(?P<number>\d[\d,' ]*(?:\.\d*)?|\.\d+)\s*"
    rf"(?P<scale>{'|'.join(sorted(_SCALES, key=len, reverse=True))})?\s*"
)
_NOTE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】")
_BEFORE_MONEY = re.compile(
    r"^(?:预算|金额|总价|合计|共计|约|大约|不超过|不高于|最高限价|上限|人民币|rmb|cny|cn¥|¥|≤|<=|:|\s)+", re.I
)
_AFTER_MONEY = re.compile(
    r"(?:人民币|rmb|cny|圆|元|整|左右|以内|以下|含税|不含税|/年|每年|[.。;,]|\s)+$", re.I
)
_FOREIGN = re.compile(
    r"美元|美金|港元|港币|港幣|欧元|日元|日圆|英镑|瑞士法郎|法郎|加元|澳元|新加坡元|新币|新台币|台币|台幣|韩元|韩币|"
    r"卢布|卢比|泰铢|澳门元|马克|克朗|\$|€|£|₩|(?<![a-z])(?:usd|hkd|eur|jpy|gbp|chf|cad|aud|sgd|twd|krw|us|hk)(?![a-z])",
    re.I,
)
_DIGITS = {c: i % 10 for i, c in enumerate("零一二三四五六七八九〇壹贰叁肆伍陆柒捌玖")}
_DIGITS |= {"两": 2, "貳": 2, "陸": 6, "弍": 2}
_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_MYRIADS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_WORDS = re.compile(f"[{''.join({**_DIGITS, **_TENS, **_MYRIADS})}]+")
_COINS = re.compile(f"(?:(?P<jiao>[{''.join(_DIGITS)}])角)?(?:(?P<fen>[{''.join(_DIGITS)}])分)?")

_YES = frozenset("true yes y t 1 是 有 对 √ ✓ ✔ ☑ 已 允许 接受 可以 可 同意 支持".split())
_NO = frozenset("false no n f 0 否 无 没有 × ✗ ✘ ☐ 不 未 不允许 不接受 不可以 不可 不同意 不支持".split())

_OPEN, _CLOSE = "([{（【《「“", ")]}）】》」”"

# GB 32100-2015: 31 signs (no I, O, S, V, Z), weights 3^i mod 31
CREDIT_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_FROM_ZERO = "a number from 0 on"
_CREDIT_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_AGENCIES = frozenset("123456789ANY")
"""Registering agencies of GB 32100 and its amendment: 1 机构编制 … 9 工商, A 军委, N 农业, Y 其他."""


def fold(text: str) -> str:
    """NFKC, without controls and zero-width signs, trimmed. Raises InputError where it is too long."""
    if len(text) > SHORT:
        raise InputError(f"longer than {SHORT} characters, too long for such a value", mend="shorten it")
    plain = unicodedata.normalize("NFKC", text)
    return "".join(c for c in plain if unicodedata.category(c) not in ("Cc", "Cf") or c in "\t\n").strip()


def number(value: object, *, lowest: float = 0, highest: float = LARGEST) -> float:
    """A plain number, also with thousands separators, a scale (1.2万) or a counting word (35人, 20 台).

    Raises InputError for anything else, for what is not finite and for what lies outside the bounds.

    >>> number("１，２３４.5"), number("1.2万"), number("35人")
    (1234.5, 12000.0, 35.0)
    """
    if isinstance(value, bool):
        raise InputError("yes or no where a number is expected")
    if isinstance(value, int | float | Decimal):
        return _bounded(value, lowest, highest)
    text = fold(_text_of(value)).replace("−", "-").replace("−", "-")
    negative = text.startswith("-")
    plain = text.lstrip("+-").strip().lower()
    if not plain:
        raise _no_number()
    scaled = _AMOUNT.match(plain)
    exponent = _NUMBER.fullmatch(plain)
    if exponent and re.search(r"\d", plain):
        found = _decimal(plain)
    elif scaled and re.fullmatch(r"[^\d.,%‰~至到-]{0,6}", plain[scaled.end() :]):
        found = _scaled(scaled)
    else:
        raise _no_number()
    return _bounded(-found if negative else found, lowest, highest)


def unit_behind(value: object) -> str:
    """What stands behind the number that :func:`number` reads.

    >>> unit_behind("500 台"), unit_behind("1.2万吨/年"), unit_behind("1e3")
    ('台', '吨/年', '')
    """
    if not isinstance(value, str):
        return ""
    text = fold(value).lstrip("+")
    match = None if _NUMBER.fullmatch(text) else _AMOUNT.match(text)
    return text[match.end() :].strip() if match else ""


def whole(value: object, *, highest: float = 1e9) -> int:
    """A whole number from 0. Raises InputError.

    >>> whole("1,200人"), whole(12.0)
    (1200, 12)
    """
    found = number(value, highest=highest)
    if found != int(found):
        raise InputError("not a whole number")
    return int(found)


def share(value: object, *, percent: bool = False) -> float:
    """A share 0–1, from 0.35 or 35%; with *percent* (the header says so) also from 35. Raises InputError.

    >>> share("35%"), share(0.35), share("35", percent=True)
    (0.35, 0.35, 0.35)
    """
    signed = False
    if isinstance(value, str):
        text = fold(value)
        signed = text.endswith("%")
        value = text.removesuffix("%").strip()
    found = number(value, lowest=-LARGEST)
    if signed or percent:
        found = float(Decimal(repr(found)) / 100)
    if not 0 <= found <= 1:
        raise InputError("a share lies between 0 and 1", mend="write 0.35 or 35%")
    return found


def is_foreign_money(value: object) -> bool:
    """Whether *value* names a currency other than yuan.

    >>> is_foreign_money("100万美元"), is_foreign_money("100万元人民币")
    (True, False)
    """
    return isinstance(value, str) and len(value) <= SHORT and bool(_FOREIGN.search(fold(value)))


def money(value: object, *, scale: int = 1) -> float:
    """Yuan, from a number or words; *scale* multiplies a bare number (10,000 under a header in 万元).

    Raises InputError, also for another currency.

    >>> money("96.86021万元"), money("1.2亿"), money("211,792.45元"), money("壹佰贰拾万元整")
    (968602.1, 120000000.0, 211792.45, 1200000.0)
    """
    if isinstance(value, bool):
        raise InputError("yes or no where an amount is expected")
    if isinstance(value, int | float | Decimal):
        return _bounded(_decimal(str(value)) * scale, 0, LARGEST)
    if is_foreign_money(value):
        raise InputError("another currency than yuan", mend="convert the amount to yuan")
    text = _NOTE.sub("", fold(_text_of(value))).replace("−", "-")
    text = _AFTER_MONEY.sub("", _BEFORE_MONEY.sub("", text.strip().lower())).replace("万元", "万")
    if text.startswith("-"):
        raise InputError("negative", mend=_FROM_ZERO)
    if _NUMBER.fullmatch(text) and re.search(r"\d", text):
        return _bounded(_decimal(text) * scale, 0, LARGEST)
    total, at, smallest = Decimal(0), 0, math.inf
    for part in _AMOUNT.finditer(text):
        exponent = _SCALES.get(part["scale"] or "", 0)
        # 1亿2000万 descends; two amounts after one another do not add up, and in speech 1亿2 means 1.2亿
        whole_digits = len(part["number"].partition(".")[0])
        if part.start() != at or exponent >= smallest or (exponent == 0 and at and whole_digits != smallest):
            break
        total, at, smallest = total + _scaled(part), part.end(), exponent
        if at < len(text) and text[at] in "元圆":
            at += 1
    if at == len(text) and text:
        return _bounded(total, 0, LARGEST)
    return _bounded(_in_chinese(text), 0, LARGEST)


def chinese_number(words: str) -> int:
    """The number that Chinese numerals spell. Raises InputError.

    >>> chinese_number("一亿零三十万"), chinese_number("壹佰贰拾")
    (100300000, 120)
    """
    if not _WORDS.fullmatch(words):
        raise _no_number()
    total = section = digit = 0
    for sign in words:
        if sign in _DIGITS:
            if digit and _DIGITS[sign]:
                raise _no_number()
            digit = _DIGITS[sign]
        elif sign in _TENS:
            section += (digit or (1 if section == 0 else 0)) * _TENS[sign]
            digit = 0
        else:
            myriad = _MYRIADS[sign]
            above = total if total and total < myriad else 0  # 一万亿 multiplies what stands before it
            total = (total - above) + (above + section + digit) * myriad
            section = digit = 0
    return total + section + digit


def _in_chinese(text: str) -> Decimal:
    main, _, rest = re.sub(r"[圆]", "元", text).partition("元")
    coins = _COINS.fullmatch(rest)
    if not main or not coins:
        raise _no_money()
    if main in _MYRIADS or main in "百佰千仟":
        raise InputError("a unit without a number")
    try:
        whole_part = chinese_number(main)
    except InputError:
        raise _no_money() from None
    cents = 10 * _DIGITS.get(coins["jiao"] or "", 0) + _DIGITS.get(coins["fen"] or "", 0)
    return Decimal(whole_part) + Decimal(cents) / 100


def _scaled(part: re.Match[str]) -> Decimal:
    exponent: int = _SCALES.get(part["scale"] or "", 0)
    return _decimal(part["number"]).scaleb(exponent)


def _decimal(text: str) -> Decimal:
    plain = text.strip().strip(",")
    if re.search(r"[,' ]", plain) and not re.match(r"\+?\d{1,4}(?:[,' ]\d{3,4})+(?:\.\d*)?(?:e|$)", plain):
        raise _no_number()
    try:
        return Decimal(re.sub(r"[,' ]", "", plain))
    except InvalidOperation:
        raise _no_number() from None


def _no_number() -> InputError:
    return InputError("not a number", mend="write it as 12.5, 1,200 or 3万")


def _no_money() -> InputError:
    return InputError("not an amount of money", mend="write it as 1200000, 120万 or 壹佰贰拾万元")


def _bounded(found: float | Decimal, lowest: float, highest: float) -> float:
    try:
        result = float(found)
    except (OverflowError, ValueError):
        result = math.inf
    if not math.isfinite(result):
        raise InputError("not a finite number")
    if result < lowest:
        least = "negative" if lowest == 0 else f"below {lowest:g}"
        raise InputError(least, mend=_FROM_ZERO if lowest == 0 else f"at least {lowest:g}")
    if result > highest:
        raise InputError(f"above {highest:g}", mend=f"at most {highest:g}")
    return result + 0.0  # no -0.0


def _text_of(value: object) -> str:
    if not isinstance(value, str):
        raise InputError("not text and not a number")
    return value


def boolean(value: object) -> bool:
    """
    >>> boolean("是"), boolean(0), boolean("不接受")
    (True, False, False)
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        if value in (0, 1):
            return bool(value)
        raise InputError("neither yes nor no")
    text = fold(_text_of(value)).lower().rstrip("。.")
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise InputError("neither yes nor no", mend="write true or false, 是 or 否")


def choice(value: object, options: type[E], words: dict[str, E]) -> E:
    """The member of *options* that *value* names, by its own name or by *words* (folded lower case)."""
    if isinstance(value, bool) or not isinstance(value, str):
        raise InputError("not one of the words known here", mend=f"one of {', '.join(options)}")
    text = re.sub(r"[\s_-]+", "_", fold(value).lower())
    for spelling in (text, re.sub(r"[\s_]+", "", text)):
        if spelling in words:
            return words[spelling]
        with suppress(ValueError):
            return options(spelling)
    raise InputError("not one of the words known here", mend=f"one of {', '.join(options)}")


def items(value: object) -> tuple[str, ...]:
    """The parts of a list: a JSON array, or text separated by ``;`` ``；`` ``、`` or line breaks.

    Separators inside brackets do not count: ISO 9001（设计、生产） is one. Repeated parts are kept once.

    >>> items("齿轮；轴承、箱体（铸铁、铸钢）"), items('["a;b", "c"]')
    (('齿轮', '轴承', '箱体（铸铁、铸钢）'), ('a;b', 'c'))
    """
    if isinstance(value, str):
        text = value.strip()
        if text.startswith("[") and text.endswith("]"):
            try:
                parsed = json.loads(text)
            except (ValueError, RecursionError):
                parsed = None
            if isinstance(parsed, list):
                return items(parsed)
        return _unique(_split(text))
    if isinstance(value, list | tuple):
        if not all(isinstance(part, str | int | float) and not isinstance(part, bool) for part in value):
            raise InputError("a list of texts is expected")
        return _unique(str(part) for part in value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (f"{value:.15g}",)
    raise InputError("not a list")


def _split(text: str) -> Iterable[str]:
    depth = start = 0
    for at, sign in enumerate(text):
        if sign in _OPEN:
            depth += 1
        elif sign in _CLOSE:
            depth = max(0, depth - 1)
        elif sign == "\n" or (sign in ";；、" and depth == 0):
            yield text[start:at]
            start, depth = at + 1, 0
    yield text[start:]


def _unique(parts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def credit_code(value: object) -> str:
    """The 18 signs of a unified social credit code, its check character verified (GB 32100-2015).

    Raises InputError.

    >>> credit_code(" 91350100m000100y43 ")
    '91350100M000100Y43'
    """
    if not isinstance(value, str):
        raise InputError(
            "stored as a number: its last digits are lost", mend="format the column as text before typing it"
        )
    code = re.sub(r"[\s\-'‘’`]+", "", fold(value)).upper()
    if re.fullmatch(r"[\d.]+E\+?\d+", code):
        raise InputError("stored as a number: its last digits are lost", mend="format the column as text")
    if len(code) == 15 and code.isdecimal():
        raise InputError("an old registration number of 15 digits, not a credit code")
    if len(code) != 18:
        raise InputError("a credit code has 18 characters")
    if any(sign not in CREDIT_SIGNS for sign in code):
        raise InputError("a credit code has digits and capital letters except I, O, S, V, Z")
    if code[0] not in _AGENCIES or not code[2:8].isdecimal():
        raise InputError("a credit code begins with its agency, kind and six digits of a region")
    if code[2:4] not in ("10", "00"):  # registered with the state itself, not in a province
        try:
            region_of_code(code[2:4])
        except InputError:
            raise InputError("the region in the credit code does not exist") from None
    if code[17] != credit_check(code[:17]):
        raise InputError("the check character of the credit code is wrong")
    return code


def credit_check(first: str) -> str:
    """The check character for the first 17 signs: (31 − Σ sign·3^i mod 31) mod 31 (GB 32100-2015, 4.6).

    >>> credit_check("91350100M000100Y4")
    '3'
    """
    total = sum(
        CREDIT_SIGNS.index(sign) * weight for sign, weight in zip(first, _CREDIT_WEIGHTS, strict=True)
    )
    return CREDIT_SIGNS[-total % 31]
