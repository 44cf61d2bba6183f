"""What a supplier must be: its registered capital, size, tier and place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from recommender.catalogue.domain import Tier
from recommender.intake.codes import region_level
from recommender.places import mentioned_region
from recommender.requirements.mention import Capital, Clause, Mention, Place

_SCALE = {"亿": 1e8, "万": 1e4, None: 1.0}
_CAPITAL = re.compile(
    r"注册资(?:本|金)[^。;\n\d]{0,14}?(?:不低于|不少于|不小于|≥|>=|在|达到|大于|超过)[^。;\n\d]{0,8}?(\d[\d,]*(?:\.\d+)?)\s?(亿|万)?元?"
    r"|注册资(?:本|金)[^。;\n\d]{0,10}?(\d[\d,]*(?:\.\d+)?)\s?(亿|万)元?(?:人民币)?(?:\(含\))?(?:及)?以上"
)
_SIZE = re.compile(
    r"(?:专门|定向|仅|只)?(?:面向|预留(?:给|份额给)?|限|须为|应为|必须为|须是|属于?)(?P<small>小微(?:型)?企业|小型、?微型企业)"
    r"|(?:专门|定向|仅|只)?(?:面向|预留(?:给|份额给)?|限|须为|应为|必须为|须是|规定的)(?P<sme>中小(?:微)?(?:型)?企业)"
)
_TIERS = (
    (Tier.LITTLE_GIANT, r"专精特新[\"“”‘’「]?小巨人[\"“”‘’」]?(?:企业)?"),
    (Tier.SPECIALIZED, r"专精特新(?:中小)?企业"),
    (Tier.CHAMPION, r"(?:制造业)?单项冠军(?:示范)?(?:企业)?"),
    (Tier.INNOVATIVE, r"创新型中小企业"),
)
_TIER = re.compile("|".join(f"(?P<{tier.value}>{pattern})" for tier, pattern in _TIERS))
TIER_NAMES = {
    Tier.INNOVATIVE: "创新型中小企业",
    Tier.SPECIALIZED: "专精特新中小企业",
    Tier.LITTLE_GIANT: "专精特新“小巨人”企业",
    Tier.CHAMPION: "制造业单项冠军企业",
}
_REGION = re.compile(
    r"在(?P<p1>(?:(?!境内)[\u4e00-\u9fff]){2,12}?)(?:\([^()]{2,14}\))?(?:辖区|行政区域|区域|境|市区|范围)?内?(?:须)?(?:设有|设置|设立|开设|有)[^。;,]{0,10}?"
    r"(?:分支机构|办事处|办事机构|服务网点|服务机构|分公司|网点|营业场所|办公场所)"
    r"|在?(?P<p2>[\u4e00-\u9fff\s]{2,12}?)(?:境|区域|辖区)内(?:长驻|常驻|驻点|有?固定)"
    r"|(?:要求|在)(?P<p3>[\u4e00-\u9fff]{2,8}?)[一二两三四五十百\d]+公里内"
    r"|(?:注册地(?:址)?|工商注册地?|住所地?)(?:须|应|必须)?(?:在|为|位于)(?P<p4>(?:(?!外)[\u4e00-\u9fff]){2,12}?)(?:(?:市|省|区|县)(?:行政区域)?(?:境)?内?|(?:境?内)?(?=[,。;]|$))"
    r"|(?:须|应|必须)(?:是|为|在)(?P<p5>[\u4e00-\u9fff]{2,10}?)(?:境)?内?(?:注册|登记)的?(?:企业|法人|独立法人)?"
)
_OUTSIDE = re.compile("[^,。;]{0,8}外")
_HERE = re.compile(
    r"(?:须|应|必须|限)(?:是|为|在)?(?P<here>本[省市区县]|省内|市内)(?:内)?(?:注册|登记|设立|企业|供应商|的)"
)


def standing(clause: Clause) -> Iterator[Mention]:
    words = clause.words
    if "注册资" in words:
        for match in _CAPITAL.finditer(words):
            number, scale = (match[1], match[2]) if match[1] else (match[3], match[4])
            amount = float(number.replace(",", "")) * _SCALE[scale]
            yield _mention(
                clause, match, "registered_capital", f"注册资本 ≥ {amount / 1e4:.15g} 万元", Capital(amount)
            )
    if "企业" in words:
        for match in _SIZE.finditer(words):
            if words[: match.start()].endswith("是否"):
                continue
            size = "small_micro" if match["small"] else "sme"
            yield _mention(clause, match, "size", size, size)
    if "专精特新" in words or "冠军" in words or "创新型" in words:
        for match in _TIER.finditer(words):
            assert match.lastgroup is not None
            tier = Tier(match.lastgroup)
            yield _mention(clause, match, "tier", tier.value, tier)
    if "在" in words or "内" in words or "注册" in words:
        for match in _REGION.finditer(words):
            said = next(p for p in match.group("p1", "p2", "p3", "p4", "p5") if p)
            code, _ = mentioned_region(match.group().replace(" ", ""))
            if code and "境内" not in said and not _OUTSIDE.match(clause.words, match.end()):
                code = code[: 2 * region_level(code)]
                seat = bool(match["p4"] or match["p5"])
                yield _mention(clause, match, "region", match.group(), Place(code, seat))
        for match in _HERE.finditer(words):
            yield _mention(clause, match, "region", match.group(), Place("", True))


def _mention(
    clause: Clause, match: re.Match[str], kind: str, name: str, detail: Capital | Place | Tier | str
) -> Mention:
    return Mention(kind, name, clause.start + match.start(), clause.start + match.end(), detail)
