"""The certificates and licences that needs ask for, and one name for the many spellings of each.

A row of :data:`CERTIFICATES` is the canonical name, the regular expression of its spellings in normalised
text (:func:`recommender.text.normalise.for_search`), and what holding it also shows. Extend the table, not
the code. Works qualifications (施工总承包, 专业承包, 工程设计) carry a grade and follow
建筑业企业资质标准: 特级 > 一级 > 二级 > 三级.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from recommender.text.normalise import for_search


@dataclass(frozen=True, slots=True)
class Certificate:
    """A kind of certificate. ``grade`` is 0 where it has none, else 1 (三级) to 4 (特级)."""

    name: str
    grade: int = 0

    def satisfies(self, asked: Certificate) -> bool:
        """Whether holding this one meets a demand for *asked*."""
        if self.name == asked.name:
            return self.grade >= asked.grade
        return asked.name in _COVERS.get(self.name, ())

    def __str__(self) -> str:
        # design and supervision count 甲乙丙, works count 一二三
        names = _LETTERED if self.name.endswith(("设计", "监理")) else _NUMBERED
        return self.name + (names[self.grade] if self.grade else "")


# canonical name, spellings, what it covers besides
CERTIFICATES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    # IATF 16949:2016 §0.3: the automotive standard includes ISO 9001 and cannot be held apart from it;
    # AS/EN 9100, ISO/TS 22163, ISO 13485's relatives and GJB 9001 contain ISO 9001's text likewise.
    ("IATF 16949", r"(?:iatf|iso/?\s*ts|ts)\s*-?\s*16949", ("ISO 9001",)),
    (
        "AS/EN 9100",
        r"(?:as|en|jisq)\s*-?\s*9100[a-d]?\b|as/en\s*9100|航空(?:航天)?质量管理体系",
        ("ISO 9001",),
    ),
    ("ISO/TS 22163", r"(?:iso/?\s*(?:ts\s*)?)?22163|\biris\b", ("ISO 9001",)),
    ("GJB 9001", r"gjb\s*-?\s*9001[a-c]?|国军标(?:质量管理体系)?|武器装备质量管理体系", ("ISO 9001",)),
    ("ISO 9001", r"iso\s*-?\s*9001|gb/?t\s*19001|iso\s*9000|质量管理体系(?:认证)?", ()),
    ("ISO 14001", r"iso\s*-?\s*14001|gb/?t\s*24001|环境管理体系(?:认证)?", ()),
    (
        "ISO 45001",
        r"iso\s*-?\s*45001|gb/?t\s*(?:45001|28001)|ohsas\s*-?\s*18001|职业健康(?:与)?安全管理体系(?:认证)?",
        (),
    ),
    ("ISO 13485", r"iso\s*-?\s*13485|医疗器械质量管理体系", ()),
    ("ISO 50001", r"iso\s*-?\s*50001|gb/?t\s*23331|能源管理体系", ()),
    ("ISO 22000", r"iso\s*-?\s*22000|食品安全管理体系", ()),
    ("ISO 26262", r"iso\s*-?\s*26262", ()),
    ("ISO 27001", r"iso(?:/iec)?\s*-?\s*27001|信息安全管理体系", ()),
    ("ISO 20000", r"iso(?:/iec)?\s*-?\s*20000|信息技术服务管理体系", ()),
    ("ISO/IEC 17025", r"iso(?:/iec)?\s*-?\s*17025|\bcnas\b", ()),
    ("CMA", r"\bcma\b|检验检测机构资质认定", ()),
    ("CMMI", r"\bcmmi\b(?:\s*-?\s*(?:l|dev)?\s*[2-5])?", ()),
    ("ITSS", r"\bitss\b|信息技术服务标准", ()),
    ("CCC", r"\bccc\b|\b3c\s*认证|强制性产品认证", ()),
    ("CRCC", r"\bcrcc\b|铁路产品认证", ()),
    ("CURC", r"\bcurc\b|城轨(?:装备|产品)认证", ()),
    ("EN 15085", r"en\s*-?\s*15085", ()),
    ("ISO 3834", r"iso\s*-?\s*3834", ()),
    ("NADCAP", r"\bnadcap\b", ()),
    ("CTSO", r"\bctsoa?\b", ()),
    ("CCAR-145", r"ccar\s*-?\s*145|民用航空器维修许可", ()),
    ("CE", r"\bce\s*(?:认证|标志|证书)", ()),
    ("UL", r"\bul\s*(?:认证|\d{3,4}[a-z]?)", ()),
    ("TÜV", r"\bt[üu]v\b", ()),
    ("UN 38.3", r"un\s*-?\s*38\.3", ()),
    ("RoHS", r"\brohs\b", ()),
    ("REACH", r"\breach\b", ()),
    ("AEC-Q", r"\baec\s*-?\s*q\s*\d*", ()),
    ("SEMI S2", r"semi\s*-?\s*s2", ()),
    ("QC 080000", r"qc\s*-?\s*080000", ()),
    ("CQC", r"\bcqc\b", ()),
    ("VDA 6.3", r"vda\s*-?\s*6\.3", ()),
    ("TL 9000", r"tl\s*-?\s*9000", ("ISO 9001",)),
    ("IEC 62619", r"iec\s*-?\s*62619", ()),
    ("IEC 61508", r"iec\s*-?\s*61508|\bsil\s*[1-4]\b", ()),
    ("ISO 10218", r"iso\s*-?\s*10218", ()),
    ("SRRC", r"\bsrrc\b|无线电发射设备型号核准", ()),
    ("API Q1", r"\bapi\s*-?\s*(?:spec\s*)?q1\b", ()),
    ("DNV", r"\bdnv\b", ()),
    ("CCS", r"\bccs\b|中国船级社", ()),
    ("泰尔认证", r"泰尔(?:产品)?认证|\btlc\s*认证", ()),
    ("电信设备进网许可证", r"(?:电信设备)?(?:进|入)网许可证?", ()),
    ("增值电信业务经营许可证", r"增值电信业务(?:经营)?许可证?", ()),
    ("安全生产许可证", r"安全生产许可证?", ()),
    (
        "特种设备生产许可证",
        r"特种设备(?:生产|制造|设计|安装|改造|修理)?(?:单位)?许可证?|压力容器(?:设计|制造)许可证?",
        (),
    ),
    ("工业产品生产许可证", r"(?:全国)?工业产品生产许可证?", ()),
    ("防爆合格证", r"防爆(?:电气)?(?:产品)?合格证|\bex\s*认证|\batex\b", ()),
    ("武器装备科研生产单位保密资格", r"(?:武器装备科研生产单位)?保密资(?:格|质)", ()),
    ("装备承制单位资格", r"装备承制单位(?:资格)?", ()),
    ("种子生产经营许可证", r"(?:农作物)?种子(?:生产)?经营许可证?", ()),
    ("农业机械推广鉴定", r"农(?:业)?机(?:械)?(?:试验|推广)鉴定(?:证书)?", ()),
    ("危险化学品经营许可证", r"危险化学品(?:经营|生产|安全生产|安全使用)许可证?", ()),
    ("道路运输经营许可证", r"道路(?:货物|危险货物|旅客)?运输(?:经营)?许可证?", ()),
    ("食品经营许可证", r"食品(?:经营|生产|流通)许可证?", ()),
    ("保安服务许可证", r"保安服务许可证?", ()),
    ("劳务派遣经营许可证", r"劳务派遣(?:经营)?许可证?", ()),
    ("承装(修、试)电力设施许可证", r"承装\s*\(?修[、,]?\s*试\)?\s*电力设施许可证?", ()),
    ("高新技术企业", r"(?:国家)?高新技术企业(?:证书|认定)?", ()),
    ("两化融合管理体系", r"两化融合(?:管理体系)?(?:贯标)?", ()),
    ("知识产权管理体系", r"知识产权管理体系|gb/?t\s*29490", ()),
)

_COVERS = {name: covers for name, _, covers in CERTIFICATES}
_BY_NAME = {for_search(name): name for name, _, _ in CERTIFICATES}
# ASCII: a word boundary stands between a Latin and a Han character
_ANY = re.compile(
    "|".join(f"(?P<c{i}>{pattern})" for i, (_, pattern, _) in enumerate(CERTIFICATES)), re.ASCII
)
_GRADES = {
    "特级": 4,
    "一级": 3,
    "壹级": 3,
    "甲级": 3,
    "二级": 2,
    "贰级": 2,
    "乙级": 2,
    "三级": 1,
    "叁级": 1,
    "丙级": 1,
}
_NUMBERED = {4: "特级", 3: "一级", 2: "二级", 1: "三级"}
_LETTERED = {4: "特级", 3: "甲级", 2: "乙级", 1: "丙级"}
_WORKS = re.compile(
    r"(?P<trade>[\u4e00-\u9fff]{2,12}?(?:工程|装修装饰|装饰装修|照明|智能化)(?:工程)?(?:施工)?)"
    r"(?P<kind>总承包|专业承包|设计|监理)(?:资质)?\s*(?P<grade>特级|[一二三壹贰叁]级|[甲乙丙]级)"
)
_TRADE_PREFIX = re.compile(r"^(?:.*(?:具有|具备|持有|颁发的|核发的|有效的|须有|以及|或者|及|或|和|的))")


def find_certificates(text: str) -> list[tuple[Certificate, int, int]]:
    """Certificates named in *text* (already :func:`for_search`-ed), with start and end of each mention."""
    found: list[tuple[Certificate, int, int]] = []
    for mention in _ANY.finditer(text):
        assert mention.lastgroup is not None
        found.append(
            (Certificate(CERTIFICATES[int(mention.lastgroup[1:])][0]), mention.start(), mention.end())
        )
    for mention in _WORKS.finditer(text):
        trade = mention["trade"]
        trade = trade[len(prefix.group()) if (prefix := _TRADE_PREFIX.match(trade)) else 0 :]
        if len(trade) < 4:
            continue
        name = trade.removesuffix("施工") + ("施工" if mention["kind"] == "总承包" else "") + mention["kind"]
        start = mention.start() + len(mention["trade"]) - len(trade)
        found.append((Certificate(name, _GRADES[mention["grade"]]), start, mention.end()))
    return sorted(found, key=lambda item: (item[1], item[2]))


@lru_cache(maxsize=4096)
def canonical(name: str) -> Certificate:
    """The certificate that *name* stands for; an unknown name stands for itself, folded for comparison."""
    text = for_search(name)
    if text in _BY_NAME:  # "CE" and "UL" by themselves are names only where a certificate is expected
        return Certificate(_BY_NAME[text])
    found = find_certificates(text)
    return found[0][0] if found else Certificate(text)
