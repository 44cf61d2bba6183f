"""Templates, slots and decks: how the sample's sentences come to differ.

A template holds slots. ``{内径:130-150:10}`` is numeric: low, high and step, drawn once per sentence and
name. ``{city}`` is given by the caller. A :class:`Deck` deals the templates of a pool evenly, so that no
template is used more often than the pool's size makes necessary.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from random import Random

from recommender.sample.chains import DATA

SLOT = re.compile(r"\{([^{}:]+)(?::(-?\d+(?:\.\d+)?)-(-?\d+(?:\.\d+)?):(\d+(?:\.\d+)?))?\}")


def fill(template: str, values: Mapping[str, str], rng: Random) -> str:
    """*template* with every slot replaced; a named slot that *values* lacks is a :class:`KeyError`.

    >>> fill("壁厚{t:2.0-2.0:0.5}mm，产地{city}", {"city": "株洲"}, Random(1))
    '壁厚2.0mm，产地株洲'
    """
    drawn: dict[str, str] = {}

    def replace(slot: re.Match[str]) -> str:
        name, low, high, step = slot.groups()
        if low is None:
            return values[name]
        if name not in drawn:
            drawn[name] = draw(low, high, step, rng)
        return drawn[name]

    return SLOT.sub(replace, template)


def draw(low: str, high: str, step: str, rng: Random) -> str:
    """A number from *low* to *high* in steps, written with as many decimals as the bounds and step have."""
    first, last, width = Decimal(low), Decimal(high), Decimal(step)
    number = first + width * rng.randint(0, int((last - first) / width))
    decimals = max(0, *(-int(d.as_tuple().exponent) for d in (first, last, width)))
    return f"{number:.{decimals}f}"


def required(template: str) -> frozenset[str]:
    """The named slots that a caller has to give."""
    return frozenset(slot.group(1) for slot in SLOT.finditer(template) if slot.group(2) is None)


class Deck:
    """Deals the templates of a pool in random order, all of them before any a second time."""

    def __init__(self, pool: Sequence[str], rng: Random) -> None:
        if not pool:
            raise ValueError("a deck needs at least one template")
        self._pool = tuple(pool)
        self._rng = rng
        self._stack: list[str] = []

    def deal(self, values: Mapping[str, str]) -> str:
        """The next template that *values* can fill, filled; ``""`` where none can be filled."""
        for _ in range(2):
            for position in range(len(self._stack) - 1, -1, -1):
                if required(self._stack[position]) <= values.keys():
                    return fill(self._stack.pop(position), values, self._rng)
            fresh = [template for template in self._pool if template not in self._stack]
            self._rng.shuffle(fresh)
            self._stack = fresh + self._stack
        return ""


@cache
def pools() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """``data/phrases.toml``: group → pool → templates."""
    with (DATA / "phrases.toml").open("rb") as file:
        raw = tomllib.load(file)
    return {group: {name: tuple(items) for name, items in names.items()} for group, names in raw.items()}


def decks(group: str, rng: Random) -> dict[str, Deck]:
    """A fresh deck for each pool of *group*."""
    return {name: Deck(items, rng) for name, items in pools()[group].items()}


def significant(number: float, digits: int = 2) -> float:
    """*number* rounded to so many significant digits, as people round orders and budgets.

    >>> significant(128734.0)
    130000.0
    """
    return float(f"{number:.{digits - 1}e}")
