from __future__ import annotations

import pytest

from indexes.errors import NoRelease
from tests.service.fakes import HOSTILE, FakeEngine

NEED = "高铁转向架用轴箱轴承，须通过 ISO/TS 22163"


@pytest.fixture
def engine():
    return FakeEngine()


def ask(page, text=NEED):
    page.fill("#text", text)
    page.click("#go")
    page.wait_for_selector(".card, .notice")


def test_a_person_types_a_need_and_sees_suppliers_with_reasons(page, serve, engine):
    page.goto(serve(engine))
    ask(page)
    first = page.locator(".card").first
    assert "株洲田心轴承有限公司" in first.inner_text()
    assert "87%" in first.inner_text()
    assert "湖南省株洲市" in first.inner_text()
    assert "轴箱轴承" in first.locator(".quote-need q").first.inner_text()
    assert first.locator(".quote-offer q").first.inner_text().strip("“”") == "动车组轴箱轴承单元"
    assert first.locator(".checklist li").count() == 3
    assert "专精特新小巨人 / 单项冠军" in first.locator(".checklist").inner_text()
    assert "最佳产品语义匹配" in first.locator(".bars").inner_text()
    assert page.inner_text("#status").startswith("找到 2 条结果")
    assert page.troubles == []


def test_text_of_strangers_stays_text(page, serve, engine):
    page.goto(serve(engine))
    ask(page, HOSTILE)
    assert HOSTILE in page.locator(".card").nth(1).inner_text()
    assert HOSTILE in page.inner_text("#asked")
    assert page.evaluate("window.hacked") is None
    assert page.locator("main img").count() == 0
    assert page.troubles == []


def test_filters_and_link_travel_with_the_question(page, serve, engine):
    page.goto(serve(engine))
    page.click("#filters summary")
    page.fill("#region", "湖南，31")
    page.fill("#certification", "IATF 16949")
    page.check("input[value=little_giant]")
    page.select_option("#link", "supply")
    page.select_option("#top", "20")
    assert page.inner_text("#filters-count") == "4"
    ask(page)
    asked = engine.asked[-1]
    assert asked.filters.region == ("43", "31")
    assert asked.filters.certification == ("IATF 16949",)
    assert asked.filters.tier == ("little_giant",)
    assert (asked.link, asked.top_k) == ("supply", 20)


def test_a_strict_list_says_who_was_left_out(page, serve, engine):
    page.goto(serve(engine))
    page.click("#filters summary")
    page.check("#strict")
    page.check("#by-score")
    assert page.inner_text("#filters-count") == "2"
    with page.expect_request("**/v1/recommendations/suppliers") as sent:
        ask(page)
    body = sent.value.post_data_json
    assert (body["policy"], body["exposure"]) == ("strict", False)
    assert "已排除 12 个" in page.inner_text("#left-out")
    assert "专精特新小巨人 / 单项冠军（4）" in page.inner_text("#left-out")
    page.click("#left-out summary")
    assert HOSTILE in page.inner_text("#left-out li")
    page.uncheck("#strict")
    ask(page)
    page.wait_for_function("document.querySelector('#left-out').textContent === ''")
    assert page.troubles == []


def test_a_moved_result_says_from_where_and_why(page, serve, engine):
    page.goto(serve(engine))
    ask(page)
    assert page.locator(".card").first.locator(".remarks").count() == 0
    remarks = page.locator(".card").nth(1).locator(".remarks").inner_text()
    assert "按评分为第 3 名" in remarks
    assert "与评分相近者轮流" in remarks
    assert "不满足必备要求" in remarks


def test_quoted_words_are_marked_on_both_sides(page, serve, engine):
    page.goto(serve(engine))
    ask(page)
    pair = page.locator(".card").first.locator(".pair").first
    assert pair.locator(".quote-need mark").inner_text() == "轴箱轴承"
    assert pair.locator(".quote-offer mark").inner_text() == "动车组轴箱轴承单元"


def test_a_supplier_that_is_not_in_the_list_can_see_why(page, serve, engine):
    page.goto(serve(engine))
    assert not page.is_visible("#why")
    page.click("#filters summary")
    page.fill("#region", "31")
    ask(page)
    page.fill("#why-id", "E2")
    page.keyboard.press("Enter")
    page.wait_for_selector(".why-found")
    shown = page.inner_text("#why-answer")
    for words in (
        "第 41 名",
        "常州精锻",
        HOSTILE,
        "取得并填报 ISO/TS 22163",
        "第 9 名",
        "不符合筛选条件：31",
        "−1.20",
    ):
        assert words in shown
    assert engine.asked[-1].filters.region == ("31",)
    page.fill("#why-id", "nobody")
    page.click("#why button")
    page.wait_for_selector("#why-answer .notice")
    assert page.evaluate("window.hacked") is None
    page.click("#tab-buyers")
    ask(page)
    page.wait_for_selector(".buyer")
    assert not page.is_visible("#why")


def test_the_question_can_be_turned_round(page, serve, engine):
    page.goto(serve(engine))
    ask(page)
    page.locator(".card .next button").first.click()
    page.wait_for_selector(".buyer")
    assert engine.asked[-1].enterprise.enterprise_id == "E1"
    assert page.inner_text("#picked-name") == "株洲田心轴承有限公司（虚构）"
    assert page.get_attribute("#tab-buyers", "aria-selected") == "true"
    assert "轨道车辆集团" in page.locator(".card").first.inner_text()


def test_examples_are_one_click(page, serve, engine):
    page.goto(serve(engine))
    page.click("#tab-buyers")
    page.locator("#examples button").first.click()
    page.wait_for_selector(".card")
    assert engine.asked[-1].enterprise.description == page.input_value("#text")


def test_nothing_typed_is_said_at_the_field(page, serve, engine):
    page.goto(serve(engine))
    page.click("#go")
    assert page.is_visible("#text-error")
    assert page.get_attribute("#text", "aria-invalid") == "true"
    assert engine.asked == []


def test_it_works_with_the_keyboard_alone(page, serve, engine):
    page.goto(serve(engine))
    page.focus("#tab-suppliers")
    page.keyboard.press("ArrowRight")
    assert page.get_attribute("#tab-buyers", "aria-selected") == "true"
    page.focus("#text")
    page.keyboard.type("bearings")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".card")
    assert page.evaluate("document.activeElement.id") == "results"


def test_no_match_is_said_in_words(page, serve):
    page.goto(serve(FakeEngine(empty=True)))
    ask(page)
    assert "没有匹配的结果" in page.inner_text("#state")


def test_without_a_release_it_says_what_to_do(page, serve):
    page.goto(serve(NoRelease("there is no release yet", mend="`rongtong refresh` builds one")))
    page.wait_for_selector(".notice")
    assert "rongtong refresh" in page.inner_text("#state")
    ask(page)
    assert "还没有可用的版本" in page.inner_text("#state")


def test_a_failing_server_is_told_kindly(page, serve):
    page.goto(serve(FakeEngine(problem=ValueError("inside"))))
    ask(page)
    assert "没有成功" in page.inner_text("#state")
    assert "inside" not in page.inner_text("body")


def test_what_is_wrong_with_a_question_is_told_in_chinese_first(page, serve, engine):
    page.goto(serve(engine))
    page.click("#filters summary")
    page.fill("#region", "火星")
    ask(page)
    chinese, english = page.locator("#state p").all_inner_texts()[:2]
    assert "请按提示修改" in chinese
    assert english == "no known place"
    assert "地区 region: '火星'" in page.inner_text("#state")


def test_a_server_that_is_gone_is_told(page, serve, engine):
    page.goto(serve(engine))
    page.route("**/v1/recommendations/**", lambda route: route.abort())
    ask(page)
    assert "无法连接服务器" in page.inner_text("#state")


@pytest.mark.parametrize("width", [320, 390, 768])
def test_nothing_sticks_out_on_a_narrow_screen(page, serve, engine, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(serve(engine))
    ask(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_print_has_all_reasons_and_no_form(page, serve, engine):
    page.goto(serve(engine))
    ask(page)
    page.evaluate("document.querySelectorAll('.reasons').forEach(each => each.open = false)")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert not page.is_visible("#form")
    assert page.locator(".bars").first.is_visible()
    assert page.locator(".reasons[open]").count() == 2
