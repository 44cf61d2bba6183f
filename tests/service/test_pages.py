"""The page's files keep to what the content security policy allows."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

WEB = files("service").joinpath("web")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html"),
        ("/app.js", "text/javascript"),
        ("/problems.js", "text/javascript"),
        ("/style.css", "text/css"),
        ("/icon.svg", "image/svg+xml"),
    ],
)
def test_each_file_is_served_and_cached_by_its_content(client, path, kind):
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    again = client.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.head(path).status_code == 200


def test_the_page_loads_nothing_from_elsewhere_and_has_no_inline_code():
    page = WEB.joinpath("index.html").read_text(encoding="utf-8")
    assert not re.search(r"https?://", page)
    assert not re.search(r"<script(?![^>]* src=)", page)
    assert not re.search(r"\s(on\w+|style)=", page)
    assert not re.search(r"url\(|@import", WEB.joinpath("style.css").read_text(encoding="utf-8"))


def test_text_from_the_server_can_only_become_text():
    script = "".join(path.read_text(encoding="utf-8") for path in WEB.glob("*.js"))
    for way_in in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "DOMParser"):
        assert way_in not in script


def test_every_field_of_the_form_has_a_label():
    page = WEB.joinpath("index.html").read_text(encoding="utf-8")
    fields = re.findall(r"<(?:input|select|textarea) id=\"([\w-]+)\"", page)
    assert len(fields) >= 5
    for name in fields:
        assert f'for="{name}"' in page
