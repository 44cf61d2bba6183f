"""Workbooks as operators and attackers make them."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl

Cells = Sequence[object]


def workbook(
    path: Path, *rows: Cells, merge: Sequence[str] = (), more: dict[str, list[Cells]] | None = None
) -> Path:
    """A workbook with one sheet of *rows*, and *more* sheets by name."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    for area in merge:
        sheet.merge_cells(area)
    for name, others in (more or {}).items():
        other = book.create_sheet(name)
        for row in others:
            other.append(list(row))
    book.save(path)
    return path


def raw_workbook(path: Path, sheet: str, *, texts: str = "", extra: dict[str, bytes] | None = None) -> Path:
    """A workbook whose sheet's XML is *sheet*, for what openpyxl would not write."""
    space = "http://schemas.openxmlformats.org"
    types = f"{space}/officeDocument/2006/relationships"
    relations = (
        f'<?xml version="1.0"?><Relationships xmlns="{space}/package/2006/relationships">{{}}</Relationships>'
    )
    parts = {
        "_rels/.rels": relations.format(
            f'<Relationship Id="a" Type="{types}/officeDocument" Target="xl/workbook.xml"/>'
        ),
        "xl/_rels/workbook.xml.rels": relations.format(
            f'<Relationship Id="b" Type="{types}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="c" Type="{types}/sharedStrings" Target="sharedStrings.xml"/>'
        ),
        "xl/workbook.xml": (
            f'<workbook xmlns="{space}/spreadsheetml/2006/main" xmlns:r="{types}">'
            '<sheets><sheet name="S" sheetId="1" r:id="b"/></sheets></workbook>'
        ),
        "xl/worksheets/sheet1.xml": sheet,
        "xl/sharedStrings.xml": f"<sst>{texts}</sst>",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        for name, data in (extra or {}).items():
            archive.writestr(name, data)
    return path


def text_cell(reference: str, text: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'
