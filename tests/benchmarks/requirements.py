"""``python -m tests.benchmarks.requirements DIR``: how well requirements are read, against hand-made labels.

DIR is the data folder that holds ``catalogue/needs_tenders.jsonl`` and ``catalogue/needs_soe.csv``; the
labels in ``tests/recommender/requirement_labels.jsonl`` are offsets into their texts and into the sample's,
those in ``requirement_labels_fresh.jsonl`` into other notices.
An extraction is right where a label of the same kind overlaps it; a certificate must also have the label's
name and grade, a specification its comparator and number, a quantity its number. ``--errors`` lists what
went wrong in the ``dev`` part. While the rules were written, only that part's labels and errors were looked
at; of the ``test`` part the figures by kind were seen, and steered where to look, so they flatter a little.
``read`` and ``fresh`` were labelled before the rules had read their texts; the errors in ``read`` were then
looked at and mended, those in ``fresh`` were not: it is the honest figure.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recommender.catalogue.domain import Need
from recommender.requirements import demands
from recommender.requirements.certificates import Certificate, canonical
from recommender.requirements.extract import mentions
from recommender.requirements.fold import fold
from recommender.requirements.mention import Mention, Quantity
from recommender.requirements.quantities import Measure, measures
from recommender.sample.write import write_sample

LABELS = Path(__file__).parents[1] / "recommender" / "requirement_labels.jsonl"
FRESH = LABELS.with_name("requirement_labels_fresh.jsonl")
PARTS = ("dev", "test", "read", "fresh")
# a column of the notices that the catalogue reads as part of the qualification
_FIELDS = {"performance": "qualification", "scope": "description"}
Texts = Mapping[tuple[str, str, str], str]


@dataclass(frozen=True, slots=True)
class Span:
    """A requirement as labelled."""

    start: int
    end: int
    kind: str
    value: str


def read_texts(data: Path) -> dict[tuple[str, str, str], str]:
    """(source, id, field) → text, for the notices in *data* and for the sample's needs."""
    found: dict[tuple[str, str, str], str] = {}
    with open(data / "catalogue" / "needs_tenders.jsonl", encoding="utf-8") as file:
        for row in map(json.loads, file):
            for field, column in (("title", "title"), ("description", "scope"), ("qualification",) * 2):
                found["needs_tenders.jsonl", row["need_id"], field] = row[column] or ""
    with open(data / "catalogue" / "needs_soe.csv", encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            for field in ("title", "description", "qualification", "performance"):
                found["needs_soe.csv", row["need_id"], field] = row[field]
    with tempfile.TemporaryDirectory() as name:
        write_sample(Path(name))
        with open(Path(name) / "needs.csv", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                for field in ("title", "description", "qualification"):
                    found["sample", row["need_id"], field] = row[field]
    return found


def right(mention: Mention, span: Span) -> bool:
    """Whether *mention* is what *span* labels."""
    if mention.kind != span.kind or mention.start >= span.end or span.start >= mention.end:
        return False
    if isinstance(mention.detail, Certificate):
        return str(mention.detail) == str(canonical(span.value))
    if isinstance(mention.detail, Measure):
        return _same_measure(mention.detail, span.value)
    if isinstance(mention.detail, Quantity):
        return f"{mention.detail.amount:g}" == f"{float(_first_number(span.value) or 'nan'):g}"
    return True


def _first_number(text: str) -> str:
    number = re.search(r"\d[\d,]*(?:\.\d+)?", text)
    return number.group().replace(",", "") if number else ""


def _same_measure(measure: Measure, value: str) -> bool:
    """Whether *value*, as labels write it (``>=6.3 MPa``, ``0.01 mm ±``), is *measure*."""
    text = fold(value).strip()
    text = f"±{text[:-1].strip()}" if text.endswith("±") else text
    read = [found.measure for found in measures(text)]
    return bool(read) and _parts(read[0]) == _parts(measure)


def _parts(measure: Measure) -> tuple[str, str, str, str]:
    return measure.dimension, measure.relation, f"{measure.low:.6g}", f"{measure.high:.6g}"


def read_labels(path: Path) -> list[dict[str, Any]]:
    """The labelled texts of *path*, one JSON object a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def compare(texts: Texts, *, errors: bool) -> Iterator[str]:
    """The report, line by line."""
    counts: Counter[tuple[str, str, str]] = Counter()
    listed: list[str] = []
    labels = [*read_labels(LABELS), *read_labels(FRESH)]
    stale = 0
    for label in labels:
        field = label["field"]
        text = texts.get((label["source"], label["id"], field), "")
        if hashlib.sha256(text.encode()).hexdigest() != label["sha256"]:
            stale += 1
            continue
        labelled = [Span(**span) for span in label["spans"]]
        found = mentions(_FIELDS.get(field, field), text)
        part = label["part"]
        for mention in found:
            good = any(right(mention, span) for span in labelled)
            counts[part, mention.kind, "right" if good else "wrong"] += 1
            if errors and not good and part in ("dev", "read"):
                listed.append(
                    f"+ {label['id']} {mention.kind} {text[mention.start : mention.end]!r} {mention.name}"
                )
        for span in labelled:
            hit = any(right(mention, span) for mention in found)
            counts[part, span.kind, "hit" if hit else "lost"] += 1
            if errors and not hit and part in ("dev", "read"):
                listed.append(f"- {label['id']} {span.kind} {text[span.start : span.end]!r} {span.value}")
    spans = sum(len(label["spans"]) for label in labels)
    yield f"{len(labels)} texts, {spans} spans, {stale} texts no longer the same"
    for part in PARTS:
        yield f"\n| {part} | spans | precision | recall |\n|---|---:|---:|---:|"
        kinds = sorted({kind for p, kind, _ in counts if p == part})
        for kind in (*kinds, ""):
            yield _row(counts, part, kind, kinds)
    yield from listed


def _row(counts: Counter[tuple[str, str, str]], part: str, kind: str, kinds: list[str]) -> str:
    right_, wrong, hit, lost = (
        sum(counts[part, k, what] for k in ([kind] if kind else kinds))
        for what in ("right", "wrong", "hit", "lost")
    )
    precision = f"{right_ / (right_ + wrong):.3f}" if right_ + wrong else "–"
    recall = f"{hit / (hit + lost):.3f}" if hit + lost else "–"
    return f"| {kind or '**all**'} | {hit + lost} | {precision} | {recall} |"


def speed(texts: Texts) -> str:
    """Milliseconds to read all demands of one need of the notices."""
    parts: dict[tuple[str, str], dict[str, str]] = {}
    for (source, identity, field), text in texts.items():
        if source != "sample":
            fields = parts.setdefault((source, identity), {})
            name = _FIELDS.get(field, field)
            fields[name] = f"{fields[name]}\n{text}" if fields.get(name) else text
    needs = [Need(identity, **fields) for (_, identity), fields in parts.items()]
    start = time.process_time()
    total = sum(len(demands(need)) for need in needs)
    spent = time.process_time() - start
    return f"\n{total:,} demands of {len(needs):,} needs, {spent / len(needs) * 1e3:.2f} ms a need"


def main() -> None:
    texts = read_texts(Path(sys.argv[1]))
    for line in compare(texts, errors="--errors" in sys.argv):
        sys.stdout.write(line + "\n")
    sys.stdout.write(speed(texts) + "\n")


if __name__ == "__main__":
    main()
