"""Places and industries: from what a list says to the code of the national standard, and back.

``codes/regions.csv`` holds GB/T 2260 (provinces, cities, counties, and the development zones that the
statistics office numbers among them), ``codes/industries.csv`` GB/T 4754-2017 (sections A–T, divisions,
groups, classes). Both are ``code,name,parent``, read at first use.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from indexes.errors import InputError
from recommender.text.normalise import for_search

_PEOPLES = (
    "维吾尔 蒙古族 蒙古 回族 藏族 苗族 彝族 壮族 布依族 朝鲜族 满族 侗族 瑶族 白族 "
    "土家族 哈尼族 哈萨克族 哈萨克 傣族 黎族 傈僳族 佤族 畲族 拉祜族 水族 东乡族 纳西族 景颇族 "
    "柯尔克孜 土族 达斡尔族 仫佬族 羌族 布朗族 撒拉族 毛南族 仡佬族 锡伯族 塔吉克 普米族 怒族 鄂温克族 "
    "鄂伦春 保安族 裕固族 独龙族 各族 族 "
).split()
_SUFFIX = re.compile(
    rf"(?:(?:{'|'.join(_PEOPLES)})*自治(?:区|州|县|旗)|特别行政区|地区|林区|新区|省|市|区|县|盟|旗)$"
)
_ROAD = re.compile(r"[东南西北中前后]?[一二三四五六七八九十]?(?:路|街|大道|道|巷|弄|里|桥|大厦|广场)")
_BETWEEN = re.compile(r"[\s\-–—/\\|·,，、;；>:：()\[\]]+")
_LEAD = re.compile(r"(?:中华人民共和国|中国)?[\s\-–—/\\|·,，>:：()\[\]]*")
# the shells of the statistics office's tree: "市辖区", "省直辖县级行政区划"
_SHELL = re.compile(r"(?:(?:11|12|31|50)0[12]|(?:41|42|46|65)90)00")
_ALSO = {"内蒙": "150000", "前海": "440305"}
_UNCLEAR = {"朝阳"}  # by itself a city in Liaoning or, more often, a district of Beijing or Changchun
LONGEST_NAME = 14

_INDUSTRY_CODE = re.compile(r"(?P<section>[A-T])?(?P<digits>\d{2,4})?(?![A-Z0-9.])")
_SIGNS = re.compile(r"[\s,，、;；()（）·]+")


def _table(name: str) -> dict[str, tuple[str, str]]:
    text = (files("recommender.intake") / "codes" / name).read_text(encoding="utf-8")
    return {row["code"]: (row["name"], row["parent"]) for row in csv.DictReader(text.splitlines())}


@cache
def _regions() -> dict[str, tuple[str, str]]:
    return _table("regions.csv")


@cache
def _industries() -> dict[str, tuple[str, str]]:
    return _table("industries.csv")


@cache
def region_names() -> dict[str, tuple[str, ...]]:
    """Every full and short name of a place with its codes, provinces first."""
    found: dict[str, set[str]] = {name: {code} for name, code in _ALSO.items()}
    for code, (name, _) in _regions().items():
        short = _SUFFIX.sub("", name)
        for spelling in {name, short if len(short) >= 2 else name}:
            found.setdefault(for_search(spelling), set()).add(code)  # 乾县 folds to 干县, as the text does
    return {name: tuple(sorted(codes, key=lambda c: (region_level(c), c))) for name, codes in found.items()}


@cache
def _industry_names() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for code, (name, _) in _industries().items():
        found.setdefault(_SIGNS.sub("", for_search(name)), []).append(code)
    return {name: tuple(codes) for name, codes in found.items()}


def region_level(code: str) -> int:
    """1 for a province, 2 for a city, 3 for a county."""
    return 1 if code.endswith("0000") else 2 if code.endswith("00") else 3


def region_name(code: str) -> str:
    """The place's own name, ``""`` for a code that the table does not hold.

    >>> region_name("330212")
    '鄞州区'
    """
    return _regions().get(code, ("", ""))[0]


def region_path(code: str) -> tuple[str, ...]:
    """Names from the province down to the place itself.

    >>> region_path("330212")
    ('浙江省', '宁波市', '鄞州区')
    """
    return _path(_regions(), code)


def industry_name(code: str) -> str:
    """
    >>> industry_name("36")
    '汽车制造业'
    """
    return _industries().get(code, ("", ""))[0]


def industry_path(code: str) -> tuple[str, ...]:
    """Names from the section down.

    >>> industry_path("361")
    ('制造业', '汽车制造业', '汽车整车制造')
    """
    return _path(_industries(), code)


def _path(table: dict[str, tuple[str, str]], code: str) -> tuple[str, ...]:
    names: list[str] = []
    while code in table:
        name, code = table[code]
        names.append(name)
    return tuple(reversed(names))


def is_within(code: str, region: str) -> bool:
    """Whether the place *code* is *region* or lies in it; both are six digits.

    >>> is_within("330212", "330000"), is_within("330000", "330212")
    (True, False)
    """
    width = 2 * region_level(region)
    return bool(code) and code[:width] == region[:width]


def region_of_code(digits: str) -> tuple[str, bool]:
    """The six-digit code for 2, 4, 6 or more *digits*, and whether the table holds just that place.

    A county that the table does not know (renumbered, merged) becomes its city, or else its province.
    Raises InputError where not even the province exists.
    """
    code = digits[:6].ljust(6, "0")
    if len(digits) not in (2, 4, 6, 9, 12):
        raise InputError("a region code has 2, 4 or 6 digits", field="region", value=digits)
    if _SHELL.fullmatch(code):
        return code[:2] + "0000", True
    for width in (6, 4, 2):
        candidate = code[:width].ljust(6, "0")
        if candidate in _regions():
            return candidate, candidate == code
    raise InputError("not a region code of GB/T 2260", field="region", value=digits)


def resolve_region(text: str, *, address: bool = False) -> str:
    """The six-digit code of the place that *text* names, by code, name or address.

    Names are read from the left, each within the one before: 浙江省宁波市鄞州区百丈路 is the district. A
    county's name that several cities have needs its city or province before it. With *address*, what
    follows the last place known is a street and does not matter; without, a second place is an error.
    Raises InputError.

    >>> resolve_region("宁波"), resolve_region("33"), resolve_region("浙江宁波鄞州")
    ('330200', '330000', '330212')
    """
    folded = for_search(text)
    if folded.isdecimal() and folded.isascii():
        code, exact = region_of_code(folded)
        if not exact:
            raise InputError("not a region code of GB/T 2260", field="region", value=text)
        return code
    rest = folded[_lead(folded) :]
    place = ""
    while rest:
        candidates, width = _longest_place(rest, place)
        if not candidates:
            break
        if len(candidates) > 1:
            if not place:
                raise InputError(
                    "several places have this name",
                    field="region",
                    value=text,
                    mend="write its province or city before it",
                )
            break
        place = candidates[0]
        rest = rest[width:]
        between = _BETWEEN.match(rest)
        rest = rest[between.end() :] if between else rest
    if not place:
        raise InputError("no known place", field="region", value=text, mend="give a GB/T 2260 code or a name")
    if not address and rest:
        others, _ = _longest_place(rest, "")
        if others and not any(is_within(place, other) or is_within(other, place) for other in others):
            raise InputError("more than one place", field="region", value=text, mend="give one place")
    return place


def _lead(text: str) -> int:
    match = _LEAD.match(text)
    return match.end() if match else 0


def _longest_place(text: str, scope: str) -> tuple[tuple[str, ...], int]:
    """The codes of the longest name that *text* begins with, within *scope*, and the name's length.

    Of the places that share a name, the higher level goes first: 吉林 is the province, 吉林市 the city.
    """
    names = region_names()
    for width in range(min(LONGEST_NAME, len(text)), 1, -1):
        codes = names.get(text[:width], ())
        if not scope and text[:width] in _UNCLEAR:
            continue
        if scope:
            codes = tuple(code for code in codes if code != scope and is_within(code, scope))
        if not codes or (_ROAD.match(text, width) and codes[0] not in _exact(text[:width])):
            continue
        top = region_level(codes[0])
        return tuple(code for code in codes if region_level(code) == top), width
    return (), 0


def _exact(name: str) -> Iterable[str]:
    """Codes whose full name is *name*: 南京市东路 is in Nanjing, 南京东路 is not."""
    return (code for code in region_names().get(name, ()) if for_search(region_name(code)) == name)


def resolve_industry(text: str) -> str:
    """The GB/T 4754-2017 code that *text* gives, by code (with or without its section) or name.

    A code may stand before or after the name (``C36 汽车制造业``), names may be a path
    (制造业/汽车制造业), the deepest known one counts. Raises InputError.

    >>> resolve_industry("C3670"), resolve_industry("汽车制造"), resolve_industry("制造业")
    ('3670', '36', 'C')
    """
    folded = for_search(text).upper()
    match = _INDUSTRY_CODE.match(folded)
    if match and match.group() and (match["digits"] or len(folded) == 1):
        return _industry_of_code(match["section"], match["digits"], text)
    for part in (folded, *reversed(re.split(r"[-–—/\\>|_]+", folded))):
        code = _industry_of_name(part.lower())
        if code:
            return code
    behind = re.search(r"\(([A-T])?(\d{2,4})\)$", folded)
    if behind:
        return _industry_of_code(behind[1], behind[2], text)
    raise InputError("no industry of GB/T 4754-2017", field="industry", value=text)


def industries_within(text: str) -> tuple[str, ...]:
    """Beginnings of the GB/T 4754-2017 codes that lie in the industry *text*: a code, the start of one, or a
    name. A section is given by the codes of its divisions. Raises InputError.

    >>> industries_within("汽车制造业"), industries_within("37"), industries_within("B")[:2]
    (('36',), ('37',), ('B', '06'))
    """
    if text.isdigit() and any(code.startswith(text) for code in _industries()):
        return (text,)
    try:
        found = resolve_industry(text)
    except InputError as error:
        raise InputError(
            error.message, field="industry", value=text, mend="give a code of GB/T 4754-2017 or a name"
        ) from None
    return (
        found,
        *(code for code, (_, above) in _industries().items() if found.isalpha() and above == found),
    )


def _industry_of_code(section: str | None, digits: str | None, text: str) -> str:
    code = digits or section or ""
    if code not in _industries():
        raise InputError("not a code of GB/T 4754-2017", field="industry", value=text)
    if section and digits and _section(digits) != section:
        raise InputError("this division is in another section", field="industry", value=text)
    return code


def _section(code: str) -> str:
    while len(code) > 1:
        code = _industries()[code][1]
    return code


def _industry_of_name(name: str) -> str:
    key = _SIGNS.sub("", name)
    if len(key) < 2:
        return ""
    for spelling in (key, f"{key}业", key.removesuffix("业"), f"{key}制造", f"{key}制造业"):
        codes = _industry_names().get(spelling, ())
        # a division and its only group often share the name: take the broader, but digits before a letter
        digits = [code for code in codes if code.isdigit()] or list(codes)
        if digits and all(code.startswith(digits[0]) for code in digits):
            return digits[0]
    return ""
