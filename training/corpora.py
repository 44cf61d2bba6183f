"""What an encoder is trained on, wherever it comes from: a data folder, the user's own catalogue, or both."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from training.awards import Awards, contracts, joined
from training.corpus import Source, documents, present
from training.pairs import Company, Pair, companies, text_pairs


class Corpus(Protocol):
    """Texts, pairs of texts that mean the same, and companies. Reading it twice gives the same.

    ``data`` is the folder whose development contracts may measure the result, None where there is none.
    """

    @property
    def sources(self) -> tuple[Source, ...]: ...

    @property
    def data(self) -> Path | None: ...

    @property
    def identity(self) -> object:
        """A JSON value that changes when the material does."""
        ...

    def documents(self, source: Source) -> Iterator[str]:
        """The texts of one of :attr:`sources`, in search spelling, none blank."""
        ...

    def pairs(self) -> Iterator[Pair]: ...

    def companies(self) -> list[Company]: ...

    def awards(self) -> Awards:
        """Contracts whose winner is known."""
        ...

    def trade_texts(self) -> Iterator[str]:
        """Sentences of the trade: the dimensions of a model are spent on what tells these apart."""
        ...


class FolderCorpus:
    """The open sources in a data folder (:mod:`training.corpus`)."""

    def __init__(self, data: Path) -> None:
        """Raises TrainingError where *data* holds none of them."""
        self.data: Path = data
        self.sources = present(data)

    @property
    def identity(self) -> object:
        """Sizes and times of the folder's files: reading gigabytes for a checksum would take minutes."""
        files = sorted(path for path in self.data.rglob("*") if path.is_file())
        return [
            (path.relative_to(self.data).as_posix(), path.stat().st_size, path.stat().st_mtime_ns)
            for path in files
        ]

    def documents(self, source: Source) -> Iterator[str]:
        return documents(self.data, source)

    def pairs(self) -> Iterator[Pair]:
        return text_pairs(self.data)

    def companies(self) -> list[Company]:
        return companies(self.data)

    def awards(self) -> Awards:
        return contracts(self.data)

    def trade_texts(self) -> Iterator[str]:
        """Tenders, patents, classes, products."""
        for source in self.sources:
            if source.path == "text/tender_titles.jsonl.xz":
                yield from self.documents(source)
        for pair in self.pairs():
            if pair.kind in ("tender_scope", "patent", "procurement_parent"):
                yield pair.a
        yield from profiles(self.companies())


def profiles(listed: Sequence[Company]) -> Iterator[str]:
    """Products and, three times, each whole profile: it is what needs are compared with most."""
    for company in listed:
        yield from company.products
        yield from [" ".join([company.industry, *company.products])] * 3


class JoinedCorpus:
    """Several corpora as one; their sources must have different names."""

    def __init__(self, parts: Sequence[Corpus]) -> None:
        self._parts = tuple(parts)
        self.sources = tuple(source for part in self._parts for source in part.sources)
        self.data = next((part.data for part in self._parts if part.data), None)

    @property
    def identity(self) -> object:
        return [part.identity for part in self._parts]

    def documents(self, source: Source) -> Iterator[str]:
        for part in self._parts:
            if source in part.sources:
                yield from part.documents(source)

    def pairs(self) -> Iterator[Pair]:
        for part in self._parts:
            yield from part.pairs()

    def companies(self) -> list[Company]:
        return [company for part in self._parts for company in part.companies()]

    def awards(self) -> Awards:
        return joined([part.awards() for part in self._parts])

    def trade_texts(self) -> Iterator[str]:
        for part in self._parts:
            yield from part.trade_texts()


def digest(value: object) -> str:
    """sha256 (hex) of a JSON value."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
