"""``rongtong chains gaps`` and ``substitutes``: where a chain is thin, and who could step in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.chains import SEGMENTS, Name, live_snapshot
from service.cli.common import Home, Json, output, print_json
from service.cli.options import AsOf, as_day

if TYPE_CHECKING:
    from rich.console import Console

LEVELS = {"high": "[red]高 high[/]", "medium": "[yellow]中 medium[/]", "low": "[dim]低 low[/]"}


def register(app: typer.Typer) -> None:
    app.command("gaps")(show_gaps)
    app.command("closest")(show_closest)
    app.command("substitutes")(show_substitutes)


def show_gaps(
    name: Name,
    days: Annotated[
        int, typer.Option("--days", min=0, max=3650, help="Name certificates that end within so many days.")
    ] = 90,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many findings to show.")] = 20,
    as_of: AsOf = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Where a chain is thin: what nobody or one firm fills, and the firms closest to mending it."""
    from rich.markup import escape

    from recommender.chains.gaps import WEAKNESSES, Weakness, gaps_document

    document = gaps_document(live_snapshot(home), name, as_day(as_of), days=days, limit=limit)
    if as_json:
        print_json(document)
        return
    console = output()
    console.print(f"[bold]{escape(document['chain'])}[/] [dim]{document['nodes']} nodes[/]")
    for weakness, count in document["counts"].items():
        _, zh, en = WEAKNESSES[Weakness(weakness)]
        console.print(f"  {zh} {en}: {count}")
    print_gaps(console, document)


def print_gaps(console: Console, document: dict[str, Any]) -> None:
    """The findings of a gaps document, one after the other."""
    from rich.markup import escape

    for gap in document["gaps"]:
        guessed = " [dim]推断 inferred[/]" if gap["inferred"] else ""
        where = SEGMENTS.get(gap["segment"] or "", "")
        console.print(
            f"\n{LEVELS[gap['level']]} {gap['severity']:.2f} [bold]{escape(gap['name'])}[/] {where} · "
            f"{gap['zh']} {gap['en']}{guessed}"
        )
        if gap["hangs"]:
            hangs = escape("、".join(gap["hangs"]))
            console.print(f"  影响 hangs on it: {hangs} [dim]{gap['reach']:.1f}[/]")
        for fact in gap["evidence"]:
            console.print(f"  依据 evidence: {escape(_fact(fact))}")
        for near in gap["closest"]:
            console.print(_near(near))
    if document["left_out"]:
        console.print(f"\n[dim]… {document['left_out']} more, see --limit or --json[/]")


def show_closest(
    name: Name,
    node: Annotated[str, typer.Argument(metavar="NODE", help="A product or material of it.")],
    as_of: AsOf = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """The firms closest to filling one node of a chain, and what separates them from it."""
    from rich.markup import escape

    from recommender.chains.gaps import closest_document

    document = closest_document(live_snapshot(home), name, node, as_day(as_of))
    if as_json:
        print_json(document)
        return
    console = output()
    console.print(f"[bold]{escape(document['node'])}[/] [dim]{escape(document['chain'])}[/]")
    for near in document["closest"]:
        console.print(_near(near))
    if not document["closest"]:
        console.print("  [dim]目录中没有接近的企业 nobody in the catalogue is close[/]")


def show_substitutes(
    enterprise: Annotated[str, typer.Argument(metavar="ENTERPRISE", help="The id of a supplier.")],
    top_k: Annotated[
        int, typer.Option("--top-k", metavar="K", min=1, max=50, help="How many for each thing.")
    ] = 5,
    as_of: AsOf = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """If this supplier dropped out today: what would be left empty, and who could step in."""
    from rich.markup import escape

    from recommender.chains.substitutes import substitutes_document

    document = substitutes_document(live_snapshot(home), enterprise, as_day(as_of), top_k)
    if as_json:
        print_json(document)
        return
    console = output()
    console.print(f"[bold]{escape(document['name'])}[/] [dim]{escape(document['enterprise_id'])}[/]")
    if document["left_empty"]:
        console.print(f"[red]将无人供给 left empty[/]: {escape('、'.join(document['left_empty']))}")
    for thing in document["things"]:
        console.print(f"\n[bold]{escape(thing['name'])}[/] 其他供方 others {thing['others']}")
        for each in thing["substitutes"]:
            guessed = " [dim]推断 inferred[/]" if each["inferred"] else ""
            console.print(
                f"  {each['confidence']:.2f} {escape(each['name'])} — {escape(each['zh'])}{guessed}"
                f"{_differs(each['differs'])}"
            )
    if document["overall"]:
        console.print("\n总体 overall")
    for each in document["overall"]:
        console.print(f"  {each['cover']:.2f} {escape(each['name'])}{_differs(each['differs'])}")


def _fact(fact: dict[str, Any]) -> str:
    value = f"{fact['place']}（{fact['value']}）" if "place" in fact else fact["value"]
    who = f"{fact['name']} " if "name" in fact else ""
    more = f"（{fact['suppliers']} suppliers）" if "suppliers" in fact else ""
    return f"{who}{fact['field']} = {value}{more}"


def _near(near: dict[str, Any]) -> str:
    from rich.markup import escape

    said = f"{near['confidence']:.2f}: {escape(near['name'])} — {escape(near['zh'])}"
    return f"  最接近 closest {said}{_lacks(near['lacks'])}"


def _lacks(lacks: dict[str, list[str]]) -> str:
    from rich.markup import escape

    names = [name for each in lacks.values() for name in each]
    return f" [dim]缺 lacks {escape('、'.join(names))}[/]" if names else ""


def _differs(differs: dict[str, Any]) -> str:
    from rich.markup import escape

    parts = [f"缺 lacks {'、'.join(differs['lacks_certificates'])}"] if differs["lacks_certificates"] else []
    parts += [f"{name} {' → '.join(differs[name])}" for name in ("region", "size", "tier") if name in differs]
    if "capacity" in differs:
        parts.append(f"产能 capacity × {differs['capacity']:g}")
    return f" [dim]{escape('；'.join(parts))}[/]" if parts else ""
