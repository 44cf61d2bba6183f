"""Tokens for the lexical half: words, character bigrams, characters and model codes.

Default tokenisers cut Chinese at spaces and score zero. Words (rjieba) carry meaning, bigrams find what the
dictionary does not know, characters find what is misspelled, and model codes (``304l``, ``gb/t``, ``3098.1``,
``φ323.9``) survive whole. Latin terms of the trade bring their Chinese with them.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from recommender.text.glossary import in_chinese
from recommender.text.normalise import for_search

_RUN = re.compile(
    r"(?P<code>[α-ωa-z0-9]+(?:[-./+×*%][a-z0-9]+)*[%+]?)|(?P<han>[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003134f]+)"
)
_PART = re.compile(r"[α-ωa-z]+|[0-9]+(?:\.[0-9]+)?")
# Words that stand in every notice and tell no two needs apart.
STOP_WORDS = frozenset(
    "的 了 和 与 及 或 等 在 是 为 对 由 将 于 其 该 本 各 并 以 及其 以及 进行 相关 有关 项目 采购 公告 "
    "招标 公司 有限公司 有限责任 股份 股份有限公司 集团 年度 主要 提供 业务 产品".split()
)


def tokens(text: str) -> list[str]:
    """The tokens of *text* in order, repeated as often as they occur.

    A run of Han characters gives its words of three and more characters, all its bigrams (which hold the
    words of two) and its characters. On the development contracts the characters raise Recall@10 from 0.23
    to 0.24 and Recall@100 from 0.53 to 0.56. A code gives itself and, where it has several, its parts.

    >>> tokens("304L不锈钢")
    ['304l', '304', 'l', '不锈钢', '不锈', '锈钢', '不', '锈', '钢']
    """
    found: list[str] = []
    for run in _RUN.finditer(in_chinese(for_search(text))):
        piece = run.group()
        if run.lastgroup == "code":
            found.append(piece)
            parts = _PART.findall(piece)
            if len(parts) > 1:
                found.extend(parts)
        else:
            words = (word for word in _jieba().cut(piece) if len(word) > 2)
            bigrams = (piece[i : i + 2] for i in range(len(piece) - 1))
            found.extend(token for token in (*words, *bigrams, *piece) if token not in STOP_WORDS)
    return found


@cache
def _jieba() -> Any:
    import rjieba  # a tenth of a second, for its dictionary

    return rjieba
