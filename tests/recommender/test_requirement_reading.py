import csv
import hashlib
import json
from datetime import date
from pathlib import Path

import pytest

from recommender.catalogue import Need
from recommender.requirements import demands
from recommender.requirements.certificates import CERTIFICATES, canonical
from recommender.requirements.extract import mentions
from recommender.requirements.mention import Capital, Delivery, Experience, Place, Quantity
from recommender.sample.write import write_sample
from tests.benchmarks.requirements import LABELS, Span, right


def read(kind: str, text: str, field: str = "qualification") -> list[str]:
    """The words and names of what is read of *kind*."""
    return [f"{text[m.start : m.end]} → {m.name}" for m in mentions(field, text) if m.kind == kind]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("具备建筑工程施工总承包叁级及以上资质", ["建筑工程施工总承包三级"]),
        ("须具备公路路面工程专业一级承包资质", ["公路路面工程专业承包一级"]),
        ("具有城市及道路照明工程专业承包资质", ["城市及道路照明工程专业承包"]),
        ("市政行业（燃气工程、轨道交通工程除外）设计乙级", ["市政行业(燃气工程、轨道交通工程除外)设计乙级"]),
        ("工程勘察专业类[岩土工程（勘察）]乙级资质", ["工程勘察专业(岩土工程(勘察))乙级"]),
        ("工程监理综合资质或机电安装工程监理甲级资质", ["工程监理综合", "机电安装工程监理甲级"]),
        ("承装类、承试类均为三级及以上《承装（修、试）电力设施许可证》", ["承装(修、试)电力设施许可证三级"]),
        ("具有《承装(修、试)电力设施许可证》，许可范围含四级承装", ["承装(修、试)电力设施许可证四级"]),
        ("具有GB2级及以上压力管道安装资质", ["压力管道安装GB2级"]),
        ("乙级及以上测绘资质证书", ["测绘资质乙级"]),
        (
            "建设工程质量检测机构综合资质或钢结构检测专项资质",
            ["建设工程质量检测机构综合资质", "钢结构检测专项资质"],
        ),
        ("计量认证证书（CMA认证）", ["CMA"]),
        ("有效的《中华人民共和国特种设备生产许可证》", ["特种设备生产许可证"]),
        ("持有《水路运输服务许可证》", ["水路运输服务许可证"]),
        ("文物保护工程勘察设计乙级及以上资质", ["文物保护工程勘察设计乙级"]),
        ("具备雷电防护装置检测乙级及以上资质", ["雷电防护装置检测乙级"]),
        (
            "市政公用工程或通信工程施工总承包三级资质",
            ["市政公用工程施工总承包三级", "通信工程施工总承包三级"],
        ),
        ("持有《企业年金基金管理机构资格证书》", ["企业年金基金管理机构资格证书"]),
        ("联合体各方应具备相应资质，设计甲、乙级资质的投标人", []),
        ("由通过CMA计量认证的检测机构出具的检测报告", []),
        ("4.2ISO 9001质量管理体系认证和IRIS", ["ISO 9001", "ISO/TS 22163"]),
        ("本工程施工图范围内电力工程施工总承包", []),
        ("按照《承装(修、试)电力设施许可证管理办法》执行", []),
    ],
)
def test_certificates_are_named_with_their_grade(text, found):
    assert [m.name for m in mentions("qualification", text) if m.kind == "certification"] == found


def test_every_name_of_the_table_stands_for_itself():
    assert [str(canonical(name)) for name, _, _ in CERTIFICATES] == [name for name, _, _ in CERTIFICATES]


def test_alternatives_are_one_demand_and_joint_demands_are_several():
    either = demands(Need("n", "", qualification="具有输变电工程专业承包三级或电力工程施工总承包三级资质"))
    assert [demand.name for demand in either] == ["输变电工程专业承包三级 或 电力工程施工总承包三级"]
    assert len(either[0].certificates) == 2
    assert either[0].asked.span == "输变电工程专业承包三级或电力工程施工总承包三级"
    both = demands(Need("n", "", qualification="具有输变电工程专业承包三级资质和安全生产许可证"))
    assert [demand.name for demand in both] == ["输变电工程专业承包三级", "安全生产许可证"]
    one_of = demands(Need("n", "", qualification="具有下列资质之一：市政行业设计乙级、公路行业设计乙级"))
    assert len(one_of) == 1


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("自2022年7月1日以来至少具有2个类似项目业绩，单项合同金额不少于60万元", (2, 2022, 6e5)),
        ("近4年内至少有3个同类产品供货业绩", (3, None, None)),
        ("自2023年1月1日以来完成过类似项目，累计金额不低于650万元", (None, 2023, 6.5e6)),
        ("2022年以来工程师共享供货不少于5批次", (5, 2022, None)),
        ("自2021年1月1日至今承担过直埋蒸汽管道工程", (None, 2021, None)),
    ],
)
def test_experience_is_read_with_count_time_and_amount(text, detail):
    (found,) = (m.detail for m in mentions("qualification", text) if m.kind == "experience")
    assert isinstance(found, Experience)
    assert (found.count, found.since and found.since.year, found.amount) == detail


@pytest.mark.parametrize(
    "text",
    [
        "项目业绩要求：无",
        "业绩证明材料加盖公章",
        "经营业绩优良",
        "类似业绩每个得2分",
        "须提供其他相关证明材料，其业绩不予认可",
    ],
)
def test_talk_of_references_is_no_demand_for_them(text):
    assert read("experience", text) == []


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("计划工期：90日历天", 90),
        ("交 货 期：签订合同后 15 个工作日内", 15),
        ("自合同签订之日起，120天内完成建模", 120),
        ("接招标人通知24小时内到货", 1),
        ("半年内达成", 180),
        ("交货不超一月", 30),
        ("六周内交首批", 42),
        ("总周期65日历天，其中：方案设计15日历天", 65),
    ],
)
def test_delivery_is_read_in_days(text, days):
    assert [m.detail for m in mentions("description", text) if m.kind == "delivery"] == [Delivery(days)]


@pytest.mark.parametrize(
    "text",
    [
        "服务期限：24个月",
        "30天内付清",
        "不合格5日内换货",
        "紧急需求48小时响应",
        "质保期18个月",
        "供货期1年，按需交货",
        "工期要求：接招标人通知3天内到场",
    ],
)
def test_terms_of_payment_service_and_guarantee_are_no_delivery(text):
    assert read("delivery", text, "description") == []


def test_quantities_are_counted_things():
    text = "采购 1台20kVA三进三出UPS以及32节蓄电池，全年24000只。不少于2个。"
    found = [m.detail for m in mentions("description", text) if m.kind == "quantity"]
    assert found == [Quantity(1, "台"), Quantity(32, "节"), Quantity(24_000, "只", "year")]


def test_numbers_describe_a_thing_but_not_a_building_site():
    assert read("specification", "轴重25吨，透光率大于76%，IP67", "description") == [
        "25吨 → 轴重 25吨",
        "大于76% → 透光率 大于76%",
        "IP67 → IP67",
    ]
    site = "建设地点：江边。全长36m，最大纵坡为3.8%，DN800管沟通。标段划分：1个。"
    assert read("specification", site, "description") == []
    assert read("specification", "预付10%，年降幅度1%，履约保函不超过5%", "description") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("新装630kVA干式变压器", ["630kVA"]),
        ("新装800kVA配电工程", []),
        ("35kV及以下线路工程施工", []),
        ("原50kVA箱变更换", []),
        ("采购两辆8吨新能源收集车", ["8吨"]),
        ("30%液碱", ["30%"]),
        ("出资比例：100%", []),
        ("直流屏（DC110V；30AH）", ["110V", "30AH"]),
    ],
)
def test_a_number_of_the_works_or_the_terms_is_none_of_the_thing(text, found):
    assert [
        text[m.start : m.end] for m in mentions("description", text) if m.kind == "specification"
    ] == found


def test_what_a_notice_says_of_the_whole_project_is_not_what_it_wants():
    text = "2.1项目概况：2台锅炉、1台15MW汽轮机。\n2.2招标范围：采购3台水泵。\n交货期：30日内。"
    assert [m.name for m in mentions("description", text)] == ["3 台", "交期 30 天"]


@pytest.mark.parametrize("text", ["涉及8个小区", "两个机房需要4个班组", "共设车站24座", "造价咨询，数量：1"])
def test_places_and_teams_are_no_quantities(text):
    assert read("quantity", text, "description") == []


def test_a_description_may_go_on_to_what_suppliers_must_bring():
    text = "采购2台水泵。\n投标人资格要求：项目负责人具有二级注册建造师资格"
    assert [m.kind for m in mentions("description", text)] == ["quantity", "staff"]
    assert [m.name for m in mentions("qualification", "负责人具有房地产经纪专业人员职业资格")] == [
        "房地产经纪专业人员职业资格"
    ]


def test_people_are_asked_for_by_grade_title_and_number():
    text = (
        "项目经理具有市政工程专业贰级及以上注册建造师资格和安全生产考核合格证书（B类）；"
        "专职安全生产管理人员不得少于1人；技术负责人具有高级工程师及以上职称"
    )
    assert [m.name for m in mentions("qualification", text)] == [
        "注册建造师 二级",
        "安全生产考核合格证 B",
        "专职安全生产管理人员 1人",
        "职称 高级",
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("负责人具备一级或二级建造师执业资格", ["注册建造师 一级 或 二级"]),
        ("具有中级职称或高级职称", ["职称 中级 或 高级"]),
        ("具有注册电气工程师证书或电气专业高级工程师及以上职称", ["注册电气工程师 或 职称 高级"]),
        ("具有一级建造师，或二级建造师满五年", ["注册建造师 一级 或 注册建造师 二级"]),
        ("经理具有一级建造师资格，技术负责人具有高级职称", ["注册建造师 一级", "职称 高级"]),
        ("具有乙级测绘资质之一，经理为一级建造师，持电工证或焊工证", ["注册建造师 一级", "电工 或 焊工"]),
    ],
)
def test_people_who_may_stand_in_for_each_other_are_one_demand(text, names):
    found = demands(Need("n", "", qualification=text))
    assert [demand.name for demand in found if demand.kind == "staff"] == names


def test_alternatives_behind_a_comma_are_one_demand_with_all_their_words():
    text = "具有建筑装饰工程设计专项甲级资质，或建筑行业（建筑工程）专业乙级资质"
    (either,) = demands(Need("n", "", qualification=text))
    assert len(either.certificates) == 2
    assert either.asked.span == "建筑装饰工程设计专项甲级资质，或建筑行业（建筑工程）专业乙级"


def test_the_supplier_must_be_of_a_size_tier_capital_and_place():
    text = (
        "本包专门面向中小企业；限专精特新中小企业或专精特新“小巨人”企业参加；注册资本不低于1,000万元；"
        "须在宁波市设有分支机构；注册地在浙江省以外的企业按规定备案"
    )
    found = demands(Need("n", "", qualification=text))
    assert [d.kind for d in found] == ["size", "tier", "registered_capital", "region"]
    assert found[1].name == "specialized|little_giant"
    assert found[2].details == (Capital(1e7),)


@pytest.mark.parametrize(
    ("text", "kind", "detail"),
    [
        ("2026年12月底前到货", "delivery", Delivery(day=date(2026, 12, 31))),
        ("工期要求2028年2月底前完成", "delivery", Delivery(day=date(2028, 2, 29))),
        ("供应商注册地须为黑龙江境内", "region", Place("23", True)),
        ("月需求2万件，注册地在江苏", "region", Place("32", True)),
    ],
)
def test_the_end_of_a_month_and_a_province_without_its_suffix_are_read(text, kind, detail):
    assert detail in [d.details[0] for d in demands(Need("n", "轮毂", text)) if d.kind == kind]


def test_who_comes_from_elsewhere_need_not_be_seated_there():
    assert not demands(Need("n", "", qualification="注册地在浙江以外的企业按规定备案"))


def test_a_wish_is_no_must():
    found = demands(Need("n", "阀门", "约20台，耐压≥6.3MPa"))
    assert [(d.kind, d.must, d.of) for d in found] == [
        ("quantity", False, "product"),
        ("specification", True, "product"),
    ]


def test_the_labels_of_the_sample_are_read(tmp_path: Path):
    write_sample(tmp_path)
    with open(tmp_path / "needs.csv", encoding="utf-8", newline="") as file:
        needs = {row["need_id"]: row for row in csv.DictReader(file)}
    labels = [json.loads(line) for line in LABELS.read_text(encoding="utf-8").splitlines()]
    right_, read_, hit, asked = 0, 0, 0, 0
    for label in labels:
        if label["source"] != "sample" or label["part"] != "dev":
            continue
        text = needs[label["id"]][label["field"]]
        assert hashlib.sha256(text.encode()).hexdigest() == label["sha256"]
        spans = [Span(**span) for span in label["spans"]]
        found = mentions(label["field"], text)
        read_, asked = read_ + len(found), asked + len(spans)
        right_ += sum(any(right(m, s) for s in spans) for m in found)
        hit += sum(any(right(m, s) for m in found) for s in spans)
    assert asked > 60
    assert right_ >= 0.95 * read_
    assert hit >= 0.8 * asked
