"""``rongtong releases compare OLD NEW``: what differs between two releases, for whom, and why."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from indexes.errors import EncoderError, InputError
from service.cli.common import Home, Json, output, print_json, workspace

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from recommender.causes import Cause
    from recommender.comparison import Changed, Comparison, Move, Side
    from recommender.encoder import Encoder
    from service.workspace import Workspace

_NEEDS, _MOVES, _SHIFTS = 10, 8, 3  # shown of each on a terminal; --json tells all
_WORDS = {  # kind of cause → 中文, English
    "enterprise added": ("新入库企业", "new enterprise"),
    "enterprise removed": ("企业已移除", "enterprise removed"),
    "offering added": ("新增产品", "new offering"),
    "offering removed": ("产品已移除", "offering removed"),
    "offering altered": ("产品改动", "offering altered"),
    "offering began": ("产品开始可供", "offering now available"),
    "offering ended": ("产品可供期已过", "offering no longer available"),
    "certificate added": ("新增证书", "new certificate"),
    "certificate removed": ("证书已移除", "certificate removed"),
    "certificate expired": ("证书已到期", "certificate expired"),
    "profile altered": ("资料改动", "profile altered"),
    "need altered": ("需求本身改动", "the need itself was altered"),
    "encoder differs": ("编码模型不同", "encoder differs"),
    "ranker differs": ("排序模型不同", "ranker differs"),
    "chain graph differs": ("产业链图谱不同", "chain graph differs"),
    "outcomes differ": ("对接结果更新", "outcomes differ"),
    "words of the whole catalogue differ": ("全库词频变化", "word statistics differ"),
    "other needs and orders differ": ("对方的其他需求或订单变化", "its other needs or orders differ"),
    "time passed": ("时间推移", "time passed"),
    "others moved": ("得分几乎未变，与他人换位", "score hardly changed, changed places with others"),
}
_COUNTED = {"enterprises": "企业", "offerings": "产品", "needs": "需求"}


def compare(
    old: Annotated[str, typer.Argument(metavar="OLD", help="Id of a release, as `releases list` shows it.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="Id of the release to compare with it.")],
    needs: Annotated[
        list[str] | None,
        typer.Option("--need", metavar="ID", help="Compare the answers to this need; may be repeated."),
    ] = None,
    top_k: Annotated[int, typer.Option("--top-k", metavar="K", help="How long the lists are.")] = 10,
    sample: Annotated[
        int, typer.Option("--sample", metavar="N", help="How many needs are asked where none is named.")
    ] = 100,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="The day for both (default: today).")
    ] = None,
    own_day: Annotated[
        bool,
        typer.Option("--own-day", help="Each as of the day it was made: shows what passing time did, too."),
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """What was added and removed, which needs changed their answers, and why. A fixed sample of needs is
    asked, so that a large catalogue takes no longer."""
    from recommender.comparison import compare as compared

    place = workspace(home)
    if own_day and as_of is not None:
        raise InputError("Either --as-of or --own-day.", field="as_of", value=as_of)
    day = None if own_day else _day(as_of)
    encoder = place.encoder()
    sides = [_side(place, encoder, release, day) for release in (old, new)]
    found = compared(*sides, needs=needs or (), top_k=top_k, sample=sample)
    if as_json:
        print_json(found.to_json())
    else:
        show(output(), found)


def _day(text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text is not None else date.today()
    except ValueError as error:
        raise InputError("Not a date.", field="as_of", value=text, mend="as 2026-01-31") from error


def _side(place: Workspace, encoder: Encoder, release: str, day: date | None) -> Side:
    """The release, opened to be asked; only to be read where another encoder made it."""
    from recommender.comparison import Side
    from recommender.engine import Engine
    from recommender.snapshot import Snapshot

    opened = place.store().open(release)
    snapshot = Snapshot(opened.manifest, opened.path, opened.lease)
    as_of = day or datetime.fromisoformat(opened.manifest.created).date()
    try:
        return Side(snapshot, as_of, Engine.on(snapshot, encoder))
    except EncoderError:
        return Side(snapshot, as_of)


def show(console: Console, found: Comparison) -> None:
    """A comparison for a person, Chinese first."""
    from rich.text import Text

    old, new = found.old.snapshot.manifest, found.new.snapshot.manifest
    console.print(f"[bold]{old.release}[/] → [bold]{new.release}[/]")
    for remark in found.remarks:
        console.print(Text(remark, style="yellow"))
    for name, each in found.counts.items():
        change = f"+{each.added:,} −{each.removed:,} ~{each.altered:,}"
        rows = f"{each.before:,}" if each.before == each.after else f"{each.before:,} → {each.after:,}"
        console.print(f"  {_COUNTED[name]} {name:<12} {rows}  [dim]{change}[/]")
    size = f"{old.size / 1e6:,.1f} MB → {new.size / 1e6:,.1f} MB"
    console.print(f"  大小 size         {size}")
    for cause in found.differs:
        console.print(Text(f"  {_worded(cause)}", style="yellow"))
    asked, shared = len(found.asked), found.shared
    changed = len(found.changed)
    days = {found.old.day.isoformat(), found.new.day.isoformat()}
    console.print(
        f"  在 {shared:,} 条共有需求中问了 {asked:,} 条（{'、'.join(sorted(days))}），"
        f"{changed:,} 条的前 {found.top_k} 名有变化，平均保留 {found.overlap:.1%}"
    )
    console.print(
        f"  [dim]asked {asked:,} of {shared:,} needs that both hold; {changed:,} have another first "
        f"{found.top_k}; {found.overlap:.1%} of the places kept on average[/]"
    )
    for need in found.changed[:_NEEDS]:
        _show_need(console, need, found.top_k)
    if changed > _NEEDS:
        console.print(f"[dim]… 另有 {changed - _NEEDS:,} 条 more; --json tells all[/]")


def _show_need(console: Console, need: Changed, top_k: int) -> None:
    from rich.text import Text

    from service.cli.present import one_line

    line = Text(f"\n{one_line(need.need_id, 40)} ", style="bold")
    line.append(one_line(need.title, 60), style="not bold")
    line.append(f"  保留 kept {need.kept}/{need.length}", style="not bold dim")
    console.print(line)
    telling = sorted(need.moves, key=_interest)
    for move in telling[:_MOVES]:
        console.print(_line(move, top_k))
    if len(telling) > _MOVES:
        console.print(f"  [dim]… 另有 {len(telling) - _MOVES} 家 more moved[/]")


def _interest(move: Move) -> tuple[bool, bool, float]:
    """Newcomers and leavers first, then those whose own score changed most."""
    stayed = move.before is not None and move.after is not None
    return stayed, stayed and _only_others(move), -abs(move.gain or 0.0)


def _only_others(move: Move) -> bool:
    return [cause.kind.value for cause in move.causes] == ["others moved"]


def _line(move: Move, top_k: int) -> Text:
    from rich.text import Text

    from service import labels
    from service.cli.present import one_line

    beyond = f">{top_k}"
    ranks = f"{move.before or beyond!s:>4} → {move.after or beyond!s:<4}"
    up = move.before is None or (move.after is not None and move.after < move.before)
    line = Text(f"  {'↑' if up else '↓'} {ranks}", style="green" if up else "red")
    line.append(f" {one_line(move.name, 30)} ", style="default")
    if move.gain is not None:
        line.append(f"{round(move.gain, 2) + 0.0:+.2f} ", style="bold default")  # no "-0.00"
    told = list(map(_worded, move.causes))
    if len(told) > 1 and move.causes[-1].kind.value == "others moved":
        told[-1] = "他人变动更大 others moved more"
    line.append("；".join(told), style="default")
    words = labels.feature_labels()
    parts = [
        f"{labels.both(words, shift.feature)[0]} {shift.difference:+.2f}" for shift in move.shifts[:_SHIFTS]
    ]
    if parts:
        line.append(f"  [{'，'.join(parts)}]", style="dim")
    return line


def _worded(cause: Cause) -> str:
    """``新增产品“轴承” new offering``."""
    from service import labels
    from service.cli.present import one_line

    chinese, english = _WORDS[cause.kind.value]
    if not cause.subjects:
        return f"{chinese} {english}"
    fields = cause.kind.value in ("profile altered", "need altered")
    shown = [
        labels.both(labels.FIELDS, name)[0] if fields else f"“{one_line(name, 24)}”"
        for name in cause.subjects
    ]
    more = f"等 {len(cause.subjects) + cause.more} 项" if cause.more else ""
    return f"{chinese}{'：' if fields else ''}{'、'.join(shown)}{more} {english}"
