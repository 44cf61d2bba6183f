"""``/v1/ranking`` and its page: the live model in plain words."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from indexes.errors import NoRelease
from recommender.ranking import FEATURES, PRIOR, AdditiveModel, Curve
from tests.service.fakes import FakeEngine


def test_the_model_that_ships_is_told_whole(client):
    answer = client.get("/v1/ranking")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["model"], told["base"]) == ("prior", PRIOR.base)
    assert {each["feature"] for each in told["counts"]} == set(FEATURES)
    first = told["counts"][0]
    assert (first["feature"], first["smallest"], first["largest"]) == ("profile_match", -1.4, 4.0)
    assert first["label"] == {"zh": "企业整体语义匹配", "en": "whole profile, by meaning"}
    hurts = {each["feature"] for each in told["counts"] if each["direction"] == "more_hurts"}
    assert hurts == {"freshness", "distance"}
    assert told["never"]
    assert set(told["rules"]) == {"exposure", "twins", "strict"}


def test_a_trained_model_keeps_the_words_and_shows_its_own_weights(make_client):
    curve = Curve("tier", ((0.0, 0.2), (2.0, -0.1), (4.0, 0.1)), 0, "fitted")
    told = make_client(FakeEngine(model=AdditiveModel(-2.0, (curve,)))).get("/v1/ranking").json()
    assert (told["model"], told["base"]) == ("trained", -2.0)
    (tier,) = told["counts"]
    assert (tier["direction"], tier["smallest"], tier["largest"]) == ("free", -0.1, 0.2)
    assert "专精特新" in tier["words"]["zh"]


def test_without_a_release_there_is_no_model_to_tell(make_client):
    assert make_client(NoRelease("no release yet")).get("/v1/ranking").status_code == 503


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/ranking", "text/html"), ("/ranking.js", "text/javascript"), ("/ranking.css", "text/css")],
)
def test_the_page_is_served(client, path, kind):
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)


def test_the_page_has_no_inline_code_and_the_first_page_leads_to_it():
    web = files("service").joinpath("web")
    page, script = (web.joinpath(name).read_text(encoding="utf-8") for name in ("ranking.html", "ranking.js"))
    assert not re.search(r"https?://|<script(?![^>]* src=)|\s(on\w+|style)=", page)
    for way_in in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "DOMParser"):
        assert way_in not in script
    for name in re.findall(r'byId\("([\w-]+)"\)', script):
        assert f'id="{name}"' in page
    assert 'href="/ranking"' in web.joinpath("index.html").read_text(encoding="utf-8")
