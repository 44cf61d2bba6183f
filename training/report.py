"""An evaluation as a page that a person reads in five minutes: Markdown, Chinese with English beside."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from indexes.release import Manifest
from recommender.query import MAX_TOP_K
from training.evaluation import Evaluation
from training.failures import CAUSES, FOUND, Failure, Rival
from training.metrics import MEASURES, Interval
from training.slices import SMALL, SliceFigures, label

_NAMED = 10  # absent enterprises that are named
_BANDS = ((100, "11–100"), (MAX_TOP_K, "101–1000"))
_BEYOND = f"> {MAX_TOP_K}"
_LONGEST = 120
# What a list holds was written by strangers: none of its signs may become markup.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~$])")


@dataclass(frozen=True, slots=True)
class Report:
    """All that the page says. *worst* are failures with what stood on top instead; *failed* are all of
    them. *absent* are judged-right enterprises that the release lacks, *lost* the needs that therefore
    nobody can answer. *told* counts needs whose outcomes the catalogue holds. *files* are the names of the
    files of needs and judgments."""

    found: Evaluation
    manifest: Manifest
    as_of: date
    slices: Sequence[SliceFigures]
    failed: Sequence[Failure]
    worst: Sequence[tuple[Failure, Sequence[Rival]]]
    absent: Sequence[str] = ()
    lost: Sequence[str] = ()
    told: int = 0
    files: Sequence[str] = ()


def markdown(report: Report) -> str:
    """The page."""
    parts = (
        _head(report),
        _systems(report.found),
        _slices(report.slices),
        _places(report),
        _causes(report.failed),
        _worst(report),
    )
    return "\n".join(line for part in parts for line in (*part, ""))


def mark(p: float | None) -> str:
    """``*`` for p < 0.05, ``**`` for p < 0.001."""
    return "" if p is None or p >= 0.05 else "**" if p < 0.001 else "*"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a Markdown table; cells are taken as they are."""
    return [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}", *(f"| {' | '.join(r)} |" for r in rows)]


def plain(text: str) -> str:
    """*text* on one line, cut where it is endless, every sign of Markdown escaped."""
    line = " ".join(text.split())
    return _MARKUP.sub(r"\\\1", line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…")


def _slice_row(s: SliceFigures, main: str, first: str) -> list[str]:
    """The cells of one slice: name, number of needs, and each measure of *main* beside *first*."""
    cells = [
        f"{s.means[main][m]}{_stars(s.p_values.get(m))}"
        + (f" / {s.means[first][m].mean:.3f}" if first != main else "")
        for m in MEASURES
    ]
    return [plain(label(s.name)), f"{s.needs:,}{' †' if s.small else ''}", *cells]


def _stars(p: float | None) -> str:
    return mark(p).replace("*", r"\*")


def _head(report: Report) -> list[str]:
    found, manifest = report.found, report.manifest
    needs, lost = len(found.need_ids), len(report.lost)
    lines = [
        "# 评测报告 Evaluation report",
        "",
        "**本报告含需求标题，请与需求本身同样保密 · This report holds need titles: "
        "keep it as confidential as the needs.**",
        "",
    ]
    if report.absent:
        lacking, names = len(report.absent), "、".join(map(plain, report.absent[:_NAMED]))
        more = " …" if lacking > _NAMED else ""
        lines += [
            f"**此版本缺少评判中的 {lacking:,} 家企业（{names}{more}），"
            f"因此 {lost:,} 条需求无人可中，均按未找到计 · "
            f"The release lacks {lacking:,} judged enterprises; {lost:,} needs have nobody right in it and "
            "count as not found.**",
            "",
        ]
    else:
        lines += ["评判中的企业都在此版本中 · The release holds every judged enterprise.", ""]
    if report.told:
        lines += [
            f"**目录已有其中 {report.told:,} 条需求的结果，排序可能已经知道谁中选 · The catalogue holds "
            f"outcomes of {report.told:,} of these needs: the ranking may know who won.**",
            "",
        ]
    encoder, counts = manifest.encoder, manifest.counts
    facts = [
        ("版本 release", f"{manifest.release}（{manifest.created}）"),
        ("企业 enterprises", f"{counts.get('enterprises', 0):,}"),
        ("产品 offerings", f"{counts.get('offerings', 0):,}"),
        ("编码器 encoder", f"{plain(encoder.name)} · {encoder.fingerprint[:12]}"),
        ("评判的需求 judged needs", f"{needs:,}"),
        ("文件 files", "、".join(map(plain, report.files)) or "—"),
        ("基准日 as of", report.as_of.isoformat()),
    ]
    return [*lines, *table(("测了什么 what was measured", ""), facts)]


def _systems(found: Evaluation) -> list[str]:
    rows = [
        [s, *(_cell(found.means[s][m], found.p_values.get(s, {}).get(m)) for m in MEASURES)]
        for s in found.systems
    ]
    return [
        "## 各系统 Systems",
        "",
        "均值与 95 % 区间（自助法）；p 为与第一个系统配对的随机化检验，\\* p < 0.05，\\*\\* p < 0.001。",
        "Means with 95 % bootstrap intervals; p against the first system by paired randomisation.",
        "",
        *table(("系统 system", *MEASURES), rows),
    ]


def _cell(each: Interval, p: float | None) -> str:
    return f"{each}{_stars(p)}" + (f" p = {p:.2g}" if p is not None else "")


def _slices(slices: Sequence[SliceFigures]) -> list[str]:
    if not slices:
        return ["## 分组 Slices", "", "所有需求都在同一组 · all needs fall into one slice"]
    first, *_, main = [*slices[0].means] * 2  # one system alone is both
    lines = [
        "## 分组 Slices",
        "",
        f"每格：{main} 的均值与 95 % 区间，斜线后为 {first} 的均值；p 未按组数校正；"
        f"† 少于 {SMALL} 条需求，只供参考。",
        f"Each cell: {main} with its interval / {first}; p is not corrected for the number of slices; "
        f"† fewer than {SMALL} needs.",
    ]
    for dimension in dict.fromkeys(s.dimension for s in slices):
        rows = [_slice_row(s, main, first) for s in slices if s.dimension == dimension]
        lines += ["", *table((plain(label(dimension)), "n", *MEASURES), rows)]
    return lines


def _places(report: Report) -> list[str]:
    found, lost = report.found, set(report.lost)
    counted: Counter[str] = Counter(_band(f.rank) for f in report.failed)
    for need_id, standing in found.standings.items():
        if need_id not in lost and standing.rank is not None and standing.rank <= FOUND:
            counted["1" if standing.rank == 1 else "2–3" if standing.rank <= 3 else "4–10"] += 1
    names = ["1", "2–3", "4–10", *(name for _, name in _BANDS), _BEYOND]
    rows = [[name, f"{counted[name]:,}", _share(counted[name], len(found.need_ids))] for name in names]
    rows.append(
        ["不在此版本中 not in this release", f"{len(lost):,}", _share(len(lost), len(found.need_ids))]
    )
    return [
        f"## 中选企业排在第几 Where the winner stands ({found.main})",
        "",
        *table(("名次 place", "需求 needs", ""), rows),
    ]


def _causes(failed: Sequence[Failure]) -> list[str]:
    if not failed:
        return ["## 为什么靠后 Why it stands low", "", "没有靠后的 · nothing failed"]
    counted = Counter((f.cause, _band(f.rank)) for f in failed)
    bands = [*(name for _, name in _BANDS), _BEYOND]
    rows = [
        [
            CAUSES[cause],
            *(f"{counted[cause, band]:,}" for band in bands),
            f"{total:,}",
            _share(total, len(failed)),
        ]
        for cause, total in Counter(f.cause for f in failed).most_common()
    ]
    return [
        "## 为什么靠后 Why it stands low",
        "",
        "只据此版本的数据推测：共同的词、产品的语义远近。能供货的企业往往不止一家，而评判只记中选的一家。",
        "Guessed from the release alone. Many could have supplied; the judgments name who was chosen.",
        "",
        *table(("原因推测 cause guess", *bands, "合计 all", ""), rows),
    ]


def _worst(report: Report) -> list[str]:
    lines = [
        f"## 最差的 {len(report.worst)} 条 The worst, to look at",
        "",
        "名次后为仅凭语义与仅凭字词时的名次；引号内为与需求最近的产品及其余弦。",
        "After the place: the place by meaning alone and by words alone; in quotes the nearest offering, "
        "with its cosine.",
    ]
    for number, (failure, tops) in enumerate(report.worst, 1):
        need = failure.need
        buyer = f" · 买方 buyer：{plain(need.buyer_name)}" if need.buyer_name else ""
        lines += [
            "",
            f"### {number}. {plain(need.title)}",
            "",
            f"{plain(need.need_id)}{buyer}",
            "",
            f"- **中选 winner** {plain(failure.name)}（{plain(failure.winner)}）："
            f"{_placed(failure.rank, f'不在前 {MAX_TOP_K} 名 not in first {MAX_TOP_K}')}；"
            f"语义 meaning {_placed(failure.by_meaning, '—')}，字词 words {_placed(failure.by_words, '—')}；"
            f"{_offer(failure.offering, failure.cosine, failure.words)}",
            *(
                f"- {place}. {plain(top.name)} {top.score:.3f}；{_offer(top.offering, top.cosine, top.words)}"
                for place, top in enumerate(tops, 1)
            ),
            f"- **推测 guess** {CAUSES[failure.cause]}",
        ]
    return lines


def _offer(offering: str, cosine: float, words: Sequence[str]) -> str:
    near = f"“{plain(offering)}” {cosine:.2f}" if not math.isnan(cosine) else "没有产品 no offering"
    return f"{near}；词 words：{plain('、'.join(words)) or '—'}"


def _placed(place: int | None, otherwise: str) -> str:
    return otherwise if place is None else f"第 {place:,} 名 #{place}"


def _band(rank: int | None) -> str:
    return next((name for limit, name in _BANDS if rank is not None and rank <= limit), _BEYOND)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "—"
