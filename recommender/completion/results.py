"""What a completion says: for each link which partners are sought, why, and who they could be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from recommender.catalogue.domain import Link, Need
from recommender.results import JSON, Requirement, Result, Source


@dataclass(frozen=True, slots=True)
class Partner:
    """A kind of partner. ``offer`` is what is searched, in the words of those who offer it; with ``product``
    what the need is about is searched too."""

    key: str
    link: Link
    zh: str
    en: str
    offer: str
    why_zh: str
    why_en: str
    product: bool = False


@dataclass(frozen=True, slots=True)
class Trigger:
    """The words or the fact that call for a partner, ``of`` the need or of the chosen enterprise.

    ``source`` quotes an exact substring of the field that it names. ``note`` says what follows from a figure;
    ``verdict`` is how the chosen enterprise stands to the demand that is quoted.
    """

    of: str
    source: Source
    note: str = ""
    verdict: Requirement | None = None

    def to_json(self) -> JSON:
        found: JSON = {"of": self.of, **self.source.to_json()}
        if self.note:
            found["note"] = self.note
        if self.verdict:
            found["verdict"] = self.verdict.to_json()
        return found


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A partner that is sought, why, and who it could be, best first.

    ``sought`` is the need that was derived and searched: the results' ``evidence`` quotes its words.
    ``stated`` is False where no offering of the catalogue states this link, so that all were searched.
    """

    partner: Partner
    triggers: tuple[Trigger, ...]
    sought: Need
    results: tuple[Result, ...]
    stated: bool = True

    def to_json(self, *, explain: bool = True) -> JSON:
        return {
            "link": self.partner.link.value,
            "kind": self.partner.key,
            "sought": {
                "zh": self.partner.zh,
                "en": self.partner.en,
                "title": self.sought.title,
                "description": self.sought.description,
            },
            "why": {"zh": self.partner.why_zh, "en": self.partner.why_en},
            "triggers": [trigger.to_json() for trigger in self.triggers],
            "link_stated": self.stated,
            "results": [result.to_json(explain=explain) for result in self.results],
        }


@dataclass(frozen=True, slots=True)
class Without:
    """A link on which nothing is suggested, and why; ``source`` quotes the title where the need itself asks
    for what the link offers."""

    link: Link
    zh: str
    en: str
    source: Source | None = None

    def to_json(self) -> JSON:
        return {
            "link": self.link.value,
            "zh": self.zh,
            "en": self.en,
            "source": self.source.to_json() if self.source else None,
        }


@dataclass(frozen=True, slots=True)
class Completion:
    """The answer, in the order of the links; every link is in ``suggestions`` or in ``without``."""

    release: str
    query: Mapping[str, object]
    suggestions: tuple[Suggestion, ...]
    without: tuple[Without, ...]
    explain: bool = True

    def to_json(self) -> JSON:
        return {
            "release": self.release,
            "query": dict(self.query),
            "suggestions": [each.to_json(explain=self.explain) for each in self.suggestions],
            "without": [each.to_json() for each in self.without],
        }
