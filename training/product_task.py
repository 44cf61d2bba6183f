"""The held-out product task: hide some products of each enterprise, and ask who sells them.

It needs no judgments, only the user's own catalogue. A release is built beside the live one from all but the
hidden offerings; each hidden product is asked for by its title. Right is the enterprise that sells it, which
must be found by what else it offers and says. Whoever still lists an offering of the same title sells it too,
but finding that one takes no understanding: it counts neither as right nor as wrong.
"""

from __future__ import annotations

import random
import re
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from indexes.errors import InputError
from indexes.store import ReleaseStore
from recommender.catalogue import Catalogue, Kind, Need, Offering, Reader
from recommender.catalogue.marks import Marks
from recommender.encoder import Encoder
from recommender.engine import Engine
from recommender.query import SYSTEMS
from recommender.refresh import refresh
from recommender.text.normalise import for_search
from training.evaluation import Evaluation, evaluate

LEAST_OFFERINGS = 3
"""Products (of different titles) that an enterprise must have for one of them to be hidden."""

COMMON = 20
"""A title that more enterprises list than this (其他业务, 技术服务) names no product and is never hidden."""

_LEAST_TITLE = 2
_SIGNS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class ProductTask:
    """``hidden`` are offering ids; ``questions`` ask for them, a title of an enterprise once; ``sellers`` are
    right and ``others``, who list the same title, are taken out: both by question."""

    hidden: frozenset[str]
    questions: tuple[Need, ...]
    sellers: Mapping[str, str]
    others: Mapping[str, frozenset[str]]


def choose(
    offerings: Iterable[Offering], *, share: float = 0.2, most: int = 1000, seed: int = 0
) -> ProductTask:
    """Hide *share* of the products, at least one, of at most *most* enterprises that have three or more.

    Titles are compared in the search spelling without signs; an enterprise's offerings of one title are
    hidden together. The same *seed* and catalogue give the same task, and what is hidden of one enterprise
    does not depend on the others.

    Raises InputError for a share outside 0–1, and where no enterprise has enough products.
    """
    if not 0 < share < 1:
        raise InputError("Not a share.", field="hide", value=share, mend="between 0 and 1, such as 0.2")
    titles: dict[str, dict[str, list[Offering]]] = defaultdict(dict)
    sellers: dict[str, set[str]] = defaultdict(set)
    for offering in offerings:
        name = same_title(offering.title)
        titles[offering.enterprise_id].setdefault(name, []).append(offering)
        sellers[name].add(offering.enterprise_id)
    able = sorted(e for e, own in titles.items() if len(own) >= LEAST_OFFERINGS)
    random.Random(seed).shuffle(able)
    hidden: set[str] = set()
    questions: list[Need] = []
    asked: dict[str, str] = {}
    others: dict[str, frozenset[str]] = {}
    chosen = 0
    for enterprise_id in able:
        if chosen == most:
            break
        own = titles[enterprise_id]
        named = sorted(n for n in own if len(n) >= _LEAST_TITLE and len(sellers[n]) <= COMMON)
        count = min(len(named), max(1, round(share * len(own))))
        picked = random.Random(f"{seed}/{enterprise_id}").sample(named, count)
        chosen += bool(picked)
        for name in sorted(picked):
            question = own[name][0].offering_id
            hidden.update(offering.offering_id for offering in own[name])
            questions.append(Need(question, own[name][0].title, link=own[name][0].link))
            asked[question] = enterprise_id
            others[question] = frozenset(sellers[name] - {enterprise_id})
    if not questions:
        raise InputError(
            "No enterprise has products to hide.",
            field="offerings",
            value=f"{len(titles)} enterprises",
            mend=f"it takes enterprises with {LEAST_OFFERINGS} offerings of different titles",
        )
    return ProductTask(frozenset(hidden), tuple(questions), asked, others)


def same_title(title: str) -> str:
    """The spelling in which two titles are compared.

    >>> same_title("ＰＶＣ 管材（给水）") == same_title("pvc管材(給水)")
    True
    """
    return _SIGNS.sub("", for_search(title))


def evaluate_products(
    catalogue: Catalogue,
    encoder: Encoder,
    task: ProductTask,
    *,
    systems: Sequence[str] = SYSTEMS,
    as_of: date,
    cache: Path | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Evaluation:
    """Each of *systems* on *task*, in a temporary release of all that *catalogue* holds but the hidden.

    *cache*, a folder of vectors that a refresh has filled, is copied and spares embedding again; neither it
    nor any release of the workspace is touched. Products of one enterprise are resampled together.
    """
    with tempfile.TemporaryDirectory(prefix="rongtong-products-") as name:
        folder = Path(name)
        if cache is not None and cache.is_dir():
            shutil.copytree(cache, folder / "cache")
        store = ReleaseStore(folder)
        refresh(
            WithoutOfferings(catalogue, task.hidden),
            store,
            encoder,
            cache=folder / "cache",
            progress=progress,
        )
        return evaluate(
            Engine.open(store, encoder),
            task.questions,
            {question: {seller: 1} for question, seller in task.sellers.items()},
            systems=systems,
            as_of=as_of,
            ignored=task.others,
            groups=task.sellers,
            progress=progress,
        )


class WithoutOfferings(Catalogue):
    """The same catalogue, whose snapshots lack the offerings *hidden*: what a refresh reads."""

    def __init__(self, whole: Catalogue, hidden: frozenset[str]) -> None:
        super().__init__(whole._engine)
        self._hidden = hidden

    @contextmanager
    def snapshot(self) -> Iterator[Reader]:
        with super().snapshot() as view:
            yield _ReaderWithout(view, self._hidden)


class _ReaderWithout(Reader):
    def __init__(self, whole: Reader, hidden: frozenset[str]) -> None:
        super().__init__(whole._connections)
        self._hidden = hidden

    def offerings(self, enterprise_ids: Sequence[str] | None = None) -> Iterator[Offering]:
        return (o for o in super().offerings(enterprise_ids) if o.offering_id not in self._hidden)

    def enterprise_marks(self) -> Marks:
        """Marks of the whole catalogue, but for the numbers of offerings."""
        whole = super().enterprise_marks()
        left = Counter(offering.enterprise_id for offering in self.offerings())
        return replace(whole, parts=np.array([left[id] for id in whole.ids], np.int64))

    def counts(self) -> dict[Kind, int]:
        """Counts of records as if the hidden did not exist (all of them do)."""
        whole = super().counts()
        return whole | {Kind.OFFERINGS: whole[Kind.OFFERINGS] - len(self._hidden)}
