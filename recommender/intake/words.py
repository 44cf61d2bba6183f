"""What lists write for the fixed words of the domain, in Chinese; the English ones are their own names."""

from __future__ import annotations

from recommender.catalogue.domain import Link, NeedStatus, Relation, Size, Stage, Tier, Visibility


def _spread(table: dict[str, str]) -> dict[str, str]:
    return {word: member for member, words in table.items() for word in words.split()}


SIZES = {
    word: Size(member)
    for word, member in _spread(
        {
            "large": "大型 大型企业 大 大企业 特大型",
            "medium": "中型 中型企业 中 中等",
            "small": "小型 小型企业 小 小企业",
            "micro": "微型 微型企业 微 微企业",
        }
    ).items()
}
TIERS = {
    word: Tier(member)
    for word, member in _spread(
        {
            "none": "无 否 普通 普通企业 其他 未认定",
            "innovative": "创新型 创新型中小 创新型中小企业",
            "specialized": "专精特新 专精特新中小 专精特新中小企业 sme",
            "little_giant": "小巨人 专精特新小巨人 专精特新小巨人企业 littlegiant",
            "champion": "单项冠军 制造业单项冠军 单项冠军示范 制造业单项冠军示范 单项冠军产品 冠军",
        }
    ).items()
}
LINKS = {
    word: Link(member)
    for word, member in _spread(
        {
            "innovation": "创新链 创新 技术链",
            "industry": "产业链 产业",
            "supply": "供应链 供应 供需链",
            "data": "数据链 数据 数字链 数字化",
            "capital": "资金链 资金 金融链 金融 资本链",
            "service": "服务链 服务",
            "talent": "人才链 人才",
        }
    ).items()
}
VISIBILITIES = {
    word: Visibility(member)
    for word, member in _spread(
        {
            "public": "公开 全部可见 所有人 公开可见",
            "registered": "注册可见 登记可见 注册用户 会员 会员可见 平台内 平台可见",
            "invited": "邀请 受邀 邀请可见 定向 定向邀请 指定可见",
        }
    ).items()
}
STATUSES = {
    word: NeedStatus(member)
    for word, member in _spread(
        {
            "draft": "草稿 待发布 未发布",
            "open": "开放 公开 已发布 发布 进行中 招标中 征集中 采购中 报名中 对接中 有效",
            "closed": "关闭 已关闭 截止 已截止 结束 已结束 终止 已终止 撤回 过期 已过期 流标 失效",
            "awarded": "中标 已中标 成交 已成交 已授标 已签约 已完成 完成 已定标",
        }
    ).items()
}
STAGES = {
    word: Stage(member)
    for word, member in _spread(
        {
            "shown": "展示 曝光 推送 已推送 推荐 已推荐",
            "viewed": "浏览 已浏览 查看 已查看",
            "contacted": "联系 已联系 沟通 已沟通 接洽 已接洽",
            "met": "会面 见面 洽谈 已洽谈 对接 已对接 面谈 参会",
            "qualified": "合格 入围 已入围 资格通过 通过资格审查 入库 候选",
            "awarded": "中标 成交 签约 已签约 授标 合作 达成合作 采购 获选",
            "rejected": "拒绝 落选 未中标 未成交 淘汰 不合格 否决 失败",
        }
    ).items()
}
RELATIONS = {
    word: Relation(member)
    for word, member in _spread(
        {
            "needs_material": "需要 需要材料 原料 原材料 材料 上游材料 上游原材料 所需材料 needs material",
            "has_kind": "包含 种类 品类 产品小类 小类 下位 分类 包括 kind",
            "used_in": "用于 应用于 用途 下游 下游产品 应用 used",
            "substitutes": "替代 可替代 替代品 替代关系 substitute",
            "processed_by": "加工 由…加工 加工工艺 工艺 加工方式 工序 processed",
        }
    ).items()
}
RESERVED = _spread(
    {
        "": "无 否 不预留 不限 false no 0 none",
        "sme": "sme smes 中小企业 中小微企业 中小 中小微 是 true yes 1 专门面向中小企业 面向中小企业",
        "small_micro": (
            "small_micro smallmicro 小微企业 小微 小型微型企业 小型和微型企业 小型、微型企业 专门面向小微企业"
        ),
    }
)
NOTHING = frozenset(
    "- -- --- — —— ― / \\ ／ . … 无 暂无 无信息 暂无信息 暂无数据 暂未收录 暂未公布 暂未披露 未知 不详 "
    "未披露 未公布 未填写 未填 未公开 未提供 空 待定 待补充 n/a na nan null none nil nat unknown \\n tbd "
    "0000-00-00 &nbsp;".split()
) | {"0000-00-00 00:00:00", "\N{NO-BREAK SPACE}"}
"""What people and programs write into a cell that has no value. It counts as empty in any optional field."""
FORMULA_ERRORS = frozenset(
    "#n/a #ref! #div/0! #value! #name? #null! #num! #spill! #calc! #getting_data".split()
)
"""What a spreadsheet shows where a formula failed."""
UNCALCULATED = "#NOT CALCULATED"
"""What stands for a formula whose result the workbook does not hold: a program wrote it and never ran it."""
