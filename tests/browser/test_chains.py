"""The picture of a chain in a real browser: by mouse, by keyboard, on a phone, on paper."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from indexes.release import load_verified
from indexes.store import ReleaseStore
from recommender.catalogue import Enterprise, Kind, Offering, as_record, open_catalogue
from recommender.catalogue.domain import Edge, Relation
from recommender.encoder import load_encoder
from recommender.refresh import refresh
from recommender.snapshot import Snapshot
from tests.service.fakes import HOSTILE, FakeEngine
from training.models import packaged_encoder

NEEDS, KIND = Relation.NEEDS_MATERIAL, Relation.HAS_KIND
DIGITS = "甲乙丙丁戊己庚辛壬癸"
LARGE = [f"{DIGITS[n // 100]}{DIGITS[n // 10 % 10]}{DIGITS[n % 10]}部件" for n in range(200)]
SMALL = (
    Edge("轴承", "轴承钢", NEEDS, "轨道"),
    Edge("轴承钢", "轴承钢坯", NEEDS, "轨道"),
    Edge("转向架", "轴承", NEEDS, "轨道"),
    Edge("转向架", "齿轮", NEEDS, "轨道"),
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    home: Path = tmp_path_factory.mktemp("chains")
    large = [Edge(LARGE[n // 2], LARGE[n], NEEDS, "大链") for n in range(1, 200)]
    steel = (Enterprise("e-steel", f"钢厂{HOSTILE}"), Enterprise("e-two", "钢厂乙"))
    offered = (
        Offering("o1", "e-steel", "轴承钢"),
        Offering("o2", "e-two", "轴承钢"),
        Offering("o3", "e-two", "齿轮"),
    )
    with open_catalogue(f"sqlite:///{home / 'catalogue.db'}") as catalogue:
        with catalogue.transaction() as transaction:
            for kind, values in (
                (Kind.ENTERPRISES, steel),
                (Kind.OFFERINGS, offered),
                (Kind.EDGES, (*SMALL, *large)),
            ):
                records = [as_record(value) for value in values]
                transaction.upsert(kind, records, given=records[0].keys())
        refresh(catalogue, ReleaseStore(home), load_encoder(packaged_encoder()), cache=home / "cache")
    live = ReleaseStore(home).current()
    engine = FakeEngine()
    engine.snapshot = Snapshot(load_verified(live.path), live.path)
    return engine


def show(page, address, name):
    page.goto(f"{address}chains/{name}")
    page.wait_for_selector(".node, .notice")


def focused(page):
    return page.evaluate("document.activeElement.closest('.node')?.querySelector('.name').textContent")


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def test_the_index_leads_to_a_chain_and_the_main_page_to_the_index(page, serve, engine):
    address = serve(engine)
    page.goto(address)
    page.click("a[href='/chains']")
    page.click("#chains a:has-text('轨道')")
    page.wait_for_selector(".node")
    assert page.locator(".node").count() == 5
    assert page.inner_text("#title").startswith("轨道")
    assert "3 个无人供给" in page.inner_text("#status")
    assert page.locator("#svg .edge").count() >= 4
    assert page.troubles == []


def test_gaps_and_single_sources_differ_in_shape_and_words_not_in_colour_alone(page, serve, engine):
    show(page, serve(engine), "轨道")
    gap, single = (page.locator(".node", has_text=name).first for name in ("转向架", "齿轮"))
    assert "无人供给" in gap.text_content()
    assert gap.locator("path.sign-gap").count() == 1
    assert "独家" in single.text_content()
    assert single.locator("path.sign-single_source").count() == 1
    assert page.locator("circle.sign").count() >= 1
    assert "无人供给" in gap.get_attribute("aria-label")


def test_a_click_says_who_fills_the_node_and_strangers_text_stays_text(page, serve, engine):
    show(page, serve(engine), "轨道")
    page.locator(".node:has(title:text-is('轴承钢')) .hit").click()
    panel = page.inner_text("#panel")
    assert f"钢厂{HOSTILE}" in panel
    assert "o1" in panel
    assert page.get_attribute("#panel li a", "href") == "/?enterprise=e-steel"
    assert page.evaluate("window.hacked") is None
    assert page.locator("main img").count() == 0
    assert page.troubles == []


def test_names_of_nodes_are_text_whatever_they_hold(page, serve, engine):
    address = serve(engine)
    long = f'"{HOSTILE}' * 80

    def spoilt(route):
        found = route.fetch().json()
        found["chain"] = HOSTILE
        for node in found["nodes"]:
            node["name"] = node["label"] = long
        route.fulfill(status=200, content_type="application/json", body=json.dumps(found))

    page.route(re.compile("/picture$"), spoilt)
    show(page, address, "轨道")
    page.locator(".node .hit").first.click()
    assert page.inner_text("#panel-title") == long
    assert page.evaluate("window.hacked") is None
    assert page.locator("main img, main script").count() == 0
    assert overflow(page) <= 0


def test_the_keyboard_is_enough(page, serve, engine):
    show(page, serve(engine), "轨道")
    page.focus("#legend-box summary")
    page.keyboard.press("Tab")
    first = focused(page)
    assert first is not None
    page.keyboard.press("ArrowRight")
    second = focused(page)
    assert second not in (None, first)
    page.keyboard.press("ArrowLeft")
    assert focused(page) == first
    page.keyboard.press("End")
    assert focused(page) == page.locator(".node .name").last.text_content()
    page.keyboard.press("Enter")
    assert page.is_visible("#panel")
    assert page.evaluate("document.activeElement.id") == "panel-title"
    page.keyboard.press("Escape")
    assert not page.is_visible("#panel")
    assert focused(page) == page.locator(".node .name").last.text_content()
    assert page.locator(".node[tabindex='0']").count() == 1


def test_a_gap_names_the_firms_closest_to_filling_it(page, serve, engine):
    show(page, serve(engine), "轨道")
    page.locator(".node:has(title:text-is('轴承')) .hit").click()
    page.wait_for_selector("#panel h3:has-text('最接近')")
    assert "钢厂" in page.inner_text("#panel")


def test_two_hundred_nodes_on_a_phone(page, serve, engine):
    page.set_viewport_size({"width": 390, "height": 844})
    show(page, serve(engine), "大链")
    assert page.locator(".node").count() == 200
    assert overflow(page) <= 0
    page.click("#zoom-fit")
    small = page.locator("#svg").bounding_box()["width"]
    page.click("#zoom-in")
    assert page.locator("#svg").bounding_box()["width"] > small
    places = "(all) => all.map((e) => `${e.getAttribute('x')} ${e.getAttribute('y')}`)"
    boxes = page.locator(".node .hit").evaluate_all(places)
    assert len(set(boxes)) == 200
    page.locator(".node").nth(3).press("Enter")
    box = page.locator("#panel").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert page.troubles == []


def test_on_paper_there_are_the_picture_and_the_list_and_no_controls(page, serve, engine):
    show(page, serve(engine), "大链")
    page.emulate_media(media="print")
    assert page.locator(".sheets figure").count() > 1
    drawn = page.locator(".sheets svg").first.bounding_box()
    assert drawn["width"] > 300
    assert drawn["height"] > 100
    for control in (".bar", "#picture", "#panel"):
        assert not page.is_visible(control)
    assert page.locator("#tables tbody tr").count() == 200
    assert page.is_visible("#tables")
    page.emulate_media(media="screen")
    paper = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) > page.locator(".sheets figure").count()


def test_a_chain_that_does_not_exist_is_said_so(page, serve, engine):
    show(page, serve(engine), "无此链")
    assert "→" in page.inner_text(".notice")
    assert page.locator(".notice a[href='/chains']").count() == 1


def test_a_link_from_the_panel_asks_the_question(page, serve, engine):
    page.goto(serve(engine) + "?text=轴承钢")
    page.wait_for_selector(".card")
    assert engine.asked[-1].need.title == "轴承钢"


def test_the_opened_node_stands_beside_its_panel(page, serve, engine):
    for width, height in ((1280, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        show(page, serve(engine), "大链")
        page.locator(".node").last.press("Enter")
        node, panel = (
            page.locator(each).bounding_box() for each in (".node[aria-expanded=true] .hit", "#panel")
        )
        assert node["x"] + node["width"] <= panel["x"] or node["y"] + node["height"] <= panel["y"]
        assert node["x"] >= 0
        assert node["y"] >= 0
