"""``rongtong demo``: from nothing to two explained lists, on the bundled sample."""

from __future__ import annotations

import shutil
from datetime import date
from typing import TYPE_CHECKING

import typer

from indexes.errors import CatalogueError
from service.cli.common import Home, messages, output, progress, stages, workspace

if TYPE_CHECKING:
    from recommender.catalogue import Catalogue, Need
    from service.workspace import Workspace

_KINDS = ("enterprises", "offerings", "needs", "outcomes", "edges")
_SHOWN = 3


def register(app: typer.Typer) -> None:
    app.command("demo")(demo)


def demo(home: Home = None) -> None:
    """Import the bundled (fictional) sample, refresh, show suppliers for a need and buyers for one."""
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


def _telling_need(catalogue: Catalogue) -> Need:
    """The first need, by id, that anybody may see and that asks for a certificate: it shows most."""
    from recommender.catalogue import NeedStatus, Visibility

    needs = [each for each in catalogue.needs() if each.status is NeedStatus.OPEN]
    public = [each for each in needs if each.visibility is Visibility.PUBLIC]
    certified = [each for each in public if each.required_certifications]
    for choice in (certified, public, needs):
        if choice:
            return choice[0]
    raise CatalogueError("The sample has no open need.")
