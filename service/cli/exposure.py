"""``rongtong exposure``"""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from service.cli.common import Home, Json, output, print_json, workspace

_NAMED = 10


def register(app: typer.Typer) -> None:
    app.command("exposure")(exposure)


def exposure(
    days: Annotated[
        int, typer.Option("--days", metavar="N", min=1, max=400, help="How many days back, with today.")
    ] = 30,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """How evenly the API's supplier lists spread attention over enterprises.

    A place at rank r counts 1 / log2(r + 1); what an enterprise deserves follows its scores.
    """
    from recommender.matching.ledger import concentration

    place = workspace(home)
    ledger, snapshot = place.ledger(), place.snapshot()
    end = ledger.today() + timedelta(1)
    totals = ledger.totals(end - timedelta(days), end)
    ids = list(snapshot.enterprises.documents.ids())
    small = snapshot.enterprises.filters.mask_any("size", ("medium", "small", "micro"))
    found = concentration(
        totals,
        ids,
        frozenset(each for each, is_small in zip(ids, small.tolist(), strict=True) if is_small),
        ledger.lists(end - timedelta(days), end),
    )
    most = sorted(totals.items(), key=lambda each: (-each[1][0], each[0]))[:_NAMED]
    if as_json:
        seen = [{"enterprise_id": each, "given": given, "deserved": due} for each, (given, due) in most]
        print_json({"days": days, **asdict(found), "most_seen": seen})
        return
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    for words, value in (
        ("清单 lists", f"{found.lists:,}"),
        ("展示过的企业 enterprises shown", f"{found.shown:,} / {found.enterprises:,}"),
        ("基尼系数 Gini over all enterprises", f"{found.gini:.3f}"),
        ("前十名占比 share of the ten most seen", f"{found.top_ten:.1%}"),
        ("中小企业所得 SMEs' share of attention", f"{found.sme_given:.1%}"),
        ("中小企业应得 SMEs' share by score", f"{found.sme_deserved:.1%}"),
    ):
        table.add_row(words, value)
    output().print(table)
    if most:
        rows = Table(
            "企业 enterprise", "所得 given", "应得 deserved", box=None, header_style="bold", pad_edge=False
        )
        for each, (given, due) in most:
            rows.add_row(each, f"{given:.2f}", f"{due:.2f}")
        output().print(rows)
