"""``rongtong evaluate``, ``rongtong evaluate products`` and ``rongtong evaluate similarity``"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indexes.errors import InputError
from service.cli.common import Home, Json, group, messages, output, print_json, stages, workspace
from service.cli.judgments import read_qrels, read_works
from service.cli.options import AsOf, as_day

if TYPE_CHECKING:
    from datetime import date

    from recommender.catalogue import Need, Outcome
    from recommender.engine import Engine
    from service.workspace import Workspace
    from training.evaluation import Evaluation
    from training.metrics import Interval
    from training.slices import SliceFigures

app = group(
    "Measure how good the answers are, against judgments (--needs and --qrels) or without (the commands).\n\n"
    "nDCG@10, MRR, Recall@10 and Recall@100 of each system and slice, with 95 % intervals (bootstrap over "
    "the needs) and paired significance (randomisation test). A column construction (1 or 0) of the needs "
    "says which are works; without it their words decide."
)

Systems = Annotated[
    str,
    typer.Option(
        "--systems", metavar="LIST", help="Which systems; the first is what others are compared with."
    ),
]
_ALL = "lexical,dense,hybrid,full"


@app.callback(invoke_without_command=True)
def evaluate_systems(
    context: typer.Context,
    needs: Annotated[
        Path | None, typer.Option("--needs", metavar="FILE", help="The needs, as for `recommend`.")
    ] = None,
    qrels: Annotated[
        Path | None,
        typer.Option("--qrels", metavar="FILE", help="Judgments: need_id,enterprise_id,grade."),
    ] = None,
    systems: Systems = _ALL,
    as_of: AsOf = "",
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="TABLE.csv", help="Every need with its figures, the worst first."),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE.md", help="A page to read: systems, slices, worst failures."),
    ] = None,
    worst: Annotated[
        int, typer.Option("--worst", metavar="N", min=0, max=1000, help="Failures that the page lists.")
    ] = 20,
    unseen: Annotated[
        bool,
        typer.Option(
            "--unseen",
            help="Only needs won by the fifth of the enterprises that training leaves out of contracts: for "
            "judgments that the encoder may have learned from.",
        ),
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Measure the live release against judgments; see the help of the group."""
    if context.invoked_subcommand is not None:
        _nothing_before_the_command(context)
        return
    if needs is None or qrels is None:
        raise InputError(
            "Needs and judgments are both needed.",
            field="qrels" if needs else "needs",
            value="",
            mend="rongtong evaluate --needs N.csv --qrels Q.csv, or a command: products, similarity",
        )
    from service.cli.files import needs_from
    from training.awards import HELD_OUT, fold_of
    from training.evaluation import by_need, evaluate
    from training.slices import experienced, measure_slices, slices_of

    when = as_day(as_of)
    for name, path in (("out", out), ("report", report)):
        if path and not path.absolute().parent.is_dir():
            raise InputError("There is no such folder.", field=name, value=str(path), mend="make it first")
    judgments = read_qrels(qrels)
    if unseen:
        judgments = {need: won for need, won in judgments.items() if all(fold_of(e) == HELD_OUT for e in won)}
    asked, left_out = needs_from(needs)
    works = read_works(needs)
    place = workspace(home)
    engine = place.engine()
    with stages("evaluate") as tell:
        found = evaluate(engine, asked, judgments, systems=_names(systems), as_of=when, progress=tell)
        outcomes = _outcomes(place)
        told = len({o.need_id for o in outcomes}.intersection(found.need_ids))
        known = experienced(outcomes, found.need_ids) if outcomes else None
        cuts = slices_of(found, asked, judgments, engine.snapshot, works=works, known=known)
        figures = measure_slices(found, cuts)
        if report:
            _write_report(
                report,
                engine,
                found,
                asked,
                judgments,
                figures,
                as_of=when,
                files=(needs.name, qrels.name),
                worst=worst,
                told=told,
                progress=tell,
            )
    if left_out:
        messages().print(f"[yellow]![/] {len(left_out):,} needs could not be read and were left out")
    if told:
        messages().print(
            f"[yellow]![/] the catalogue holds outcomes of {told:,} of these needs: it may know who won"
        )
    if out:
        by_need(found, asked).to_csv(out, index=False, encoding="utf-8-sig")
        messages().print(f"every need, the worst first: {out}")
    if report:
        messages().print(f"report, confidential as the needs: {report}")
    if as_json:
        print_json(found.to_json() | {"slices": [each.to_json() for each in figures]})
    else:
        _show(found)
        _print_slices(found, figures)


@app.command("products")
def evaluate_products(
    hide: Annotated[
        float, typer.Option("--hide", metavar="SHARE", help="Share of an enterprise's products to hide.")
    ] = 0.2,
    most: Annotated[
        int, typer.Option("--most", metavar="N", min=1, help="Enterprises that products are hidden of.")
    ] = 1000,
    seed: Annotated[int, typer.Option("--seed", help="Another seed hides other products.")] = 0,
    systems: Systems = _ALL,
    as_of: AsOf = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Hide some products of each enterprise, and ask for them by their titles.

    Builds a temporary release of the catalogue without them; the live one is not touched. The enterprise that
    sells the hidden product is right; others that list the same title count neither as right nor as wrong.
    Intervals draw whole enterprises.
    """
    from training.product_task import choose
    from training.product_task import evaluate_products as measure

    place, when = workspace(home), as_day(as_of)
    with stages("evaluate products") as tell, place.catalogue() as catalogue:
        task = choose(catalogue.offerings(), share=hide, most=most, seed=seed)
        found = measure(
            catalogue,
            place.encoder(),
            task,
            systems=_names(systems),
            as_of=when,
            cache=place.home / "cache",
            progress=tell,
        )
    sellers = len(set(task.sellers.values()))
    if as_json:
        document = found.to_json() | {"products": len(task.questions), "enterprises": sellers, "seed": seed}
        print_json({name: value for name, value in document.items() if name not in ("needs", "release")})
        return
    _show(found, f"{len(task.questions):,} hidden products of {sellers:,} enterprises · seed {seed}")


@app.command("similarity")
def evaluate_similarity(
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="Folder with taxonomy/gbt4754_2017.csv."),
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Does the encoder match an industry's name with its description?

    A fifth of the classes of GB/T 4754-2017, which Rongtong's training leaves out: a name must find its note
    among all notes, and a note be nearer to its own name than to a sibling's. An encoder from elsewhere may
    have seen them.
    """
    from training.probe import measure_probe, probe_classes

    found = measure_probe(workspace(home).encoder(), probe_classes(data))
    if as_json:
        print_json(found.to_json())
        return
    rows = [(s, means, found.p_values if s == "encoder" else {}) for s, means in found.means.items()]
    _print_table(
        "system",
        rows,
        f"encoder {found.encoder} · {found.classes:,} classes, {found.with_siblings:,} with siblings · "
        "95 % intervals · p against lexical",
    )


def _names(systems: str) -> list[str]:
    return [name.strip() for name in systems.split(",") if name.strip()]


def _nothing_before_the_command(context: typer.Context) -> None:
    """Options between ``evaluate`` and a command would be lost without a word."""
    for name, value in context.params.items():
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise InputError(
                "An option stands before the command.",
                field=name.replace("_", "-"),
                value=str(value),
                mend=f"write it behind: rongtong evaluate {context.invoked_subcommand} …",
            )


def _outcomes(place: Workspace) -> list[Outcome]:
    with place.catalogue() as catalogue:
        return list(catalogue.outcomes())


def _write_report(
    path: Path,
    engine: Engine,
    found: Evaluation,
    needs: Sequence[Need],
    qrels: Mapping[str, Mapping[str, int]],
    figures: Sequence[SliceFigures],
    *,
    as_of: date,
    files: Sequence[str],
    worst: int,
    told: int,
    progress: Callable[[str, int, int], None],
) -> None:
    from training.failures import absent_winners, failures, rivals
    from training.report import Report, markdown

    absent, lost = absent_winners(found, qrels, engine.snapshot)
    failed = failures(engine, found, needs, qrels, as_of=as_of, progress=progress)
    page = Report(
        found=found,
        manifest=engine.snapshot.manifest,
        as_of=as_of,
        slices=figures,
        failed=failed,
        worst=[(each, rivals(engine, found, each)) for each in failed[:worst]],
        absent=absent,
        lost=lost,
        told=told,
        files=files,
    )
    try:
        path.write_text(markdown(page), encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"The report cannot be written: {error.strerror}.", field="report", value=str(path)
        ) from error


def _show(found: Evaluation, what: str = "") -> None:
    """The table of systems, and under it what was measured."""
    rows = [(s, found.means[s], found.p_values.get(s, {})) for s in found.systems]
    what = what or f"release {found.release} · {len(found.need_ids):,} judged needs"
    _print_table("system", rows, f"{what} · 95 % intervals · p against {found.systems[0]}")


def _print_table(
    title: str, rows: Iterable[tuple[str, Mapping[str, Interval], Mapping[str, float]]], foot: str
) -> None:
    from rich.table import Table

    rows = list(rows)
    table = Table(title, *rows[0][1], box=None, header_style="bold", pad_edge=False)
    for name, means, p_values in rows:
        cells = []
        for measure, each in means.items():
            text = f"{each.mean:.4f} [dim]{each.low:.4f}–{each.high:.4f}[/]"
            p = p_values.get(measure)
            if p is not None:
                text += f" [green]p={p:.3g}[/]" if p < 0.05 else f" [dim]p={p:.3g}[/]"
            cells.append(text)
        table.add_row(name, *cells)
    console = output()
    console.print(table)
    console.print(f"[dim]{foot}[/]")


def _print_slices(found: Evaluation, figures: Sequence[SliceFigures]) -> None:
    from rich.markup import escape
    from rich.table import Table

    from training.metrics import MEASURES
    from training.slices import SMALL, label

    console, first, main = output(), found.systems[0], found.main
    for dimension in dict.fromkeys(each.dimension for each in figures):
        table = Table(escape(label(dimension)), "n", *MEASURES, box=None, header_style="bold", pad_edge=False)
        for each in figures:
            if each.dimension != dimension:
                continue
            cells = []
            for measure in MEASURES:
                of_main, p = each.means[main][measure], each.p_values.get(measure)
                beside = "" if first == main else f" [dim]/ {each.means[first][measure].mean:.3f}[/]"
                sure = "[green]*[/]" if p is not None and p < 0.05 else ""
                cells.append(f"{of_main.mean:.3f} [dim]{of_main.low:.3f}–{of_main.high:.3f}[/]{beside}{sure}")
            table.add_row(escape(label(each.name)), f"{each.needs:,}{' †' if each.small else ''}", *cells)
        console.print()
        console.print(table)
    if figures:
        console.print(
            f"[dim]slices: {main} with 95 % intervals{'' if first == main else f' / {first}'} · * p < 0.05 "
            f"against {first}, not corrected for the number of slices · † fewer than {SMALL} needs[/]"
        )
