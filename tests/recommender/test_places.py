import pytest

from indexes.errors import InputError
from recommender.places import mentioned_region, region_of


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("关于湖南省长沙市某路改造工程", "430100", "湖南省长沙市"),
        ("上海轨道交通车辆采购", "310000", "上海"),
        ("绵阳市倍特建设", "510700", "绵阳市"),
        ("龙门吊的通道与和平路设备", "", ""),
    ],
)
def test_the_first_place_beyond_doubt_is_found_with_its_words(text, code, words):
    assert mentioned_region(text) == (code, words)


def test_a_county_name_that_many_cities_share_needs_its_city():
    assert mentioned_region("鼓楼区采购") == ("", "")
    assert mentioned_region("南京市鼓楼区采购")[0] == "320106"


@pytest.mark.parametrize(
    ("text", "prefix"), [("31", "31"), ("上海", "31"), ("宁波", "3302"), ("330212", "330212")]
)
def test_a_region_filter_is_the_shortest_prefix_of_its_code(text, prefix):
    assert region_of(text) == prefix


def test_an_unknown_region_is_refused():
    with pytest.raises(InputError):
        region_of("亚特兰蒂斯")
