"""The written files go in through the importer without a single reject, and come back as they were drawn."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from recommender.catalogue.domain import Certification, Tier
from recommender.catalogue.kinds import Kind
from recommender.catalogue.repository import open_catalogue
from recommender.intake.importer import import_file
from recommender.sample.build import Sample
from recommender.sample.write import cell, write_files


def test_cells_are_written_as_the_contract_says() -> None:
    certificates = (Certification("IATF 16949", date(2027, 3, 1)), Certification("ISO 9001"))
    assert cell(certificates) == "IATF 16949@2027-03-01;ISO 9001"
    assert [cell(v) for v in (None, True, Tier.CHAMPION, 1.5e8, 0.12)] == [
        "",
        "true",
        "champion",
        "150000000",
        "0.12",
    ]
    assert cell(datetime(2026, 1, 2, 9)) == "2026-01-02 09:00:00"


def test_the_five_files_import_without_rejects_and_come_back_unchanged(
    sample: Sample, tmp_path: Path
) -> None:
    summary = write_files(sample, tmp_path / "sample")
    catalogue = open_catalogue(f"sqlite:///{tmp_path}/catalogue.db")
    for kind in (Kind.ENTERPRISES, Kind.OFFERINGS, Kind.NEEDS, Kind.OUTCOMES, Kind.EDGES):
        name = f"{kind.value}.csv"
        report = import_file(catalogue, kind, summary.folder / name)
        assert (report.inserted, report.rejected) == (summary.rows[name], 0)
        assert report.unmapped == ()
    public = sorted((replace(e, contact="") for e in sample.enterprises), key=lambda e: e.enterprise_id)
    assert list(catalogue.enterprises()) == public
    assert sorted(catalogue.needs(), key=lambda n: n.need_id) == list(sample.needs)
    assert sorted(catalogue.offerings(), key=lambda o: o.offering_id) == sorted(
        sample.offerings, key=lambda o: o.offering_id
    )
    catalogue.close()


def test_the_golden_files_fit_together(sample: Sample, tmp_path: Path) -> None:
    write_files(sample, tmp_path)
    with (tmp_path / "golden_needs.csv").open(encoding="utf-8", newline="") as file:
        needs = {row["need_id"] for row in csv.DictReader(file)}
    with (tmp_path / "golden_qrels.csv").open(encoding="utf-8", newline="") as file:
        judged = {row["need_id"] for row in csv.DictReader(file)}
    assert needs == judged
    assert len(needs) == len(sample.golden)
