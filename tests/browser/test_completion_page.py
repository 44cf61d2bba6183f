"""Partners on the other links, under a list of suppliers."""

from __future__ import annotations

from tests.service.fakes import HOSTILE, FakeEngine


def test_under_the_suppliers_a_person_asks_whom_else_the_deal_needs(page, serve):
    engine = FakeEngine()
    page.goto(serve(engine))
    page.fill("#text", "轴箱轴承")
    page.click("#go")
    page.wait_for_selector(".card")
    page.select_option("#complete-pair", "E1")
    page.click("#complete .primary")
    page.wait_for_selector(".sought")
    shown = page.inner_text("#complete-answer")
    for words in ("服务链", "第三方检测与试验", "轴箱轴承", "株洲田心轴承有限公司", "没有建议的链"):
        assert words in shown, words
    assert engine.asked[-1].enterprise.enterprise_id == "E1"
    page.locator(".partners summary").first.click()
    assert page.locator(".partners .quote-offer").first.is_visible()
    assert HOSTILE in shown
    assert page.evaluate("window.hacked") is None
    assert page.troubles == []


def test_a_new_question_takes_the_old_partners_away(page, serve):
    page.goto(serve(FakeEngine()))
    page.fill("#text", "轴箱轴承")
    page.click("#go")
    page.click("#complete .primary")
    page.wait_for_selector(".sought")
    page.click("#tab-buyers")
    page.fill("#text", "我们做轴承")
    page.click("#go")
    page.wait_for_selector(".card")
    assert page.locator("#complete").inner_text() == ""
