"""What a long notice says: its sentences once each, without those that stand in every notice.

A notice of thousands of characters is mostly terms of the procedure and page heads. Both halves of retrieval
weigh a word by how often it stands there: these would drown the one sentence that says what is wanted.
"""

from __future__ import annotations

import re
from functools import lru_cache

from recommender.text.normalise import for_search

_LONG = 1_000  # characters; a shorter text says what it has to say
_SHORT = 256  # characters of a sentence that is remembered
_SENTENCE = re.compile(r"[^。；;！!？?\r\n]+[。；;！!？?]*")
# Words of the procedure only: 截止 alone is also a valve, 保函 and 发票 are also what is wanted
_STOCK = re.compile(
    "招标文件|投标文件|采购文件|响应文件|磋商文件|文件获取|投标人须|投标人应|供应商须|供应商应|响应人|保证金|开标|"
    "评标|评审|递交|截止时间|截止日|逾期|公告媒|发布媒|联系人|联系方式|联系电话|电子邮箱|营业执照|民事责任|违法|失信|"
    "行贿|法定代表人|单位负责人|税费|社会保障资金|财务会计|财务状况|商业信誉|解释权|法律法规|签订合同|合同约定|"
    "合同签订|通知书|付款方式|质疑|投诉|异议|节假日|公开征集|资金来源|综合评分|质量保证期"
)


def _is_stock(sentence: str) -> bool:
    return _STOCK.search(for_search(sentence)) is not None


# to explain, the same text is read again and again with some words taken out
_short_is_stock = lru_cache(maxsize=4_096)(_is_stock)


def substance(text: str) -> str:
    """Of *text*, where it is long, the distinct sentences that are not of the procedure, a line each.

    Where there are none but those, they stay.
    """
    if len(text) <= _LONG:
        return text
    sentences = list(dict.fromkeys(s.strip() for s in _SENTENCE.findall(text)))
    wanted = [s for s in sentences if not (_short_is_stock(s) if len(s) <= _SHORT else _is_stock(s))]
    return "\n".join(wanted or sentences)
