"""Golden queries: what the operator knows to be right, asked of every release before it goes live.

``golden.csv`` in the workspace (or ``.jsonl``, ``.xlsx``, ``.tsv``) has a row a query::

    text,need_id,enterprise_id,within
    动车组轴箱轴承，须通过 ISO/TS 22163,,91430200MA4L00001X;91430200MA4L00002X,10
    ,N-2026-017,91320400MA1P00003R,3

Either ``text`` or the ``need_id`` of a need in the catalogue is asked; one of the enterprises must be among
the first ``within`` (10 where it is not said). Chinese headers are understood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from indexes.errors import InputError

NAME = "golden"
ENDINGS = (".csv", ".jsonl", ".xlsx", ".tsv")
MOST = 1_000  # rows: each is asked at every refresh
DEEPEST = 1_000
_USUAL = 10
_MEND = "correct the row or remove it; the columns are text or need_id, enterprise_id, within"
_COLUMNS = {
    "text": "text query 需求 需求描述 查询 采购需求",
    "need_id": "needid 需求编号 需求id 项目编号",
    "enterprise_id": "enterpriseid enterpriseids 企业编号 企业id 统一信用代码 统一社会信用代码",
    "within": "within k topk 名次 前几名",
}
_FIELDS = {name: field for field, names in _COLUMNS.items() for name in names.split()}


@dataclass(frozen=True, slots=True)
class GoldenQuery:
    """One of *enterprise_ids* must be among the first *within* for *text*, or for the need *need_id*.

    *row* says where the query stands in the file, for messages.
    """

    row: str
    text: str
    need_id: str
    enterprise_ids: tuple[str, ...]
    within: int = _USUAL

    @property
    def asked(self) -> str:
        return self.need_id or self.text.split("\n", 1)[0][:40]


def read_golden(home: Path) -> tuple[GoldenQuery, ...]:
    """The queries in the workspace *home*; none where it has no such file.

    Raises InputError for a file that cannot be read, for two of them, and for the first row that says no
    query or no enterprise.
    """
    files = [path for ending in ENDINGS if (path := home / f"{NAME}{ending}").exists()]
    if not files:
        return ()
    if len(files) > 1:
        raise InputError(
            "There are two lists of golden queries.",
            field="golden",
            value=" ".join(path.name for path in files),
            mend="join them in one file and remove the other",
        )
    return read_file(files[0])


def read_file(path: Path) -> tuple[GoldenQuery, ...]:
    """The queries in the file *path*. Raises InputError, as :func:`read_golden`."""
    from recommender.catalogue import Kind
    from recommender.intake.headers import Names, fold_header
    from recommender.intake.readers import open_source

    found: list[GoldenQuery] = []
    with open_source(path, Names(Kind.OUTCOMES)) as source:
        named = {_FIELDS.get(fold_header(header)) for header in source.headers or ()}
        if source.headers is not None and not {"enterprise_id"} < named & {*_COLUMNS}:
            raise InputError(
                f"{path.name} has no column enterprise_id, or neither text nor need_id.",
                field="golden",
                value=", ".join(source.headers[:20]),
                mend="its first row names the columns: text or need_id, enterprise_id, within",
            )
        for row in source.rows:
            where = f"{path.name}, row {row.number}"
            if row.fault:
                raise InputError(f"{where}: {row.fault}.", field="golden", value=row.value, mend=_MEND)
            cells = {_FIELDS.get(fold_header(header), ""): cell for header, cell in row.cells.items()}
            found.append(_query(where, cells))
            if len(found) > MOST:
                raise InputError(
                    f"{path.name} has more than {MOST:,} rows, and all are asked at every refresh.",
                    field="golden",
                    value=path.name,
                    mend="keep those that matter most",
                )
    return tuple(found)


def _query(where: str, cells: Mapping[str, object]) -> GoldenQuery:
    from recommender.query import MAX_TEXT

    text, need_id = _text(cells.get("text")), _text(cells.get("need_id"))
    if bool(text) == bool(need_id):
        what = "both a text and a need_id" if text else "neither a text nor a need_id"
        raise InputError(f"{where} has {what}.", field="text", value=text, mend=_MEND)
    if len(text) > MAX_TEXT:
        raise InputError(f"{where}: the text is longer than {MAX_TEXT:,}.", field="text", value=text)
    given = cells.get("enterprise_id")
    listed = given if isinstance(given, list) else re.split(r"[;；、]", _text(given))
    enterprises = tuple(each for each in (_text(one) for one in listed) if each)
    if not enterprises:
        raise InputError(f"{where} names no enterprise.", field="enterprise_id", value="", mend=_MEND)
    within = _text(cells.get("within")).removesuffix(".0") or str(_USUAL)
    if not (within.isdecimal() and len(within) < 6 and 1 <= int(within) <= DEEPEST):
        raise InputError(
            f"{where} has no whole number from 1 to {DEEPEST:,}.", field="within", value=within, mend=_MEND
        )
    return GoldenQuery(where, text, need_id, enterprises, int(within))


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()
