"""Recommendations on a terminal: Chinese first, English beside, reasons that can be checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from recommender.results import Contribution, Evidence, LeftOut, Recommendation, Requirement, Result, WhyNot
from service import labels

_MARKS = {
    "met": ("✓", "green"),
    "missing": ("✗", "red"),
    "unknown": ("?", "yellow"),
    "conflict": ("!", "red"),
}
_BAR = 16
_NOTHING = 0.005  # a contribution that would be shown as 0.00
# What catalogues hold was written by strangers: no control sign of theirs may reach the terminal.
_CONTROLS = dict.fromkeys(
    [*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)], " "
)


def show(console: Console, found: Recommendation, title: str) -> None:
    """Print one recommendation under *title*; with its reasons where it has them."""
    console.print(Rule(Text(one_line(title, 60), style="bold"), align="left", style="dim"))
    if not found.results:
        console.print("没有匹配的结果 · nothing matches; try fewer filters", style="yellow")
    for note in found.notes:
        console.print(Text(f"! {note}", style="yellow"))
    for result in found.results:
        console.print(_headline(result))
        if found.explain:
            console.print(Padding(Group(*_reasons(result)), (0, 0, 1, 5)))
    if found.left_out is not None and found.left_out.count:
        console.print(Padding(Group(*_left_out(found.left_out)), (1, 0, 0, 0)))
    console.print(Text(f"release {found.release} · {len(found.results)} results", style="dim"))


def show_crossings(console: Console, found: Recommendation, title: str) -> None:
    """Print a list under *title* in short: of its reasons only the paths across chains."""
    console.print(Rule(Text(one_line(title, 60), style="bold"), align="left", style="dim"))
    for result in found.results:
        console.print(_headline(result))
        if result.cross_chain:
            console.print(Padding(Group(*_crossing(result.cross_chain)), (0, 0, 0, 5)))


def show_why(console: Console, found: WhyNot) -> None:
    """Print where an enterprise stands for a need, what sets it apart from the tenth, and what would help."""
    console.print(Rule(Text(one_line(found.name, 60), style="bold"), align="left", style="dim"))
    console.print(Text(safe(found.for_supplier)))
    words = labels.feature_labels()
    table = Table(
        "与第十名相比 beside the tenth",
        "贵企业",
        "第十名",
        "差",
        box=None,
        header_style="dim",
        pad_edge=False,
    )
    for each in sorted(found.differences, key=lambda each: each.difference):
        if max(abs(each.own_contribution), abs(each.tenth_contribution)) < _NOTHING:
            continue
        chinese, english = labels.both(words, each.feature)
        colour = "red" if each.difference < -_NOTHING else "green" if each.difference > _NOTHING else "dim"
        table.add_row(
            f"{chinese} [dim]{english}[/]",
            f"{each.own_contribution:+.2f}",
            f"{each.tenth_contribution:+.2f}",
            f"[{colour}]{each.difference:+.2f}[/]",
        )
    console.print(table)
    if found.requirements:
        console.print(_checklist(found.requirements))
    for change in found.changes:
        mark, colour = ("✓", "green") if change.enough else ("·", "dim")
        line = Text(f"{mark} ", style=colour)
        line.append(safe("，并".join(step.chinese for step in change.steps)), style="not dim")
        line.append(f"  → 第 {change.rank:,} 名 · {change.score:.3f}（{change.gain:+.2f}）", style=colour)
        line.append("\n  " + safe(" and ".join(step.english for step in change.steps)), style="dim")
        console.print(line)
    console.print(Text(f"release {found.release} · {found.candidates:,} candidates", style="dim"))


def _headline(result: Result) -> RenderableType:
    line = Table.grid(padding=(0, 1), expand=False)
    line.add_column(justify="right", width=4)
    line.add_column(width=5)
    line.add_column(overflow="fold")
    body = Text(safe(result.title or result.name), style="bold")
    if result.title:
        body.append(f"  {safe(result.name)}", style="not bold cyan")
    body.append(f"  {safe(result.need_id or result.enterprise_id)}", style="not bold dim")
    if facts := facts_line(result):
        body.append(f"\n{safe(facts)}", style="not bold dim")
    for remark in _remarks(result):
        body.append(f"\n{safe(remark)}", style="not bold yellow")
    line.add_row(Text(f"{result.rank}", style="dim"), Text(f"{result.score:.3f}", style="bold green"), body)
    return line


def _remarks(result: Result) -> Iterator[str]:
    """What must be said of a result even where no reasons are asked for."""
    if result.moved:
        yield f"↕ 按评分第 {result.moved.by_score} 名 by score：{result.moved.reason}"
    if result.fails:
        yield f"✗ 不满足 fails：{'、'.join(map(labels.asked_for, result.fails))}"
    if result.unproven:
        yield f"? 待核实 unproven：{'、'.join(map(labels.asked_for, result.unproven))}"


def _left_out(found: LeftOut) -> Iterator[RenderableType]:
    reasons = "、".join(f"{labels.asked_for(name)}（{count:,}）" for name, count in found.reasons.items())
    yield Text(f"已排除 {found.count:,} 个不满足必备要求的候选 left out：{safe(reasons)}", style="yellow")
    for each in found.best:
        missed = "、".join(map(labels.asked_for, each.fails))
        yield Text(f"  {each.score:.3f} {safe(each.title or each.name)}：{safe(missed)}", style="dim")


def facts_line(result: Result) -> str:
    """The facts of a result in words: 湖南省株洲市 · 专精特新小巨人 · 中型."""
    tables = {"tier": labels.TIERS, "size": labels.SIZES, "link": labels.LINKS}
    shown = []
    facts = labels.with_names(result.facts)
    for name, value in facts.items():
        if value in (None, "", [], ()) or f"{name}_name" in facts or name == "industry":
            continue
        if (name, value) == ("tier", "none"):
            continue
        if name in tables:
            shown.append(labels.both(tables[name], str(value))[0])
        elif name.endswith("_name") or name == "region":
            shown.append(str(value))
        elif isinstance(value, list | tuple):
            shown.append("、".join(map(str, value[:5])))
        else:
            text = f"{value:,.0f}" if isinstance(value, float) else _moment(str(value))
            shown.append(f"{labels.both(labels.FIELDS, name)[0]} {text}")
    return " · ".join(shown)


def _reasons(result: Result) -> Iterator[RenderableType]:
    sentences = (("致买家 to the buyer", result.for_buyer), ("致供方 to the supplier", result.for_supplier))
    for whom, sentence in sentences:
        if sentence:
            yield Text(f"{whom}：", style="dim").append(safe(sentence), style="not dim")
    if result.contributions:
        yield _contributions(result.contributions)
    if result.requirements:
        yield Text("要求 requirements", style="dim")
        yield _checklist(result.requirements)
    if result.evidence:
        yield Text("依据 evidence", style="dim")
        yield _quotes(result.evidence)
    if result.cross_chain:
        yield from _crossing(result.cross_chain)
    for caution in result.cautions:
        yield Text(f"⚠ {safe(caution)}", style="yellow")


def _crossing(found: Mapping[str, Any]) -> Iterator[RenderableType]:
    """From which chain to which, by which path, its weakest step and what is left to prove."""
    path = " → ".join(found["path"]) or "图谱中没有路径 no path in the graph"
    yield Text(f"跨链 across chains  {safe(found['from'])} → {safe(found['to'])}：{safe(path)}", style="cyan")
    if found["path"]:
        offered, wanted = one_line(found["offering"]["span"], 40), one_line(found["need"]["span"], 40)
        yield Text(f"  依据 by the words “{offered}” ↔ “{wanted}”", style="dim")
    steps = found.get("steps", ())
    for step in steps:
        quotes = " ".join(f"“{one_line(each['span'], 40)}”" for each in step.get("quotes", ()))
        line = Text(f"  {safe(step['zh'])} {safe(step['en'])} {quotes}", style="dim")
        if len(steps) > 1 and step == found["weakest"]:
            line.append(" ← 最弱一环 weakest step", style="yellow")
        yield line
    if left := found.get("to_prove"):
        told = "、".join(f"{each['zh']} {each['en']}" for each in left)
        yield Text(f"  尚待证明 still to prove：{told}", style="dim")


def _contributions(contributions: tuple[Contribution, ...]) -> Table:
    words = labels.feature_labels()
    largest = max((abs(c.contribution) for c in contributions), default=0.0) or 1.0
    table = Table.grid(padding=(0, 1))
    for each in sorted(contributions, key=lambda c: -abs(c.contribution)):
        if abs(each.contribution) < _NOTHING:
            continue
        chinese, english = labels.both(words, each.feature)
        colour = "green" if each.contribution >= 0 else "red"
        length = abs(each.contribution) / largest * _BAR
        bar = "▇" * round(length) or "▏"
        label = Text(chinese)
        label.append(f" {english}", style="dim")
        table.add_row(label, Text(f"{each.contribution:+.2f}", style=colour), Text(bar, style=colour))
    return table


def _checklist(requirements: tuple[Requirement, ...]) -> Table:
    table = Table.grid(padding=(0, 1))
    for each in requirements:
        mark, colour = _MARKS.get(each.status, ("?", "yellow"))
        kind = labels.both(labels.KINDS, each.kind)[0]
        name = labels.requirement_label(each.kind, each.requirement)[0]
        verdict = labels.both(labels.STATUSES, each.status)[0]
        words = Text(safe(name))
        words.append(f" {verdict}" if kind == name else f" {kind}·{verdict}", style=colour)
        if each.source and each.source.span:
            field = labels.both(labels.FIELDS, each.source.field)[0]
            read = "（推断 inferred）" if each.source.inferred else ""
            words.append(f"  {field}“{one_line(each.source.span, 40)}”{read}", style="dim")
        if each.note:
            words.append(f"  {safe(each.note)}", style="dim")
        table.add_row(Text(mark, style=f"bold {colour}"), words)
    return table


def _quotes(evidence: tuple[Evidence, ...]) -> Table:
    table = Table.grid(padding=(0, 1))
    for each in evidence:
        pair = Text(f"“{one_line(each.need.span, 60)}”", style="cyan")
        pair.append(" ↔ ", style="dim not cyan")
        pair.append(f"“{one_line(each.offer.span, 60)}”", style="magenta")
        need, offer = (labels.both(labels.FIELDS, name)[0] for name in (each.need.field, each.offer.field))
        pair.append(f"  需求{need} · 供给{offer} {safe(each.offering_id)}", style="dim not cyan")
        table.add_row(Text(f"{each.similarity:.2f}", style="dim"), pair)
    return table


def one_line(text: str, limit: int) -> str:
    joined = " ".join(safe(text).split())
    return joined if len(joined) <= limit else joined[: limit - 1] + "…"


def _moment(text: str) -> str:
    """A time of ISO 8601 as people write it: without midnight, without the T and the seconds."""
    return re.sub(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)?$", r"\1 \2", text).removesuffix(" 00:00")


def safe(text: str) -> str:
    return text.translate(_CONTROLS)
