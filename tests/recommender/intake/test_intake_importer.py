from __future__ import annotations

import csv
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

import pyarrow
import pytest
from intake_files import raw_workbook, text_cell, workbook
from pyarrow import parquet

from indexes.errors import FileUnreadable, InputError, RongtongError
from recommender.catalogue import Catalogue, Kind
from recommender.catalogue.domain import Visibility
from recommender.intake import importer
from recommender.intake.importer import ImportReport, harmless, import_file

Importing = Callable[..., ImportReport]
COMPANIES = "企业编号,企业名称,公司介绍\nE1,甲公司,齿轮\nE2,乙公司,轴承\n"


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    assert report.rows == report.inserted + report.updated + report.unchanged + report.rejected
    return report.inserted, report.updated, report.unchanged, report.rejected


def rejects_of(path: Path) -> list[dict[str, str]]:
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")  # without it Excel reads UTF-8 as something else
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_list_is_taken_once_on_every_database(catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(COMPANIES.encode("gb18030"))
    assert counts(import_file(catalogue, Kind.ENTERPRISES, path)) == (2, 0, 0, 0)
    assert counts(import_file(catalogue, Kind.ENTERPRISES, path)) == (0, 0, 2, 0)
    assert catalogue.enterprise("E2").description == "轴承"


def test_good_rows_go_in_and_bad_ones_are_told(
    importing: Importing, books: Catalogue, tmp_path: Path
) -> None:
    rejects = tmp_path / "out" / "rejects.csv"
    report = importing(
        "needs",
        "need_id,title,budget\nN1,采购齿轮,5万元\nN2,,1\nN3,轴承,很多\nN4,密封,100万美元\n",
        rejects=rejects,
    )
    assert counts(report) == (2, 0, 0, 2)
    assert report.remarks == 1
    assert [(one["row"], one["field"], one["value"], one["outcome"]) for one in rejects_of(rejects)] == [
        ("3", "title", "", "rejected"),
        ("4", "budget", "很多", "rejected"),
        ("5", "budget", "100万美元", "left_out"),
    ]
    assert report.rejects_file == rejects
    assert report.reasons["budget", "not an amount of money"] == 1
    assert books.need("N1").budget == 50_000
    assert books.need("N4").budget is None


def test_without_rejects_there_is_no_file_and_an_old_one_goes(importing: Importing, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.csv"
    importing("needs", "need_id,title\nN2,\n", rejects=rejects)
    assert rejects.exists()
    report = importing("needs", "need_id,title\nN2,x\n", rejects=rejects)
    assert not rejects.exists()
    assert report.rejects_file is None
    rejects.write_text("my own file")
    importing("needs", "need_id,title\nN2,x\n", rejects=rejects)
    assert rejects.read_text() == "my own file"


def test_rejects_that_cannot_be_written_are_told_and_nothing_is_in(
    importing: Importing, books: Catalogue, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RongtongError, match="The rejects cannot be written: File exists") as caught:
        importing("needs", "need_id,title\nN1,x\nN2,\n", rejects=tmp_path / "file" / "rejects.csv")
    assert (caught.value.field, caught.value.exit_code) == ("rejects", 1)
    assert "--rejects" in caught.value.mend
    assert books.counts()[Kind.NEEDS] == 0


def test_a_disk_that_is_full_when_the_rejects_are_written_lets_nothing_in(
    importing: Importing, books: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "full.csv").symlink_to("/dev/full")
    monkeypatch.setattr(Path, "with_name", lambda self, name: tmp_path / "full.csv")
    with pytest.raises(RongtongError, match="The rejects cannot be written: No space left"):
        importing("needs", "need_id,title\nN1,x\nN2,\n", rejects=tmp_path / "rejects.csv")
    assert books.counts()[Kind.NEEDS] == 0


def test_a_reject_runs_no_formula(importing: Importing, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.csv"
    importing("needs", 'need_id,title,quantity\nN1,t,"=HYPERLINK(""http://x"")"\n', rejects=rejects)
    assert rejects_of(rejects)[0]["value"].startswith("'=")
    assert [harmless(cell)[0] for cell in ("+1", "-1", "@x", "\tx")] == ["'"] * 4


def test_a_dry_run_tells_all_and_writes_nothing(
    importing: Importing, books: Catalogue, tmp_path: Path
) -> None:
    report = importing("enterprises", COMPANIES + "E3,,x\n", dry_run=True, rejects=tmp_path / "r.csv")
    assert counts(report) == (2, 0, 0, 1)
    assert report.dry_run
    assert books.counts()[Kind.ENTERPRISES] == 0
    assert len(rejects_of(tmp_path / "r.csv")) == 1


def test_a_failure_in_the_middle_leaves_nothing(
    importing: Importing, books: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "BATCH", 500)
    rows = f"<row>{text_cell('A1', 'enterprise_id')}{text_cell('B1', 'name')}</row>" + "".join(
        f"<row>{text_cell(f'A{i}', f'E{i}')}{text_cell(f'B{i}', 'n')}</row>" for i in range(2, 1500)
    )
    path = raw_workbook(tmp_path / "a.xlsx", f"<worksheet><sheetData>{rows}<row><c")
    with pytest.raises(FileUnreadable):
        importing("enterprises", path, rejects=tmp_path / "r.csv")
    assert books.counts()[Kind.ENTERPRISES] == 0
    assert not list(tmp_path.glob("*r.csv*"))


def test_the_first_of_two_rows_with_one_id_counts(importing: Importing, books: Catalogue) -> None:
    text = "enterprise_id,name\nE1,first\nE1,second\nE1,first\n"
    assert counts(importing("enterprises", text)) == (1, 0, 1, 1)
    assert counts(importing("enterprises", text)) == (0, 0, 2, 1)
    assert books.enterprise("E1").name == "first"


def test_columns_that_a_file_lacks_keep_what_is_stored_and_empty_cells_clear_it(
    importing: Importing, books: Catalogue
) -> None:
    importing("enterprises", "enterprise_id,name,description,employees\nE1,甲,齿轮,5\n")
    assert counts(importing("enterprises", "enterprise_id,name,employees\nE1,甲,\n")) == (0, 1, 0, 0)
    assert books.enterprise("E1").description == "齿轮"
    assert books.enterprise("E1").employees is None


def test_lines_of_json_state_only_the_keys_they_have(importing: Importing, books: Catalogue) -> None:
    importing("enterprises", [{"enterprise_id": "E1", "name": "甲", "tags": ["a;b"]}], ending=".jsonl")
    report = importing(
        "enterprises",
        [
            {"enterprise_id": "E1", "employees": 7},
            {"enterprise_id": "E2", "公司名称": "乙", "other": 1},
            {"x": 1},
        ],
        ending=".jsonl",
    )
    assert counts(report) == (1, 1, 0, 1)
    assert report.unmapped == ("other", "x")
    assert books.enterprise("E1").tags == ("a;b",)
    assert books.enterprise("E1").employees == 7


def test_offerings_of_companies_that_are_not_there_are_rejected(
    importing: Importing, books: Catalogue
) -> None:
    importing("enterprises", COMPANIES)
    text = "enterprise_id,product,revenue_share\nE1,齿轮,0.4\nE9,轴承,0.4\nE1,箱体,3.19\n"
    assert counts(importing("offerings", text)) == (1, 0, 0, 2)
    assert counts(importing("offerings", text)) == (0, 0, 1, 2)
    (offering,) = books.offerings_of("E1")
    assert (offering.title, offering.weight) == ("齿轮", 0.4)


def test_a_published_need_is_public_unless_stored_otherwise(importing: Importing, books: Catalogue) -> None:
    text = "need_id,title,published\nN1,a,2026-07-03\nN2,b,\n"
    importing("needs", text)
    assert books.need("N1").visibility is Visibility.PUBLIC
    assert books.need("N1").published == date(2026, 7, 3)
    assert books.need("N2").visibility is Visibility.REGISTERED
    importing("needs", "need_id,visibility\nN1,invited\n")
    assert counts(importing("needs", text)) == (0, 0, 2, 0)
    assert books.need("N1").visibility is Visibility.INVITED


def test_the_callers_columns_are_mapped_joined_and_must_be_there(
    importing: Importing, books: Catalogue
) -> None:
    text = "enterprise_id,name,sw_industry,tags,x\nE1,甲,轨交设备,高铁,1\n"
    report = importing("enterprises", text, columns={"sw_industry": "tags"})
    assert books.enterprise("E1").tags == ("轨交设备", "高铁")
    assert report.unmapped == ("x",)
    with pytest.raises(InputError, match="no such column"):
        importing("enterprises", text, columns={"nothing": "tags"})
    with pytest.raises(InputError, match="no such column"):
        importing(
            "enterprises",
            [{"enterprise_id": "E2", "name": "n"}],
            ending=".jsonl",
            columns={"nothing": "tags"},
        )
    assert books.counts()[Kind.ENTERPRISES] == 1


def test_a_list_without_an_id_column_is_refused_as_a_whole(importing: Importing) -> None:
    with pytest.raises(InputError, match="no column gives need_id") as caught:
        importing("needs", "title,x\na,b\n")
    assert caught.value.exit_code == 2


def test_a_workbook_of_an_operator_is_taken_with_all_its_mess(
    importing: Importing, books: Catalogue, tmp_path: Path
) -> None:
    path = workbook(
        tmp_path / "名单.xlsx",
        ["重点企业名单", None, None, None, None],
        [None],
        ["企业编号", "企业名称", None, "简介", "简介"],
        ["E1", "甲", None, "齿轮", "轴承"],
        [None],
        ["E2", "=1+1", None, "x", "y"],
        ["E3", "丙", "旁注", "x" * 30_000, None],
        merge=["A1:E1"],
    )
    report = importing("enterprises", path)
    assert counts(report) == (2, 0, 0, 1)
    assert report.reasons == {("name", "a formula without its result"): 1}
    assert report.unmapped == ("column 3",)
    assert books.enterprise("E1").description == "齿轮\n轴承"


def test_a_formula_that_nobody_calculated_is_told_and_changes_nothing(
    importing: Importing, books: Catalogue, tmp_path: Path
) -> None:
    header = ["企业编号", "企业名称", "简介", "地区"]
    importing("enterprises", workbook(tmp_path / "a.xlsx", header, ["E1", "甲", "齿轮", "上海市"]))
    written = workbook(tmp_path / "b.xlsx", header, ["E1", "乙", "=A1", "=B1"])
    told = importing("enterprises", written, rejects=tmp_path / "rejects.csv")
    reason = "a formula without its result"
    assert told.reasons == {("description", reason): 1, ("region", reason): 1}
    assert "save it again" in (tmp_path / "rejects.csv").read_text(encoding="utf-8-sig")
    stored = books.enterprise("E1")
    assert (stored.name, stored.description, stored.region[:2]) == ("乙", "齿轮", "31")


def test_a_cell_of_ten_megabytes_rejects_its_row_only(importing: Importing, books: Catalogue) -> None:
    text = f'need_id,title,description\nN1,a,{"x" * 10_000_000}\nN2,b,"{"y" * 10_000_000}"\nN3,c,z\n'
    report = importing("needs", text)
    assert counts(report) == (1, 0, 0, 2)
    assert report.reasons == {("description", "longer than 200,000 characters"): 2}


def test_parquet_edges_and_outcomes_are_taken(importing: Importing, books: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "edges.parquet"
    parquet.write_table(
        pyarrow.table({"product": ["钢轨"], "related": ["钢坯"], "relation": ["needs_material"]}), path
    )
    assert counts(importing("edges", path)) == (1, 0, 0, 0)
    importing("enterprises", COMPANIES)
    importing("needs", "need_id,title\nN1,a\n")
    text = "need_id,enterprise_id,stage,at\nN1,E1,中标,2026-07-03\nN1,E9,met,\nN1,E1,喝茶,\n"
    assert counts(importing("outcomes", text)) == (1, 0, 0, 2)


def test_progress_is_told_and_ends_at_the_end(importing: Importing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importer, "BATCH", 1)
    told: list[tuple[int, int | None]] = []
    importing("enterprises", COMPANIES, progress=lambda done, size: told.append((done, size)))
    assert len(told) == 3
    assert told[-1][0] == told[-1][1]


def test_a_report_is_json(importing: Importing) -> None:
    report = importing("needs", "need_id,title\nN1,\n").to_json()
    assert report["reasons"] == [{"field": "title", "reason": "required, but empty", "count": 1}]


def test_memory_holds_a_batch_not_the_file(importing: Importing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importer, "BATCH", 10)
    sizes: list[int] = []
    upsert = "recommender.catalogue.writing.Transaction.upsert"
    from recommender.catalogue.writing import Transaction

    plain = Transaction.upsert

    def counted(self: Transaction, kind: Kind, records: list[dict[str, object]], **options: object) -> object:
        sizes.append(len(records))
        return plain(self, kind, records, **options)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(upsert, counted)
    importing("edges", "source,target,relation\n" + "".join(f"a,b{i},has_kind\n" for i in range(95)))
    assert max(sizes) == 10
    assert sum(sizes) == 95


def test_whatever_the_file_holds_only_our_own_errors_come_out(importing: Importing) -> None:
    rubbish = [
        b"\0" * 50,
        b"\xff\xfe" + b"\0" * 9,
        b'"' * 99,
        b"{}\n[]",
        bytes(range(256)),
        b"PK\x05\x06" + b"\0" * 18,
        b"," * 100_000,
        b"a," * 100_000,
    ]
    for kind in Kind:
        for ending in (".csv", ".tsv", ".xlsx", ".jsonl", ".parquet"):
            for content in rubbish:
                with suppress(InputError):
                    importing(kind.value, content, ending=ending)
