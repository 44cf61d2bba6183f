"""What a supplier from another chain must still prove: the new industry's certificate, a sample, an audit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from recommender.catalogue.domain import Certification
from recommender.requirements.certificates import canonical

# words of the need (its chain, or else its title), the certificate that the industry asks for
PROOFS: tuple[tuple[str, str], ...] = (
    (r"城轨|地铁|轨道车辆|有轨电车", "CURC"),
    (r"轨道交通|高铁|铁路|动车|机车", "ISO/TS 22163"),
    (r"汽车|整车|乘用车|商用车|动力电池", "IATF 16949"),
    (r"航空|航天|飞机|民机|大飞机|直升机|卫星|火箭", "AS/EN 9100"),
    (r"医疗器械|医疗设备|体外诊断|植入", "ISO 13485"),
    (r"食品|粮油|饮料|乳制品", "ISO 22000"),
    (r"军工|军用|国防|武器", "GJB 9001"),
    (r"半导体设备|晶圆设备", "SEMI S2"),
)


def certificate_for(text: str) -> str:
    """The certificate of the industry that *text* names; "" where it names none of the table.

    >>> certificate_for("轨道交通装备"), certificate_for("矿泉水瓶")
    ('ISO/TS 22163', '')
    """
    return next((certificate for words, certificate in PROOFS if re.search(words, text)), "")


def to_prove(industry: str, held: Sequence[Certification], as_of: date) -> list[dict[str, str]]:
    """What is left to prove to a buyer of *industry*, in Chinese and English, the certificate first.

    What of *held* expired before *as_of* counts no more.
    """
    left: list[dict[str, str]] = []
    if wanted := certificate_for(industry):
        asked = canonical(wanted)
        valid = [each for each in held if each.expires is None or each.expires >= as_of]
        if not any(canonical(each.name).satisfies(asked) for each in valid):
            left.append({"zh": f"新行业的认证：{wanted}", "en": f"the new industry's certificate: {wanted}"})
    left.append({"zh": "样件检测", "en": "a sample, tested"})
    left.append({"zh": "现场审核", "en": "an audit on site"})
    return left
