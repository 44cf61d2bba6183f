"""``python -m tests.benchmarks.vectors HOME``: the catalogue of HOME as vectors, without a release.

Writes ``offerings.npy``, ``profiles.npy`` and ``needs.npy`` (n, d) float32 into HOME, rows in the order of
the catalogue, as :mod:`recommender.content` makes them; for measuring vector engines beside one another.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby, islice
from pathlib import Path

import numpy as np

from recommender import profile
from recommender.catalogue import Kind, Offering, Reader, open_catalogue
from recommender.encoder import Encoder, load_encoder
from training.models import packaged_encoder

_BATCH = 1000  # enterprises embedded at once


def write_vectors(catalogue: Reader, encoder: Encoder, home: Path) -> dict[str, int]:
    """The three files; how many rows each has."""
    counts = catalogue.counts()
    offerings = _open(home / "offerings.npy", counts[Kind.OFFERINGS], encoder)
    profiles = _open(home / "profiles.npy", counts[Kind.ENTERPRISES], encoder)
    needs = _open(home / "needs.npy", counts[Kind.NEEDS], encoder)
    offered = _grouped(catalogue.offerings())
    waiting = next(offered, ("", []))
    done = taken = 0
    enterprises = catalogue.enterprises()
    while firms := list(islice(enterprises, _BATCH)):
        theirs: list[list[Offering]] = []
        for firm in firms:
            found: list[Offering] = []
            if waiting[0] == firm.enterprise_id:
                found, waiting = waiting[1], next(offered, ("", []))
            theirs.append(found)
        standing = encoder.encode([profile.standing_text(firm) for firm in firms])
        vectors = encoder.encode([profile.offering_text(one) for found in theirs for one in found])
        offerings[taken : taken + len(vectors)] = vectors
        taken += len(vectors)
        start = 0
        for row, (firm, found) in enumerate(zip(firms, theirs, strict=True)):
            profiles[done + row] = profile.profile_vector(
                standing[row],
                vectors[start : start + len(found)],
                [one.weight for one in found],
                described=bool(firm.description),
            )
            start += len(found)
        done += len(firms)
    texts = [profile.need_texts(need) for need in catalogue.needs()]
    parts = (encoder.encode([text[part] for text in texts]) for part in range(3))
    for row, three in enumerate(zip(*parts, strict=True)):
        needs[row] = profile.need_vector(*three)
    for array in (offerings, profiles, needs):
        array.flush()
    return {"offerings": taken, "profiles": done, "needs": len(texts)}


def _open(path: Path, rows: int, encoder: Encoder) -> np.memmap:
    return np.lib.format.open_memmap(path, "w+", np.float32, (rows, encoder.dimension))


def _grouped(offerings: Iterator[Offering]) -> Iterator[tuple[str, list[Offering]]]:
    for owner, theirs in groupby(offerings, lambda one: one.enterprise_id):
        yield owner, list(theirs)


def main() -> None:
    home = Path(sys.argv[1])
    with open_catalogue(f"sqlite:///{home / 'catalogue.db'}") as catalogue:
        rows = write_vectors(catalogue, load_encoder(packaged_encoder()), home)
    sys.stdout.write(f"{rows}\n")


if __name__ == "__main__":
    main()
