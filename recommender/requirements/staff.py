"""People that a supplier must put in: registered engineers, titles, certificates of persons, head counts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from recommender.requirements.mention import Clause, Mention

_GRADE = {"壹": "一", "贰": "二", "叁": "三"}
_REGISTERED = "建造师|建筑师|结构工程师|造价工程师|造价师|消防工程师"
_PATTERNS = (
    rf"(?:(?P<either>[一二壹贰])级?(?:或者?|/)\s?)?(?P<grade>[一二壹贰])级(?:\s?(?:及|含)?\s?以上)?(?:\s?的)?\s?(?:国家)?(?:注册)?\s?(?P<registered>{_REGISTERED})",
    r"注册(?P<field>建造|建筑|监理|造价|安全|土木|电气|公用设备|结构|岩土|消防|咨询|测绘|化工|环保|核安全|计量|城乡规划|会计|税务)"
    r"(?:工程)?师(?:[(][\u4e00-\u9fff]{2,6}[)])?(?:执业资格)?(?P<behind>[一二壹贰](?=级))?",
    r"(?:(?P<lower>副高级|高级|中级|初级|助理)(?:工程师|经济师|会计师)?(?:职称)?(?:或者?|/)(?=正?高级|副高级|中级))?"
    r"(?P<title>(?:正高级|副高级|高级|中级|初级|助理|教授级)?(?:工程师|经济师|会计师)?(?:\s?及以上)?)(?:\s?的)?(?:专业)?(?:技术)?职称",
    r"(?P<senior>(?:正高级|教授级高级|高级)工程师)(?:及以上)?(?:资格|证书)?",
    r"安全生产(?:管理人员)?(?:考核)?(?:合格)?(?:证书?)?\s?[(《]?(?P<safety>[ABC])[类证](?:证书?)?[)》]?|"
    r"(?:安全生产)?管理人员(?P<safety2>[ABC])类证书?|安全生产考核合格证书?(?:[(](?P<safety3>[ABC])[类证]?(?:证书?)?[)])?",
    r"(?P<who>专职[\u4e00-\u9fff]{0,8}?人员)(?:数量)?不(?:得|应)?少于\s?(?P<count>\d+)\s?[人名]",
    r"(?:不少于|至少(?:投入|配备|提供)?)\s?(?P<count2>\d+)\s?[人名](?P<who2>(?:专职|技术|持证)?[\u4e00-\u9fff]{0,8}?(?:人员|工程师|质检员|安全员|焊工|技师))",
    r"(?P<who3>(?:专职)?安全员)[^。;,]{0,6}?不少于\s?(?P<count3>\d+)\s?[名人]",
    r"(?P<who4>(?:总?人数|人员数量))[^。;,\d]{0,6}不(?:得|应)?[低少]于\s?(?P<count4>\d+)\s?[人名]",
    r"(?P<skill>(?:[\u4e00-\u9fff]{2,6}(?:维修工|安装工)|焊工|电工|叉车工))(?=[、及和]|(?:操作|特种|上岗)?证)",
    r"注册信息安全(?:专业人员|工程师|管理人员)(?:[(]cisp[)])?|(?<![a-z])(?:cisp|cissp|pmp)(?![a-z])",
    r"信息系统项目管理师(?:[(]高级[)])?",
    r"(?:注册执业资格|专业注册证书)(?!\s?[(]包括)",
    r"(?:人员)?(?:培训合格证书?|岗位证书)",
    r"相关(?:工作)?经验\s?(?P<years>\d+)\s?年以上",
    r"(?:高压)?(?:低压)?(?P<trade>电工作业|高处作业|焊接作业|特种作业|登高作业|高空作业)(?:资质|资格|证书?|操作证)*",
)
_ANY = re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS))
# any other papers of persons: 房地产经纪专业人员职业资格; 法人登记证书 are a firm's
_PAPERS = re.compile(
    r"(?P<person>[\u4e00-\u9fff]{2,10}?(?:专业人员|经纪人|[师员工]))(?:[职执从]业资格|登记|资格|上岗|协理)(?:证书?)?(?=[或、,。;及和(]|$)"
)
_PAPERS_GATE = re.compile("[师员工人](?:[职执从]业资格|登记|资格|上岗|协理)")
_NOT_PAPERS = re.compile("法人|单位|企业|机构|负责人|项目|级|注册|建造师|工程师|会计师|拟派|专职")
_GATE = re.compile(
    "师|职称|人员|人数|考核合格|经验|作业|[职执从]业资格|注册证书|岗位证|合格证|[师员工]|cisp|pmp",
    re.IGNORECASE,
)
_LEAD = re.compile("^.*(?:具有|具备|持有|有效的?|取得|拥有|提供|须有)")
_JUNK = re.compile(r"^(?:及以上)?$")


def staff(clause: Clause) -> Iterator[Mention]:
    if not _GATE.search(clause.words):
        return
    for match in _ANY.finditer(clause.words):
        name = _name(match)
        if name:
            yield Mention("staff", name, clause.start + match.start(), clause.start + match.end(), name)
    if _PAPERS_GATE.search(clause.words):
        for match in _PAPERS.finditer(clause.words):
            words = match.group()
            lead = _LEAD.match(words)
            start = lead.end() if lead else 0
            if not _NOT_PAPERS.search(words, start) and len(words) - start > 4:
                name = words[start:]
                yield Mention(
                    "staff", name, clause.start + match.start() + start, clause.start + match.end(), name
                )


def _name(match: re.Match[str]) -> str:
    if match["registered"]:
        grades = [_GRADE.get(grade, grade) for grade in (match["either"], match["grade"]) if grade]
        registered = match["registered"].replace("造价师", "造价工程师")
        return f"注册{registered} {' 或 '.join(f'{grade}级' for grade in grades)}"
    if match["behind"]:
        return f"注册{match['field']}师 {_GRADE.get(match['behind'], match['behind'])}级"
    if match["title"] is not None:
        title = match["title"].replace("及以上", "").strip()
        if _JUNK.match(title):
            return ""
        return f"职称 {' 或 '.join(dict.fromkeys(map(_rank, filter(None, (match['lower'], title)))))}"
    if match["senior"]:
        return "职称 高级"
    for who, count in (
        ("who", "count"),
        ("who2", "count2"),
        ("who3", "count3"),
        ("who4", "count4"),
    ):
        if match[who]:
            return f"{match[who]} {match[count]}人"
    safety = match["safety"] or match["safety2"] or match["safety3"]
    if safety or "安全生产考核" in match.group():
        return f"安全生产考核合格证 {safety or ''}".strip()
    if match["years"]:
        return f"经验 {match['years']}年"
    return match["trade"] or match.group()


def _rank(title: str) -> str:
    """The rank of a professional *title*: an engineer of no stated rank is of the middle one."""
    if "高级" in title or "教授" in title:
        return "高级"
    return "初级" if title.startswith(("初", "助")) else "中级"
