"""``rongtong chains picture``: a chain from upstream to downstream on one screen, its weak nodes marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.chains import SEGMENTS, Name, live_snapshot
from service.cli.common import Home, Json, output, print_json
from service.cli.options import AsOf, as_day

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_LINES = 24
_MARKS = {  # as on the page: sign, colour, words
    "gap": ("◇", "red", "无人供给 gap"),
    "single_source": ("▲", "yellow", "独家 single source"),
    "unstated": ("○", "dim", "无人写明此品种 kind unstated"),
    "other": ("■", "blue", "其他薄弱 other weakness"),
    "": ("●", "green", "供方数 suppliers"),
}


def register(app: typer.Typer) -> None:
    app.command("picture")(picture)


def picture(
    name: Name,
    lines: Annotated[int, typer.Option("--lines", min=1, max=400, help="Nodes shown of a segment.")] = _LINES,
    as_of: AsOf = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """A chain on one screen, who is weak where; `rongtong serve` draws the same at /chains/NAME."""
    from recommender.chains.picture import picture_document

    document = picture_document(live_snapshot(home), name, as_day(as_of))
    if as_json:
        print_json(document)
        return
    draw(output(), document, lines)


def draw(console: Console, document: Mapping[str, Any], lines: int = _LINES) -> None:
    """Print a picture document (see :func:`recommender.chains.picture.picture_document`): a column a segment,
    of each the weakest and most filled *lines* nodes, in the order in which they are drawn."""
    from rich.rule import Rule
    from rich.table import Table
    from rich.text import Text

    from service.cli.present import one_line

    console.print(Rule(Text(one_line(document["chain"], 60), style="bold"), align="left", style="dim"))
    table = Table(*SEGMENTS.values(), box=None, header_style="bold", pad_edge=False, expand=True)
    table.add_row(*(Text("\n").join(_column(document, segment, lines)) for segment in SEGMENTS))
    console.print(table)
    counts = [_weakness(node) for node in document["nodes"]]
    legend = [
        Text(f"{sign} {words} {counts.count(kind)}", colour) for kind, (sign, colour, words) in _MARKS.items()
    ]
    console.print(Text("  ").join(legend))


def _column(document: Mapping[str, Any], segment: str, lines: int) -> Iterator[Text]:
    from rich.text import Text

    from service.cli.present import safe

    nodes = [node for node in document["nodes"] if node["segment"] == segment]
    telling = sorted(
        nodes, key=lambda n: (-max((w["severity"] for w in n["weak"]), default=0.0), -n["suppliers"])
    )
    kept = {node["node"] for node in telling[:lines]}
    for node in sorted(nodes, key=lambda node: (node["x"] - node["depth"], node["y"])):
        if node["node"] in kept:
            mark, colour, _ = _MARKS[_weakness(node)]
            count = str(node["suppliers"] or "")
            yield Text(f"{'  ' * min(node['depth'], 3)}{mark} {safe(node['name'])} {count}", style=colour)
    if len(nodes) > lines:
        yield Text(f"… {len(nodes) - lines} more", style="dim")


def _weakness(node: Mapping[str, Any]) -> str:
    found = {each["weakness"] for each in node["weak"]}
    if found == {"unstated_kind"}:
        return "unstated"
    return next((kind for kind in ("gap", "single_source") if kind in found), "other" if found else "")
