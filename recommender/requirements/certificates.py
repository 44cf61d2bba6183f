"""The certificates and licences that needs ask for, and one name for the many spellings of each.

A row of :data:`CERTIFICATES` is the canonical name, the regular expressions of its spellings in folded lower
case (:mod:`recommender.requirements.fold`), and what holding it also shows. Extend the table, not the code.
A Chinese spelling begins with the Han character that it is looked for by. Works qualifications, which have
classes and grades, are in :mod:`recommender.requirements.works`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from recommender.requirements.fold import fold, lower
from recommender.requirements.works import find_works, with_grade

_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Certificate:
    """A kind of certificate. ``grade`` is 0 where it has none, else 1 (五级) to 6 (特级)."""

    name: str
    grade: int = 0

    def satisfies(self, asked: Certificate) -> bool:
        """Whether holding this one meets a demand for *asked*."""
        if self.name == asked.name or self.name == _SUBSECTOR.sub("", asked.name):
            return self.grade >= asked.grade
        # 工程设计综合甲级 and 工程监理综合 cover every sector and grade
        if self.name in ("工程设计综合", "工程监理综合"):
            return asked.name.endswith(self.name[2:4])
        return asked.name in _COVERS.get(self.name, ())

    def __str__(self) -> str:
        return with_grade(self.name, self.grade)

    @property
    def label(self) -> str:
        """What stands for this certificate in a column of labels; :meth:`of_label` reads it."""
        return f"{self.grade}{self.name}"

    @classmethod
    def of_label(cls, label: str) -> Certificate:
        return cls(label[1:], int(label[0]))

    @property
    def family(self) -> str:
        """``works`` for qualifications by trade and grade, ``licence`` for what an authority permits,
        ``system`` for management systems and products that were tested. Who lists some of a family tells
        what it holds of that family, and nothing of the others."""
        if _WORKS.search(self.name):
            return "works"
        return "licence" if _PERMITS.search(self.name) else "system"


_WORKS = re.compile(
    "承包|行业.*设计|工程设计|设计专项|监理|勘察|测绘|规划.*编制|检测专项|检测机构综合|施工企业|压力管道安装|施工劳务"
)
_PERMITS = re.compile("许可|登记证|执业|资格|牌照|备案|经营权")
# 建筑行业(建筑工程)设计 is a part of 建筑行业设计
_SUBSECTOR = re.compile(r"(?<=行业)\(.*\)(?=设计)")

# canonical name, spellings, what it covers besides
CERTIFICATES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    # IATF 16949:2016 §0.3: the automotive standard includes ISO 9001 and cannot be held apart from it;
    # AS/EN 9100, ISO/TS 22163, ISO 13485's relatives and GJB 9001 contain ISO 9001's text likewise.
    ("IATF 16949", r"(?:iatf|iso/?\s*ts|ts)\s*-?\s*16949", ("ISO 9001",)),
    (
        "AS/EN 9100",
        r"(?:as/en|as|en|jisq)\s*-?\s*9100[a-d]?(?![a-z0-9])|航空(?:航天)?质量管理体系",
        ("ISO 9001",),
    ),
    ("ISO/TS 22163", r"(?:iso/?\s*(?:ts\s*)?|ts\s*)22163|iris(?![a-z])", ("ISO 9001",)),
    ("GJB 9001", r"gjb\s*-?\s*9001[a-c]?|国军标(?:质量管理体系)?|武器装备质量管理体系", ("ISO 9001",)),
    ("ISO 9001", r"iso\s*-?\s*9001|gb/?t\s*-?19001|iso\s*-?9000|质量管理体系(?:认证)?", ()),
    ("ISO 14001", r"iso\s*-?\s*14001|gb/?t\s*-?24001|环境管理体系(?:认证)?", ()),
    (
        "ISO 45001",
        r"iso\s*-?\s*45001|gb/?t\s*-?(?:45001|28001)|ohsas\s*-?\s*18001|职业健康(?:与|和)?安全管理体系(?:认证)?",
        (),
    ),
    ("ISO 13485", r"iso\s*-?\s*13485|医疗器械质量管理体系", ()),
    ("ISO 50001", r"iso\s*-?\s*50001|gb/?t\s*23331|能源管理体系", ()),
    ("ISO 22000", r"iso\s*-?\s*22000|食品安全管理体系", ()),
    ("HACCP", r"haccp(?![a-z])", ()),
    ("ISO 26262", r"iso\s*-?\s*26262", ()),
    ("ISO 27001", r"iso(?:/iec)?\s*-?\s*27001|信息安全管理体系", ()),
    ("ISO 20000", r"iso(?:/iec)?\s*-?\s*20000|信息技术服务管理体系", ()),
    ("ISO/IEC 17025", r"iso(?:/iec)?\s*-?\s*17025|cnas(?![a-z])", ()),
    (
        "CMA",
        r"cma(?![a-z])|检验检测机构资质(?:认定)?|资质认定证书|计量认证(?:证书)?(?:\(cma(?:认证)?\))?",
        (),
    ),
    ("CMMI", r"cmmi(?![a-z])(?:\s*-?\s*(?:l|dev)?\s*[2-5])?", ()),
    ("ITSS", r"itss(?![a-z])|信息技术服务标准", ()),
    ("CCC", r"ccc(?![a-z])|3c\s*认证|强制性产品认证|强制性认证", ()),
    ("CRCC", r"crcc(?![a-z])|铁路产品认证", ()),
    ("CURC", r"curc(?![a-z])|城轨(?:装备|产品)认证", ()),
    ("EN 15085", r"en\s*-?\s*15085", ()),
    ("ISO 3834", r"iso\s*-?\s*3834", ()),
    ("NADCAP", r"nadcap(?![a-z])", ()),
    ("CTSO", r"ctsoa?(?![a-z])", ()),
    ("CCAR-145", r"ccar\s*-?\s*145|民用航空器维修许可", ()),
    ("DO-178C A级", r"do\s*-?\s*178c?(?:\s*a级)?", ()),
    ("CE", r"ce\s*(?:认证|标志|证书)|(?<=[、和及])ce(?![a-z0-9])|ce(?=[、和及])", ()),
    ("UL", r"ul\s*(?:认证|黄卡|\d{3,4}[a-z]?)|(?<=[、和及])ul(?![a-z0-9])|ul(?=[、和及])", ()),
    ("ISTA", r"ista(?:\s*认可)?(?![a-z])", ()),
    ("NSF", r"nsf(?![a-z])", ()),
    ("AQG 324", r"aqg\s*-?\s*324", ()),
    ("GR-468", r"gr-468", ()),
    ("DO-160G", r"do-160g?", ()),
    ("EN 50128", r"en\s*-?\s*50128", ()),
    ("EN 50129", r"en\s*-?\s*50129", ()),
    ("EN 50155", r"en\s*-?\s*50155", ()),
    ("EN 45545-2", r"en\s*-?\s*45545(?:-2)?", ()),
    ("GB 38031", r"gb\s*-?38031", ()),
    ("GB 18384", r"gb\s*-?18384", ()),
    ("GB/T 36276", r"gb/?t\s*-?36276", ()),
    ("GB/T 36547", r"gb/?t\s*-?36547", ()),
    ("GB/T 34120", r"gb/?t\s*-?34120", ()),
    ("NB/T 32004", r"nb/?t\s*-?32004", ()),
    ("CGC型式认证", r"cgc(?:型式)?认证", ()),
    ("CR认证", r"cr认证", ()),
    ("CCAR-33型号合格证", r"ccar-33(?:型号合格证)?", ()),
    ("CCAR-25型号合格证", r"ccar-25(?:型号合格证)?", ()),
    ("EASA Part-145", r"easa\s*part-145", ()),
    ("OECD拖拉机试验", r"oecd拖拉机试验", ()),
    ("农药登记证", r"农药登记证", ()),
    ("肥料登记证", r"肥料登记证", ()),
    ("会计师事务所执业证书", r"会计师事务所执业证书", ()),
    ("财产保险业务资格", r"财产保险业务资格", ()),
    ("车辆保险业务资格", r"(?:机动)?车辆?保险业务资格", ()),
    ("特种设备型式试验证书", r"特种设备型式试验证书?", ()),
    ("资产评估资格", r"资产评估资格", ()),
    ("TÜV", r"t[üu]v(?![a-z])", ()),
    ("UN 38.3", r"un\s*-?\s*38\.3", ()),
    ("RoHS", r"rohs(?![a-z])", ()),
    ("REACH", r"reach(?![a-z])", ()),
    ("AEC-Q", r"aec\s*-?\s*q\s*\d*", ()),
    ("SEMI S2", r"semi\s*-?\s*s2", ()),
    ("QC 080000", r"qc\s*-?\s*080000", ()),
    ("CQC", r"cqc(?![a-z])", ()),
    ("VDA 6.3", r"vda\s*-?\s*6\.3", ()),
    ("TL 9000", r"tl\s*-?\s*9000", ("ISO 9001",)),
    ("IEC 62619", r"iec\s*-?\s*62619", ()),
    ("IEC 61508", r"iec\s*-?\s*61508|sil\s*[1-4](?![a-z0-9])", ()),
    ("ISO 10218", r"iso\s*-?\s*10218", ()),
    ("SRRC", r"srrc(?![a-z])|无线电发射设备型号核准", ()),
    ("API Q1", r"api\s*-?\s*(?:spec\s*)?q1(?![a-z0-9])", ()),
    ("DNV", r"dnv(?![a-z])", ()),
    ("CCS", r"ccs(?![a-z])|中国船级社", ()),
    ("CASL检验机构考核", r"casl(?:检验机构考核)?", ()),
    (
        "信息安全服务资质",
        r"ccrc(?![a-z])|信息(?:系统)?安全(?:集成|运维|风险评估|应急处理|灾难备份)?服务资质",
        (),
    ),
    ("信息系统建设和服务能力", r"信息系统建设和服务能力", ()),
    ("涉密信息系统集成资质", r"涉密信息系统集成(?:资质)?", ()),
    ("泰尔认证", r"泰尔(?:产品)?认证|tlc\s*认证", ()),
    ("电信设备进网许可证", r"电信设备进网许可证?|[进入]网许可证", ()),
    ("增值电信业务经营许可证", r"增值电信业务(?:经营)?许可证?", ()),
    ("电信业务经营许可证", r"电信业务经营许可证?", ()),
    ("安全生产许可证", r"安全生产许可证?", ()),
    (
        "特种设备生产许可证",
        r"特种设备(?:生产|制造|设计|安装|改造|修理|维修|、|及|和)*(?:单位)?许可证?|压力容器(?:设计|制造|、)+许可证?"
        r"|生产许可证(?=[^。;,]{0,3}(?:压力管道|压力容器|电梯|起重))",
        (),
    ),
    ("工业产品生产许可证", r"工业产品生产许可证?", ()),
    ("防爆合格证", r"防爆(?:电气)?(?:产品)?合格证|ex\s*认证|atex(?![a-z])", ()),
    ("武器装备科研生产单位保密资格", r"武器装备科研生产单位保密资[格质]|保密资[格质]", ()),
    ("装备承制单位资格", r"装备承制单位(?:资格)?", ()),
    ("种子生产经营许可证", r"种子(?:生产)?经营许可证?", ()),
    ("育繁推一体化许可", r"育繁推一体化(?:许可证?)?", ()),
    ("农业机械推广鉴定", r"农(?:业)?机(?:械)?(?:试验|推广)鉴定(?:证书)?", ()),
    ("危险化学品经营许可证", r"危险化学品(?:经营|生产|安全生产|安全使用)许可证?", ()),
    ("危险废物经营许可证", r"危险废物经营许可证?", ()),
    ("道路运输经营许可证", r"道路(?:货物|危险货物|旅客)?运输(?:经营)?许可证?", ()),
    ("食品经营许可证", r"食品(?:经营|流通)许可证?", ()),
    ("食品生产许可证", r"食品生产许可证?", ()),
    ("保安服务许可证", r"保安服务许可证?", ()),
    ("劳务派遣经营许可证", r"劳务派遣(?:经营)?许可证?", ()),
    ("人力资源服务许可证", r"人力资源服务许可证?", ()),
    ("印刷经营许可证", r"印刷经营许可证?", ()),
    ("金融许可证", r"金融许可证", ()),
    ("保险经营许可证", r"保险(?:公司)?(?:经营|法人)?许可证", ()),
    ("律师事务所执业许可证", r"律师事务所执业许可证?", ()),
    ("律师事务所分所执业许可证", r"律师事务所分所执业许可证?", ()),
    ("排污许可证", r"排污许可证", ()),
    ("辐射安全许可证", r"辐射安全许可证?", ()),
    ("医疗器械经营许可证", r"医疗器械经营(?:企业)?许可证?", ()),
    ("医疗器械生产许可证", r"医疗器械生产(?:企业)?许可证?", ()),
    ("出版物经营许可证", r"出版物经营许可证?", ()),
    ("水产苗种生产许可证", r"水产苗种生产许可证?", ()),
    ("卫生许可证", r"卫生许可证", ()),
    ("施工劳务资质", r"施工劳务(?:企业)?(?:资质)?|劳务施工资质", ()),
    ("高新技术企业", r"高新技术企业(?:证书|认定)", ()),
    ("两化融合管理体系", r"两化融合(?:管理体系)?(?:贯标)?", ()),
    ("知识产权管理体系", r"知识产权管理体系|gb/?t\s*29490", ()),
)

_COVERS = {name: covers for name, _, covers in CERTIFICATES}
_BY_NAME = {fold(name).lower(): name for name, _, _ in CERTIFICATES}


def _split(pattern: str) -> list[str]:
    """The alternatives of *pattern* that are not inside brackets."""
    parts, depth = [""], 0
    for character in pattern:
        depth += (character in "([") - (character in ")]")
        if character == "|" and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _compiled() -> tuple[re.Pattern[str], re.Pattern[str], dict[str, str]]:
    """Latin and Chinese spellings, each as one expression that starts looking only where one can start."""
    latin: list[str] = []
    han: list[str] = []
    names: dict[str, str] = {}
    for number, (name, pattern, _) in enumerate(CERTIFICATES):
        names[f"c{number}"] = names[f"h{number}"] = name
        parts = _split(pattern)
        western = [part for part in parts if part[0] < "\u3400" and not part.startswith("[进")]
        chinese = [part for part in parts if part not in western]
        if western:
            latin.append(f"(?P<c{number}>{'|'.join(western)})")
        if chinese:
            han.append(f"(?P<h{number}>{'|'.join(chinese)})")
    first = "".join(
        sorted({part.lstrip("[")[0] for part in han for part in _split(part[part.index(">") + 1 : -1])})
    )
    return (
        re.compile(rf"(?<![a-z])(?=[a-z3])(?:{'|'.join(latin)})"),
        re.compile(rf"(?=[{first}入])(?:{'|'.join(han)})"),
        names,
    )


_LATIN, _CHINESE, _NAMES = _compiled()
_HAN_GATE = re.compile(
    "认[证定]|许可|体系|资[格质]|鉴定|一体化|承制|标准|船级社|贯标|国军标|合格证|能力|高新|登记证|执业|业务资格"
)
# any other licence by its official name: 《水路运输服务许可证》
_LICENCE = re.compile(r"(?P<name>(?:(?![或及和的])[\u4e00-\u9fff]){2,14}?许可证)(?!号)")
# and any that stands between title marks: 《企业年金基金管理机构资格证书》; persons' are no firm's
_TITLED = re.compile(r"《(?P<name>[^《》\n]{4,30}(?:资格证书?|资质证书?|认定证书|生产资质证书))》")
_PERSONAL = re.compile("注册|职业|执业资格|考核|从业|人员|[师员]")
_LICENCE_LEAD = re.compile(
    r"^.*(?:中华人民共和国|具有|具备|持有|颁发|核发|有效|合法|取得|提供|拥有|以上|部门|相应|下列|期内|为)"
)


def find_certificates(text: str) -> list[tuple[Certificate, int, int]]:
    """Certificates named in *text* (folded, lower case), with start and end of each mention, in order."""
    found = [(Certificate(name, grade), start, end) for name, grade, start, end in find_works(text)]
    taken = [(start, end) for _, start, end in found]
    for pattern in (_CHINESE, _LATIN) if _HAN_GATE.search(text) else (_LATIN,):
        for mention in pattern.finditer(text):
            assert mention.lastgroup is not None
            _take(found, taken, Certificate(_NAMES[mention.lastgroup]), mention.start(), mention.end())
    if "许可证" in text:
        for mention in _LICENCE.finditer(text):
            name = mention["name"]
            lead = _LICENCE_LEAD.match(name)
            name = name[lead.end() :] if lead else name
            if text.endswith("共和国", 0, mention.end() - len(name) + 1):
                name = name[1:]
            if len(name) > 5:
                _take(found, taken, Certificate(name), mention.end() - len(name), mention.end())
    if "《" in text:
        for mention in _TITLED.finditer(text):
            name = mention["name"].removeprefix("中华人民共和国")
            if not _PERSONAL.search(name):
                _take(found, taken, Certificate(name), mention.end("name") - len(name), mention.end("name"))
    merged: list[tuple[Certificate, int, int]] = []
    for certificate, start, end in sorted(found, key=lambda item: item[1:]):
        # ISO 9001质量管理体系认证 names one certificate twice
        if (
            merged
            and merged[-1][0] == certificate
            and start - merged[-1][2] <= 2
            and text[merged[-1][2] : start] in _BESIDE
        ):
            start = merged.pop()[1]
        merged.append((certificate, start, end))
    return merged


_BESIDE = frozenset(("", " ", "(", ")", "】", "( "))


def _take(
    found: list[tuple[Certificate, int, int]],
    taken: list[tuple[int, int]],
    certificate: Certificate,
    start: int,
    end: int,
) -> None:
    """Add a mention that overlaps none before it."""
    if not any(first < end and start < last for first, last in taken):
        found.append((certificate, start, end))
        taken.append((start, end))


@lru_cache(maxsize=4096)
def canonical(name: str) -> Certificate:
    """The certificate that *name* stands for; an unknown name stands for itself, folded for comparison."""
    text = _SPACE.sub(" ", lower(fold(name))).strip()
    if text in _BY_NAME:  # "CE" and "UL" by themselves are names only where a certificate is expected
        return Certificate(_BY_NAME[text])
    found = find_certificates(text)
    return found[0][0] if found else Certificate(text)
