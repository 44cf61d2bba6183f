"""The open texts that the encoder learns from.

Only sources marked ``open`` in the data folder's SOURCES.md are listed here, so nothing else can reach
weights that ship. Left out on purpose: the development contracts and the announcements they were read from
(open, but they measure the result), and whatever states no licence (introductions, product queries,
procurement notices of the central enterprises, financing events).

A missing file is no error (a data folder may hold fewer sources); :func:`present` says which are there.
"""

from __future__ import annotations

import csv
import json
import lzma
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from indexes.errors import FileUnreadable, TrainingError
from recommender.text.normalise import for_search
from training.probe import is_probe

INDUSTRY_CLASSES = "taxonomy/gbt4754_2017.csv"
"""Its probe classes are read by nothing that trains: see :mod:`training.probe`."""

FIELD_LIMIT = 1 << 22
"""Characters of one record that are read; longer ones are cut."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file of the data folder: its path, its licence as the card states it, and what it is.

    ``weight`` is what one occurrence of a word counts when the vocabulary is chosen: above 1 for the short
    texts of the trade itself (products, tenders, catalogues), far below 1 for the large general ones, which
    would drown them. ``fields`` are the text fields of a record, joined in order.
    """

    path: str
    licence: str
    what: str
    weight: float
    fields: tuple[str, ...]
    own: bool = False
    """Whether it is the user's own and not one of the open sources."""

    @property
    def emphasis(self) -> float:
        """What one co-occurrence in this source counts: the square root of its weight."""
        return math.sqrt(self.weight)


OPEN_SOURCES: tuple[Source, ...] = (
    Source("text/news.jsonl.xz", "Apache-2.0", "news of 2023", 0.15, ("title", "text")),
    Source("text/tv_news.jsonl.xz", "MIT", "daily TV news items", 0.1, ("title", "text")),
    Source("text/it_articles.jsonl.xz", "Apache-2.0", "technical articles", 0.1, ("title", "text")),
    Source("text/laws.jsonl.xz", "official texts", "laws and regulations", 0.1, ("title", "text")),
    Source(
        "text/papers.jsonl.xz",
        "CC BY 4.0",
        "research papers",
        0.15,
        ("title", "keywords", "abstract", "text"),
    ),
    Source("text/customs_docs.jsonl.xz", "MIT, official texts", "customs rules", 0.5, ("title", "text")),
    Source("text/prospectuses.jsonl.xz", "statutory disclosures", "IPO prospectuses", 1, ("title", "text")),
    Source("text/patents.jsonl.xz", "official publications", "patent abstracts", 5, ("title", "text")),
    Source("text/technical_docs.jsonl.xz", "CC BY 4.0, Apache-2.0", "documentation", 0.3, ("title", "text")),
    Source("text/tender_titles.jsonl.xz", "public notices", "tender titles", 10, ("text",)),
    Source("text/tender_notices.jsonl.xz", "public notices", "tender notices", 1, ("title", "text")),
    Source(
        "catalogue/needs_tenders.jsonl",
        "public notices",
        "tenders: scope and qualification",
        2,
        ("title", "scope", "qualification"),
    ),
    Source("catalogue/products_listed.csv", "facts", "products of listed companies", 10, ("product",)),
    Source("catalogue/product_edges.csv", "facts", "product graph", 10, ("product", "related")),
    Source(INDUSTRY_CLASSES, "national standard", "industry classes", 10, ("name", "note")),
    Source(
        "taxonomy/gov_procurement_2022.csv",
        "official",
        "government procurement classes",
        5,
        ("name", "path", "note"),
    ),
    Source("taxonomy/hs_names.csv", "official", "customs names of goods", 10, ("name",)),
    Source(
        "taxonomy/industry_catalogues.jsonl",
        "official",
        "guidance catalogues",
        10,
        ("section", "subsection", "item_title"),
    ),
    Source(
        "taxonomy/nice_goods_services.json",
        "official",
        "goods and services by class",
        10,
        ("name", "comment"),
    ),
)


def present(data: Path) -> tuple[Source, ...]:
    """The open sources that *data* holds, in their fixed order. Raises TrainingError where there is none."""
    found = tuple(source for source in OPEN_SOURCES if (data / source.path).is_file())
    if not found:
        raise TrainingError(
            "the data folder holds none of the open sources",
            field="data",
            value=str(data),
            mend=f"it should hold files such as {OPEN_SOURCES[0].path}",
        )
    return found


def records(path: Path) -> Iterator[dict[str, object]]:
    """The records of a ``.csv``, ``.json`` (one list), ``.jsonl`` or ``.jsonl.xz`` file, in file order."""
    opener: Callable[[Path], IO[str]] = _open_xz if path.suffix == ".xz" else _open_plain
    try:
        with opener(path) as stream:
            if path.suffix == ".csv":
                csv.field_size_limit(FIELD_LIMIT)
                yield from csv.DictReader(stream)
            elif path.suffix == ".json":
                yield from (item for item in json.load(stream) if isinstance(item, dict))
            else:
                for line in stream:
                    item = json.loads(line)
                    if isinstance(item, dict):
                        yield item
    except (OSError, EOFError, ValueError, csv.Error, lzma.LZMAError) as error:
        raise FileUnreadable(
            f"cannot read training material: {error}",
            field="file",
            value=str(path),
            mend="mend or remove the file",
        ) from error


def _open_xz(path: Path) -> IO[str]:
    return lzma.open(path, "rt", encoding="utf-8")


def _open_plain(path: Path) -> IO[str]:
    return path.open(encoding="utf-8-sig", newline="")


def flat(value: object) -> str:
    """A field as text: lists are joined, everything but text is dropped."""
    if isinstance(value, str):
        return value[:FIELD_LIMIT]
    if isinstance(value, list):
        return " ".join(item for item in value if isinstance(item, str))[:FIELD_LIMIT]
    return ""


def documents(data: Path, source: Source) -> Iterator[str]:
    """The texts of *source*, one a record, in search spelling; records without text are left out, and so are
    the classes of the probe."""
    for record in records(data / source.path):
        if source.path == INDUSTRY_CLASSES and is_probe(flat(record.get("code"))):
            continue
        text = for_search("\n".join(flat(record.get(field)) for field in source.fields))
        if text:
            yield text
