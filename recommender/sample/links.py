"""Who offers on the other six links: ``data/links.toml``, banks, funds, laboratories, software houses …

A provider kind has its names, industry code, staff (heads) and output (10,000 yuan a head and year),
titles and sentences of its offers, and titles and sentences of the needs it answers. Sentences may hold
``{chain}``, ``{product}`` and ``{city}`` besides numeric slots. ``shared = true`` marks what
manufacturers and large buyers offer as well: instruments, pilot lines, joint research.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from recommender.catalogue.domain import Link
from recommender.sample.chains import DATA


@dataclass(frozen=True, slots=True)
class Provider:
    link: Link
    kind: str
    names: tuple[str, ...]
    industry: str
    staff: tuple[float, float]
    output: tuple[float, float]
    certificates: tuple[str, ...]
    titles: tuple[str, ...]
    offers: tuple[str, ...]
    want_titles: tuple[str, ...]
    wants: tuple[str, ...]
    price: tuple[float, float]  # a need's budget in yuan
    shared: bool

    @property
    def topic(self) -> str:
        """The kind's key over all links: ``capital:订单融资``."""
        return f"{self.link.value}:{self.kind}"


def load_providers(folder: Path = DATA) -> tuple[Provider, ...]:
    with (folder / "links.toml").open("rb") as file:
        raw = tomllib.load(file)
    return tuple(
        Provider(
            link=Link(item["link"]),
            kind=item["kind"],
            names=tuple(item["names"]),
            industry=item["industry"],
            staff=(float(item["staff"][0]), float(item["staff"][1])),
            output=(float(item["output"][0]), float(item["output"][1])),
            certificates=tuple(item.get("certificates", ())),
            titles=tuple(item["titles"]),
            offers=tuple(item["offers"]),
            want_titles=tuple(item["want_titles"]),
            wants=tuple(item["wants"]),
            price=(float(item["price"][0]), float(item["price"][1])),
            shared=bool(item.get("shared", False)),
        )
        for item in raw["provider"]
    )
