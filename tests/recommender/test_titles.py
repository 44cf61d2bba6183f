import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.text.titles import subject


@pytest.mark.parametrize(
    ("title", "about"),
    [
        (
            "中国某某江西公司赣州分公司2026年至2029年办公楼物业服务采购项目_直接采购信息公告",
            "办公楼物业服务采购项目",
        ),
        (
            "示例电信股份有限公司福州分公司视频感知硬件设备采购项目标包1招标公告",
            "视频感知硬件设备采购项目标包1",
        ),
        ("示例有限公司2018年至2019年网络综合代维服务采购项目", "网络综合代维服务采购项目"),
        ("2026年特殊室分天线采购项目询比公告【变更】", "特殊室分天线采购项目"),
        ("某县垃圾填埋场治理修复项目", "某县垃圾填埋场治理修复项目"),
        ("轴箱轴承", "轴箱轴承"),
        ("示例有限公司", "示例有限公司"),
        ("某某公司公告", "某某公司公告"),
    ],
)
def test_the_subject_is_what_is_wanted(title, about):
    assert subject(title) == about


@given(st.text())
def test_the_subject_is_always_a_part_of_the_title(title):
    assert subject(title) in title
