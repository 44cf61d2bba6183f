"""The decision log: what was asked, which release answered, who was ranked where and why.

A recommendation is a pure function of the release, the question and what the exposure ledger knew: a record
holds the last two and names the first, so that any decision can be computed again (:func:`replayed`) and
compared byte for byte. Needs are confidential, also those that were only typed: the file is the workspace's
own, readable by its owner alone, and what is older than ``keep`` days is forgotten. Other logs get the id and
the hash of the question, never its words.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from indexes.errors import RongtongError
from recommender.catalogue.domain import Enterprise, Link, Need, Offering, Scope
from recommender.catalogue.json_values import from_json, to_json
from recommender.journal import Journal
from recommender.matching.exposure import Exposure, Fairness
from recommender.query import BuyerQuery, Filters, Policy, SupplierQuery
from recommender.results import JSON, Recommendation

_REASONS = 5  # contributions that are kept of each result, the weightiest
_SCHEMA = """
CREATE TABLE IF NOT EXISTS decision (
    id TEXT PRIMARY KEY, at TEXT NOT NULL, request_sha256 TEXT NOT NULL, request TEXT NOT NULL,
    release TEXT NOT NULL, version TEXT NOT NULL, answer_sha256 TEXT NOT NULL, ranked TEXT NOT NULL)
    WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS decision_at ON decision (at);
"""

# what JSON leaves out where it is empty, as it is of somebody who only typed
_NAMELESS = {"enterprise_id": "", "name": ""}
_UNTITLED = {"offering_id": "", "enterprise_id": "", "title": ""}
_UNASKED = {"need_id": "", "title": ""}

Query = SupplierQuery | BuyerQuery


@dataclass(frozen=True, slots=True)
class Decision:
    """A recommendation as it was made. ``request`` is the question (:func:`request_of`), ``ranked`` what
    :func:`ranked` tells of the results, ``answer_sha256`` the hash of :func:`answer_bytes`."""

    id: str
    at: str
    request: JSON
    release: str
    version: str
    answer_sha256: str
    ranked: Sequence[Mapping[str, Any]] = field(default_factory=list)

    @property
    def request_sha256(self) -> str:
        return _sha256(_canonical(self.request))


class DecisionLog(Journal[tuple[str, datetime, Query, Recommendation, str]]):
    """Decisions of the last *keep* days in the file *path*."""

    name, schema = "the decision log", _SCHEMA

    def __init__(self, path: Path, keep: int) -> None:
        super().__init__(path)
        self.keep = keep

    def record(self, query: Query, found: Recommendation, answer: bytes) -> str:
        """The id under which the answer to *query* will be found; it is written within a second.

        *answer* is :func:`answer_bytes` of *found*.
        """
        now = datetime.now(UTC)
        id = f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
        self.add((id, now, query, found, _sha256(answer)))
        return id

    def get(self, id: str) -> Decision | None:
        """The decision *id*; None where there is none, or none any more.

        Raises RongtongError where the log or the record cannot be read.
        """
        self.flush()
        row, read = None, not self.path.exists()
        with self.reading() as file:
            if file is not None:
                row = file.execute(
                    "SELECT id, at, request, release, version, answer_sha256, ranked FROM decision "
                    "WHERE id = ?",
                    (id,),
                ).fetchone()
                read = True
        if not read:
            raise RongtongError(
                "The decision log cannot be read.",
                field="file",
                value=str(self.path),
                mend="`rongtong doctor` says more",
            )
        if row is None:
            return None
        id, at, request, release, made_with, sha256, ranks = row
        try:
            return Decision(id, at, json.loads(request), release, made_with, sha256, json.loads(ranks))
        except ValueError as error:
            raise _damaged(id) from error

    def _write(
        self,
        file: sqlite3.Connection,
        waiting: Sequence[tuple[str, datetime, Query, Recommendation, str]],
    ) -> None:
        oldest = min(at for _, at, *_ in waiting) - timedelta(self.keep)
        file.execute("DELETE FROM decision WHERE at < ?", (_moment(oldest),))
        made_with = version("rongtong")
        for id, at, query, found, sha256 in waiting:
            request = _canonical(request_of(query, found))
            values = (id, _moment(at), _sha256(request), request, found.release, made_with, sha256)
            ranks = _canonical(ranked(found))
            file.execute("INSERT INTO decision VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*values, ranks))


def answer_bytes(document: JSON) -> bytes:
    """An answer as the API sends it."""
    return msgspec.json.encode(document)


def ranked(found: Recommendation) -> list[JSON]:
    """Who stands where, with which score, and the contributions that weigh most."""
    told: list[JSON] = []
    for result in found.results:
        weightiest = sorted(result.contributions, key=lambda each: -abs(each.contribution))[:_REASONS]
        told.append(
            {
                "enterprise_id": result.enterprise_id,
                "need_id": result.need_id,
                "rank": result.rank,
                "score": result.score,
                "moved": result.moved.to_json() if result.moved else None,
                "fails": list(result.fails),
                "reasons": [each.to_json() for each in weightiest],
            }
        )
    return told


def request_of(query: Query, found: Recommendation) -> JSON:
    """*query* as JSON values, whole: the need or the enterprise with its words, and the ledger's balances of
    all whose turn was weighed."""
    common: JSON = {
        "as_of": query.as_of.isoformat(),
        "top_k": query.top_k,
        "filters": query.filters.to_json(),
        "link": query.link.value if query.link else None,
        "explain": query.explain,
        "policy": query.policy.value,
        "scope": query.scope.value,
    }
    if isinstance(query, BuyerQuery):
        return common | {
            "asked": "buyers",
            "enterprise": to_json(query.enterprise),
            "offerings": [to_json(offering) for offering in query.offerings],
            "visibility": list(query.visibility),
        }
    exposure = query.exposure
    return common | {
        "asked": "suppliers",
        "need": to_json(query.need),
        "exposure": exposure
        and {
            "day": exposure.day.isoformat(),
            "balance": {each: exposure.balance[each] for each in found.weighed if each in exposure.balance},
            "rules": asdict(exposure.rules),
            "moves": exposure.moves,
        },
    }


def asked_in(made: Decision) -> Query:
    """The query that *made* answered. Raises RongtongError where the record holds none, InputError where what
    it holds is refused by now."""
    try:
        return replayed(made.request)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _damaged(made.id) from error


def _damaged(id: str) -> RongtongError:
    return RongtongError(
        "The record of the decision is damaged: what was asked cannot be told any more.",
        field="decision",
        value=id,
    )


def replayed(request: Mapping[str, Any]) -> Query:
    """The query that :func:`request_of` made *request* of."""
    common: dict[str, Any] = {
        "as_of": date.fromisoformat(request["as_of"]),
        "top_k": request["top_k"],
        "filters": Filters(**{name: tuple(values) for name, values in request["filters"].items()}),
        "link": Link(request["link"]) if request["link"] else None,
        "explain": request["explain"],
        "policy": Policy(request["policy"]),
        "scope": Scope(request.get("scope", Scope.ANY)),
    }
    if request["asked"] == "buyers":
        return BuyerQuery(
            from_json(Enterprise, _NAMELESS | request["enterprise"]),
            tuple(from_json(Offering, _UNTITLED | each) for each in request["offerings"]),
            visibility=tuple(request["visibility"]),
            **common,
        )
    held = request["exposure"]
    exposure = held and Exposure(
        date.fromisoformat(held["day"]), held["balance"], Fairness(**held["rules"]), held["moves"]
    )
    return SupplierQuery(from_json(Need, _UNASKED | request["need"]), exposure=exposure, **common)


def difference(before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> str:
    """The first way in which two tellings of :func:`ranked` differ, "" where they do not."""
    if len(before) != len(now):
        return f"{len(before)} results then, {len(now)} now"
    for old, new in zip(before, now, strict=True):
        for name in old:
            if old[name] != new[name]:
                who = old["need_id"] or old["enterprise_id"]
                return f"rank {old['rank']} ({who}): {name} was {old[name]}, is {new[name]}"
    return ""


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def _sha256(content: str | bytes) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
