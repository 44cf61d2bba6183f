"""Which column is which field: the names that lists use, in English and Chinese.

:data:`recommender.intake.names.NAMES` is the table; extend it, not the code. A header is compared folded
(NFKC, lower case, without spaces, underscores, asterisks and notes in brackets), and a unit in it counts:
注册资本（万元） means that bare numbers are tens of thousands of yuan.

Where several columns fit one field: an explicit ``--column`` goes before a name of the table, an earlier
name of the table before a later one. Texts that may be long, lists and contacts take all columns and join
them; any other field takes the best column, and the others are reported as unmapped, unless one has a
second meaning (名称 beside 公司名称 is the short name). Regions may be spread over columns, see
:data:`PARTS`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

from indexes.errors import InputError
from recommender.catalogue.kinds import Kind
from recommender.catalogue.rows import MAPPINGS
from recommender.intake.names import NAMES

ADDRESS = "address"
PARTS = ("region", "region_name", "province", "city", "county", ADDRESS)
"""Columns that a region may come from. ``region`` goes first, then ``region_name``, then province, city and
county together, then the address; the first that names a known place counts."""

JOINED = frozenset(
    "description qualification contact tags industry_chains certifications required_certifications "
    "required_tiers".split()
)
"""Fields that take every column which fits."""

_SECOND = 1000  # ranks a second meaning behind every first one
_UNITS = {
    "万元": 10**4,
    "千元": 10**3,
    "百万元": 10**6,
    "亿元": 10**8,
    "元": 1,
    "%": 100,
    "万": 10**4,
    "亿": 10**8,
}
_IN_BRACKETS = re.compile(r"[(\[【{<][^)\]】}>]*[)\]】}>]")
_SIGNS = re.compile(r"[\s_\-–—*:：/\\.·,，、;'\"#?？!！]+")


@dataclass(frozen=True, slots=True)
class Column:
    """A mapped column. ``scale`` is the unit in its header (10,000 for 万元, 100 for %), 1 without one."""

    header: str
    field: str
    part: str = ""  # of PARTS, for a region
    scale: int = 1


@dataclass(frozen=True, slots=True)
class Mapped:
    """What became of a file's columns."""

    columns: tuple[Column, ...]
    unmapped: tuple[str, ...]

    @property
    def given(self) -> frozenset[str]:
        return frozenset(column.field for column in self.columns)


def fold_header(header: str) -> str:
    """The form in which headers are compared.

    >>> fold_header("*Enterprise_ID"), fold_header("注册资本（万元）"), fold_header("产品/服务 名称")
    ('enterpriseid', '注册资本', '产品服务名称')
    """
    plain = unicodedata.normalize("NFKC", header[:500]).lower()
    return _SIGNS.sub("", _IN_BRACKETS.sub("", plain))


def unit_of(header: str) -> int:
    """The unit stated in brackets or at the end of *header*.

    >>> unit_of("注册资本（万元）"), unit_of("占比%"), unit_of("名称")
    (10000, 100, 1)
    """
    plain = unicodedata.normalize("NFKC", header[:500]).replace("人民币", "").lower()
    for note in _IN_BRACKETS.findall(plain):
        unit = re.sub(r"^.*?[:：/]|[\s单位]", "", note[1:-1])
        if unit in _UNITS:
            return _UNITS[unit]
    for unit in sorted(_UNITS, key=len, reverse=True):
        if plain.rstrip().endswith(unit) and len(unit) > 1 - (unit == "%"):
            return _UNITS[unit]
    return 1


def field_names(kind: Kind) -> tuple[str, ...]:
    """The fields that a column may be mapped to."""
    own = tuple(one.name for one in fields(MAPPINGS[kind].record_class))
    return (*own, *(part for part in PARTS[1:] if part in NAMES[kind]))


class Names:
    """Recognises the headers of one kind of list, together with the caller's own *columns*.

    *columns* maps a header of the file to a field. Raises InputError where there is no such field.
    """

    def __init__(self, kind: Kind, columns: Mapping[str, str] | None = None) -> None:
        self.kind = kind
        known = field_names(kind)
        self.explicit: dict[str, str] = {}
        for header, name in (columns or {}).items():
            if name not in known:
                raise InputError(
                    f"{kind} have no such field",
                    field="column",
                    value=name,
                    mend=f"one of {', '.join(known)}",
                )
            self.explicit[header] = name
        self._folded = {fold_header(header): name for header, name in self.explicit.items()}
        self._fields: dict[str, list[tuple[int, str]]] = {}  # folded name → (rank, field), best first
        for name in known:
            self._fields.setdefault(fold_header(name), []).append((0, name))
        for name, others in NAMES[kind].items():
            for rank, other in enumerate(others.split(), 1):
                meanings = self._fields.setdefault(other, [])
                meanings.append((rank + _SECOND * len(meanings), name))

    def is_explicit(self, header: str) -> bool:
        """Whether the caller mapped *header*."""
        meanings = self.meanings(header)
        return bool(meanings) and meanings[0][0] < 0

    def missing(self, headers: Iterable[str]) -> tuple[str, ...]:
        """Headers that the caller mapped and that are not among *headers*."""
        there = {spelling for header in headers for spelling in (header, header.rpartition("/")[2])}
        folded = {fold_header(spelling) for spelling in there}
        return tuple(h for h in self.explicit if h not in there and fold_header(h) not in folded)

    def meanings(self, header: str) -> list[tuple[int, str]]:
        """(rank, field) for each meaning of *header*; an explicit one has rank -1 and is the only one."""
        # "基本信息/公司名称" is a header over another: the lower one alone may say it all
        for spelling in (header, header.rpartition("/")[2]):
            if spelling in self.explicit:
                return [(-1, self.explicit[spelling])]
            folded = fold_header(spelling)
            if folded in self._folded:
                return [(-1, self._folded[folded])]
            if folded in self._fields:
                return self._fields[folded]
            bare = re.sub(r"(?:人民币)?(?:百万元|万元|千元|亿元|元|%)$", "", folded)
            if bare in self._fields:
                return self._fields[bare]
        return []

    def recognised(self, headers: Sequence[str]) -> int:
        """How many different fields *headers* name."""
        return len({meanings[0][1] for meanings in map(self.meanings, headers) if meanings})

    def lacking(self, headers: Sequence[str]) -> tuple[str, ...]:
        """Fields without which a record has no identity and that no column of *headers* gives."""
        given = self.mapped(headers).given
        needed = {
            Kind.ENTERPRISES: () if "credit_code" in given else ("enterprise_id",),
            Kind.OFFERINGS: () if "offering_id" in given else ("enterprise_id", "title"),
            Kind.NEEDS: ("need_id",),
            Kind.OUTCOMES: ("need_id", "enterprise_id", "stage"),
            Kind.EDGES: ("source", "target", "relation"),
        }[self.kind]
        return tuple(name for name in needed if name not in given)

    def mapped(self, headers: Sequence[str]) -> Mapped:
        """The columns of *headers* with their fields, in the order of the file."""
        claims = sorted(
            (
                (rank, position, name)
                for position, header in enumerate(headers)
                for rank, name in self.meanings(header)
            ),
        )
        taken: dict[int, str] = {}
        explicit: set[str] = set()
        owners: dict[str, int] = {}
        for rank, position, name in claims:
            if position in taken:
                continue
            if rank < 0:
                explicit.add(name)
            elif name in owners and name not in JOINED:
                continue
            taken[position] = name
            owners.setdefault(name, position)
        columns = tuple(
            Column(
                headers[position],
                "region" if name in PARTS else name,
                name if name in PARTS else "",
                unit_of(headers[position]),
            )
            for position, name in sorted(taken.items())
        )
        unmapped = tuple(header for position, header in enumerate(headers) if position not in taken)
        return Mapped(columns, unmapped)
