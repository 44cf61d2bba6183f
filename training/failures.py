"""Needs whose right enterprise stands too low: where it stands, what stands above, and what the data say why.

A cause is a guess from the release alone: words that are or are not there, and how near offerings lie. It
never says that the judgment is wrong, although of many able suppliers only one was chosen.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue.domain import Need
from recommender.engine import Engine
from recommender.query import MAX_TOP_K, SupplierQuery
from recommender.snapshot import Snapshot
from recommender.text.normalise import for_search
from recommender.text.titles import subject
from recommender.text.tokens import tokens
from training.evaluation import Evaluation, Qrels

FOUND = 10
"""A right enterprise among the first ten was found."""

_NEAR = 100  # a half of the engine that has it among so many has found it
_LOOKED_AT = 2_000  # offerings nearest to a need that are looked at
_COMMON = 0.25  # a word that more than this share of the enterprises holds tells none apart
# what is left of a title like 战略合作框架协议之补充协议 or 设备购销合同 without these names no thing
_CONTRACT = re.compile(
    r"合同|协议|购销|买卖|销售|供货|供应|采购|订购|招标|中标|框架|战略|合作|商务|补充|项目|产品|设备|物资|货物|材料|服务|"
    r"工程|专用|调整|确认函|意向|通知|公司|第?[一二三四五六七八九十\d]+[期批次包标号]?"
)
_RIVALS = 3
_WORDS = 5
_BLOCK = 64

CAUSES = {
    "the buyer itself": "中选企业就是买方 the winner is the buyer, who is not recommended to itself",
    "no offering": "中选企业在此版本中没有产品 the winner has no offering in this release",
    "vague need": "需求没有能区分企业的词 no word of the need tells enterprises apart",
    "no shared word": "产品与需求没有共同的词，语义也不近 its offerings share no word and are not near",
    "far": "有共同的词，但字词和语义都不在前一百 shared words, but not among the first hundred either way",
    "by words only": "只有字词找得到，语义靠后 found by words, but far in meaning",
    "by meaning only": "只有语义找得到，字词靠后 found by meaning, but not by words",
    "crowded": "字词和语义都在前一百，相近的企业很多 near both ways, but so are many others",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """A need whose best-placed right enterprise, the *winner*, is not among the first ten.

    ``rank`` is its place in the main system's list, None beyond the first thousand. ``by_words`` and
    ``by_meaning`` are its places by BM25 and by the nearest offering alone (None: no word shared; not among
    the owners of the 2,000 nearest offerings). ``offering`` is its nearest one ("" where it has none),
    ``cosine`` how near, ``words`` those that it shares with the need, the most telling first.
    """

    need: Need
    winner: str
    name: str
    rank: int | None
    by_words: int | None
    by_meaning: int | None
    offering: str
    cosine: float
    words: tuple[str, ...]
    cause: str


@dataclass(frozen=True, slots=True)
class Rival:
    """An enterprise that stood on top instead; fields as in :class:`Failure`."""

    name: str
    score: float
    offering: str
    cosine: float
    words: tuple[str, ...]


def absent_winners(found: Evaluation, qrels: Qrels, snapshot: Snapshot) -> tuple[list[str], list[str]]:
    """Judged-right enterprises that the release lacks, and the needs of which it lacks every one."""
    has = cache(lambda e: snapshot.enterprises.documents.row_of(e) is not None)
    right = {n: [e for e, grade in qrels[n].items() if grade > 0] for n in found.need_ids}
    lacking = sorted({e for own in right.values() for e in own if not has(e)})
    return lacking, [n for n, own in right.items() if not any(map(has, own))]


def failures(
    engine: Engine,
    found: Evaluation,
    needs: Sequence[Need],
    qrels: Qrels,
    *,
    as_of: date,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[Failure]:
    """All failures of *found*'s main system whose winner is in the release, the worst first.

    Beyond the measured hundred the place is that in a list of a thousand, which may differ by a few. Among
    equals the order is by a hash of the need's id, so that the first ones come from everywhere.
    """
    _, out_of_reach = absent_winners(found, qrels, engine.snapshot)
    missed = set(out_of_reach)
    by_id = {need.need_id: need for need in needs}
    ranks = {need_id: standing.rank for need_id, standing in found.standings.items() if need_id not in missed}
    failed = [by_id[n] for n, rank in ranks.items() if rank is None or rank > FOUND]
    beyond = [need for need in failed if ranks[need.need_id] is None]
    queries = [SupplierQuery(need, as_of, top_k=MAX_TOP_K, explain=False) for need in beyond]
    placed = {n: found.standings[n].winner for n in ranks}
    for done, (need, ranked) in enumerate(zip(beyond, engine.ranking(queries, found.main), strict=True), 1):
        place = next((i for i, (e, _) in enumerate(ranked, 1) if qrels[need.need_id].get(e, 0) > 0), None)
        if place is not None:
            ranks[need.need_id], placed[need.need_id] = place, ranked[place - 1][0]
        if progress:
            progress("failures", done, len(beyond))
    looking = _Looking(engine)
    diagnosed = []
    for start in range(0, len(failed), _BLOCK):
        block = failed[start : start + _BLOCK]
        for need, near in zip(block, looking.near(block), strict=True):
            right = [e for e, grade in qrels[need.need_id].items() if grade > 0]
            diagnosed.append(looking.failure(need, near, right, ranks[need.need_id], placed[need.need_id]))
    diagnosed.sort(key=lambda f: (-(f.rank or MAX_TOP_K + 1), _mixed(f.need.need_id)))
    return diagnosed


def rivals(engine: Engine, found: Evaluation, failure: Failure) -> list[Rival]:
    """The three that the main system put on top of *failure*'s winner."""
    looking = _Looking(engine)
    (near,) = looking.near([failure.need])
    return [
        looking.rival(failure.need, near, enterprise_id, score)
        for enterprise_id, score in found.standings[failure.need.need_id].top[:_RIVALS]
    ]


@dataclass(frozen=True, slots=True)
class _Near:
    """A need's text as it is searched, its words, its vector (d,), the BM25 score of every enterprise, and
    the enterprise rows of the nearest offerings, nearest first, each once."""

    text: str
    words: list[str]
    vector: NDArray[np.float32]
    scores: NDArray[np.float32]
    owners: list[int]


class _Looking:
    """Reads off a release what lies near a need by words and by meaning: without the ranking's other reasons,
    so that what is said here can be seen in the data."""

    def __init__(self, engine: Engine) -> None:
        self._snapshot, self._encoder = engine.snapshot, engine.encoder

    def near(self, needs: Sequence[Need]) -> list[_Near]:
        snapshot = self._snapshot
        texts = [f"{subject(need.title)} {need.description}".strip() for need in needs]
        vectors = self._encoder.encode(texts)
        _, rows = snapshot.offerings.vectors.search(vectors, _LOOKED_AT)
        found = []
        for text, vector, near in zip(texts, vectors, rows, strict=True):
            words, owners = tokens(text), dict.fromkeys(snapshot.owner[near[near >= 0]].tolist())
            scores = snapshot.enterprises.lexical.scores(words)
            found.append(_Near(for_search(text), words, vector, scores, list(owners)))
        return found

    def failure(
        self, need: Need, near: _Near, right: Sequence[str], rank: int | None, placed: str | None
    ) -> Failure:
        documents = self._snapshot.enterprises.documents
        present = [(e, row) for e in right if (row := documents.row_of(e)) is not None]
        winner, row = next((pair for pair in present if pair[0] == placed), present[0])
        enterprise = self._snapshot.enterprise(row)
        offering, cosine = self._nearest(near, row)
        own = float(near.scores[row])
        by_words = 1 + int((near.scores > own).sum()) if own > 0 else None
        by_meaning = near.owners.index(row) + 1 if row in near.owners else None
        names = {enterprise.enterprise_id, enterprise.name, enterprise.short_name} - {""}
        if names & {need.buyer_id, need.buyer_name}:
            cause = "the buyer itself"
        elif not offering:
            cause = "no offering"
        elif not self._telling(near):
            cause = "vague need"
        else:
            cause = self._cause(near, row, by_words, by_meaning)
        words = self._words(near, row)
        return Failure(
            need, winner, enterprise.name, rank, by_words, by_meaning, offering, cosine, words, cause
        )

    def rival(self, need: Need, near: _Near, enterprise_id: str, score: float) -> Rival:
        row = self._snapshot.enterprises.documents.row_of(enterprise_id)
        if row is None:
            return Rival(enterprise_id, score, "", float("nan"), ())
        offering, cosine = self._nearest(near, row)
        name = self._snapshot.enterprise(row).name
        return Rival(name, score, offering, cosine, self._words(near, row))

    def _cause(self, near: _Near, row: int, by_words: int | None, by_meaning: int | None) -> str:
        words, meaning = (place is not None and place <= _NEAR for place in (by_words, by_meaning))
        if words and meaning:
            return "crowded"
        if words or meaning:
            return "by words only" if words else "by meaning only"
        offered = {
            token
            for offering_row in self._snapshot.offering_rows(row)
            for offering in (self._snapshot.offering(int(offering_row)),)
            for token in tokens(f"{offering.title} {offering.description}")
        }
        # a single character is shared by chance
        return "far" if any(len(word) > 1 for word in offered & set(near.words)) else "no shared word"

    def _nearest(self, near: _Near, row: int) -> tuple[str, float]:
        """Title and cosine of the offering of enterprise *row* that is nearest to the need."""
        rows = self._snapshot.offering_rows(row)
        if not len(rows):
            return "", float("nan")
        alike = self._snapshot.offerings.vectors.rows(rows) @ near.vector
        best = int(np.argmax(alike))
        return self._snapshot.offering(int(rows[best])).title, float(alike[best])

    def _telling(self, near: _Near) -> bool:
        """Whether the need has a word that few enterprises hold and that names no kind of contract."""
        lexical = self._snapshot.enterprises.lexical
        most = max(1, int(_COMMON * lexical.size))
        words = set(tokens(_CONTRACT.sub(" ", near.text)))
        return any(0 < lexical.document_frequency(word) <= most for word in words)

    def _words(self, near: _Near, row: int) -> tuple[str, ...]:
        """The words of the need that enterprise *row* shares, joined where they touch, the longest first."""
        shared = set(self._snapshot.enterprises.lexical.token_scores(near.words, row))
        covered = [False] * len(near.text)
        for word in shared:
            start = near.text.find(word)
            while start >= 0:
                covered[start : start + len(word)] = [True] * len(word)
                start = near.text.find(word, start + 1)
        runs = "".join(sign if on else "\n" for sign, on in zip(near.text, covered, strict=True)).split("\n")
        return tuple(sorted(dict.fromkeys(filter(None, runs)), key=len, reverse=True)[:_WORDS])


def _mixed(need_id: str) -> bytes:
    return hashlib.sha256(need_id.encode()).digest()
