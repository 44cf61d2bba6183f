"""What lists call our fields: the table behind :mod:`recommender.intake.headers`.

Kind of list to field to the names of its column, English and Chinese, the best first, with spaces between
them. The names stand folded: lower case, without spaces, underscores and notes in brackets.
"""

from __future__ import annotations

from recommender.catalogue.kinds import Kind

_PLACE = {
    "region": (
        "区域代码 地区代码 行政区划代码 行政区划 行政区 地区 所在地区 所属地区 区域 所属区域 所在区域 "
        "属地 所在地 注册地 项目所在地 项目地区 项目区域 交货地点 实施地点 项目地点 regioncode "
        "location area"
    ),
    "region_name": "regionname 地区名称 区域名称 行政区划名称",
    "province": "province 省 省份 省市 所在省 所在省份 所属省份 省自治区直辖市",
    "city": "city 市 城市 地市 所在城市 所属城市 所在市 地级市",
    "county": "county district 区县 县区 县市区 区 县 所属区县 所在区县",
    "address": (
        "address 地址 注册地址 通讯地址 通信地址 联系地址 经营地址 办公地址 企业地址 公司地址 住所 详细地址"
    ),
}
_CREDIT_CODE = (
    "creditcode unifiedsocialcreditcode uscc 统一社会信用代码 统一信用代码 社会信用代码 信用代码 "
    "统一代码 统一社会信用代码证号 统一社会信用代码证 纳税人识别号 税号"
)
_ENTERPRISE_ID = (
    "enterpriseid companyid supplierid vendorid 企业编号 企业id 企业代码 公司编号 公司id 公司代码 "
    "单位编号 供应商编号 供应商编码 供应商代码 供应商id 证券代码 股票代码"
)
_LINK = "链 链类型 链条 链条类型 所属链 所属链条 七链 对接链条"
_CHAIN = "industrychain chain 产业链 所属产业链 重点产业链 产业链名称 产业链条"

NAMES: dict[Kind, dict[str, str]] = {
    Kind.ENTERPRISES: {
        "enterprise_id": f"{_ENTERPRISE_ID} id 编号 编码",
        "name": (
            "companyname enterprisename suppliername 公司名称 企业名称 单位名称 公司全称 企业全称 "
            "单位全称 全称 机构名称 供应商名称 企业名 公司名 中文名称 company enterprise 公司 企业 "
            "单位 供应商 名称"
        ),
        "short_name": ("shortname 简称 公司简称 企业简称 单位简称 证券简称 股票简称 中文简称 名称"),
        "credit_code": _CREDIT_CODE,
        "description": (
            "introduction intro profile about 公司介绍 企业介绍 单位介绍 公司简介 企业简介 单位简介 "
            "简介 介绍 公司描述 企业描述 描述 公司概况 企业概况 基本情况 经营范围 业务范围 主营业务 "
            "主营业务介绍 businessscope scope"
        ),
        "size": "企业规模 公司规模 规模 规模类型 企业规模类型 划型 企业划型 大中小微",
        "tier": (
            "企业梯度 梯度 梯度类型 优质中小企业类型 优质中小企业梯度 专精特新 专精特新类型 "
            "专精特新等级 企业称号 资质等级"
        ),
        "ownership": (
            "所有制 所有制性质 企业性质 公司性质 单位性质 经济类型 企业类型 公司类型 经济性质 股权性质"
        ),
        **_PLACE,
        "industry": (
            "industrycode 国民经济行业代码 行业代码 国民经济行业 国民经济行业分类 所属行业 行业 "
            "行业名称 行业分类 行业类别 industryname 所属国民经济行业"
        ),
        "industry_chains": f"industrychains {_CHAIN}",
        "certifications": (
            "certificates certification certificate 资质 资质证书 证书 认证 体系认证 资质认证 认证证书 "
            "企业资质 资质认证情况 管理体系认证 许可证"
        ),
        "tags": (
            "tag keywords keyword brand brands products 标签 关键词 关键字 品牌 主营产品 主要产品 "
            "核心产品 主导产品 产品 产品名称 主要产品和服务"
        ),
        "employees": (
            "employeecount staff headcount 员工人数 员工数 员工总数 职工人数 职工总数 从业人员 "
            "从业人数 从业人员数 人数 人员规模 员工规模 参保人数"
        ),
        "revenue": (
            "sales turnover annualrevenue 营业收入 年营业收入 营收 主营业务收入 销售收入 年销售收入 "
            "销售额 年销售额 年营业额 营业额 年收入 上年度营业收入 上年营业收入 上年营收"
        ),
        "registered_capital": "capital 注册资本 注册资金 注册资本金",
        "founded": (
            "foundedon established establishedon foundingdate 成立时间 成立日期 成立年份 注册日期 "
            "注册时间 设立日期 创立时间 创办时间"
        ),
        "credit_rating": "信用等级 信用评级 资信等级 纳税信用等级 信用评价等级",
        "technology": "技术评分 技术 技术得分 技术水平 技术能力",
        "quality": "质量评分 质量 质量得分 质量水平",
        "delivery": "交付评分 交付 交期 交付得分 交货评分 交付能力",
        "cost": "成本评分 成本 成本得分 价格评分",
        "response": "响应评分 响应 响应得分 服务评分 服务响应",
        "website": (
            "url homepage web site 网址 官网 网站 公司网址 企业网址 公司网站 企业网站 官方网站 公司主页"
        ),
        "contact": (
            "contacts email phone mobile telephone tel contactperson 联系人 联系方式 联系电话 电话 "
            "手机 手机号 手机号码 邮箱 电子邮箱 电子邮件 联系人电话 联系人手机 法人电话 固定电话"
        ),
    },
    Kind.OFFERINGS: {
        "offering_id": ("productid 产品编号 产品id 产品编码 产品代码 供给编号 服务编号 能力编号 offering"),
        "enterprise_id": f"{_ENTERPRISE_ID} {_CREDIT_CODE} enterprise 企业 供应商",
        "title": (
            "product productname offeringname 产品名称 产品 产品服务名称 产品服务 供给名称 供给标题 "
            "能力名称 服务名称 主营产品 主要产品 核心产品 主导产品 物料名称 名称 标题 name"
        ),
        "description": (
            "detail details specification specifications spec 产品描述 产品介绍 产品说明 产品简介 "
            "产品详情 描述 介绍 说明 简介 规格 规格型号 型号 型号规格 技术参数 产品参数 性能参数 参数 "
            "应用领域 应用场景 用途 能力描述 服务内容"
        ),
        "link": _LINK,
        "weight": (
            "revenueshare share 收入占比 营收占比 营业收入占比 销售占比 销售收入占比 占比 比重 权重 "
            "收入比例 营收比例"
        ),
        "capacity": "产能 年产能 设计产能 月产能 产量 年产量 供应能力 供货能力 可供数量",
        "unit": "单位 计量单位 产能单位 数量单位",
        "available_from": (
            "可供开始日期 可供应开始 开始日期 开始时间 起始日期 可用开始 validfrom startdate from"
        ),
        "available_until": (
            "可供截止日期 结束日期 结束时间 截止日期 终止日期 可用截止 validuntil enddate until"
        ),
        "first_of_kind": "首台套 首台 是否首台套 首台套产品 首批次 首版次",
    },
    Kind.NEEDS: {
        "need_id": (
            "id 需求编号 需求id 需求编码 项目编号 招标编号 采购编号 采购项目编号 公告编号 标段编号 "
            "询价编号 编号 编码"
        ),
        "title": (
            "name subject needtitle 需求标题 需求名称 项目名称 采购项目名称 招标项目名称 采购项目 "
            "公告标题 公告名称 标题 名称 需求 主题 物资名称 采购名称 标的名称"
        ),
        "description": (
            "scope content requirement requirements detail details 需求描述 需求内容 需求说明 需求详情 "
            "采购内容 采购需求 招标内容 采购范围 招标范围 项目概况 项目内容 项目描述 项目简介 内容 "
            "描述 说明 详情 技术要求 技术需求 规格 规格型号 规格要求 技术参数 服务内容 服务要求"
        ),
        "qualification": (
            "qualifications performance 资格要求 资质要求 资格条件 供应商资格 供应商资格要求 "
            "供应商要求 投标人资格要求 投标人资格 投标资格 申请人资格要求 响应人资格要求 "
            "应答人资格要求 准入条件 业绩要求 类似业绩 类似项目业绩 人员要求"
        ),
        "buyer_id": (
            "采购单位编号 采购人编号 采购单位代码 采购人代码 采购单位统一社会信用代码 买方编号 需方编号"
        ),
        "buyer_name": (
            "buyer purchaser 采购单位 采购人 采购方 采购人名称 采购单位名称 采购方名称 招标人 招标单位 "
            "招标人名称 需方 需方名称 需求方 需求单位 需求企业 需求单位名称 发布单位 发布方 业主 "
            "业主单位 建设单位 甲方 链主企业 链主 买方 单位名称 企业名称 公司名称"
        ),
        "link": _LINK,
        "industry_chain": _CHAIN,
        **_PLACE,
        "required_certifications": (
            "所需证书 证书要求 认证要求 要求认证 所需资质证书 资质证书要求 资质证书 所需认证 "
            "requiredcertificates"
        ),
        "required_tiers": "梯度要求 企业梯度要求 所需梯度 要求梯度 requiredtier",
        "quantity": "qty 数量 采购数量 需求数量 需求量 采购量",
        "unit": "单位 计量单位 数量单位",
        "budget": (
            "预算 预算金额 采购预算 项目预算 预算总额 预算价 预算额 最高限价 控制价 招标控制价 "
            "最高投标限价 采购金额 采购限价"
        ),
        "deadline": (
            "duedate due closingdate 截止时间 截止日期 投标截止时间 投标截止日期 投标截止 报名截止时间 "
            "报名截止日期 响应截止时间 应答截止时间 递交截止时间 文件递交截止时间 提交截止时间 "
            "开标时间"
        ),
        "payment_days": "付款天数 付款期限 付款周期 账期 支付期限 付款账期",
        "reserved_for": ("预留 预留对象 面向对象 预留份额 专门面向 面向中小企业 专门面向中小企业"),
        "consortium_allowed": (
            "consortium 联合体 是否接受联合体 接受联合体 是否允许联合体 允许联合体 联合体投标 "
            "是否接受联合体投标"
        ),
        "visibility": "可见性 可见范围 公开范围 公开程度",
        "status": "状态 需求状态 项目状态",
        "published": (
            "publishedon publishdate publishedat 发布时间 发布日期 公告时间 公告日期 公布时间 公布日期 发布日"
        ),
    },
    Kind.OUTCOMES: {
        "need_id": "需求编号 需求id 项目编号 采购编号 招标编号",
        "enterprise_id": f"{_ENTERPRISE_ID} {_CREDIT_CODE} enterprise 企业 供应商",
        "stage": "outcome result status 阶段 对接阶段 结果 对接结果 状态 进展 对接进展",
        "at": ("date time timestamp when 时间 日期 发生时间 发生日期 对接时间 对接日期 更新时间"),
        "amount": "金额 成交金额 中标金额 合同金额 签约金额 成交价",
    },
    Kind.EDGES: {
        "source": "product from head 产品 起点 源 源节点 源产品 主体 产品名称 上位产品",
        "target": (
            "related to tail object 关联产品 相关产品 终点 目标 目标节点 目标产品 客体 关联 材料 原材料"
        ),
        "relation": "type relationship relationtype 关系 关系类型 关联关系 类型",
        "chain": f"{_CHAIN} 链",
        "weight": "权重 强度 比重",
    },
}
