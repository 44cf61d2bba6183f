"""``python -m tests.benchmarks.catalogues OFFERINGS HOME [--seed N] [--as-of DATE]``: a workspace."""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import date
from pathlib import Path

from tests.benchmarks.catalogues import Economy, write
from tests.benchmarks.catalogues.generate import SEED


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.catalogues", description=__doc__)
    parser.add_argument("offerings", type=int)
    parser.add_argument("home", type=Path)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--as-of", type=date.fromisoformat, default=date.today())
    asked = parser.parse_args()
    if asked.offerings < 1:
        parser.error("OFFERINGS: at least 1 is needed")
    if (asked.home / "catalogue.db").exists():
        parser.error(f"HOME: {asked.home} has a catalogue already; name another folder or remove it")
    start = time.perf_counter()

    def progress(done: int) -> None:
        sys.stderr.write(f"\r{done:,} records, {time.perf_counter() - start:.0f} s")

    rows = write(Economy(asked.offerings, asked.as_of, asked.seed), asked.home, progress)
    sys.stderr.write("\n")
    json.dump({"rows": rows, "seconds": round(time.perf_counter() - start, 1)}, sys.stdout)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
