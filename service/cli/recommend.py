"""``rongtong recommend suppliers``, ``rongtong recommend buyers`` and ``rongtong recommend why``

Who may run commands here may see every need of the workspace, whatever its visibility.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from indexes.errors import InputError
from recommender.catalogue import Link, Scope
from service.cli.common import Home, Json, Progress, group, messages, output, print_json, progress, workspace
from service.cli.options import AsOf, as_day

if TYPE_CHECKING:
    from recommender.decisions import DecisionLog
    from recommender.query import BuyerQuery, SupplierQuery
    from recommender.results import Recommendation
    from service.workspace import Workspace

app = group("Ranked suppliers for a need, or ranked needs and their buyers for an enterprise.")
SOME_LEFT_OUT = 3
Query = TypeVar("Query", "SupplierQuery", "BuyerQuery")


TopK = Annotated[int, typer.Option("--top-k", metavar="K", help="How many results, 1 to 1000.")]
Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="FILTERS",
        help="Hard filters, like 'region=31,tier=little_giant,certification=IATF 16949'. "
        "Also size, industry, industry_chain, link; of needs, buyer. A field given twice means either value.",
    ),
]
OnLink = Annotated[Link | None, typer.Option("--link", help="One of the seven chains (default: any).")]
Explain = Annotated[bool, typer.Option("--explain", help="Show the reasons of each result.")]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="Leave out who fails a must-have requirement (default: rank lower), and say how many.",
    ),
]
AcrossChains = Annotated[
    Scope,
    typer.Option(
        "--scope",
        help="same: results of the need's own industry chain; cross: only those from other chains.",
    ),
]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="RUN.jsonl", help="Write the results there, one line each.")
]


Log = Annotated[
    bool, typer.Option("--log", help="Keep the decision, so that `rongtong replay` can make it again.")
]


@app.command("suppliers")
def suppliers(
    need: Annotated[str, typer.Option("--need", metavar="ID", help="A need of the catalogue.")] = "",
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help="A need in words.")] = "",
    needs: Annotated[
        Path | None,
        typer.Option("--needs", metavar="FILE", help="A file of needs; they need not be imported."),
    ] = None,
    top_k: TopK = 10,
    where: Where = None,
    link: OnLink = None,
    explain: Explain = False,
    strict: Strict = False,
    scope: AcrossChains = Scope.ANY,
    exposure: Annotated[
        bool,
        typer.Option(
            "--exposure/--no-exposure",
            help="Let near-equal suppliers take turns, as the API does (default: the order of the scores).",
        ),
    ] = False,
    out: Out = None,
    log: Log = False,
    as_of: AsOf = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Who can supply this need?"""
    from recommender.query import Filters, Policy, SupplierQuery, need_from_text

    _one_of(need=need, text=text, needs=needs)
    day, filters = as_day(as_of), Filters.parse(*(where or ()))
    place = workspace(home)
    log_into = _decisions(place, several=bool(needs or out)) if log else None
    left_out: list[str] = []
    if needs is not None:
        from service.cli.files import needs_from

        asked, left_out = needs_from(needs)
    elif text:
        asked = [need_from_text(text, link=link)]
    else:
        with place.catalogue() as catalogue:
            asked = [catalogue.need(need)]
    known = None
    if exposure:
        ledger = place.ledger()
        known = ledger.before(ledger.today())
    queries = [
        SupplierQuery(
            need=each,
            as_of=day,
            top_k=top_k,
            filters=filters,
            link=link,
            explain=explain,
            policy=Policy.STRICT if strict else Policy.LENIENT,
            exposure=known,
            scope=scope,
        )
        for each in asked
    ]
    _answer(
        queries,
        "need_id",
        lambda query: (query.need.need_id, query.need.title),
        place.engine().suppliers_many,
        out=out,
        as_json=as_json,
        several=needs is not None,
        log=log_into,
    )
    _tell_left_out(left_out)


@app.command("why")
def why(
    enterprise: Annotated[
        str, typer.Option("--enterprise", metavar="ID", help="The enterprise that was not recommended.")
    ],
    need: Annotated[str, typer.Option("--need", metavar="ID", help="A need of the catalogue.")] = "",
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help="A need in words.")] = "",
    where: Where = None,
    link: OnLink = None,
    strict: Strict = False,
    as_of: AsOf = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Why is this enterprise not among the first ten for a need, and what would lift it there?"""
    from recommender.query import Filters, Policy, SupplierQuery, need_from_text

    _one_of(need=need, text=text)
    place = workspace(home)
    if text:
        asked = need_from_text(text, link=link)
    else:
        with place.catalogue() as catalogue:
            asked = catalogue.need(need)
    query = SupplierQuery(
        need=asked,
        as_of=as_day(as_of),
        filters=Filters.parse(*(where or ())),
        link=link,
        policy=Policy.STRICT if strict else Policy.LENIENT,
    )
    found = place.engine().why(query, enterprise)
    if as_json:
        print_json(found.to_json())
        return
    from service.cli.present import show_why

    show_why(output(), found)


@app.command("buyers")
def buyers(
    enterprise: Annotated[
        str, typer.Option("--enterprise", metavar="ID", help="An enterprise of the catalogue.")
    ] = "",
    text: Annotated[
        str, typer.Option("--text", metavar="TEXT", help="What an enterprise offers, in words.")
    ] = "",
    enterprises: Annotated[
        Path | None,
        typer.Option(
            "--enterprises", metavar="FILE", help="A file of enterprises; they need not be imported."
        ),
    ] = None,
    top_k: TopK = 10,
    where: Where = None,
    link: OnLink = None,
    explain: Explain = False,
    strict: Strict = False,
    scope: AcrossChains = Scope.ANY,
    out: Out = None,
    log: Log = False,
    as_of: AsOf = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Which open needs could this enterprise meet, and whose are they?"""
    from recommender.catalogue import Visibility
    from recommender.query import BuyerQuery, Filters, Policy, enterprise_from_text

    _one_of(enterprise=enterprise, text=text, enterprises=enterprises)
    day, filters = as_day(as_of), Filters.parse(*(where or ()))
    visible = tuple(each.value for each in Visibility)
    place = workspace(home)
    log_into = _decisions(place, several=bool(enterprises or out)) if log else None
    left_out: list[str] = []
    if text:
        pairs = [enterprise_from_text(text)]
    else:
        with place.catalogue() as catalogue:
            if enterprises is not None:
                from service.cli.files import enterprises_from

                asked, left_out = enterprises_from(enterprises)
            else:
                asked = [catalogue.enterprise(enterprise)]
            pairs = [(each, catalogue.offerings_of(each.enterprise_id)) for each in asked]
    queries = [
        BuyerQuery(
            enterprise=each,
            offerings=offerings,
            as_of=day,
            top_k=top_k,
            filters=filters,
            link=link,
            explain=explain,
            visibility=visible,
            policy=Policy.STRICT if strict else Policy.LENIENT,
            scope=scope,
        )
        for each, offerings in pairs
    ]
    _answer(
        queries,
        "enterprise_id",
        lambda query: (query.enterprise.enterprise_id, query.enterprise.name or query.enterprise.description),
        place.engine().buyers_many,
        out=out,
        as_json=as_json,
        several=enterprises is not None,
        log=log_into,
    )
    _tell_left_out(left_out)


def _answer(
    queries: Sequence[Query],
    asked: str,
    named: Callable[[Query], tuple[str, str]],
    answers: Callable[[Sequence[Query]], Iterator[Recommendation]],
    *,
    out: Path | None,
    as_json: bool,
    several: bool,
    log: DecisionLog | None,
) -> None:
    """Compute and print, or write. ``named`` gives the id and the title of what a query asks for."""
    with progress("recommend") as bar:
        found = _counted(
            zip(map(named, queries), answers(queries), strict=True), bar("") if several else None, queries
        )
        if out is not None:
            from service.cli.runfile import write_run

            number = write_run(out, asked, ((name[0], each) for name, each in found))
            summary = {"out": str(out), "answered": number}
        else:
            kept = list(found)
    if log is not None:
        from recommender.decisions import answer_bytes
        from service.answers import document_of

        ((_, one),) = kept
        decision = log.record(queries[0], one, answer_bytes(document_of(one)))
        log.close()
    if out is not None:
        if as_json:
            print_json(summary)
        else:
            output().print(f"[green]✓[/] {number:,} answered → {out}")
    elif as_json:
        if several:
            print_json({"answers": [{asked: name[0]} | each.to_json() for name, each in kept]})
        else:
            print_json(kept[0][1].to_json() | ({"decision": decision} if log is not None else {}))
    else:
        from service.cli.present import show

        console = output()
        for (asked_id, title), each in kept:
            show(console, each, f"{asked_id} {title}".strip())
        if log is not None:
            console.print(f"decision {decision} · rongtong replay {decision}", style="dim")


def _decisions(place: Workspace, *, several: bool) -> DecisionLog:
    """The log for one decision. Raises InputError where *several* are asked for."""
    if several:
        raise InputError("Only single decisions are logged.", field="log", mend="ask without FILE and --out")
    # as a replay does; it must be said before numpy is loaded
    os.environ["OMP_NUM_THREADS"] = "1"
    return place.decisions()


def _counted(
    found: Iterator[tuple[tuple[str, str], Recommendation]],
    report: Progress | None,
    queries: Sequence[object],
) -> Iterator[tuple[tuple[str, str], Recommendation]]:
    for number, each in enumerate(found, 1):
        if report is not None:
            report(number, len(queries))
        yield each


def _one_of(**given: object) -> None:
    """Raises InputError unless exactly one of the options was given."""
    names = [name for name, value in given.items() if value not in ("", None)]
    if len(names) != 1:
        options = ", ".join(f"--{name}" for name in given)
        raise InputError(
            "Nothing was asked." if not names else "Several things were asked at once.",
            mend=f"give exactly one of {options}",
        )


def _tell_left_out(left_out: Sequence[str]) -> None:
    """Rows that could not be read are named, and the exit code says so."""
    if not left_out:
        return
    console = messages()
    for line in left_out[:10]:
        console.print(f"[yellow]![/] left out: {line}", markup=True)
    if len(left_out) > 10:
        console.print(f"… and {len(left_out) - 10:,} more")
    raise typer.Exit(SOME_LEFT_OUT)
