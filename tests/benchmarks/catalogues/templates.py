"""Templates of the sample's kind (:mod:`recommender.sample.phrases`), compiled, for a million texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from random import Random

from recommender.sample.phrases import SLOT

_Number = tuple[str, float, float, int, int]  # name, lowest, step, steps, decimals


class Template:
    """A sentence with slots; numeric ones are drawn once a name, named ones are given.

    >>> Template("壁厚{t:2.0-2.0:0.5}mm，产地{city}").fill({"city": "株洲"}, Random(1))
    '壁厚2.0mm，产地株洲'
    """

    __slots__ = ("_parts", "needs")

    def __init__(self, text: str) -> None:
        parts: list[str | _Number | tuple[str]] = []
        end = 0
        for slot in SLOT.finditer(text):
            parts.append(text[end : slot.start()])
            end = slot.end()
            name, low, high, step = slot.groups()
            parts.append((name,) if low is None else _number(name, low, high, step))
        self._parts = (*parts, text[end:])
        self.needs = frozenset(part[0] for part in parts if len(part) == 1 and isinstance(part, tuple))

    def fill(self, values: Mapping[str, str], rng: Random) -> str:
        """The sentence; a named slot that *values* lacks is a :class:`KeyError`."""
        drawn: dict[str, str] = {}
        said = []
        for part in self._parts:
            if isinstance(part, str):
                said.append(part)
            elif len(part) == 1:
                said.append(values[part[0]])
            else:
                name, low, step, steps, decimals = part
                if name not in drawn:
                    drawn[name] = f"{low + step * int(rng.random() * (steps + 1)):.{decimals}f}"
                said.append(drawn[name])
        return "".join(said)


def compiled(texts: Iterable[str]) -> tuple[Template, ...]:
    return tuple(Template(text) for text in texts)


def say(pool: Sequence[Template], values: Mapping[str, str], rng: Random) -> str:
    """One of *pool* that *values* can fill, filled; ``""`` where six tries find none."""
    for _ in range(6):
        template = pool[int(rng.random() * len(pool))]
        if template.needs <= values.keys():
            return template.fill(values, rng)
    return ""


def _number(name: str, low: str, high: str, step: str) -> _Number:
    first, last, width = Decimal(low), Decimal(high), Decimal(step)
    decimals = max(0, *(-int(d.as_tuple().exponent) for d in (first, last, width)))
    return name, float(first), float(width), int((last - first) / width), decimals
