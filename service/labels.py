"""Chinese and English words for the values that people see."""

from __future__ import annotations

from collections.abc import Mapping

Label = tuple[str, str]  # (中文, English)

LINKS: dict[str, Label] = {
    "innovation": ("创新链", "innovation"),
    "industry": ("产业链", "industry"),
    "supply": ("供应链", "supply"),
    "data": ("数据链", "data"),
    "capital": ("资金链", "capital"),
    "service": ("服务链", "service"),
    "talent": ("人才链", "talent"),
}
TIERS: dict[str, Label] = {
    "champion": ("单项冠军", "champion"),
    "little_giant": ("专精特新小巨人", "little giant"),
    "specialized": ("专精特新", "specialized"),
    "innovative": ("创新型", "innovative"),
    "none": ("无梯度", "none"),
}
SIZES: dict[str, Label] = {
    "large": ("大型", "large"),
    "medium": ("中型", "medium"),
    "small": ("小型", "small"),
    "micro": ("微型", "micro"),
}
STATUSES: dict[str, Label] = {
    "met": ("满足", "met"),
    "missing": ("缺少", "missing"),
    "unknown": ("未知", "unknown"),
    "conflict": ("矛盾", "conflict"),
}
FIELDS: dict[str, Label] = {
    "title": ("标题", "title"),
    "description": ("介绍", "description"),
    "qualification": ("资格要求", "qualification"),
    "certifications": ("认证", "certifications"),
    "required_certifications": ("要求的认证", "required certificates"),
    "required_tiers": ("要求的梯度", "required tiers"),
    "tags": ("标签", "tags"),
    "tier": ("梯度", "tier"),
    "size": ("规模", "size"),
    "region": ("地区", "region"),
    "industry": ("行业", "industry"),
    "industry_chain": ("产业链", "industry chain"),
    "industry_chains": ("产业链", "industry chains"),
    "capacity": ("产能", "capacity"),
    "quantity": ("数量", "quantity"),
    "unit": ("单位", "unit"),
    "link": ("链条", "link"),
    "budget": ("预算（元）", "budget, CNY"),
    "deadline": ("截止", "deadline"),
    "published": ("发布", "published"),
    "payment_days": ("付款天数", "payment days"),
    "reserved_for": ("预留对象", "reserved for"),
    "ownership": ("性质", "ownership"),
    "employees": ("员工数", "employees"),
    "founded": ("成立", "founded"),
    "first_of_kind": ("首台套", "first of its kind"),
    "available_from": ("可供起始", "available from"),
    "available_until": ("可供截止", "available until"),
    "revenue": ("营收（元）", "revenue, CNY"),
    "name": ("名称", "name"),
    "buyer_name": ("采购单位", "buyer"),
    "credit_rating": ("信用等级", "credit rating"),
    "registered_capital": ("注册资本（元）", "registered capital, CNY"),
}
KINDS: dict[str, Label] = {
    "certification": ("认证", "certificate"),
    "tier": ("梯度", "tier"),
    "region": ("地区", "region"),
    "quantity": ("数量", "quantity"),
    "capacity": ("产能", "capacity"),
    "size": ("规模", "size"),
    "specification": ("技术参数", "specification"),
    "delivery": ("交期", "delivery"),
    "staff": ("人员", "people"),
    "registered_capital": ("注册资本", "registered capital"),
    "experience": ("同类业绩", "track record"),
}
RESERVED: dict[str, Label] = {
    "sme": ("中小企业", "SMEs"),
    "small_micro": ("小微企业", "small and micro enterprises"),
}


def feature_labels() -> dict[str, Label]:
    """The words for each feature of the ranking model."""
    from recommender.ranking import FEATURES

    return dict(FEATURES)


def with_names(facts: Mapping[str, object]) -> dict[str, object]:
    """*facts* of a result with the names of its region and industry codes, for whoever shows them."""
    from recommender.intake.codes import industry_name, region_path

    names: dict[str, object] = {}
    region, industry = facts.get("region"), facts.get("industry")
    if isinstance(region, str) and (path := region_path(region)):
        names["region_name"] = "".join(path)
    if isinstance(industry, str) and (name := industry_name(industry)):
        names["industry_name"] = name
    names.update(facts)
    return names


def requirement_label(kind: str, requirement: str) -> Label:
    """A requirement in words: of kind ``tier``, ``little_giant|champion`` → 专精特新小巨人 / 单项冠军."""
    tables = {"tier": TIERS, "size": RESERVED | SIZES}
    if kind not in tables:
        return requirement, ""
    words = [both(tables[kind], part) for part in requirement.split("|")]
    return " / ".join(chinese for chinese, _ in words), " / ".join(english for _, english in words)


def asked_for(requirement: str) -> str:
    """A requirement by its name alone: codes of tiers and sizes in Chinese, any other name as it is."""
    words = TIERS | SIZES | RESERVED
    return " / ".join(words.get(part, (part, ""))[0] for part in requirement.split("|"))


def both(labels: dict[str, Label], key: str) -> Label:
    """The words for *key*; the key itself where there are none."""
    return labels.get(key, (key, key.replace("_", " ")))
