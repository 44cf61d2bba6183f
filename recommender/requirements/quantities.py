"""Numbers with a comparator and a unit, in one canonical unit: 耐压≥6.3 MPa, ±0.01 mm, −40~85 ℃, 5N, IP67.

A :class:`Measure` is a set of values (``low`` to ``high``) of one dimension, with the words before it that
name the property. Two measures compare only where their dimensions are the same.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from recommender.requirements.fold import fold
from recommender.requirements.units import PATTERN, Unit, unit_of

_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_AT_LEAST = (
    "大于或等于|大于等于|不[得应]?低于|不[得应]?少于|不[得应]?小于|不短于|不窄于|高于|大于|超过|至少|最低|达到|"
    "≥|>=|>"
)
_AT_MOST = (
    "小于或等于|小于等于|不[得应]?高于|不[得应]?大于|不[得应]?超过|不多于|低于|小于|少于|不超|控制在|≤|<=|<"
)
_TO = r"\s*(?:~|～|至|到|—+|–|-)\s*"
_BEFORE = re.compile(rf"(?:(?P<least>{_AT_LEAST})|(?P<most>{_AT_MOST})|(?P<sym>±|\+/-|正负))\s*$")
# what a unit may be counted by that is none itself: 次/百万公里
_PER = r"(?:[百千]?万?公里|片|扇|件|台|套|只|辆|架|列|天|次|小时|分钟|㎡|平方米|r(?![a-z])|转|K(?![a-z])|℃)"
_MEASURE = re.compile(
    rf"(?:(?<![\d.A-UW-Za-uw-z])|(?<=[DA]C))(?P<first>{_NUMBER})\s?(?P<wan1>[万亿])?\s?(?P<unit1>{PATTERN})?"
    rf"(?:{_TO}(?P<second>[-+]?(?:{_NUMBER}))\s?(?P<wan>[万亿])?\s?(?P<unit>{PATTERN})?)?(?P<per>/{_PER})?(?!/(?!\d))"
    rf"(?P<after>\(?含?\)?(?:及|或)?(?:以上|以下|以内|之内|之间)|内(?!径|孔|部|容|置|外|衬|装|存|饰))?"
)
_SIGNS = "-+"
_CODES = re.compile(
    r"(?P<ip>(?<![A-Za-z])IP\s?(?P<ip1>[0-6X])(?P<ip2>[0-9X])K?(?![0-9]))"
    r"|(?P<dn>(?<![A-Za-z])DN\s?(?P<dn1>\d{1,4})(?![\d.]))"
    r"|(?P<pn>(?<![A-Za-z])PN\s?(?P<pn1>\d{1,3}(?:\.\d)?)(?![\d.]))"
    r"|(?P<dia>[Φφ]\s?(?P<dia1>\d+(?:\.\d+)?)(?:\s?mm)?)"
    r"|(?P<nines>(?<![A-Za-z\d.])(?P<n1>[2-9])N(?P<n2>\d?)(?![A-Za-z\d·./])(?=\s*(?:级|纯度|以上|及以上|高纯|[\u4e00-\u9fff]|$)))"
)
# the words that name a property, right before the comparator
_PROPERTY = re.compile(r"[\u4e00-\u9fffA-Za-z]{1,14}$")
_LEAD = re.compile(
    r"^.*(?:[要需应须]求?|为|的|在|并|且|和|及|与|其|含|带|按|让|使|将|从|由|采用|满足|具备|具有|可达|额定(?=$))"
)
# words that stand before a number and name no property of the thing
_NO_PROPERTY = re.compile(
    r"采购|项目|工程|年度|公司|预估|合计|总计|总量|消纳|布置|敷设|装机|替换|最多|户外|存放|区域|新装|新建|更换|拆除|本次|板块|内容|增容|[一二三四]期|包括|份额|地块|标包|电压"
    r"等级|[\u4e00-\u9fff]区$"
)
_RATIO = re.compile(r"\d\s?:$")
_DIGIT = re.compile(r"\d")
_SCALE = {"万": 1e4, "亿": 1e8, None: 1.0}
_FILLER = re.compile(
    r"(?:平均值|平均|最大|最小|一般|通常|均|应|须|需|可|不|约|为|值|在|达|能|都|要|即|大约|近|保持|稳定|控制)+$"
)
_SHORT = frozenset("高宽长厚重深径")
_ABOUT = re.compile(r"(?:约|大约|左右|近)\s*$")


@dataclass(frozen=True, slots=True)
class Measure:
    """``relation`` is ``>=``, ``<=``, ``=``, ``~`` (a range) or ``±``; ``low`` and ``high`` are in ``unit``,
    the canonical unit of ``dimension``, infinite where open. ``named`` is the property, "" where none is.

    5N is a purity of 99.999 %; the two digits of an IP code stand in ``low`` and ``high``.
    """

    dimension: str
    relation: str
    low: float
    high: float
    unit: str
    named: str = ""
    about: bool = False

    def __str__(self) -> str:
        shown = {
            ">=": f"≥ {self.low:g}",
            "<=": f"≤ {self.high:g}",
            "=": f"{self.low:g}",
            "~": f"{self.low:g}~{self.high:g}",
            "±": f"±{self.high:g}",
        }[self.relation]
        if self.dimension == "protection":
            return f"IP{_digit(self.low)}{_digit(self.high)}"
        if self.dimension in ("DN", "PN"):
            return f"{self.dimension}{self.low:g}"
        if self.dimension == "ratio" and self.relation == ">=" and self.low > 99.9:
            shown = f"≥ {self.low:.9g}"
        return f"{self.named} {shown} {self.unit}".strip()


def _digit(value: float) -> str:
    return "X" if math.isinf(value) else f"{value:.0f}"


@dataclass(frozen=True, slots=True)
class Found:
    """A measure and where it stands: ``start`` to ``end`` in the text; ``shape`` says how it was written:
    ``compared`` (a comparator, a range or ±), ``code`` (IP67, DN300) or ``plain``."""

    measure: Measure
    start: int
    end: int
    shape: str


def measures(text: str) -> list[Found]:
    """Every number with a unit in *text*, already :func:`fold`-ed; codes first, then the others in order."""
    found = [Found(_coded(code), code.start(), code.end(), "code") for code in _CODES.finditer(text)]
    taken = [(code.start, code.end) for code in found]
    for match in _MEASURE.finditer(text):
        if not (match["unit1"] or match["unit"]):
            continue
        if any(start < match.end() and match.start() < end for start, end in taken):
            continue
        if read := _read(text, match):
            found.append(read)
    return found


def _coded(code: re.Match[str]) -> Measure:
    if code["ip"]:
        one, two = (-math.inf if d == "X" else float(d) for d in (code["ip1"], code["ip2"]))
        return Measure("protection", "=", one, two, "IP", "防护等级")
    if code["dn"]:
        return Measure("DN", "=", float(code["dn1"]), float(code["dn1"]), "DN", "公称通径")
    if code["pn"]:
        return Measure("PN", "=", float(code["pn1"]), float(code["pn1"]), "PN", "公称压力")
    if code["dia"]:
        return Measure("length", "=", float(code["dia1"]), float(code["dia1"]), "mm", "直径")
    nines = int(code["n1"])
    purity = 100 * (1 - 10.0**-nines)
    if code["n2"]:
        purity += int(code["n2"]) * 10.0 ** (1 - nines)
    return Measure("ratio", ">=", round(purity, 10), math.inf, "%", "纯度")


def _read(text: str, match: re.Match[str]) -> Found | None:
    """The measure of *match*; None where it is part of a code, a ratio or a mixture of dimensions."""
    start, end = match.start(), match.end()
    unit, first_unit = (_unit(match["unit"] or match["unit1"]), _unit(match["unit1"] or match["unit"]))
    if unit is None or first_unit is None or first_unit.dimension != unit.dimension:
        return None
    if text[end - 2 : end + 1] in ("Nm3", "Nm³"):  # cubic metres at normal pressure, no torque
        return None
    sign = 1.0
    # a hyphen is a minus only where nothing stands before it that it could join: M8-40mm
    if (
        start
        and text[start - 1] in _SIGNS
        and not (start > 1 and text[start - 2].isascii() and text[start - 2].isalnum())
    ):
        start -= 1
        sign = -1.0 if text[start] == "-" else 1.0
    before = text[max(start - 12, 0) : start]
    comparator = _BEFORE.search(before)
    if comparator:
        start -= len(before) - comparator.start()
    elif (before and before[-1] in "./-+×xX*#") or _RATIO.search(before):
        return None
    scale = _SCALE[match["wan1"] or (match["wan"] if not match["unit1"] else None)]
    first = sign * first_unit.of(_number(match["first"]) * scale)
    second = None
    if match["second"]:
        second = unit.of(_number(match["second"]) * _SCALE[match["wan"]])
    relation, low, high = _bounds(comparator, first, second, match["after"] or "")
    about = bool(_ABOUT.search(before) or text[end:].startswith("左右"))
    per = match["per"] or ""
    measure = Measure(
        unit.dimension + per,
        relation,
        low,
        high,
        unit.canonical + per,
        _property(text[max(start - 24, 0) : start]),
        about,
    )
    return Found(measure, start, end, "plain" if relation == "=" else "compared")


def _bounds(
    comparator: re.Match[str] | None, first: float, second: float | None, after: str
) -> tuple[str, float, float]:
    if comparator and comparator["sym"]:
        return "±", -first, first
    if second is not None and second > first:
        return "~", first, second
    if (comparator and comparator["least"]) or "以上" in after:
        return ">=", first, math.inf
    if comparator or after:
        return "<=", -math.inf, first
    return "=", first, first


def _number(text: str) -> float:
    return float(text.replace(",", ""))


@lru_cache(maxsize=1024)
def _unit(spelling: str) -> Unit | None:
    return unit_of(spelling)


def _property(before: str) -> str:
    """The name of the property at the end of *before*: 要求透光率 → 透光率."""
    words = _PROPERTY.search(before[-16:].rstrip(" :("))
    if not words:
        return ""
    name = _FILLER.sub("", words.group())
    if lead := _LEAD.match(name):
        name = name[lead.end() :]
    if _NO_PROPERTY.search(name):
        return ""
    return name[-8:] if len(name) > 1 or name in _SHORT else ""


@lru_cache(maxsize=65536)
def stated(text: str) -> tuple[Found, ...]:
    """The measures of a whole *text*, with offsets into it; read once for each text."""
    return tuple(measures(fold(text))) if _DIGIT.search(text) else ()


def same_property(one: str, other: str) -> bool:
    """Whether two names of properties mean the same: equal, or one ends with the other (拉伸强度, 强度)."""
    return bool(one and other) and (one == other or one.endswith(other) or other.endswith(one))


def suffices(offered: Measure, asked: Measure) -> bool | None:
    """Whether *offered* meets *asked*; None where the words leave it open. Their dimensions are the same."""
    if asked.dimension == "protection":
        if math.isinf(asked.low) or math.isinf(offered.low):
            return None
        return offered.low >= asked.low and offered.high >= asked.high
    if (asked.relation == "±") != (offered.relation == "±"):
        return None
    if asked.relation == "±":
        return offered.high <= asked.high * (1 + 1e-9)
    if asked.relation == ">=":
        # a stated upper bound says nothing of how much there is
        if offered.relation == "<=":
            return False if offered.high < asked.low else None
        if offered.low >= asked.low * (1 - 1e-9):
            return True
        return False if offered.relation == "=" or offered.high < asked.low else None
    if asked.relation == "<=":
        if offered.relation == ">=":
            return False if offered.low > asked.high else None
        if offered.high <= asked.high * (1 + 1e-9):
            return True
        return False if offered.relation == "=" or offered.low > asked.high else None
    if asked.relation == "~":
        if offered.relation == "=":
            return None
        return offered.low <= asked.low and offered.high >= asked.high
    if offered.relation == "=":
        return True if math.isclose(offered.low, asked.low, rel_tol=5e-3) else None
    return True if offered.low <= asked.low <= offered.high else None
