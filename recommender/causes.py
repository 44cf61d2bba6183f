"""Why an enterprise stands elsewhere in another release: what changed in its records and in its score.

Causes are named in the order in which a reader wants them: its own records first, then what was changed for
all (model, encoder, graph, the words and needs of others), then that only others moved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from recommender.snapshot import Snapshot

SLIGHT = 0.005
"""A change of log-odds that no reader would see."""
_TOLD = 3


class Kind(StrEnum):
    ENTERPRISE_ADDED = "enterprise added"
    ENTERPRISE_REMOVED = "enterprise removed"
    OFFERING_ADDED = "offering added"
    OFFERING_REMOVED = "offering removed"
    OFFERING_ALTERED = "offering altered"
    OFFERING_BEGAN = "offering began"
    OFFERING_ENDED = "offering ended"
    CERTIFICATE_ADDED = "certificate added"
    CERTIFICATE_REMOVED = "certificate removed"
    CERTIFICATE_EXPIRED = "certificate expired"
    PROFILE_ALTERED = "profile altered"
    NEED_ALTERED = "need altered"
    ENCODER = "encoder differs"
    RANKER = "ranker differs"
    GRAPH = "chain graph differs"
    OUTCOMES = "outcomes differ"
    WORDS = "words of the whole catalogue differ"
    INTEREST = "other needs and orders differ"
    TIME = "time passed"
    OTHERS = "others moved"


_OF_ALL = {  # feature → what moves it where the enterprise's own records stayed
    "lexical_match": Kind.WORDS,
    "graph_match": Kind.GRAPH,
    "track_record": Kind.OUTCOMES,
    "reciprocity": Kind.INTEREST,
    "freshness": Kind.TIME,
}
_UNCOUNTED = {"website", "ownership", "employees", "founded", "credit_rating"}
"""Fields of a profile that no score looks at."""


@dataclass(frozen=True, slots=True)
class Cause:
    """``subjects`` are titles, certificates or names of fields, a few of them; ``more`` how many are left."""

    kind: Kind
    subjects: tuple[str, ...] = ()
    more: int = 0

    def to_json(self) -> dict[str, object]:
        found: dict[str, object] = {"kind": self.kind.value}
        if self.subjects:
            found["subjects"] = list(self.subjects)
        return found | ({"more": self.more} if self.more else {})


@dataclass(frozen=True, slots=True)
class Shift:
    """A feature of an enterprise in both releases: as measured (None where not known), and what it adds."""

    feature: str
    before: float | None
    after: float | None
    contribution_before: float
    contribution_after: float

    @property
    def difference(self) -> float:
        return self.contribution_after - self.contribution_before

    def to_json(self) -> dict[str, object]:
        return {
            "feature": self.feature,
            "before": self.before,
            "after": self.after,
            "contribution_before": self.contribution_before,
            "contribution_after": self.contribution_after,
            "difference": self.difference,
        }


@dataclass(frozen=True, slots=True)
class Pair:
    """Two releases, each on its day; ``encoder`` and ``ranker`` say whether theirs differ."""

    old: Snapshot
    new: Snapshot
    old_day: date
    new_day: date
    encoder: bool
    ranker: bool


def causes(
    pair: Pair,
    enterprise_id: str,
    gain: float | None,
    shifts: Sequence[Shift],
    need: Sequence[str],
    *,
    rose: bool,
) -> tuple[Cause, ...]:
    """Why *enterprise_id* stands elsewhere, higher up where it *rose*: its log-odds changed by *gain* (None
    where it was not measured in both), in *shifts*. *need* are the fields of the need that were altered.

    What was altered in its records is no cause where its score stayed. A score that went the other way than
    the rank says that others moved, too.
    """
    before, after = _records(pair.old, enterprise_id), _records(pair.new, enterprise_id)
    if before is None or after is None:
        return (Cause(Kind.ENTERPRISE_ADDED if before is None else Kind.ENTERPRISE_REMOVED),)
    found = [*_own(pair, before, after)] if shifts or gain is None else []
    if need:
        found.append(_cause(Kind.NEED_ALTERED, need))
    if pair.encoder:
        found.append(Cause(Kind.ENCODER))
    if pair.ranker and any(abs(shift.difference) >= SLIGHT and _same_value(shift) for shift in shifts):
        found.append(Cause(Kind.RANKER))
    if not found:
        moved = [shift.feature for shift in shifts if abs(shift.difference) >= SLIGHT]
        found += [Cause(kind) for feature, kind in _OF_ALL.items() if feature in moved]
    against = gain is not None and (gain < SLIGHT if rose else gain > -SLIGHT)
    if not found or (against and not pair.ranker):  # another ranker moves all scores
        found.append(Cause(Kind.OTHERS))
    return tuple(found)


def altered(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The names of the fields in which two documents differ."""
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


@dataclass(frozen=True, slots=True)
class _Records:
    enterprise: Mapping[str, Any]
    offerings: Mapping[str, Mapping[str, Any]]


def _records(snapshot: Snapshot, enterprise_id: str) -> _Records | None:
    row = snapshot.enterprises.documents.row_of(enterprise_id)
    if row is None:
        return None
    offered = (snapshot.offerings.documents.get(int(each)) for each in snapshot.offering_rows(row))
    return _Records(snapshot.enterprises.documents.get(row), {each["offering_id"]: each for each in offered})


def _own(pair: Pair, before: _Records, after: _Records) -> Iterator[Cause]:
    """What changed in the records of one enterprise, and what the days between did to them."""
    old, new = before.offerings, after.offerings
    for kind, ids, held in (
        (Kind.OFFERING_ADDED, new.keys() - old.keys(), new),
        (Kind.OFFERING_REMOVED, old.keys() - new.keys(), old),
        (Kind.OFFERING_ALTERED, {id for id in new.keys() & old.keys() if new[id] != old[id]}, new),
        (Kind.OFFERING_BEGAN, {id for id in new if _passed(pair, new[id].get("available_from"), 0)}, new),
        (Kind.OFFERING_ENDED, {id for id in new if _passed(pair, new[id].get("available_until"), 1)}, new),
    ):
        if ids:
            yield _cause(kind, [str(held[id]["title"]) for id in sorted(ids)])
    held_before, held_after = _certificates(before.enterprise), _certificates(after.enterprise)
    expired = {name for name in held_after if _passed(pair, name.partition("@")[2], 1)}
    for kind, names in (
        (Kind.CERTIFICATE_ADDED, held_after - held_before),
        (Kind.CERTIFICATE_REMOVED, held_before - held_after),
        (Kind.CERTIFICATE_EXPIRED, expired),
    ):
        if names:
            yield _cause(kind, sorted(names))
    differ = altered(before.enterprise, after.enterprise)
    if fields := [name for name in differ if name != "certifications" and name not in _UNCOUNTED]:
        yield _cause(Kind.PROFILE_ALTERED, fields)


def _certificates(enterprise: Mapping[str, Any]) -> set[str]:
    return {
        f"{each['name']}@{each['expires']}" if each.get("expires") else str(each["name"])
        for each in enterprise.get("certifications", ())
    }


def _passed(pair: Pair, day: str | None, last: int) -> bool:
    """Whether *day* came between the days of the two releases; with *last* it still counts itself."""
    if not day:
        return False
    turn = date.fromisoformat(day[:10]).toordinal() + last
    return pair.old_day.toordinal() < turn <= pair.new_day.toordinal()


def _same_value(shift: Shift) -> bool:
    if shift.before is None or shift.after is None:
        return shift.before is shift.after
    return abs(shift.before - shift.after) < 1e-9


def _cause(kind: Kind, subjects: Sequence[str]) -> Cause:
    return Cause(kind, tuple(subjects[:_TOLD]), max(0, len(subjects) - _TOLD))
