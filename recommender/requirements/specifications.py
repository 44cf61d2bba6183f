"""What the thing itself must be: its numeric specifications, and how much of it is wanted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from recommender.requirements.mention import Clause, Mention, Quantity
from recommender.requirements.quantities import Found, Measure, measures

# a plain number of these may as well describe the site, the packing or the terms
_SMALL = frozenset({"length", "mass", "volume", "ratio", "area"})
# numbers of money, of contract terms and of replies are not of the thing
_TERMS = re.compile(
    r"预付|付款|支付|余款|尾款|货款|税|价|保证金|保函|折扣|优惠|降本|降幅|年降|金额|费|中标|得分|分值|权重|质保金|违约|罚|股|负债率|"
    r"满意度|预算|利率|利息|响应|到达|质保|保修|限额|投资|合格率|占\d|付\d|社保|及时率|回款|年龄|公里内|试用|服务|专家|年产能|月产能|下浮|浮动|数量|送货|批次|最高$|绿化|绿地率|建筑密度|容积率|"
    r"标高|楼高|层高|间距|全长|沿河|建筑高|檐口|基坑|地下室|隧道|份额|出资|首重|续重|重量|比例|GOP|负伤|完好|面积|总规格|计提|清淤"
)
_SITE = re.compile(r"招标控制价|最高投标限价|标段|建设地点|建设规模|项目地点|工期")
_GOODS = re.compile(r"交\s?货|货物|采购内容|采购需求|供货要求|产品名称|规格型号")
_WORKS = re.compile(r"工程|施工|道路|管道|管网|变电站|线路")
_FAR = re.compile("km|公里|千米|KM|里程")
# things that are bought by what they can do, so that a number before them is of the thing
_THING = (
    r"组件|变压器|干变|箱变|配电柜|开关柜|环网柜|高压柜|低压柜|直流屏|逆变器|充电[桩器]|电源|蓄?电池|发电机|电机|水泵|风机|锅炉|"
    r"汽轮机|机组|压缩机|空调|冷机|电缆|光缆|导线|母线槽|[灯阀]|云台|摄像机|热成像|雷达|显示屏|硬盘|服务器|交换机|模块|天线|"
    r"避雷器|智能开关|钢管|管材|电梯|平台|装载机|叉车|起重机|行车(?!道)|挖掘机|铲|车(?![间站位道库])"
)
_NEXT = re.compile(rf"[^。;,、]{{0,14}}?(?:{_THING})(?!基础)")
_AHEAD = re.compile(rf"[\u4e00-\u9fffA-Za-z]{{0,10}}?(?:{_THING})(?!基础)")
_CHEMICAL = re.compile(r"液碱|[硫盐硝氯]酸|双氧水|次氯酸|氨水|酒精|乙醇|溶液|纯度|含量|浓度|烧碱|氢氧化")
# a voltage or a power of these is of the works or the grid, not of a thing that is bought
_OF_WORKS = re.compile(
    r"[\s)]*(?:及以[上下])?[\u4e00-\u9fff]{0,5}?(?:项目|工程|线路|外线|电压等级|变电[站所]|电网|供电|专变|施工|外?市电|外电|引电|进出?线|路径|排管|电缆(?:线路|通道)|"
    r"增容|扩容|配电(?![柜箱屏])|配套电力|地块|光伏(?!组件|板|(?:并网)?逆变器)|屋顶|分布式|电力(?!电缆|变压器))"
)
_ELECTRIC = frozenset({"voltage", "power", "apparent power", "peak power", "energy"})
# what is to be replaced is not what is bought
_OLD = re.compile("原$|原有$|现有$|旧$")
_ROAD = re.compile(r"[\u4e00-\u9fff]{0,4}?(?:人行道|车道|绿化带|道路)")
_CODE = re.compile(r"\d{6,}")
_LASTING = re.compile("寿命|耐久|盐雾|浸泡|老化|续航|MTBF|无故障|循环|疲劳")
# what follows a letter that is no unit: 4A系统, 260606W标包
_LETTER = re.compile(
    r"^(?:系统|级|类|标|景区|认证|座|区|楼|栋|型|网|专线|卡|公网|通信|消息|室|平台|业务|[A-Za-z])"
)
_AFTER = ("/年", "年", "以内付", "预付", "货款", "余款", "的送货", "折")
_LIMITED = re.compile(r"限(?:重|高|宽|长|速|压|流)$")
_COUNTERS = (
    "台套|台|套|件|只|辆|列|副|节|片|块|支|根|条|把|架次|架|艘|组|座|樘|扇|盏|册|顶|双|株|粒|头|颗|盘|卷|桶|瓶|袋|箱|吨|万?千克|公斤|"
    r"个点位|个站点|点位|个|架份|辆份|芯公里|路(?=\s?(?:高清|视频|监控|摄像|\d+\s?万像素|[,;、]|$))"
)
_QUANTITY = re.compile(
    rf"(?<![\d.\-+#/第×*])(?<![a-z])(?P<n>\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?)\s?(?P<w>[万千])?(?P<u>{_COUNTERS})"
    r"(?!月|工作日|日历|百分|年|标|国家|省|部门|及以上|单位|以上学|区域|街道|阶段|批次|方面|子|专业|品种|入围|合同|包|项目|文种|系统|"
    r"小区|辖区|班组|机房|数据中心|车站|区县|品目|单项|座位|停?车位|泊位|地市|乡镇|街道|社区|村|区|分局|校区|门店|"
    r"号|楼|层|小时|案例|同类|业绩|注册|用户|环节|站所|团队|课题|工种|中标|供应商|学时|主要|分项|月度|人)"
    r"(?:/(?P<p>月|年|天|日))?"
)
# a length is an amount where a table gives nothing else, or right behind what is sold by length
_BY_LENGTH = re.compile(
    r"(?:^|(?:[缆线管槽带绳]|护栏|围挡)[^。;,\d]{0,4}(?:\d+[AV]\s?)?(?:\([^()]{1,12}\))?)(?P<n>\d+(?:\.\d+)?)\s?(?P<u>米)(?=$|[,;。、])"
)
_NUMBERED = re.compile(
    r"数量\s?[:为]?\s?(?P<n>\d+(?:\.\d+)?)(?![\d.])\s?(?P<u>[\u4e00-\u9fff]{1,2})?(?=[;,。)\s]|$)"
)
# of masses only what is bought by weight is a quantity
_WEIGHED = re.compile(
    r"(?:先试|预估|数量|[年月季][^。;,]{0,12}|采购[^。;,]{0,12}|需[^。;,\d]{0,12}|总量约?|先试|合计|共计?|各|约|用量|每月|全年|合同量)$"
)
_NOT_COUNTED = re.compile(
    r"(?:划分|不超过|不少于|不多于|至少|每|单|成员|中标|前|第|分为?|额定|每个|取|满|近|最多|数量控制在|仅|标包|服务过|经验|有效期|每套|每台|车站|换乘站|变电[站所]|泵站|[路铁]站|车辆段|桥梁|隧道|互通|连廊|住房|床位|车位|座位|累计|运到|间隔|工位|分配|降低|减少|提供|设立|设|建|其中|对|各|拟选|标段数量?|标段|子包)(?:数量|总数)?(?:约|共|共计|合计)?[:为]?\s*$"
)
_BOUGHT = re.compile("采购|购置|供货|供应|更换")
_THINGS_BEFORE = re.compile(rf"(?:{_THING})[^。;,\d]{{0,4}}$")
_NO_AMOUNT = ("标段", "标包", "单位", "供应商", "入围", "包")
_NEAR = 40  # characters before a number that may say what it counts
_PERIOD = {"天": "day", "日": "day", "月": "month", "年": "year"}
_PER = re.compile(r"(?:(?P<p>[年月])(?:产|需|用量|供|批|计划)?|每(?P<q>[年月天日]))[^。;,\d]{0,12}$")


def specifications(clause: Clause, *, site: bool) -> Iterator[Mention]:
    """The specifications in *clause*; at a building *site* plain numbers describe the place, not a thing."""
    words = clause.words
    for found in measures(words):
        if not _is_specification(words, found, site):
            continue
        measure = found.measure
        at = found.start
        # 限重2吨 is at most
        if found.shape == "plain" and (
            limited := _LIMITED.search(words, max(found.start - _NEAR, 0), found.start)
        ):
            measure = Measure(
                measure.dimension, "<=", float("-inf"), measure.high, measure.unit, measure.named
            )
            at = limited.start()
        said = words[found.start : found.end].strip()
        name = f"{measure.named} {said}".strip() if found.shape != "code" else said
        yield Mention(
            "specification",
            name,
            clause.start + at,
            clause.start + found.end,
            measure,
            must=found.shape != "plain" and not measure.about,
        )


def _is_specification(words: str, found: Found, site: bool) -> bool:
    before, after = (
        words[max(found.start - 12, 0) : found.start].rstrip(": "),
        words[found.end : found.end + 4],
    )
    comma = max(before.rfind(","), before.rfind("、"), before.rfind(":"))
    if _TERMS.search(before[comma + 1 :]) or after.startswith(_AFTER):
        return False
    measure = found.measure
    ahead = _AHEAD.match(words, found.end) is not None
    if found.shape == "code":
        return not site
    if _OLD.search(before) or (found.shape == "plain" and _CODE.match(words, found.start)):
        return False
    if measure.dimension == "length" and (before.endswith("时速") or _ROAD.match(words, found.end)):
        return False
    if measure.dimension in _ELECTRIC and _OF_WORKS.match(words, found.end):
        return False
    if measure.dimension in ("time", "cycles"):
        # 24小时内 is when, 节拍≤7秒 how fast
        fast = found.shape == "compared" and measure.named and not words[: found.end].endswith(("内", "天"))
        fast = fast and measure.dimension == "time"
        return not site and bool(fast or _LASTING.search(measure.named))
    if measure.dimension == "image points":
        return not site
    if measure.dimension in ("area", "area rate", "data", "data rate", "angle", "mass flow"):
        return found.shape == "compared" and bool(measure.named) and not site
    unit = words[found.end - 1 : found.end]
    if (
        unit.isascii()
        and unit not in "Vv"
        and not words[found.end - 2 : found.end - 1].isalpha()
        and _LETTER.search(after)
    ):
        return False
    if measure.dimension == "ratio" and not measure.named and "pp" not in words[found.start : found.end]:
        return _CHEMICAL.match(words, found.end) is not None
    if found.shape == "compared":
        if measure.dimension in _SMALL and measure.relation in (">=", "<=") and not (measure.named or ahead):
            return False
        # a range of dates or a length of road
        return not (site and measure.dimension in _SMALL and measure.relation == "~")
    if ahead and (site or measure.dimension in ("mass", "length", "volume")):
        return True
    if site or measure.dimension not in _SMALL:
        return not site
    if measure.dimension == "length" and _FAR.search(words[found.start : found.end]):
        return False
    if measure.dimension == "mass" and _WEIGHED.search(words[max(found.start - _NEAR, 0) : found.start]):
        return False
    return bool(measure.named)


def quantities(clause: Clause, *, site: bool) -> Iterator[Mention]:
    """How much is wanted: 采购8台, 数量40, 全年24000只; at a building *site* only what is to be bought."""
    words = clause.words
    for match in _NUMBERED.finditer(words):
        # 标段数量, and sums of money that a list calls amounts
        before = words[max(match.start() - _NEAR, 0) : match.start()]
        if before.rstrip().endswith(_NO_AMOUNT) or match["u"] in ("批", "项", "家", "年", "月", "天"):
            continue
        # a 1 that counts nothing says as much as 一项
        if not match["u"] and float(match["n"]) == 1:
            continue
        if not match["u"] and (float(match["n"]) > 100_000 or before.rstrip(",、 ").endswith(("服务", "费"))):
            continue
        yield _quantity(
            clause,
            match.start("n"),
            match.end("n") if not match["u"] else match.end("u"),
            float(match["n"]),
            match["u"] or "",
            "",
        )
    for match in _QUANTITY.finditer(words):
        before = words[max(match.start() - _NEAR, 0) : match.start()]
        # a cell of a table that holds nothing else says how many
        alone = match.group() == words.strip()
        if (
            site
            and not alone
            and not (
                _BOUGHT.search(before[-15:])
                or _THINGS_BEFORE.search(before)
                or _NEXT.match(words, match.end())
            )
        ):
            continue
        if _NOT_COUNTED.search(before) or before.rstrip().endswith(("数量", "数量:", "数量为")):
            continue
        unit = match["u"]
        if "." in match["n"] and not match["w"] and unit not in ("吨", "千克", "公斤", "万千克"):
            continue  # 参照本公告1.2条
        if unit in ("吨", "千克", "公斤", "亩") and not alone and not (_WEIGHED.search(before) or match["p"]):
            continue
        # 采购两辆8吨收集车 counts in 辆
        if unit == "吨" and not match["p"] and _AHEAD.match(words, match.end()):
            continue
        scale = {"万": 1e4, "千": 1e3, None: 1.0}[match["w"]]
        per = _PER.search(before)
        period = _PERIOD.get(match["p"] or (per and (per["p"] or per["q"])) or "", "")
        amount = float(match["n"].replace(",", "")) * scale
        yield _quantity(clause, match.start(), match.end(), amount, unit, period)
    if not site:
        for match in _BY_LENGTH.finditer(words):
            yield _quantity(clause, match.start("n"), match.end(), float(match["n"]), "米", "")


def _quantity(clause: Clause, start: int, end: int, amount: float, unit: str, period: str) -> Mention:
    unit = "个" if unit.startswith("个") else unit
    name = f"{amount:.15g} {unit}".strip()
    return Mention(
        "quantity", name, clause.start + start, clause.start + end, Quantity(amount, unit, period), must=False
    )


def at_site(field: str, text: str) -> bool:
    """Whether *text* is the scope or the title of works, where numbers describe the place."""
    if field == "title":
        return _WORKS.search(text) is not None
    return _SITE.search(text) is not None and not _GOODS.search(text)
