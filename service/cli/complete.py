"""``rongtong recommend complete``: the partners on the other links that make a deal work.

Who may run commands here may see every need of the workspace, whatever its visibility.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from indexes.errors import InputError
from service.cli.common import Home, Json, output, print_json, workspace
from service.cli.options import AsOf, as_day

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from recommender.catalogue import Enterprise, Offering
    from recommender.completion import Completion, Suggestion, Trigger
    from recommender.results import Result


def register(app: typer.Typer) -> None:
    app.command("complete")(complete)


def complete(
    need: Annotated[str, typer.Option("--need", metavar="ID", help="A need of the catalogue.")] = "",
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help="A need in words.")] = "",
    enterprise: Annotated[
        str,
        typer.Option(
            "--enterprise", metavar="ID", help="The supplier that is chosen for it: what would it lack?"
        ),
    ] = "",
    top_k: Annotated[
        int, typer.Option("--top-k", metavar="K", help="How many partners of each kind, 1 to 100.")
    ] = 3,
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            metavar="FILTERS",
            help="Hard filters of the partners, like 'region=31'; link=capital completes that link only.",
        ),
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show the reasons of each partner.")] = False,
    as_of: AsOf = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Which partners on the other links complete this need, or this need with a chosen supplier?"""
    from recommender.completion import CompletionQuery
    from recommender.query import Filters, need_from_text

    if bool(need) == bool(text):
        raise InputError("Give either a need or a text.", mend="give exactly one of --need, --text")
    day, filters = as_day(as_of), Filters.parse(*(where or ()))
    place = workspace(home)
    chosen: Enterprise | None = None
    offerings: tuple[Offering, ...] = ()
    if need or enterprise:
        with place.catalogue() as catalogue:
            asked = catalogue.need(need) if need else need_from_text(text)
            if enterprise:
                chosen, offerings = catalogue.enterprise(enterprise), catalogue.offerings_of(enterprise)
    else:
        asked = need_from_text(text)
    query = CompletionQuery(
        need=asked,
        as_of=day,
        top_k=top_k,
        filters=filters,
        enterprise=chosen,
        offerings=offerings,
        explain=explain or as_json,
    )
    found = place.engine().complete(query)
    if as_json:
        print_json(found.to_json())
        return
    title = f"{asked.need_id} {asked.title}".strip()
    show(output(), found, f"{title} × {chosen.name}" if chosen else title)


def show(console: Console, found: Completion, title: str) -> None:
    """Print the partners that complete a deal, with what calls for each."""
    from rich.padding import Padding
    from rich.rule import Rule
    from rich.text import Text

    from service import labels
    from service.cli.present import one_line

    console.print(Rule(Text(one_line(title, 60), style="bold"), align="left", style="dim"))
    if not found.suggestions:
        console.print("没有需要补齐的配套 · nothing calls for a partner on another link", style="yellow")
    for suggestion in found.suggestions:
        link = labels.both(labels.LINKS, suggestion.partner.link.value)
        head = Text(f"{link[0]} ", style="cyan").append(suggestion.partner.zh, style="bold not cyan")
        console.print(head.append(f"  {link[1]} · {suggestion.partner.en}", style="dim not bold"))
        for line in _lines(suggestion, explain=found.explain):
            console.print(Padding(line, (0, 0, 0, 3)))
    for each in found.without:
        link = labels.both(labels.LINKS, each.link.value)
        quoted = f"“{one_line(each.source.span, 20)}” " if each.source else ""
        console.print(Text(f"– {link[0]} {link[1]}：{each.zh} {quoted}{each.en}", style="dim"))
    console.print(Text(f"release {found.release} · {len(found.suggestions)} suggestions", style="dim"))


def _lines(suggestion: Suggestion, *, explain: bool) -> Iterator[Text]:
    from rich.text import Text

    yield Text(f"{suggestion.partner.why_zh} {suggestion.partner.why_en}", style="dim")
    for trigger in suggestion.triggers:
        yield _trigger(trigger)
    if not suggestion.stated:
        yield Text(
            "目录中没有标明此链的供给，按文字查找 no offering states this link; found by words", style="dim"
        )
    if not suggestion.results:
        yield Text("目录中没有合适的伙伴 no partner in the catalogue", style="yellow")
    for result in suggestion.results:
        yield from _partner(result, explain=explain)


def _trigger(trigger: Trigger) -> Text:
    from rich.text import Text

    from service import labels
    from service.cli.present import one_line, safe

    whose = {"need": "需求", "enterprise": "企业"}[trigger.of]
    field = labels.both(labels.FIELDS, trigger.source.field)[0]
    line = Text(f"依据 {whose}·{field}“{one_line(trigger.source.span, 60)}”", style="magenta")
    if trigger.verdict:
        status = labels.both(labels.STATUSES, trigger.verdict.status)
        line.append(f"  {status[0]} {status[1]} {safe(trigger.verdict.note)}", style="dim not magenta")
    return line.append(f"  {trigger.note}", style="dim not magenta") if trigger.note else line


def _partner(result: Result, *, explain: bool) -> Iterator[Text]:
    from rich.text import Text

    from service.cli.present import facts_line, one_line, safe

    line = Text(f"{result.rank}  {result.score:.3f} ", style="green").append(
        safe(result.name), style="bold not green"
    )
    line.append(f"  {safe(result.enterprise_id)} {safe(facts_line(result))}", style="dim not bold")
    yield line
    if explain:
        yield Text(f"   {safe(result.for_buyer.partition(chr(10))[0])}")
        for pair in result.evidence:
            sought, offered = one_line(pair.need.span, 40), one_line(pair.offer.span, 40)
            yield Text(f"   {pair.similarity:.2f} “{sought}” ↔ “{offered}”", style="dim")
