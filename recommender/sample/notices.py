"""The qualification part of a need, in the manner of real procurement notices, each in its own spelling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from recommender.catalogue.domain import Tier
from recommender.sample.phrases import decks

_ASKED_TIER = {
    Tier.INNOVATIVE: "创新型中小企业",
    Tier.SPECIALIZED: "专精特新中小企业",
    Tier.LITTLE_GIANT: "专精特新“小巨人”企业",
    Tier.CHAMPION: "制造业单项冠军企业",
}
_RESERVED = {"sme": "中小企业", "small_micro": "小型或微型企业"}
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫"


class Notices:
    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._decks = decks("qualification", rng)

    def qualification(
        self,
        values: Mapping[str, str],
        *,
        certificates: Sequence[str] = (),
        tiers: Sequence[Tier] = (),
        reserved: str = "",
        consortium: bool | None = None,
        maker: bool = True,
    ) -> str:
        """A numbered list of demands; each certificate and tier asked for occurs in it by name."""
        rng = self._rng
        items: list[str] = []

        def add(pool: str, **more: str) -> None:
            text = self._decks[pool].deal({**values, **more})
            if text:
                items.append(text)

        if rng.random() < 0.8:
            add("legal")
        if certificates:
            if len(certificates) > 1 and rng.random() < 0.3:
                for name in certificates:
                    add("certificates", certs=name)
            else:
                add("certificates", certs=rng.choice(["、", "和", "及"]).join(certificates))
        if tiers:
            add("tier", tiers="或".join(_ASKED_TIER[tier] for tier in tiers))
        if reserved:
            add("reserved", reserved=_RESERVED[reserved])
        if maker and rng.random() < 0.55:
            add("maker")
        if rng.random() < 0.6:
            add("performance")
        if rng.random() < 0.45:
            add("credit")
        if consortium is not None:
            add("consortium_yes" if consortium else "consortium_no")
        return self._numbered(items)

    def _numbered(self, items: Sequence[str]) -> str:
        style = self._rng.randrange(7)
        if style == 0:
            return "；".join(items) + ("。" if items else "")
        chapter = self._rng.choice(["2", "3", "3.1", "2.1", "4"])
        lines = []
        for number, item in enumerate(items, start=1):
            mark = (
                "",
                f"{chapter}.{number} ",
                f"（{number}）",
                f"{number}、",
                _CIRCLED[number - 1],
                f"{number}. ",
                f"{chapter}.{number}",
            )[style]
            lines.append(f"{mark}{item}{'；' if style in (2, 4) else '。'}")
        return "\n".join(lines)
