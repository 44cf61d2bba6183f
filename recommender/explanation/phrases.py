"""Phrases that may be quoted: exact substrings of a field that say what is wanted or offered.

A clause is cut where it stops naming things (公司专注于 | 汽车后市场管理), so that what is quoted is a phrase
and no torn sentence; long ones give runs of words besides. Words that stand in every notice or profile are
no phrase.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import rjieba
from numpy.typing import NDArray

from recommender.encoder import Encoder
from recommender.intake.codes import region_names
from recommender.results import Span
from recommender.text.clauses import clauses, names_something

_MOST_CLAUSES = 40
_CUT_CLAUSES = 8
_MOST_CORES = 4
# Words that a quotation neither begins nor ends with
_FUNCTION_WORDS = frozenset(
    "的 之 与 和 及 由 或 并 拟 将 该 各 有 了 含 按 需 年 月 日 同时 进行 负责 所需 相关 有关 采购 项目 招标 "
    "公告 本 本次 次 期限 个 台 套 批 标包 多种 多个 多家 众多 各类 各种 一系列 全套 全面 全方位 一站式 一体 可靠 "
    "优质 高效 专业 领先 知名 著名 优秀 强大 完善 先进 权威 核心 领域 行业 方面 方向 服务项目 采购项目 建设项目 询比 比选 重新 重招 重发 批量 最 很 较 一份 一批 一项 一次 "
    "等等 其中 另外 包干 类 国内 国际 国内外 全国 全球 世界 世界级 一流 首家 最大 唯一 广大 主流 新型 创新 创新型 "
    "高端 深度 具有 具备 能力 经验 成立 注册 企业 公司 我们 我司 贵司 集团 分公司 有限公司".split()
)
# Words with which it does not end, though it may begin with them: 中压电缆
_NO_END = frozenset(
    "内 外 中 上 下 前 后 时 间 所 者 公共 综合 专用 通用 配套 整体 全部 集中 总 总体".split()
)
# What is wanted stands before them: 监控系统采购项目第二次
_JOINTS = frozenset("及 与 和".split())
_FORM = frozenset(
    "采购 采购项目 项目 招标 公开招标 公开采购 邀请招标 竞争性谈判 竞争性磋商 建设项目 服务项目".split()
)
# How and from whom it is wanted: 石英砂国产化替代需求, 轴承钢二供开发的需求
_TAIL = frozenset(
    "寻源 谈判 磋商 询价 询比 比选 公开 集采 集中 集采需求 框架 框架协议 协议 年度 备件 需求 供应商 征集 合格 长期 协作 合作 定点 急需 "
    "批产 后续 小批量 试制 二供 开发 国产化 国产 替代 专精特新 专精 特新 企业 第二次 第二批 第一批 第三批 二次 三次 重发 重招 重新 暂定 部分 第三次 第四次 入围 供应商库 库 名录 项目库 事前 公示 预公示 单一来源 直接采购".split()
)
# Words at which a phrase ends: what follows is said of something else
_BREAKS = frozenset(
    "等 用 用于 应用 应用于 适用于 为 成为 作为 以及 在 处于 位于 于 对 对于 由 以 以便 从 从事 至 到 其 是 乃 即 如 例如 包括 包含 "
    "涵盖 覆盖 涉及 提供 拥有 致力于 致力 专注于 专注 主营 主打 主要 定位 定位于 目前 已 已经 一家 一个 一款 一种 旗下 立足 立足于 "
    "急需 可 可以 能 能做 能够 通过 经过 根据 依据 按照 具体 要求 满足 实现 达到 帮助 助力 服务于 面向 针对 围绕 依托 基于 结合 利用 使用 "
    "采用 运用 打造 构建 创建 建立 建成 创造 形成 推出 推进 推动 致 保障 确保 让 使 把 被 得到 获得 获 荣获 取得 曾 还是 或者 无论 "
    "不仅 而且 支持 供应 供货 供给 指 定义 改变 颠覆 引领 赋能 助推 拥抱 享受 享 深耕 开展 承接 承担 现 故 启动 同时 因此 所以 但 但是 也 都 就 更 将 并且 没有 未 来自 来 去 与 跟 向 凭借 秉承 坚持 "
    "遵循 起 每 这 那 此 我国 中国 中华人民共和国 要 须 应 应当 需要 确定 而 而且 提升 加强 提高 促进 规定 进行 实行 执行 中国移动 中国电信 中国联通 中国铁塔 国家电网 南方电网 华为 腾讯 百度 京东 阿里 阿里巴巴".split()
)
# What comes behind them is what is not wanted or offered
_NOT = frozenset("非 除 除了 不 不含 不包括 无 不接受 除外 其他 其它".split())
# Words that say nothing by themselves, nor with each other
_BARE = frozenset(
    "服务 设备 系统 产品 技术 工程 平台 建设 管理 材料 项目 业务 需求 维护 安装 开发 运营 生产 销售 加工 "
    "制造 供应 改造 支撑 配套 解决 方案 解决方案 集成 综合 专业 企业 行业 公司 客户 内容 单位 人员 工作 能力 质量 "
    "标准 要求 时间 地点 数量 规格 型号 范围 合同 价格 费用 咨询 研发 设计 施工 检测 测试 应用 信息 数据 "
    "网络 装置 器材 物资 用品 资源 区域 中心 期限 具体 采购 招标 货物 提升 交付 验收 相关 其他 以下 附件 "
    "询比 比选 详见 本次 包括 提供 概况 简介 常年 控制价 控制 实际 开工 竣工 工期 其中 某 投资 "
    "预算 金额 名称 安全 发展 创新 科创 创业 研究 智能 智慧 数字 数字化 信息化 智能化 绿色 现代 现代化 未来 领域 市场 社会 "
    "城市 国际 国内 全国 公共 基础 设施 基础设施 专用 备件 组织 活动 用户 环境 体系 模式 理念 价值 品质 效率 成本 经济 产业 园区 "
    "创意 科技 高新 高新技术 团队 人才 培训 推广 实施 运维 维保 保障 支持 优化 升级 更新 更换 配件 零星 维修 保养 外包 委托 制作 "
    "年度 入围 供应商 框架 协议 合作 战略 整体 全过程 一体化 专项 专题 日常 定期 分公司 分局 集团 某某 部分 各类 机构 有限 股份 重招 重发 重新 二次 第二次 报告 分析 审核 评估 编制 "
    "关键技术 关键 服务项目 技术服务 系统集成 信息系统 管理系统 服务商 供应链 过程 资质 认证 证书 荣誉 许可 情况 方式 结果 效果 项 运行 监管 监测 监控 处理 实时 范围内 研发出 开发出 无法 图纸 施工图 施工图纸 新建 改建 扩建 一期 二期 三期 一期工程 二期工程 三期工程 工程项目".split()
)
_BARE_HEADS = frozenset("项目 服务 工程 方案 业务 能力 过程 工作 系统 平台 体系 内容".split())
_WINDOW = range(2, 17)  # characters a quoted run of words may have
_NUMBER = re.compile(r"[\d.,:%\-]*")
# What only half a phrase begins or ends with
_EDGES = re.compile(r"[#/+·•・、…_及和与或某该其]|.*[#/·•・、…_及和与或的]$", re.DOTALL)
_NUMBERED = re.compile(r"第[\d一二三四五]|.*\d{5}|[^\u4e00-\u9fff]*$")  # 第2批物资, 260803S
_YEAR = re.compile(r"20\d\d|[、，,;；:：]")
_PROCEDURE = re.compile(
    "询比|比选|招标(?!代理)|投标|成交|中标|标包|标段|份额|开标|评标|公告|限价|控制价|详见|建筑面积|占地|平方米|总用地|投资估算|总投资|本项目|工程费用"
)
_ADDRESS = re.compile(r"[路街道大厦园区楼]\S*\d+[号室层楼栋幢]?|\d+[号室层楼栋幢]|[路街]\S{0,6}以[东南西北]")
# Pairs that the dictionary cuts wrong
_MENDED = {
    ("外", "包"): ("外包",),
    ("及其", "他"): ("及", "其他"),
    ("专注", "于"): ("专注于",),
    ("等", "保"): ("等保",),
    ("公", "租房"): ("公租房",),
    ("招标", "代理"): ("招标代理",),
    ("采购", "代理"): ("采购代理",),
}
_HAN = re.compile("[\u4e00-\u9fff]{2}")
_TRADE = re.compile(r"[（(](监理|勘察设计|审计|造价咨询|全过程工程咨询|工程监理)[）)]")
_BRACKETED = re.compile(r"[（(【\[][^（）()【】\[\]]*[）)】\]]")


@dataclass(frozen=True, slots=True)
class Phrase:
    field: str
    span: str


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases with their vectors, row by row; (m, d) float32, L2-normalised. ``core`` are the rows that name
    the things themselves and not what they are for or where."""

    phrases: tuple[Phrase, ...]
    vectors: NDArray[np.float32]
    core: tuple[int, ...] = ()

    def names_the_thing(self, span: str, offered: str) -> bool:
        """Whether *span* of the need ends as one of the core phrases does, bare words at the end aside, and
        *offered* has that ending too: 机房 is what is moved in 机房搬迁, and 办公 is no 办公家具."""
        heads = [_head(self.phrases[row].span) for row in self.core]
        mine = _head(span)
        ends = [head[-2:] for head in heads if mine.endswith(head[-2:]) or head.endswith(mine)]
        return any(end in offered for end in ends) or not heads

    @property
    def wanted(self) -> Span | None:
        """The words of the title that name the thing; None where there are none."""
        return Span("title", self.phrases[self.core[0]].span) if self.core else None


def words_of(text: str) -> list[str]:
    """The words of *text*, which together are *text* again."""
    found: list[str] = []
    for word in rjieba.cut(text):
        if found and (mended := _MENDED.get((found[-1], word))):
            found[-1:] = mended
        else:
            found.append(word)
    return found


def segments(clause: str) -> list[list[str]]:
    """The words of *clause* in the pieces between words that end a phrase, idle words at the edges dropped.

    >>> ["".join(piece) for piece in segments("公司专注于汽车后市场管理")]
    ['汽车后市场管理']
    """
    found: list[list[str]] = [[]]
    wanted = True
    for word in words_of(clause):
        if word in _BREAKS or word in _NOT or _YEAR.fullmatch(word):
            found.append([])
            wanted = word not in _NOT
        elif wanted:
            found[-1].append(word)
    return [trimmed for piece in found if (trimmed := _trimmed(piece))]


def _trimmed(words: Sequence[str]) -> list[str]:
    first, last = 0, len(words)
    while first < last and (
        _idle(words[first]) or words[first] in region_names() or not words[first].strip()
    ):
        if _NUMBER.fullmatch(words[first]) and words[first + 1 : first + 2] and words[first + 1].isascii():
            break  # 35 kV
        first += 1
    while last > first and (
        _idle(words[last - 1]) or words[last - 1] in _NO_END or not words[last - 1].strip()
    ):
        last -= 1
    return list(words[first:last])


def pieces(clause: str) -> Iterator[str]:
    """The phrases of *clause*, each as long as it goes, that say something."""
    for words in segments(clause):
        span = "".join(words)
        if span[0] in "即于当以从" and not span.startswith(
            ("即时", "即插", "即食", "即热", "当地", "当代", "以太", "从业")
        ):
            span = span[1:]
        if len(span) >= 2 and names_something(span) and not is_bare(words) and not _EDGES.match(span):
            yield span


def runs(clause: str) -> Iterator[str]:
    """Runs of whole words inside the phrases of *clause*, 2–16 characters each, so that a long title is quoted
    in part.

    A run neither begins nor ends with a function word or a bare number: 用高纯湿 is no phrase.
    """
    for words in segments(clause):
        whole = "".join(words)
        starts = [0]
        for word in words:
            starts.append(starts[-1] + len(word))
        for first, word in enumerate(words):
            split = first and _NUMBER.fullmatch(words[first - 1]) and word.isascii()  # the G of 5G
            if _idle(word) or split or _torn(whole, starts[first]):
                continue
            for last in range(first, len(words)):
                run = whole[starts[first] : starts[last + 1]]
                if len(run) > _WINDOW[-1]:
                    break
                if run == clause or len(run) not in _WINDOW or run.strip() != run:
                    continue
                if _idle(words[last]) or words[last] in _NO_END or _EDGES.match(run):
                    continue
                if _torn(whole, starts[last + 1]) or is_bare(words[first : last + 1]):
                    continue
                if names_something(run):
                    yield run


def is_bare(words: Sequence[str]) -> bool:
    """Whether none of *words* tells one need or offer from another."""
    return all(_bare(word) or _idle(word) or word in _BREAKS for word in words)


def _bare(word: str) -> bool:
    """建设项目 is as bare as its halves, 数据中心 is not."""
    return word in _BARE or (len(word) == 4 and word[:2] in _BARE and word[2:] in _BARE_HEADS)


@lru_cache(maxsize=4096)
def _head(span: str) -> str:
    """*span* without the bare words that it ends with; all of it where there is nothing else."""
    words = words_of(span)
    while words and (_bare(words[-1]) or _idle(words[-1])):
        words.pop()
    return "".join(words) or span


def _torn(text: str, at: int) -> bool:
    """Whether a cut of *text* before *at* goes through a word of two characters."""
    return 0 < at < len(text) and _one_word(text[at - 1 : at + 1])


@lru_cache(maxsize=65_536)
def _one_word(pair: str) -> bool:
    return _HAN.fullmatch(pair) is not None and len(rjieba.cut(pair, hmm=False)) == 1


def _idle(word: str) -> bool:
    return word in _FUNCTION_WORDS or bool(_NUMBER.fullmatch(word.strip()))


def says_what(span: str, but: str = "") -> bool:
    """Whether *span* says what is wanted or offered, not by whom or where; *but* is who."""
    if "公司" in span or (but and (but in span or span in but)) or span in region_names():
        return False
    if _PROCEDURE.search(span) or _ADDRESS.search(span):
        return False
    return not _EDGES.match(span) and not is_bare(words_of(span))


def cores_of(title: str) -> list[str]:
    """The words of *title*, substrings of it, that name the things wanted, the last first: a Chinese noun comes
    last, what it is for and where before it; of a list each.

    >>> cores_of("云和大数据中心A2数据中心深基坑监测项目"), cores_of("办公桌、文件柜（重招）采购")
    (['深基坑监测'], ['文件柜', '办公桌'])
    """
    if trade := _TRADE.search(title):  # 停车场改造项目（监理） wants no car park
        return [trade[1]]
    for part in reversed(_BRACKETED.split(title)):  # （重招） and （除面食） name nothing
        named = [core for clause in reversed(list(clauses(part))) for core in _cores_in(clause)]
        if named:
            return list(dict.fromkeys(named))[:_MOST_CORES]
    return []


def _cores_in(clause: str) -> Iterator[str]:
    """The core phrases of the last segment of *clause* that names anything, the last first."""
    for words in reversed(segments(clause)):
        if thing := _thing(words):
            parts: list[list[str]] = [[]]
            for word in thing:
                if word in _JOINTS and not is_bare(parts[-1]):
                    parts.append([])
                else:
                    parts[-1].append(word)
            yield from filter(None, map(_core_of, reversed(parts)))
            return


def _core_of(words: Sequence[str]) -> str:
    left, kept = list(words), []
    while left and not (len("".join(kept)) >= 4 and not is_bare([w for w in kept if _HAN.match(w)])):
        kept.insert(0, left.pop())
    kept = _trimmed(kept)
    span = "".join(kept)
    return span if len(span) >= 2 and says_what(span) and not _NUMBERED.match(span) else ""


def _thing(words: Sequence[str]) -> list[str]:
    """*words* of a title without those that say how it is bought: behind 项目 stands the thing, or before."""
    forms = [at for at, word in enumerate(words) if word in _FORM]
    left = list(words)
    if forms:
        behind = list(words[forms[-1] + 1 :])
        left = list(words[: forms[-1]]) if _is_tail(behind) else behind
    while left and (left[-1] in _TAIL or _idle(left[-1])):
        left.pop()
    joints = [at for at, word in enumerate(left) if word in _JOINTS]
    if joints and is_bare(left[joints[-1] + 1 :]):
        left = left[: joints[-1]]
    return left


def _bare_thing(title: str) -> str:
    """What *title* wants where every word of it is bare: 安全咨询服务."""
    for clause in reversed([clause for part in _BRACKETED.split(title) for clause in clauses(part)]):
        for words in reversed(segments(clause)):
            span = "".join(_trimmed(_thing(words)))
            if len(span) >= 4 and not _PROCEDURE.search(span) and not _NUMBERED.match(span):
                return span
    return ""


def _is_tail(words: Sequence[str]) -> bool:
    return all(word in _TAIL or _bare(word) or _idle(word) for word in words)


def phrases_of(
    fields: dict[str, str],
    encoder: Encoder,
    *,
    most_alike: NDArray[np.float32] | None = None,
    but: str = "",
) -> Phrases:
    """Quotable phrases of *fields* (field name → text) with vectors.

    Of a long text only the 40 phrases most similar to *most_alike* (d,) are kept, or the first 40; the best
    eight of them also give runs of words. Phrases that name *but* (the buyer) are not quotable: who
    mentions the same buyer does not thereby offer what is needed.
    """
    found = list(
        dict.fromkeys(
            Phrase(name, piece)
            for name, text in fields.items()
            for clause in clauses(text)
            for piece in pieces(clause)
        )
    )
    cores = cores_of(fields.get("title", ""))
    if not found:
        return Phrases((), np.zeros((0, encoder.dimension), np.float32))
    vectors = encoder.encode([p.span for p in found])
    ranked = np.arange(len(found))
    if most_alike is not None:
        ranked = np.argsort(-(vectors @ most_alike), kind="stable")
    ranked = ranked[:_MOST_CLAUSES]
    kept = [found[i] for i in ranked]
    shorter = [Phrase(p.field, run) for p in kept[:_CUT_CLAUSES] for run in runs(p.span)]
    shorter += [Phrase("title", core) for core in cores]
    shorter = [p for p in dict.fromkeys(shorter) if p not in set(kept)]
    vectors = np.concatenate([vectors[ranked], encoder.encode([p.span for p in shorter])])
    phrases = [*kept, *shorter]
    quotable = [row for row, p in enumerate(phrases) if says_what(p.span, but)]
    phrases, vectors = [phrases[row] for row in quotable], vectors[quotable]
    if not any(p.field == "title" for p in phrases) and (thing := _bare_thing(fields.get("title", ""))):
        phrases, vectors = (
            [*phrases, Phrase("title", thing)],
            np.concatenate([vectors, encoder.encode([thing])]),
        )
    rows = {p.span: row for row, p in enumerate(phrases) if p.field == "title"}
    return Phrases(tuple(phrases), vectors, tuple(rows[core] for core in cores if core in rows))
