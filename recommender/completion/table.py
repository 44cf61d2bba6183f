"""The table of partners, ``partners.toml``, read once; its head says what the columns mean."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from recommender.catalogue.domain import Link
from recommender.completion.results import Partner

FIELDS = ("title", "description")


@dataclass(frozen=True, slots=True)
class Row:
    """A partner and what calls for it: ``words`` anywhere in ``fields`` of a need, or the ``fact``.

    ``itself`` matches the title of a need that asks for this very thing and so needs no partner for it.
    """

    partner: Partner
    words: re.Pattern[str] | None
    fields: tuple[str, ...]
    fact: str
    itself: re.Pattern[str] | None


@cache
def rows() -> tuple[Row, ...]:
    """Every row of the table, in its order."""
    raw = tomllib.loads(files(__package__).joinpath("partners.toml").read_text(encoding="utf-8"))
    shared: dict[str, str] = {}
    for name, words in raw["shared"].items():
        shared[name] = _alternatives(words, shared)
    return tuple(_row(item, shared) for item in raw["partner"])


def _row(item: dict[str, str], shared: dict[str, str]) -> Row:
    patterns = {
        name: re.compile(_alternatives(item[name], shared)) if name in item else None
        for name in ("words", "itself")
    }
    return Row(
        Partner(
            key=item["key"],
            link=Link(item["link"]),
            zh=item["zh"],
            en=item["en"],
            offer=item["offer"],
            why_zh=item["why_zh"],
            why_en=item["why_en"],
            product=bool(item.get("product", False)),
        ),
        patterns["words"],
        tuple(item.get("fields", FIELDS)),
        item.get("fact", ""),
        patterns["itself"],
    )


def _alternatives(words: str, shared: dict[str, str]) -> str:
    """One expression of the expressions in *words*; ``{name}`` stands for the *shared* list of that name."""
    return "|".join(shared.get(word[1:-1], word) for word in words.split())
