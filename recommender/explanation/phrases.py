"""Phrases that may be quoted: exact substrings of a field, from whole clauses down to runs of words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import rjieba
from numpy.typing import NDArray

from recommender.encoder import Encoder
from recommender.intake.codes import region_names
from recommender.text.clauses import clauses, names_something

_MOST_CLAUSES = 40
_CUT_CLAUSES = 8
# Words that a quotation neither begins nor ends with
_FUNCTION_WORDS = frozenset(
    "的 用 用于 与 和 及 等 为 在 于 对 由 以 或 并 拟 将 从 至 到 其 该 各 有 了 是 含 按 需 年 月 日 包括 "
    "包含 同时 进行 负责 提供 所需 相关 采购 项目 招标 公告 公司 目前 拥有 致力于 主要 以及 多种 一家 我们 "
    "我司 可 可以 能够 通过 如 即 个 台 套 批 标包 根据 具体 要求 本 次 期限".split()
)
# Words that say nothing by themselves, nor with each other
_BARE = frozenset(
    "服务 设备 系统 产品 技术 工程 平台 建设 管理 材料 项目 业务 需求 维护 安装 开发 运营 生产 销售 加工 "
    "制造 供应 改造 支撑 配套 解决 方案 集成 综合 专业 企业 行业 公司 客户 内容 单位 人员 工作 能力 质量 "
    "标准 要求 时间 地点 数量 规格 型号 范围 合同 价格 费用 咨询 研发 设计 施工 检测 测试 应用 信息 数据 "
    "网络 装置 器材 物资 用品 资源 区域 中心 期限 具体 采购 招标 货物 提升 交付 验收 相关 其他 以下 附件 "
    "询比 比选 详见 本次 包括 提供 概况 简介 常年 控制价 控制 实际 开工 竣工 工期 其中 某 投资 "
    "预算 金额 名称".split()
)
_WINDOW = range(2, 17)  # characters a quoted run of words may have
_NUMBER = re.compile(r"[\d.,:%\-]*")
# What only half a phrase begins or ends with
_EDGES = re.compile(r"[#/+·、…_及和与或某该其]|.*[#/·、…_及和与或的]$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Phrase:
    field: str
    span: str


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases with their vectors, row by row; (m, d) float32, L2-normalised."""

    phrases: tuple[Phrase, ...]
    vectors: NDArray[np.float32]


def runs(clause: str) -> Iterator[str]:
    """Runs of whole words inside *clause*, 2–16 characters each, so that a long title is quoted in part.

    A run neither begins nor ends with a function word or a bare number: 用高纯湿 is no phrase.
    """
    words = rjieba.cut(clause)
    idle = [_idle(word) for word in words]
    for first in range(len(words)):
        if idle[first]:
            continue
        run = ""
        for last, word in enumerate(words[first:], first):
            run += word
            if len(run) > _WINDOW[-1]:
                break
            whole = run.strip() == run and run != clause and not idle[last]
            bare = all(w in _BARE or i for w, i in zip(words[first : last + 1], idle[first:], strict=False))
            if whole and not bare and len(run) in _WINDOW and names_something(run):
                yield run


def _idle(word: str) -> bool:
    return word in _FUNCTION_WORDS or bool(_NUMBER.fullmatch(word.strip()))


def _says_what(span: str, but: str) -> bool:
    """Whether *span* says what is wanted, not by whom or where."""
    if "公司" in span or (but and (but in span or span in but)) or span in region_names():
        return False
    if _EDGES.match(span):
        return False
    return not all(word in _BARE or _idle(word) for word in rjieba.cut(span))


def phrases_of(
    fields: dict[str, str],
    encoder: Encoder,
    *,
    most_alike: NDArray[np.float32] | None = None,
    but: str = "",
) -> Phrases:
    """Quotable phrases of *fields* (field name → text) with vectors.

    Of a long text only the 40 clauses most similar to *most_alike* (d,) are kept, or the first 40; the best
    eight of them are also cut into runs of words. Phrases that name *but* (the buyer) are not quotable: who
    mentions the same buyer does not thereby offer what is needed.
    """
    found = list(
        dict.fromkeys(Phrase(name, clause) for name, text in fields.items() for clause in clauses(text))
    )
    if not found:
        return Phrases((), np.zeros((0, encoder.dimension), np.float32))
    vectors = encoder.encode([p.span for p in found])
    ranked = np.arange(len(found))
    if most_alike is not None:
        ranked = np.argsort(-(vectors @ most_alike), kind="stable")
    ranked = ranked[:_MOST_CLAUSES]
    kept = [found[i] for i in ranked]
    shorter = list(dict.fromkeys(Phrase(p.field, run) for p in kept[:_CUT_CLAUSES] for run in runs(p.span)))
    vectors = np.concatenate([vectors[ranked], encoder.encode([p.span for p in shorter])])
    phrases = [*kept, *shorter]
    quotable = [row for row, p in enumerate(phrases) if _says_what(p.span, but)]
    phrases, vectors = [phrases[row] for row in quotable], vectors[quotable]
    return Phrases(tuple(phrases), vectors)
