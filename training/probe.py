"""The similarity probe: does a name find its own description?

GB/T 4754-2017 describes what each class of industry covers. About a fifth of the classes are the probe;
training leaves them out of its pairs, so that they measure understanding and not memory. Two questions: does
a class's name find its note among the notes of all probe classes, and is a note nearer to its own name than
to a sibling's, a class under the same heading? BM25 over the same texts is what the encoder must beat.
"""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexes.errors import FileUnreadable, InputError
from indexes.lexical import LexicalIndex
from recommender.encoder import Encoder
from recommender.text.normalise import for_search
from recommender.text.tokens import tokens
from training.evaluation import as_json
from training.metrics import Floats, Interval, intervals, significance

FILE = "taxonomy/gbt4754_2017.csv"
_COLUMNS = {"code", "name", "note", "parent"}
_SHORTEST = 8  # characters of a note that says anything


def is_probe(code: str) -> bool:
    """Whether the class *code* of GB/T 4754 is kept for measuring: about one in five, by the sha256 of its
    code, the same on every machine."""
    return hashlib.sha256(code.encode()).digest()[0] % 5 == 0


@dataclass(frozen=True, slots=True)
class ProbeClass:
    """A class of the standard; ``siblings`` are the names of the other classes under its heading."""

    code: str
    name: str
    note: str
    siblings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProbeFigures:
    """``means`` by system (``lexical``, then ``encoder``) and measure, ``p_values`` of the encoder against
    the lexical system. *Sibling* counts only the classes that have siblings."""

    encoder: str
    classes: int
    with_siblings: int
    means: Mapping[str, Mapping[str, Interval]]
    p_values: Mapping[str, float]

    def to_json(self) -> dict[str, object]:
        return {
            "encoder": self.encoder,
            "classes": self.classes,
            "with_siblings": self.with_siblings,
            "systems": {
                system: as_json(means, self.p_values if system == "encoder" else {})
                for system, means in self.means.items()
            },
        }


def probe_classes(data: Path | None = None) -> list[ProbeClass]:
    """The probe classes that have a note, by code, from the file FILE of the folder *data*; without one, from
    the table that ships where it holds notes.

    Sections (A–T) only list their divisions and are left out, and so is a class that shares its name or its
    note with another (a group and its only class): training may have read the other.

    Raises InputError where no folder is given and the table has no notes, FileUnreadable for a file that
    cannot be read or lacks a column, and InputError where no class is left.
    """
    rows = _rows(data)
    by_parent: dict[str, list[str]] = defaultdict(list)
    seen: dict[str, int] = defaultdict(int)
    for row in rows:
        by_parent[row["parent"]].append(row["name"])
        seen[for_search(row["name"])] += 1
        seen[for_search(row["note"])] += 1
    found = [
        ProbeClass(
            row["code"],
            row["name"],
            row["note"],
            tuple(name for name in by_parent[row["parent"]] if name != row["name"]),
        )
        for row in sorted(rows, key=lambda row: row["code"])
        if row["code"].isdigit()
        and is_probe(row["code"])
        and len(row["note"]) >= _SHORTEST
        and seen[for_search(row["name"])] == seen[for_search(row["note"])] == 1
    ]
    if not found:
        raise InputError("No probe class has a note.", field="data", value=str(data or ""), mend=_mend())
    return found


def measure_probe(encoder: Encoder, classes: Sequence[ProbeClass]) -> ProbeFigures:
    """The encoder and BM25 on both questions."""
    index = LexicalIndex.build([tokens(each.note) for each in classes])
    notes = encoder.encode([each.note for each in classes])
    own = encoder.encode([each.name for each in classes]) @ notes.T
    words = np.array([index.scores(tokens(each.name)) for each in classes])
    kin = [encoder.encode(list(each.siblings)) @ notes[row] for row, each in enumerate(classes)]
    kin_words = [
        np.array([index.scores_of(tokens(name), np.array([row]))[0] for name in each.siblings])
        for row, each in enumerate(classes)
    ]
    held = np.array([bool(each.siblings) for each in classes])
    found = {
        "lexical": (_ranked(words), _nearer(words, kin_words)[held]),
        "encoder": (_ranked(own), _nearer(own, kin)[held]),
    }
    means = {s: intervals(ranked) | intervals({"Sibling": nearer}) for s, (ranked, nearer) in found.items()}
    (lexical, lexical_kin), (encoded, encoded_kin) = found["lexical"], found["encoder"]
    p_values = significance(encoded, lexical) | significance(
        {"Sibling": encoded_kin}, {"Sibling": lexical_kin}
    )
    return ProbeFigures(encoder.name, len(classes), int(held.sum()), means, p_values)


def _ranked(scores: NDArray[np.float32]) -> dict[str, Floats]:
    """MRR, R@1 and R@10 (n,) from *scores* (n, n) of each name (row) with each note, its own on the diagonal.

    Equal scores share the mean of their places; a score of zero or less finds nothing.
    """
    own = np.diagonal(scores)[:, None]
    places = 1 + (scores > own).sum(axis=1) + ((scores == own).sum(axis=1) - 1) / 2
    places = np.where(own[:, 0] > 0, places, np.inf)
    return {
        "MRR": 1 / places,
        "R@1": (places <= 1).astype(np.float64),
        "R@10": (places <= 10).astype(np.float64),
    }


def _nearer(scores: NDArray[np.float32], kin: Sequence[NDArray[np.float32]]) -> Floats:
    """(n,) the share of its siblings' names that each note is less near to than to its own; a tie is half."""
    own = np.diagonal(scores)
    return np.array(
        [
            float(((mine > others) + (mine == others) / 2).mean()) if len(others) else np.nan
            for mine, others in zip(own, kin, strict=True)
        ]
    )


def _rows(data: Path | None) -> list[dict[str, str]]:
    if data is None:
        text = (files("recommender.intake") / "codes" / "industries.csv").read_text(encoding="utf-8")
        reader = csv.DictReader(text.splitlines())
        if not set(reader.fieldnames or ()) >= _COLUMNS:
            raise InputError("The probe needs the notes of GB/T 4754.", field="data", value="", mend=_mend())
        return [{name: (row[name] or "").strip() for name in _COLUMNS} for row in reader]
    path = data / FILE
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if not set(reader.fieldnames or ()) >= _COLUMNS:
                raise FileUnreadable("A column is missing.", field="data", value=str(path), mend=_mend())
            return [{name: (row[name] or "").strip() for name in _COLUMNS} for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FileUnreadable(
            f"The notes cannot be read: {error}.", field="data", value=str(path), mend=_mend()
        ) from error


def _mend() -> str:
    return f"--data DIR, where DIR holds {FILE} with the columns {', '.join(sorted(_COLUMNS))}"
