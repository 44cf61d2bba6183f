"""Works, design, survey, supervision and testing qualifications: by trade, class and grade.

Trades follow 建筑业企业资质标准 (2014), sectors 工程设计资质标准 (2007), subjects of testing
建设工程质量检测机构资质标准 (2023). A grade is 6 (特级), 5 (一级, 甲级), 4 (二级, 乙级), 3 (三级, 丙级),
2 (四级, 丁级) or 1 (五级).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

GRADES = dict(
    zip("特一壹甲二贰乙三叁丙四肆丁五伍", (6, 5, 5, 5, 4, 4, 4, 3, 3, 3, 2, 2, 2, 1, 1), strict=True)
)
_NUMBERED = {6: "特级", 5: "一级", 4: "二级", 3: "三级", 2: "四级", 1: "五级"}
_LETTERED = _NUMBERED | {5: "甲级", 4: "乙级", 3: "丙级", 2: "丁级"}
_LETTERS = re.compile("设计|监理|勘察|测绘|规划|施工企业|检测|评估|养护")

_TRADES = sorted(
    "房屋建筑 建筑 公路 铁路 港口与航道 水利水电 电力 矿山 冶金 石油化工 市政公用 通信 机电 民航 地基基础 "
    "起重设备安装 预拌混凝土 电子与智能化 消防设施 防水防腐保温 桥梁 隧道 钢结构 模板脚手架 建筑装修装饰 "
    "建筑装饰装修 建筑机电安装 建筑幕墙 古建筑 城市及道路照明 公路路面 公路路基 公路交通 公路养护 铁路电务 "
    "铁路铺轨架梁 铁路电气化 机场场道 机场目视助航 港口与海岸 航道 水工金属结构制作与安装 水利水电机电安装 "
    "河湖整治 输变电 核 海洋石油 环保 特种 园林绿化 建筑智能化 城市照明 人防 农林 水土保持工程施工".split(),
    key=len,
    reverse=True,
)
_SECTORS = (
    "化工石化医药|石油天然气|石化|煤炭|化工|电力|冶金|军工|机械|商物粮|核工业|电子通信广电|通信|轻纺|建材|铁道|公路|"
    "水运|民航|市政公用|市政|农林|水利|海洋|建筑"
)
_SUBJECTS = (
    "建筑材料及构配件|主体结构及装饰装修|主体结构|钢结构|地基基础|建筑节能|建筑幕墙|市政工程材料|道路工程|"
    "桥梁与地下工程|桥梁及地下工程"
)
_GRADE = "[特一二三四五壹贰叁肆伍甲乙丙丁]级"
# what joins two qualifications is part of no trade
_HAN = r"(?:(?![或资级])[\u4e00-\u9fff])"
_SUB = r"[\[(【〔][^\n。;级]{2,40}?[\])】〕]"
_PATTERNS = (
    rf"工程(?P<whole>设计|勘察|监理)综合类?(?:(?:资质)?\s?(?P<g4>{_GRADE})|资质)",
    # 建筑工程施工总承包二级, 防水防腐保温工程专业承包贰级, 城市及道路照明工程专业承包资质
    rf"(?P<trade>{_HAN}{{1,14}}?(?:工程|施工))(?:{_SUB})?(?:施工)?(?:专业)?"
    rf"(?P<kind>总承包|承包|设计专项|设计|监理)(?:企业|单位)?(?:资质)?(?:等级)?(?:为|的|不低于)?\s?(?:(?P<g1>{_GRADE})|(?<=资质)|(?<=总承包)(?=[和、及]|为必备))",
    # 公路工程甲级监理, 公路路面工程专业一级承包
    rf"(?P<trade2>{_HAN}{{1,14}}?工程)(?:施工)?(?:专业)?(?P<g2>{_GRADE})(?:及以上)?(?P<kind2>总承包|承包|监理)",
    rf"(?P<sector>{_SECTORS})(?:设计)?行业(?P<sub>{_SUB})?(?:专业)?(?:工程)?(?:设计)?(?:专业)?(?:资质)?\s?(?P<g3>{_GRADE})",
    rf"工程勘察(?P<survey>专业类?|劳务类?)?(?P<field>{_SUB})?\)?(?:专业)?(?:资质)?\s?(?P<g5>{_GRADE})",
    r"(?P<testing>(?:建设工程)?(?:质量)?检测(?:机构)?综合)资质",
    rf"(?P<subject>{_SUBJECTS})(?:检测)?专项(?:检测)?资质",
    rf"(?P<g6>{_GRADE})(?:及以上)?(?:的)?(?P<mapping>测绘)(?:航空摄影|资质|单位)|(?P<mapping2>测绘)(?:资质)?(?:证书)?(?:等级)?\s?(?P<g7>{_GRADE})",
    rf"(?P<planning>城乡规划|国土空间规划)(?:编制)?(?:单位|机构)?(?:资质)?(?:证书)?\s?(?P<g8>{_GRADE})",
    r"(?P<pipe>g[abcd][123]?)\s?级?(?:及以上)?的?压力管道安装|压力管道安装(?:资质|许可证?|许可资质)?\(?\s?(?P<pipe2>g[abcd][123]?)(?:级)",
    r"(?P<power>承装(?:类)?[\s(]{0,2}[、]?修[、,]?\s?试\)?\s?电力设施许可证?)",
    rf"(?P<safety>安全生产标准化)(?:企业)?(?:证书)?\s?(?P<g10>{_GRADE})?",
    rf"(?P<firm>[\u4e00-\u9fff]{{2,14}}施工企业)(?P<g9>{_GRADE})",
)
_ANY = re.compile("|".join(_PATTERNS))
# any other qualification by its grade: 文物保护工程勘察设计乙级资质, 雷电防护装置检测乙级及以上资质
_OTHER = re.compile(
    rf"(?P<other>{_HAN}{{4,18}}?)(?:单位|机构)?\(?(?P<grade>{_GRADE})\)?(?:\([^()]{{1,16}}\))?(?:及其?以上|以上)?的?(?=资质)"
)
_NOT_ONE = re.compile(
    "投标|供应商|响应人|人员|负责人|联合体|相应|注册|信用|^(?:专业|承包|施工|总承包|设计|监理)"
)
# 市政公用工程或通信工程施工总承包三级 names two
_SHARED = re.compile(rf"(?P<trade>{_HAN}{{2,10}}?工程)(?:或|和|及|、)$")
# no match is possible without one of these; most texts are settled by this alone
_GATE = re.compile(rf"{_GRADE}|资质|压力管道|电力设施许可|标准化|总承包")
_POWER_GRADE = re.compile(rf"({_GRADE})(?:\([^()]{{1,10}}\))?(?:及以上|以上)?")
_CLAUSE_END = re.compile(r"[。;\n]")
_PREFIX = re.compile(
    r"^.*(?:具有|具备|持有|颁发的|核发的|有效的|有效期内的|须有|须为|拥有|取得|获得|以上的?|以及|或者|同时|要求|相应|满足|包含|住建部门|[及或和的为含与])"
)


def with_grade(name: str, grade: int) -> str:
    """*name* with its grade in words: design and supervision count 甲乙丙, works count 一二三."""
    return name + ((_LETTERED if _LETTERS.search(name) else _NUMBERED)[grade] if grade else "")


def find_works(text: str) -> Iterator[tuple[str, int, int, int]]:
    """Name, grade (0 where none is stated), start and end of each qualification named in *text*, which is
    folded and in lower case.

    >>> list(find_works("具备建筑工程施工总承包叁级及以上资质"))
    [('建筑工程施工总承包', 3, 2, 13)]
    """
    if not _GATE.search(text):
        return
    taken: list[tuple[int, int]] = []
    for name, grade, start, end in _by_table(text):
        if shared := _SHARED.search(text, max(start - 16, 0), start):
            trade = _trade(shared["trade"])
            if any(trade.removesuffix("工程") == each for each in _TRADES) and "承包" in name:
                kind = "总承包" if name.endswith("总承包") else "承包"
                yield (
                    _contract(trade, kind, text[start:end]),
                    grade,
                    shared.end("trade") - len(trade),
                    shared.end("trade"),
                )
        taken.append((start, end))
        yield name, grade, start, end
    for match in _OTHER.finditer(text):
        words = match["other"]
        prefix = _PREFIX.match(words)
        name = words[prefix.end() :] if prefix else words
        start = match.end("other") - len(name)
        end = match.end("grade")
        if len(name) < 4 or _NOT_ONE.search(name) or any(a < end and start < b for a, b in taken):
            continue
        yield name, GRADES[match["grade"][0]], start, end


def _by_table(text: str) -> Iterator[tuple[str, int, int, int]]:
    """The qualifications of the patterns above, as :func:`find_works` gives them."""
    for match in _ANY.finditer(text):
        kind = match["kind"] or match["kind2"]
        grade = next(
            (
                GRADES[g[0]]
                for g in match.group("g1", "g2", "g3", "g4", "g5", "g6", "g7", "g8", "g9", "g10")
                if g
            ),
            0,
        )
        start = match.start()
        if kind:
            whole = match["trade"] or match["trade2"]
            trade = _trade(whole)
            start += len(whole) - len(trade)
            # 本工程监理资质 names no trade
            if len(trade) < 3 or trade in ("工程", "建设工程", "本工程", "专业工程"):
                continue
            name = _contract(trade, kind, text[start : match.end()])
        elif match["sector"]:
            sub = (match["sub"] or "").translate(_BRACKETS)
            name = f"{match['sector']}行业{sub}设计"
        elif match["whole"]:
            name = f"工程{match['whole']}综合"
            if match["whole"] == "监理":
                grade = 0
        elif match["survey"] or match["field"] or match["g5"]:
            field = (match["field"] or "").translate(_BRACKETS)
            field += ")" * (field.count("(") - field.count(")"))
            name = f"工程勘察{'专业' if match['survey'] else ''}{field}"
        elif match["testing"]:
            name = "建设工程质量检测机构综合资质"
        elif match["subject"]:
            name = f"{match['subject'].replace('与', '及')}检测专项资质"
        elif match["mapping"] or match["mapping2"]:
            name = "测绘资质"
        elif match["planning"]:
            name = f"{match['planning']}编制"
        elif match["pipe"] or match["pipe2"]:
            name = f"压力管道安装{(match['pipe'] or match['pipe2']).upper()}级"
        elif match["safety"]:
            name = "安全生产标准化"
        elif match["firm"]:
            trade = _trade(match["firm"])
            start += len(match["firm"]) - len(trade)
            name = trade
        else:
            name, grade = "承装(修、试)电力设施许可证", _power_grade(text, match.start(), match.end())
        yield name, grade, start, match.end()


_BRACKETS = str.maketrans("[]【】〔〕", "()()()")


def _trade(words: str) -> str:
    """The trade that *words* end with: 具备市政公用工程 → 市政公用工程."""
    stem = words.removesuffix("施工").removesuffix("工程")
    for trade in _TRADES:
        if stem.endswith(trade):
            return words[len(stem) - len(trade) :]
    prefix = _PREFIX.match(words)
    return words[prefix.end() :] if prefix else words


def _contract(trade: str, kind: str, words: str) -> str:
    if trade.endswith("行业工程"):
        return trade.removesuffix("工程") + kind
    base = trade.removesuffix("施工")
    if not base.endswith("工程") and kind != "监理":
        base += "工程"
    if kind == "总承包":  # 房屋建筑工程 is the name before 2014
        return f"{base.removeprefix('房屋')}施工总承包"
    if kind == "承包":
        return f"{base}专业承包" if "专业" in words else f"{base}施工总承包"
    return base + kind.removesuffix("专项")


def _power_grade(text: str, start: int, end: int) -> int:
    """The grade of the electrical licence at *start* to *end*, said before it or behind it in its clause."""
    clause_start = max(
        (m.end() for m in _CLAUSE_END.finditer(text, max(start - 60, 0), start)), default=max(start - 60, 0)
    )
    stop = _CLAUSE_END.search(text, end, end + 40)
    behind = _POWER_GRADE.search(text, end, stop.start() if stop else end + 40)
    before = list(_POWER_GRADE.finditer(text, clause_start, start))
    before = [g for g in before if "承" not in text[g.end() : start] or "包" not in text[g.end() : start]]
    if before:
        return GRADES[before[-1][1][0]]
    return GRADES[behind[1][0]] if behind else 0
