import pytest

from indexes.errors import InputError
from recommender.catalogue import Need
from recommender.places import Places, mentioned_region, places_of, region_of


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


def test_the_site_is_named_in_the_title_and_the_seat_is_the_buyers():
    road = Need("n", "株洲市某路改造工程", buyer_name="湖南某某建设集团")
    assert places_of(road) == Places("430200", "株洲市", "430000", "湖南")
    goods = Need("n", "轴承采购", region="330200", buyer_name="湖南某某集团")
    assert places_of(goods) == Places("", "", "330200")
    own_name = Need("n", "示例移动江西公司赣州分公司2026年物业服务")
    assert places_of(own_name) == Places("", "", "360000", "江西")
    assert places_of(Need("n", "轴承")) == Places()
