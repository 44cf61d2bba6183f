"""What a need's title asks for: the thing alone, without how it is bought, for which plant and for what use.

新项目定点：GCr15轴承钢, 急需双酚A供应商 and 征集能做石英坩埚的专精特新企业 name a thing each. The thing
decides which node of the graph is meant, so a word too many in it is a node missed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from recommender.chains.joining import spelling
from recommender.chains.placing import Find, parts_of
from recommender.text.titles import wanted

_GROUP = re.compile(r"[(（\[【][^()（）\[\]【】]*[)）\]】]?")
_NEVER = "第[一二三四五六七八九十\\d]+(?:次|轮|批|期|标段|标包|包)"
_BEFORE = re.compile(
    "^(?:关于|急需|急购|求购|寻求|寻找|征集|招募|诚征|需要|采购|购置|订购|更换|新增|增购"
    "|能(?:做|生产|制造|提供|供应)|(?:新?项目)?定点[:：]|物资[:：]|标的[:：]"
    r"|\d{2,4}年(?:度|第.{1,3}批)?|年度|全[省市国]|[\u4e00-\u9fff]{2,4}(?:工厂|基地|厂区|分厂)"
    f"|{_NEVER}|\\s+)"
)
_AFTER = re.compile(
    "(?:的?(?:专精特新|优质|合格|合作|战略)?(?:中小)?(?:企业|厂家|厂商|供应商|供方|伙伴|单位)(?:名录|入围|征集|招募|遴选)?"
    "|(?:国产化?|进口)?替代|国产化|二供开发|定点开发|联合开发|小批量试制|试制|(?:与|及|和)?后续批产|批产|长期协作|长期供应"
    "|寻源|集采|集中采购|框架采购|采购|购置|购买|订购|订货|询比价?|询价|比选|谈判|磋商|公开招标|招标|公开|邀请"
    "|征集|需求(?:预告|预公告|公告)?|公告|意向|年度备件|备品备件|备件|供货|供应"
    "|(?:[及与和](?:其|相关)?(?:配套|附属|伴随|售后|相关)?|配套|伴随|售后)服务"
    "|[及与和]其?(?:安装|调试|运输|维保|辅材|附件|配件)(?:服务)?"
    f"|项目|物资|产品|一批|批次|重招|重发|二次|{_NEVER}|[-—_·,，、;；。的及与和\\s]+)$"
)
# a plain use of 用 within a word; elsewhere it says what a thing is for
_FOR = re.compile(
    "(?<=[\u4e00-\u9fffa-z0-9]{2})(?<![军民专通家商农医车矿船药食兽警应使利公实费作备信常日多两饮服])用(?![房户地途电水气材具料工人量])(?=[\u4e00-\u9fffa-z0-9]{2})"
)
_OF_PROJECT = re.compile(
    "(?:项目|工程(?!塑料|机械|师|技术|车|船|材料|陶瓷|服务)|标段|生产线|产线)(?=[\u4e00-\u9fffa-z0-9]{2})"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A thing that is asked for, in looked-up spelling. ``qualified`` where the title says more of it (its
    use, its project), so that it is this thing for some purpose."""

    thing: str
    qualified: bool = False


def asked_for(title: str, find: Find, buyer: str = "") -> list[Asked]:
    """The things that *title* asks for; *find* gives the node of a spelling, *buyer* is the name of who asks,
    which titles like to begin with.

    >>> asked_for("征集能做石英坩埚的专精特新企业", {}.get)
    [Asked(thing='石英坩埚', qualified=False)]
    >>> asked_for("轮式拖拉机用轮式驱动桥寻源", {}.get)
    [Asked(thing='轮式拖拉机用轮式驱动桥', qualified=False), Asked(thing='轮式驱动桥', qualified=True)]
    """
    text = _without(wanted(title), buyer)
    found: dict[str, Asked] = {}
    for part in parts_of(_trimmed(_GROUP.sub(" ", text)), find):
        found.setdefault(part, Asked(part))
        for mark in (_OF_PROJECT, _FOR):
            *_, last = [None, *mark.finditer(part)]
            if last is not None:
                rest = _trimmed(part[last.end() :])
                found.setdefault(rest, Asked(rest, qualified=True))
    return [each for each in found.values() if each.thing]


def _without(text: str, buyer: str) -> str:
    """*text* without the piece of the buyer's name that it begins with."""
    name = spelling(buyer)
    for length in range(min(len(text), len(name)), 3, -1):
        if text[:length] in name:
            return text[length:]
    return text


def _trimmed(text: str) -> str:
    before = None
    while text != before:
        before = text
        text = _AFTER.sub("", _BEFORE.sub("", text))
    return text or before or ""
