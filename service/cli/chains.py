"""``rongtong chains``: the chain graph of the live release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.common import Home, Json, group, output, print_json, workspace

if TYPE_CHECKING:
    from recommender.snapshot import Snapshot

app = group(
    "产业链图谱 The chain graph: what is made from what, who makes it, and the way from one to another."
)

SEGMENTS = {"upstream": "上游 upstream", "midstream": "中游 midstream", "downstream": "下游 downstream"}
ORIGINS = {"imported": "导入 imported", "stated": "企业自述 stated", "inferred": "推断 inferred"}
_SHOWN = 25  # nodes of a segment on a terminal

Name = Annotated[str, typer.Argument(help="A chain, or a product: then what lies two steps around it.")]


@app.command("list")
def list_chains(home: Home = None, as_json: Json = False) -> None:
    """The chains, and what the graph holds."""
    from recommender.chains.view import chains_document

    document = chains_document(live_snapshot(home))
    if as_json:
        print_json(document)
        return
    console = output()
    edges = document["edges"]
    total = "、".join(f"{ORIGINS[name]} {edges[name]:,}" for name in ORIGINS if edges.get(name))
    console.print(f"节点 nodes {document['nodes']:,}；边 edges {total or 0}")
    for chain in document["chains"]:
        console.print(f"  {chain['chain']} [dim]{chain['nodes']}[/]")
    if not document["chains"]:
        console.print("[dim]没有命名的链：可按产品名查看 no chain is named: show a product by its name[/]")
    _show_cleaned(document["cleaned"])


@app.command("show")
def show(name: Name, home: Home = None, as_json: Json = False) -> None:
    """A chain from upstream to downstream: its nodes, who fills them, its edges, and what was cleaned.

    Lists of edges need not name chains. Then NAME is a product: what goes into it within two steps is
    upstream, what it goes into is downstream.
    """
    from recommender.chains.view import chain_document

    document = chain_document(live_snapshot(home), name)
    if as_json:
        print_json(document)
        return
    _show_chain(document)


@app.command("path")
def show_path(
    start: Annotated[str, typer.Argument(metavar="FROM", help="A product, material or process.")],
    end: Annotated[str, typer.Argument(metavar="TO", help="Another.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """The surest way from one node to another, edge by edge, its weakest edge marked."""
    from rich.markup import escape

    from recommender.chains.view import path_document

    document = path_document(live_snapshot(home), start, end)
    if as_json:
        print_json(document)
        return
    console = output()
    console.print(
        f"{escape(document['from'])} → {escape(document['to'])}  可信度 {document['confidence']:.2f}"
    )
    for step in document["steps"]:
        mark = "  [yellow]← 最弱 weakest[/]" if step["weakest"] else ""
        sure = f"{step['confidence']:.2f} {ORIGINS[step['origin']]}"
        console.print(f"  {escape(step['zh'])} [dim]{escape(step['en'])} · {sure}[/]{mark}")


@app.command("joins")
def show_joins(home: Home = None, as_json: Json = False) -> None:
    """Names that were taken for the same node, those joined on the encoder's word first: for review."""
    from rich.markup import escape

    report = live_snapshot(home).graph.stored.report()
    joins = sorted(report.get("joins", ()), key=lambda j: (j["how"] != "embedding", j.get("cosine", 1.0)))
    if as_json:
        print_json({"joins": joins})
        return
    if not joins:
        output().print("没有合并的名称 · no names were taken as one")
    for join in joins:
        cosine = f" {join['cosine']:.2f}" if "cosine" in join else ""
        output().print(f"{escape(join['name'])} = {escape(join['node'])} [dim]{join['how']}{cosine}[/]")


def live_snapshot(home: Any) -> Snapshot:
    return workspace(home).snapshot()


def _show_chain(document: dict[str, Any]) -> None:
    from rich.markup import escape
    from rich.table import Table

    console = output()
    nodes = {node["node"]: node for node in document["nodes"]}
    console.print(
        f"[bold]{escape(document['chain'])}[/] [dim]{len(nodes)} nodes, {len(document['edges'])} edges[/]"
    )
    for segment, words in SEGMENTS.items():
        members = sorted((nodes[n] for n in document["segments"][segment]), key=lambda n: -n["suppliers"])
        if not members:
            continue
        table = Table(words, "企业 suppliers", "", box=None, header_style="bold", pad_edge=False)
        for node in members[:_SHOWN]:
            top = "；".join(f"{s['name']}（{s['title']} {s['confidence']:.2f}）" for s in node["top"][:2])
            inferred = " [dim]*[/]" if node["inferred_segment"] else ""
            table.add_row(escape(node["name"]) + inferred, f"{node['suppliers']:,}", escape(top))
        console.print(table)
        if len(members) > _SHOWN:
            console.print(f"  [dim]… {len(members) - _SHOWN} more, see --json[/]")
    if any(node["inferred_segment"] for node in document["nodes"]):
        console.print("[dim]* 位置由流向推断 the place in the chain is inferred from the flow[/]")
    counts: dict[tuple[str, str], int] = {}
    for edge in document["edges"]:
        key = (edge["relation"], edge["origin"])
        counts[key] = counts.get(key, 0) + 1
    for (relation, origin), count in sorted(counts.items()):
        console.print(f"  {relation} {ORIGINS[origin]} {count:,}")
    _show_cleaned(document["cleaned"])


def _show_cleaned(cleaned: dict[str, Any]) -> None:
    from rich.markup import escape

    if not cleaned or not cleaned["rules"]:
        return
    console = output()
    lost = cleaned["given"] - cleaned["kept"]
    console.print(f"清洗 cleaned: {lost:,} / {cleaned['given']:,}")
    for rule in sorted(cleaned["rules"], key=lambda rule: -rule["dropped"]):
        example = escape(" ".join(rule["examples"][0]))
        console.print(f"  {rule['dropped']:>7,} {rule['zh']} [dim]{escape(rule['en'])}: {example}[/]")
