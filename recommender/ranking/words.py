"""The ranking in plain words, for those whom it ranks: what counts, what never counts, what moves a place.

The words belong to the features, so that they hold for a trained curve as for the one that ships.
"""

from __future__ import annotations

Words = tuple[str, str]  # (中文, English)

WORDS: dict[str, Words] = {
    "semantic_match": (
        "企业最接近的一项产品或服务，与需求说的是不是同一件事。意思越近，分越高。",
        "Whether the one offering that comes nearest means the same as the need. Nearer is better.",
    ),
    "profile_match": (
        "企业的整体业务离需求有多近。主营在此的，比只列过一项产品的更可靠。",
        "How near the whole business lies to the need. Whose main business it is, is surer than who lists "
        "it once.",
    ),
    "breadth": (
        "需求列出几样东西时，企业的产品覆盖了其中多少；只要一样的需求不看这一项。",
        "Of a need that names several things, how many of them the offerings cover; a need for one thing "
        "leaves this out.",
    ),
    "corroboration": (
        "最接近的那一项产品，是否得到企业其他产品或介绍的佐证。只有一项与需求几乎照抄、其余都不沾边的，要减分；"
        "只登记一项且没有介绍的，不加不减。",
        "Whether the rest of the profile bears the nearest offering out. One that copies the need while all "
        "else is of another kind loses; a single offering without a description neither gains nor loses.",
    ),
    "lexical_match": (
        "需求里的型号、牌号、材料等原词，是否也出现在企业资料里。",
        "Whether the need's very words, models, grades and materials, stand in the profile too.",
    ),
    "requirement_coverage": (
        "需求写明的资质和条件：满足的加分，缺少的减分，查不到的不加不减。",
        "Stated certificates and demands: what is met adds, what is missing takes away, what is unknown "
        "does neither.",
    ),
    "site_match": (
        "要到现场做的事：企业离项目所在地越近越好，同县、同市、同省依次递减。",
        "Work at a site: nearer is better; same county, then same city, then same province.",
    ),
    "region_match": (
        "没有项目地点的采购：离采购方近的更好，交付和维护更省。",
        "Where no site is given: near the buyer is better, for delivery and upkeep.",
    ),
    "distance": (
        "企业与项目所在地（没有则为采购方）所在城市之间的直线距离，越近越好；600 公里以外没有差别。",
        "Kilometres in a straight line between the cities of the enterprise and of the site, or else of the "
        "buyer: fewer are better, up to 600.",
    ),
    "chain_match": (
        "企业填报的产业链与需求的产业链是否一致。",
        "Whether an industry chain that the enterprise states is the need's.",
    ),
    "link_match": (
        "供给与需求是否属于七链中的同一条链，例如要钢材时不推荐贷款。",
        "Whether offering and need are on the same of the seven links: for steel, no loan is put forward.",
    ),
    "graph_match": (
        "从需求到企业产品，在产业链图谱上是否有路径；路径越可信，分越高。",
        "Whether the chain graph leads from what is needed to what is made; the surer the path, the better.",
    ),
    "tier": (
        "创新型、专精特新、小巨人、单项冠军等政府评定，越高越好。",
        "The state's assessments, from innovative to champion: higher is better.",
    ),
    "assessment": (
        "技术、质量、交付、成本、响应五项评价的平均分。",
        "The mean of five assessments: technology, quality, delivery, cost, response.",
    ),
    "capacity_fit": (
        "填报的产能能满足需求量的多少（单位相同才比较）；够了即可，更多不再加分。",
        "The share of the quantity that the stated capacity covers, in the same unit; more than enough "
        "adds no more.",
    ),
    "scale_fit": (
        "订单相对企业一年的业务量是否过大；承接得起即可，企业更大不再加分。",
        "Whether the order is too large beside a year's business; who can carry it gains nothing by being "
        "larger.",
    ),
    "freshness": (
        "企业或其供给的资料多久没有变化；天数越多越不利。",
        "How long the profile and its offerings have stood unchanged; more days are worse.",
    ),
    "track_record": (
        "在本平台的需求中合格、中选还是被拒，比通常多还是少；没有记录的按通常看待。",
        "Whether it qualified or won more often than is usual here, or was rejected; without a record: as "
        "usual.",
    ),
    "reciprocity": (
        "对方会不会有意：是否有更合适的选择，订单是否值得做，是否已经排满。",
        "Whether the other side would want it: its better matches, the order's worth to it, what it has "
        "booked.",
    ),
}
"""Feature name → what is measured, and what is good."""

NEVER: tuple[Words, ...] = (
    ("向平台付费或投放广告。", "Payments to the platform, or advertising on it."),
    (
        "以前被推荐、浏览、联系过多少次；唯一的例外是下面的轮流规则，它只照顾展示得少的。",
        "How often one was recommended, viewed or contacted before; the only exception is the rule of "
        "turns below, which favours who was seen less.",
    ),
    ("所有制：国有、民营或外资。", "Ownership: state, private or foreign."),
    (
        "企业的名气；名称里的字词只像其他字词一样与需求比对。",
        "The fame of a name; its words are compared with the need as any other words are.",
    ),
    (
        "规模大小本身；只看订单与业务量是否相称、需求对规模的要求，以及下面的轮流规则。",
        "Size by itself; what counts is whether the order suits the yearly business, what the need demands "
        "of size, and the rule of turns below.",
    ),
    ("联系人、电话、邮箱和网址。", "Contact persons, telephone numbers, e-mail and web addresses."),
    ("成立日期。", "The date on which the enterprise was founded."),
    (
        "导入的先后；分数完全相同时按编号排列。",
        "The order of import; where scores are exactly equal, the order is that of the ids.",
    ),
    (
        "没有填写的资料：不知道的既不加分也不减分。但没有写出来的产品和能力，也就无从匹配。",
        "What is not filled in: the unknown neither adds nor takes away. But what is not written cannot be "
        "found.",
    ),
)
"""What no score contains."""

RULES: dict[str, Words] = {
    "exposure": (
        "轮流：供应商名单中评分相近的，展示得少的先上，30% 的位置先给评分相近的合格中小企业；第一名不动，"
        "变动不超过 20% 的位置，每次变动都注明。提问时可以关闭。",
        "Turns: among suppliers of nearly equal score, who was seen less comes first, and 30% of the "
        "places go to qualified SMEs of nearly equal score; the first place stays, at most 20% of the "
        "places move, each move is noted. A question can turn it off.",
    ),
    "twins": (
        "重复：同一企业的重复登记，内容几乎照抄的资料，或同一采购方几乎相同的需求，给别人让位；分数不变。",
        "Twins: a second entry of the same enterprise, a profile that copies another, or nearly the same "
        "need of the same buyer yields its place to others; its score stays.",
    ),
    "strict": (
        "严格模式：买方要求时，已知不满足必备要求的不进名单，并说明多少家、为什么；查不到的仍然保留。",
        "Strict mode: where the buyer asks for it, who is known to fail a must-have is left out, with how "
        "many and why; who is merely unknown stays.",
    ),
}
"""Rule → what it does to places, never to scores."""
