"""``python -m tests.benchmarks.robustness DIR [N]``: does another spelling find the same suppliers?

DIR is as for :mod:`tests.benchmarks.quality`. N (150) titles of the development contracts and N products of
the listed companies are asked for as they are and disturbed in one way at a time. Reported for each system:
the share of the clean answer's first ten that the disturbed one keeps, and behind it, for products, how often
the company that makes it is among the first ten. Then pairs of spellings of one thing (codes, abbreviations,
English words): the share of the first ten that both have. Last, time and memory of 20,000 characters.
"""

from __future__ import annotations

import csv
import json
import random
import re
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import opencc

from indexes.store import ReleaseStore
from recommender.catalogue import Kind, Need, open_catalogue
from recommender.encoder import load_encoder
from recommender.engine import Engine
from recommender.intake.importer import import_file
from recommender.query import SYSTEMS, SupplierQuery
from recommender.refresh import refresh
from recommender.text.tokens import tokens
from tests.benchmarks.robustness_terms import ABBREVIATIONS, BOILERPLATE, CODES, ENGLISH, pairs
from training.models import packaged_encoder

_TOP = 10
_LONG = 20_000
_HAN = re.compile(r"[\u4e00-\u9fff]")
_COMMON = "中大电机工公司设水产品高新化合成力金材料板管线路体系动控制用生物车船油气钢铁建"
_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}

Disturb = Callable[[Need, random.Random], Need]


def _title(change: Callable[[str, random.Random], str]) -> Disturb:
    return lambda need, rng: replace(need, title=change(need.title, rng))


def _place(text: str, rng: random.Random, room: int = 0) -> int | None:
    """Where a Han character of *text* stands, with *room* further characters behind it."""
    found = [m.start() for m in _HAN.finditer(text) if m.start() + room < len(text)]
    return rng.choice(found) if found else None


def _substituted(text: str, rng: random.Random) -> str:
    at = _place(text, rng)
    return text if at is None else text[:at] + rng.choice(_COMMON) + text[at + 1 :]


def _swapped(text: str, rng: random.Random) -> str:
    at = _place(text, rng, room=1)
    return text if at is None else text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _deleted(text: str, rng: random.Random) -> str:
    at = _place(text, rng)
    return text if at is None else text[:at] + text[at + 1 :]


def _two_characters(text: str, rng: random.Random) -> str:
    found = [m.start() for m in re.finditer(r"(?=[\u4e00-\u9fff]{2})", text)]
    at = found[-1] if found else 0  # what is made stands at the end
    return text[at : at + 2]


def named(engine: Engine, text: str, ranked: Sequence[str]) -> float:
    """The share of the enterprises *ranked* that have *text* in their name or what they offer."""
    snapshot, hits = engine.snapshot, 0
    for enterprise_id in ranked:
        row = snapshot.enterprises.documents.row_of(enterprise_id)
        assert row is not None
        titles = [snapshot.offering(offering).title for offering in snapshot.offering_rows(row)]
        hits += any(text in own for own in [snapshot.enterprise(row).name, *titles])
    return hits / max(len(ranked), 1)


def _padded(need: Need, rng: random.Random) -> Need:
    return replace(need, description=f"{need.title}。\n{_terms(rng, _LONG)}"[:_LONG])


def _in_the_middle(need: Need, rng: random.Random) -> Need:
    half = (_LONG - len(need.title)) // 2 - 4
    text = f"{_terms(rng, half)}\n{need.title}。\n{_terms(rng, half)}"
    return replace(need, title="采购公告", description=text)


def _within_a_notice(data: Path) -> Disturb:
    """The title as one line in the middle of what a real notice of another demands of bidders."""
    with open(data / "catalogue" / "needs_tenders.jsonl", encoding="utf-8") as file:
        demands = [d for d in (json.loads(line)["qualification"] for line in file) if len(d) >= 1000]

    def disturb(need: Need, rng: random.Random) -> Need:
        lines = rng.choice(demands).split("\n")
        half = len(lines) // 2
        text = "\n".join([*lines[:half], f"{need.title}。", *lines[half:]])
        return replace(need, title="采购公告", description=text)

    return disturb


def _terms(rng: random.Random, length: int) -> str:
    """*length* characters of terms as notices repeat them on each page, in an order of their own."""
    sentences = BOILERPLATE.replace("\n", "").split("。")
    rng.shuffle(sentences)
    return ("。".join(sentences) * (length // 300 + 1))[:length]


TRADITIONAL = opencc.OpenCC("s2t")
DISTURBANCES: dict[str, Disturb] = {
    "Traditional": _title(lambda text, _: TRADITIONAL.convert(text)),
    "full-width": _title(lambda text, _: text.translate(_FULL_WIDTH)),
    "upper case": _title(lambda text, _: text.upper()),
    "lower case": _title(lambda text, _: text.lower()),
    "one character substituted": _title(_substituted),
    "two neighbours swapped": _title(_swapped),
    "one character deleted": _title(_deleted),
    "spaces between characters": _title(lambda text, _: " ".join(text)),
    "zero-width spaces between": _title(lambda text, _: "\u200b".join(text)),
    "20,000 characters, title first": _padded,
    "20,000 characters, in the middle": _in_the_middle,
}


@contextmanager
def listed_companies(data: Path) -> Iterator[Engine]:
    """An engine over the listed companies and their products, in a folder that is thrown away."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        catalogue = open_catalogue(f"sqlite:///{home / 'catalogue.db'}")
        listed = data / "catalogue"
        import_file(
            catalogue, Kind.ENTERPRISES, listed / "enterprises_listed.csv", columns={"sw_industry": "tags"}
        )
        import_file(catalogue, Kind.OFFERINGS, listed / "products_listed.csv")
        encoder = load_encoder(packaged_encoder())
        refresh(catalogue, ReleaseStore(home), encoder, cache=home / "cache")
        catalogue.close()
        yield Engine.open(ReleaseStore(home), encoder)


def questions(data: Path, number: int, rng: random.Random) -> tuple[list[Need], list[Need]]:
    """*number* needs of the development contracts; *number* needs for a product, ``need_id`` its maker."""
    with open(data / "eval" / "contracts_dev_needs.csv", encoding="utf-8", newline="") as file:
        contracts = [Need(row["need_id"], row["title"]) for row in csv.DictReader(file)]
    with open(data / "catalogue" / "products_listed.csv", encoding="utf-8", newline="") as file:
        products = [
            Need(row["enterprise_id"], row["product"])
            for row in csv.DictReader(file)
            if len(_HAN.findall(row["product"])) >= 4
        ]
    return rng.sample(contracts, number), rng.sample(products, number)


def answers(engine: Engine, needs: Sequence[Need], system: str) -> list[list[str]]:
    queries = [SupplierQuery(need, date.today(), top_k=_TOP, explain=False) for need in needs]
    return [[enterprise for enterprise, _ in ranked] for ranked in engine.ranking(queries, system)]


def kept(before: Sequence[Sequence[str]], after: Sequence[Sequence[str]]) -> float:
    """The mean share of each list of *before* that its fellow in *after* keeps; empty lists say nothing."""
    shares = [len({*b} & {*a}) / len(b) for b, a in zip(before, after, strict=True) if b]
    return sum(shares) / max(len(shares), 1)


def found(makers: Sequence[str], lists: Sequence[Sequence[str]]) -> float:
    return sum(maker in ranked for maker, ranked in zip(makers, lists, strict=True)) / max(len(makers), 1)


def disturbed(engine: Engine, data: Path, number: int) -> Mapping[str, list[str]]:
    """Rows of the first table: a cell a system, overlap with the clean answer / maker found."""
    contracts, products = questions(data, number, random.Random(20))
    makers = [need.need_id for need in products]
    clean = {system: answers(engine, contracts + products, system) for system in SYSTEMS}
    rows = {"as it is": [f"1.00 / {found(makers, clean[s][number:]):.2f}" for s in SYSTEMS]}
    for name, disturb in {**DISTURBANCES, "within a real notice": _within_a_notice(data)}.items():
        rng = random.Random(name)
        needs = [disturb(need, rng) for need in contracts + products]
        lists = {system: answers(engine, needs, system) for system in SYSTEMS}
        rows[name] = [
            f"{kept(clean[s], lists[s]):.2f} / {found(makers, lists[s][number:]):.2f}" for s in SYSTEMS
        ]
    return rows


def shortest(engine: Engine, data: Path, number: int) -> Mapping[str, list[str]]:
    """The last two characters of *number* products: the share of the first ten answers that name them."""
    rng = random.Random(2)
    texts = [_two_characters(need.title, rng) for need in questions(data, number, rng)[1]]
    needs = [Need("two", text) for text in texts]
    cells = []
    for system in SYSTEMS:
        shares = [named(engine, t, a) for t, a in zip(texts, answers(engine, needs, system), strict=True)]
        cells.append(f"{sum(shares) / len(shares):.2f}")
    return {"two characters: answers that name them": cells}


def paired(engine: Engine) -> Mapping[str, list[str]]:
    """Rows of the second table: the share of the plain spelling's first ten that the other one finds."""
    english = pairs(ENGLISH)
    sets = {
        "codes and units, typed otherwise": pairs(CODES),
        "abbreviations": pairs(ABBREVIATIONS),
        "English words": english,
        "English sentences": [(f"procurement of {e}", f"{c}采购") for e, c in english],
    }
    rows = {}
    for name, entries in sets.items():
        asked = [Need("asked", a) for a, _ in entries]
        plain = [Need("plain", p) for _, p in entries]
        rows[f"{name} ({len(entries)})"] = [
            f"{kept(answers(engine, plain, s), answers(engine, asked, s)):.2f}" for s in SYSTEMS
        ]
    return rows


def bounds(engine: Engine) -> list[str]:
    """Time and memory of 20,000 characters in each half."""
    lines = []
    for name, text in (
        ("prose", _terms(random.Random(0), _LONG)),
        ("one character", "钢" * _LONG),
        ("one letter", "a" * _LONG),
    ):
        for half, work in (("tokens", lambda t: tokens(t)), ("encode", lambda t: engine.encoder.encode([t]))):
            start = time.perf_counter()
            work(text)
            seconds = time.perf_counter() - start
            tracemalloc.start()
            work(text)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            lines.append(f"| {name} | {half} | {seconds * 1000:.1f} ms | {peak / 1e6:.1f} MB |")
    return lines


def table(rows: Mapping[str, Sequence[str]]) -> str:
    lines = [f"| | {' | '.join(SYSTEMS)} |", f"|---|{'---|' * len(SYSTEMS)}"]
    return "\n".join([*lines, *(f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items())])


if __name__ == "__main__":
    folder, count = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 150
    with listed_companies(folder) as listed:
        sys.stdout.write(f"{table(disturbed(listed, folder, count))}\n\n")
        sys.stdout.write(f"{table({**paired(listed), **shortest(listed, folder, count)})}\n\n")
        sys.stdout.write(
            "\n".join(["| 20,000 characters | half | time | peak |", "|---|---|---|---|", *bounds(listed)])
        )
        sys.stdout.write("\n")
