"""Words that make no phrase, as the segmenter cuts them; their order means nothing."""

from __future__ import annotations

IDLE = frozenset(
    "某 的 之 与 和 及 由 或 并 拟 将 该 各 有 了 含 按 需 年 月 日 同时 进行 负责 所需 相关 有关 采购 项目 "
    "招标 公告 本 本次 次 期限 个 台 套 批 标包 多种 多个 多家 众多 各类 各种 一系列 全套 全面 全方位 "
    "一站式 一体 可靠 优质 高效 专业 领先 知名 著名 优秀 强大 完善 先进 权威 核心 领域 行业 方面 方向 "
    "服务项目 采购项目 建设项目 询比 比选 重新 重招 重发 批量 最 很 较 一份 一批 一项 一次 等等 其中 "
    "另外 包干 类 国内 国际 国内外 全国 全球 世界 世界级 一流 首家 最大 唯一 广大 主流 新型 创新 创新型 "
    "高端 深度 具有 具备 能力 经验 成立 注册 企业 公司 我们 我司 贵司 集团 分公司 有限公司".split()
)
"""A quotation neither begins nor ends with them."""

NO_END = frozenset(
    "为主 小额 内 外 中 上 下 前 后 时 间 所 者 公共 综合 专用 通用 配套 整体 全部 集中 总 总体 年度 日常 "
    "定期 零星 常年 所有 各 每".split()
)
"""It does not end with them, though it may begin so: 中压电缆."""

NO_START = frozenset(
    "站 号 期 馆 镇 村 仓 栋 幢 座 层 区 楼 用房 地块 一期 二期 三期 四期 优化 南部 北部 东部 西部 "
    "关于 公开 完成 完成了 化 性 类 型 式 商 员 年省 下 项下 段 级 号线".split()
)
"""It does not begin with them: they end the name of a place, say when, or announce the rest."""

BREAKS = frozenset(
    "等 用 用于 应用 应用于 适用于 为 成为 作为 以及 在 处于 位于 于 对 对于 由 以 以便 从 从事 至 到 其 "
    "是 乃 即 如 例如 包括 包含 涵盖 覆盖 涉及 提供 拥有 致力于 致力 专注于 专注 主营 主打 主要 定位 "
    "定位于 目前 已 已经 一家 一个 一款 一种 旗下 立足 立足于 急需 可 可以 能 能做 能够 通过 经过 根据 "
    "依据 按照 具体 要求 满足 实现 达到 帮助 助力 服务于 面向 针对 围绕 依托 基于 结合 利用 使用 采用 "
    "运用 打造 构建 创建 建立 建成 创造 形成 推出 推进 推动 致 保障 确保 让 使 把 被 得到 获得 获 荣获 "
    "取得 曾 还是 或者 无论 不仅 而且 支持 供应 供货 供给 指 定义 改变 颠覆 引领 赋能 助推 拥抱 享受 享 "
    "深耕 开展 承接 承担 现 故 启动 同时 因此 所以 但 但是 也 都 就 更 将 并且 没有 未 来自 来 去 与 跟 "
    "向 凭借 秉承 坚持 遵循 起 每 这 那 此 我国 中国 中华人民共和国 要 须 应 应当 需要 确定 而 提升 加强 "
    "提高 促进 规定 进行 实行 执行 中国移动 中国电信 中国联通 中国铁塔 国家电网 南方电网 华为 腾讯 百度 "
    "京东 阿里 阿里巴巴 集 现有 紧邻 保证 完成".split()
)
"""A phrase ends there: what follows is said of something else."""

NOT = frozenset("非 除 除了 不 不含 不包括 无 不接受 除外 其他 其它".split())
"""What comes behind them is not wanted or offered."""

BARE = frozenset(
    "服务 设备 系统 产品 技术 工程 平台 建设 管理 材料 项目 业务 需求 维护 安装 开发 运营 生产 销售 加工 "
    "制造 供应 改造 支撑 配套 解决 方案 解决方案 集成 综合 专业 企业 行业 公司 客户 内容 单位 人员 工作 "
    "能力 质量 标准 要求 时间 地点 数量 规格 型号 范围 合同 价格 费用 咨询 研发 设计 施工 检测 测试 应用 "
    "信息 数据 网络 装置 器材 物资 用品 资源 区域 中心 期限 具体 采购 招标 货物 提升 交付 验收 相关 其他 "
    "以下 附件 询比 比选 详见 本次 包括 提供 概况 简介 常年 控制价 控制 实际 开工 竣工 工期 其中 某 投资 "
    "预算 金额 名称 安全 发展 创新 科创 创业 研究 智能 智慧 数字 数字化 信息化 智能化 绿色 现代 现代化 "
    "未来 领域 市场 社会 城市 国际 国内 全国 公共 基础 设施 基础设施 专用 备件 组织 活动 用户 环境 体系 "
    "模式 理念 价值 品质 效率 成本 经济 产业 园区 创意 科技 高新 高新技术 团队 人才 培训 推广 实施 运维 "
    "维保 保障 支持 优化 升级 更新 更换 配件 零星 维修 保养 外包 委托 制作 年度 入围 供应商 框架 协议 "
    "合作 战略 整体 全过程 一体化 专项 专题 日常 定期 分公司 分局 集团 某某 部分 各类 机构 有限 股份 "
    "重招 重发 重新 二次 第二次 报告 分析 审核 评估 编制 关键技术 关键 服务项目 技术服务 系统集成 "
    "信息系统 管理系统 服务商 供应链 过程 资质 认证 证书 荣誉 许可 情况 方式 结果 效果 项 运行 监管 监测 "
    "监控 处理 实时 范围内 线上 线下 第三方 独立 政府 成果 交易 运营商 上门 研发出 开发出 无法 自主 成功 "
    "国家级 任务 调整 增值 政企 行动 专项行动 图纸 施工图 施工图纸 新建 改建 扩建 一期 二期 三期 "
    "一期工程 二期工程 三期工程 工程项目".split()
)
"""They say nothing by themselves, nor with each other."""

BARE_HEADS = frozenset("项目 服务 工程 方案 业务 能力 过程 工作 系统 平台 体系 内容".split())
"""A word of four characters that ends so is as bare as its first half: 建设项目."""

FORM = frozenset(
    "采购 采购项目 项目 招标 公开招标 公开采购 邀请招标 竞争性谈判 竞争性磋商 建设项目 服务项目".split()
)
"""What is wanted stands behind them in a title, or before: 监控系统采购项目第二次."""

TAIL = frozenset(
    "寻源 谈判 磋商 询价 询比 比选 公开 集采 集中 集采需求 框架 框架协议 协议 年度 备件 需求 供应商 征集 "
    "合格 长期 协作 合作 定点 急需 批产 后续 小批量 试制 二供 开发 国产化 国产 替代 专精特新 专精 特新 "
    "企业 第二次 第二批 第一批 第三批 二次 三次 重发 重招 重新 暂定 部分 第三次 第四次 入围 供应商库 库 "
    "名录 项目库 事前 公示 预公示 单一来源 直接采购 直接 竞争性 选聘 遴选 打造 小额 询价文件".split()
)
"""How and from whom it is wanted: 石英砂国产化替代需求, 轴承钢二供开发的需求."""

JOINTS = frozenset("及 与 和".split())
"""They join two things."""

PLACES = tuple(
    "花园 小区 社区 园区 产业园 工业园 大厦 大楼 号楼 北楼 南楼 学校 中学 小学 学院 大学 医院 酒店 广场 码头 "
    "公寓 基地 展览中心 会议中心 活动中心 商场 市场 水厂 污水厂 处理厂 电厂 车站 号馆 馆 地块 片区 河道 大道 "
    "公路 街道".split()
)
"""Words for the place end so: what is wanted stands behind them."""

_SKILLS = (
    "监理",
    "审计 审核 造价 造价咨询",
    "设计 勘察 勘察设计 规划 测绘 勘测",
    "保险",
    "评估 评价 论证",
    "招标代理 采购代理",
)
_HANDIWORK = (
    "代理 代办 中介",
    "培训 教育 教学 实训",
    "检测 检验 检定 校准 测试 试验 质检 监测",
    "维保 维修 维护 保养 运维 修理 检修 养护 代维 抢修 修缮 售后 托管",
    "租赁 出租 租用",
    "清洗 保洁 清洁 洗涤 清淤",
    "拆除 拆旧 拆迁",
    "搬迁 迁移 迁改",
    "回收 处置",
)
TRADES = {word: tuple(kin.split()) for kin in _SKILLS + _HANDIWORK for word in kin.split()}
"""What is done to a thing by others than its makers, with the words that say the same: who makes 幕墙 does no
幕墙检测."""

HANDIWORK = frozenset(" ".join(_HANDIWORK).split())
"""The trades of which one has to know to what it is done: who maintains lifts maintains no fire alarms, but
an engineer supervises works of any kind."""

SERVICE = frozenset("机构 服务 项目 工程 工作 业务 技术服务 外包 委外 采购".split())
"""They stand behind a trade and add nothing."""
