"""``rongtong demo``: from nothing to explained lists, a completed need and a chain, on the bundled sample."""

from __future__ import annotations

import shutil
from datetime import date
from typing import TYPE_CHECKING

import typer

from indexes.errors import CatalogueError
from service.cli.common import Home, messages, output, progress, stages, workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from recommender.catalogue import Catalogue, Need
    from recommender.engine import Engine
    from service.workspace import Workspace

_KINDS = ("enterprises", "offerings", "needs", "outcomes", "edges")
_SHOWN, _FIRST = 3, 5
_LINKS = 4  # on which a completed need shows a partner


def register(app: typer.Typer) -> None:
    app.command("demo")(demo)


def demo(home: Home = None) -> None:
    """Import the bundled (fictional) sample, refresh, and show what can be asked: suppliers for a need,
    buyers for one, a supplier from another chain, who completes a need, where a chain is thin."""
    from recommender.catalogue import Visibility
    from recommender.query import BuyerQuery, SupplierQuery
    from service.cli.present import show

    place = workspace(home)
    with place.catalogue() as catalogue:
        _import_sample(place, catalogue)
        _refresh(place, catalogue)
        engine = place.engine()
        need = _telling_need(catalogue)
        today = date.today()
        console = output()
        found = engine.suppliers(SupplierQuery(need=need, as_of=today, top_k=_SHOWN))
        show(console, found, f"谁能供应？ Who can supply {need.need_id} {need.title}")
        if not found.results:
            return
        enterprise = catalogue.enterprise(found.results[0].enterprise_id)
        query = BuyerQuery(
            enterprise=enterprise,
            offerings=catalogue.offerings_of(enterprise.enterprise_id),
            as_of=today,
            top_k=_SHOWN,
            visibility=tuple(each.value for each in Visibility),
        )
        show(
            console,
            engine.buyers(query),
            f"谁需要它？ Who needs {enterprise.enterprise_id} {enterprise.name}",
        )
        needs = _open_needs(catalogue)
    _show_crossing(console, engine, needs, today)
    _show_completion(console, engine, needs, today)
    _show_chain(console, engine, needs, today)


def _import_sample(place: Workspace, catalogue: Catalogue) -> None:
    from recommender.catalogue import Kind
    from recommender.intake.importer import import_file
    from recommender.sample.write import write_sample

    folder = place.home / "sample"
    if not folder.is_dir() and any(catalogue.counts().values()):
        raise CatalogueError(
            "This workspace holds a catalogue of its own; fictional enterprises do not belong into it.",
            field="home",
            value=str(place.home),
            mend="name another workspace with --home",
        )
    write_sample(folder)
    golden = place.home / "golden.csv"
    if not golden.exists():
        shutil.copyfile(folder / golden.name, golden)
    console = messages()
    with progress("import") as bar:
        for kind in _KINDS:
            file = folder / f"{kind}.csv"
            report = import_file(catalogue, Kind(kind), file, progress=bar(file.name))
            console.print(f"  {kind}: {report.rows:,} rows, {report.rejected:,} rejected")


def _refresh(place: Workspace, catalogue: Catalogue) -> None:
    from recommender.refresh import refresh

    with stages("refresh") as report:
        done = refresh(
            catalogue,
            place.store(),
            place.encoder(),
            cache=place.settings.vector_cache,
            progress=report,
            engine=place.settings.built_engine,
        )
    messages().print(f"  release {done.release} is live")


def _show_crossing(console: Console, engine: Engine, needs: Sequence[Need], today: date) -> None:
    """The first need among whose first answers one comes from another chain over a path of steps."""
    from recommender.query import SupplierQuery
    from service.cli.present import show_crossings

    for need in needs:
        found = engine.suppliers(SupplierQuery(need=need, as_of=today, top_k=_FIRST))
        paths = [each.cross_chain["path"] for each in found.results if each.cross_chain]
        if any(isinstance(path, list) and len(path) > 1 for path in paths):
            title = f"谁能跨链供应？ Who can, from another chain? {need.need_id} {need.title}"
            show_crossings(console, found, title)
            console.print(f"[dim]在网页上 on the page: /?need={need.need_id}[/]")
            return


def _show_completion(console: Console, engine: Engine, needs: Sequence[Need], today: date) -> None:
    """The first need that calls for partners on several links."""
    from recommender.completion import CompletionQuery
    from service.cli.complete import show as show_completed

    for need in needs:
        found = engine.complete(CompletionQuery(need=need, as_of=today, top_k=1))
        if len({each.partner.link for each in found.suggestions if each.results}) >= _LINKS:
            show_completed(console, found, f"还需要谁？ Who else? {need.need_id} {need.title}")
            console.print(f"[dim]在网页上 on the page: /?need={need.need_id}[/]")
            return


def _show_chain(console: Console, engine: Engine, needs: Sequence[Need], today: date) -> None:
    """Of the chains for which there are needs, the one with the most severe weakness."""
    from recommender.chains.gaps import gaps_document
    from recommender.chains.picture import picture_document
    from service.cli.chain_picture import draw
    from service.cli.chains_gaps import print_gaps

    named = {need.industry_chain for need in needs if need.industry_chain}
    known = sorted(name for name in named if engine.snapshot.graph.chain(name) is not None)
    found = [gaps_document(engine.snapshot, name, today, limit=_SHOWN) for name in known]
    thin = [document for document in found if document["gaps"]]
    if thin:
        worst = max(thin, key=lambda document: float(document["gaps"][0]["severity"]))
        draw(console, picture_document(engine.snapshot, worst["chain"], today))
        print_gaps(console, worst)
        console.print(f"[dim]在网页上 on the page: /chains/{worst['chain']}[/]")


def _open_needs(catalogue: Catalogue) -> list[Need]:
    """Those that everybody may see first, for the pages show no others; by id."""
    from recommender.catalogue import NeedStatus, Visibility

    found = [each for each in catalogue.needs() if each.status is NeedStatus.OPEN]
    return sorted(found, key=lambda each: each.visibility is not Visibility.PUBLIC)


def _telling_need(catalogue: Catalogue) -> Need:
    """The first need that anybody may see and that asks for a certificate: it shows most."""
    from recommender.catalogue import Visibility

    needs = _open_needs(catalogue)
    public = [each for each in needs if each.visibility is Visibility.PUBLIC]
    certified = [each for each in public if each.required_certifications]
    for choice in (certified, public, needs):
        if choice:
            return choice[0]
    raise CatalogueError("The sample has no open need.")
