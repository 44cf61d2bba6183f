"""``python -m tests.benchmarks.speed [--sizes 10k,100k] [--home DIR] [--topics …] [--out DIR]``: measure.

Each size is a generated catalogue (see :mod:`tests.benchmarks.catalogues`), kept in ``--work`` for the next
run; ``--home`` takes the catalogue of a workspace instead, which is copied and never written to, and with
``--released`` its live release as it is: a refresh of a million offerings takes minutes. The report goes to
``--out``: a Markdown table and a JSON file a size, and ``growth.svg`` over all sizes that lie there.
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from indexes.store import ReleaseStore
from recommender import profile
from recommender.catalogue import Catalogue, Kind, open_catalogue
from recommender.encoder import Encoder, load_encoder
from recommender.engine import Engine
from tests.benchmarks.catalogues import ensure
from tests.benchmarks.speed import asking, batches, encoding, peers, refreshing, searching, serving, whole
from tests.benchmarks.speed.plot import draw
from tests.benchmarks.speed.report import Report, Section, curves
from training.models import packaged_encoder

SIZES = {"1k": 1_000, "10k": 10_000, "100k": 100_000, "1M": 1_000_000}
TOPICS = ("encode", "refresh", "vectors", "filtered", "requests", "batch", "whole", "start", "load")
_READING = ("vectors", "filtered")  # topics that change nothing of a release that lies elsewhere
PEERS = (*peers.PEERS, "txtai")


def main() -> None:
    asked = _arguments()
    sizes = [SIZES[name] for name in asked.sizes.split(",")]
    for size in [0] if asked.home else sizes:
        with _workspace(size, asked) as home:
            _say(f"{home}: measuring {', '.join(asked.topics)}")
            report = measure(home, asked)
        sys.stdout.write(report.markdown() + "\n")
        sys.stdout.flush()
    every = [Report.load(path) for path in asked.out.glob("*.json")]
    draw(curves(every), asked.out / "growth.svg")
    _say(f"{asked.out}: report and growth.svg")


def measure(home: Path, asked: argparse.Namespace) -> Report:
    """All topics asked for, on the workspace in *home*, which is changed."""
    encoder = load_encoder(packaged_encoder())
    report = Report(0, f"python -m tests.benchmarks.speed {shlex.join(sys.argv[1:])}".strip())
    with closing(open_catalogue(f"sqlite:///{home / 'catalogue.db'}")) as catalogue:
        report.size = catalogue.counts()[Kind.OFFERINGS]
        needed = asked.topics if asked.released else ["refresh", *asked.topics]
        for topic in (topic for topic in TOPICS if topic in needed):
            start = time.perf_counter()
            found = _TOPICS[topic](home, catalogue, encoder, asked)
            report.sections += found if topic in asked.topics else []
            report.save(asked.out)  # what is measured is kept, whatever the next topic does
            _say(f"{topic}: {time.perf_counter() - start:.0f} s")
    return report


_Topic = Callable[[Path, Catalogue, Encoder, argparse.Namespace], list[Section]]


def _vectors(home: Path, catalogue: Catalogue, encoder: Encoder, asked: argparse.Namespace) -> list[Section]:
    index = _engine(home, encoder).snapshot.offerings.vectors
    return [searching.limits(index, _queries(catalogue, encoder))]


def _filtered(home: Path, catalogue: Catalogue, encoder: Encoder, asked: argparse.Namespace) -> list[Section]:
    index = _engine(home, encoder).snapshot.offerings.vectors
    return searching.filtered(index, _queries(catalogue, encoder), beside=asked.peers)


def _queries(catalogue: Catalogue, encoder: Encoder) -> searching.Floats:
    """(q, d) the vectors of open needs: what is really asked."""
    import numpy as np

    texts = [profile.need_texts(need) for need in asking.open_needs(catalogue, 256)]
    parts = [encoder.encode([text[part] for text in texts]) for part in range(3)]
    return np.stack([profile.need_vector(*three) for three in zip(*parts, strict=True)])


def _whole(home: Path, catalogue: Catalogue, encoder: Encoder, asked: argparse.Namespace) -> list[Section]:
    return [] if "txtai" not in asked.peers else [whole.whole_job(_engine(home, encoder), catalogue, encoder)]


_TOPICS: dict[str, _Topic] = {
    "encode": lambda home, catalogue, encoder, asked: [encoding.encoding(catalogue, encoder)],
    "refresh": lambda home, catalogue, encoder, asked: [refreshing.refreshing(home)],
    "vectors": _vectors,
    "filtered": _filtered,
    "requests": lambda home, catalogue, encoder, asked: asking.asking(
        _engine(home, encoder), catalogue, asked.requests
    ),
    "batch": lambda home, catalogue, encoder, asked: batches.batches(
        home, _engine(home, encoder), asked.requests
    ),
    "whole": _whole,
    "start": lambda home, catalogue, encoder, asked: [serving.starting(home)],
    "load": lambda home, catalogue, encoder, asked: serving.loaded(home, asked.seconds),
}


def _engine(home: Path, encoder: Encoder) -> Engine:
    return Engine.open(ReleaseStore(home), encoder)


@contextmanager
def _workspace(size: int, asked: argparse.Namespace) -> Iterator[Path]:
    """A copy of the catalogue to measure, in a folder that is thrown away, and a way to its releases."""
    start = time.perf_counter()
    kept = asked.home or ensure(size, asked.work / f"{size}")
    if not (kept / "catalogue.db").exists():
        raise SystemExit(f"--home: {kept} has no catalogue.db; import something first")
    _say(f"{kept}: catalogue there after {time.perf_counter() - start:.0f} s")
    asked.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=asked.work) as name:
        home = Path(name)
        shutil.copy(kept / "catalogue.db", home / "catalogue.db")
        if asked.released:
            shutil.copy(kept / "CURRENT", home / "CURRENT")
            (home / "releases").symlink_to((kept / "releases").resolve())
        yield home


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.speed", description=__doc__)
    parser.add_argument("--sizes", default="10k", help=f"of {', '.join(SIZES)}, joined by commas")
    parser.add_argument("--home", type=Path, help="a workspace whose catalogue is measured instead")
    parser.add_argument("--topics", default=",".join(TOPICS), help=f"of {', '.join(TOPICS)}")
    parser.add_argument(
        "--released", action="store_true", help=f"the live release of --home; of {', '.join(_READING)} alone"
    )
    parser.add_argument("--peers", default=",".join(PEERS), help=f"of {', '.join(PEERS)}, or none")
    parser.add_argument("--requests", type=int, default=300, help="timed one by one, at the most")
    parser.add_argument("--seconds", type=float, default=10.0, help="of load at each number of clients")
    parser.add_argument(
        "--work", type=Path, default=Path("build/bench/catalogues"), help="where catalogues are kept"
    )
    parser.add_argument("--out", type=Path, default=Path("build/bench/report"), help="where the report goes")
    asked = parser.parse_args()
    asked.topics, asked.peers = asked.topics.split(","), asked.peers.split(",")
    if asked.released and not (asked.home and {*asked.topics} <= {*_READING}):
        parser.error(f"--released needs --home, and --topics of {', '.join(_READING)}")
    if unknown := {*asked.peers} - {*PEERS, "none"}:
        parser.error(f"--peers: no such peer: {', '.join(sorted(unknown))}; of {', '.join(PEERS)}, or none")
    if unknown := set(asked.topics) - set(TOPICS):
        parser.error(f"--topics: no such topic: {', '.join(sorted(unknown))}; of {', '.join(TOPICS)}")
    if unknown := set(asked.sizes.split(",")) - set(SIZES):
        parser.error(f"--sizes: no such size: {', '.join(sorted(unknown))}; of {', '.join(SIZES)}")
    return asked


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
