"""Growth curves as one SVG: a small picture a curve, both axes logarithmic."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from tests.benchmarks.speed.report import quantity

Point = tuple[int, float, str]  # offerings, value, unit
_WIDE, _HIGH, _LEFT, _TOP, _ACROSS = 300, 190, 70, 34, 3


def draw(curves: Mapping[str, Sequence[Point]], path: Path) -> None:
    """Write *curves* to *path*; curves of one point show it alone."""
    rows = math.ceil(len(curves) / _ACROSS) or 1
    width, height = _ACROSS * (_WIDE + _LEFT) + 20, rows * (_HIGH + 2 * _TOP) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for number, (name, points) in enumerate(curves.items()):
        across, down = number % _ACROSS, number // _ACROSS
        x, y = across * (_WIDE + _LEFT) + _LEFT, down * (_HIGH + 2 * _TOP) + _TOP
        parts.append(f'<g transform="translate({x} {y})">{_picture(name, points)}</g>')
    path.write_text("\n".join([*parts, "</svg>\n"]), encoding="utf-8")


def _picture(name: str, points: Sequence[Point]) -> str:
    sizes, values = [math.log10(p[0]) for p in points], [math.log10(max(p[1], 1e-9)) for p in points]
    low_x, high_x = math.floor(min(sizes)), max(math.ceil(max(sizes)), math.floor(min(sizes)) + 1)
    low_y, high_y = math.floor(min(values)), max(math.ceil(max(values)), math.floor(min(values)) + 1)

    def at(size: float, value: float) -> tuple[float, float]:
        return (
            (size - low_x) / (high_x - low_x) * (_WIDE - 30),
            _HIGH - (value - low_y) / (high_y - low_y) * _HIGH,
        )

    said = [f'<text x="0" y="-12" font-weight="bold">{escape(name)}</text>']
    for power in range(low_y, high_y + 1):
        _, y = at(low_x, power)
        said.append(f'<line x1="0" x2="{_WIDE - 30}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        label = escape(quantity(10.0**power, points[0][2]))
        said.append(f'<text x="-6" y="{y + 4:.1f}" text-anchor="end" fill="#555">{label}</text>')
    for power in range(low_x, high_x + 1):
        x, _ = at(power, low_y)
        label = {4: "10 k", 5: "100 k", 6: "1 M"}.get(power, f"10^{power}")
        said.append(f'<text x="{x:.1f}" y="{_HIGH + 16}" text-anchor="middle" fill="#555">{label}</text>')
    places = [at(size, value) for size, value in zip(sizes, values, strict=True)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    said.append(f'<polyline points="{line}" fill="none" stroke="#1f5fa8" stroke-width="2"/>')
    for (x, y), (_, value, unit) in zip(places, points, strict=True):
        said.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="#1f5fa8"/>')
        # beside a line that rises from the left edge a label above the first point would be crossed by it
        rises = x < 20 and len(places) > 1 and places[1][1] < y
        left, up = (x + 16, y + 10) if rises else (x, y - 9)
        anchor = "start" if x < 20 else "end"
        label = escape(quantity(value, unit))
        said.append(f'<text x="{left:.1f}" y="{up:.1f}" text-anchor="{anchor}">{label}</text>')
    return "".join(said)
