"""Contracts as training material: what was wanted, who won it, and everyone who might have.

The winners are divided into five folds by a hash of their id. One fold is always left out of training, so
that some needs measure a model on suppliers it has never seen; five models, each without another fold,
measure the recipe on all of them.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue import Enterprise, Need, Offering
from training.corpus import flat, records

FOLDS = 5
HELD_OUT = 0
"""The fold that no model learns from; cross-validation makes others for itself."""

NEEDS = "eval/contracts_dev_needs.csv"
JUDGEMENTS = "eval/contracts_dev_qrels.csv"
_ENTERPRISES, _PRODUCTS = "catalogue/enterprises_listed.csv", "catalogue/products_listed.csv"


@dataclass(frozen=True, slots=True)
class Awards:
    """``winners`` are places in ``suppliers``, one for each of ``needs``."""

    suppliers: tuple[tuple[Enterprise, tuple[Offering, ...]], ...] = ()
    needs: tuple[Need, ...] = ()
    winners: tuple[int, ...] = ()

    def folds(self) -> NDArray[np.int64]:
        """(q,) the fold of each need's winner."""
        return np.array([fold_of(self.suppliers[at][0].enterprise_id) for at in self.winners], np.int64)

    @property
    def identity(self) -> object:
        """A JSON value that changes when anything here does."""
        whole = hashlib.sha256(repr((self.suppliers, self.needs, self.winners)).encode("utf-8", "replace"))
        return whole.hexdigest()


def fold_of(enterprise_id: str) -> int:
    """0 to 4, the same for an enterprise on every machine."""
    return hashlib.sha256(enterprise_id.encode()).digest()[0] % FOLDS


def joined(parts: Sequence[Awards]) -> Awards:
    """All contracts of *parts*, each among the suppliers of all."""
    suppliers = tuple(supplier for part in parts for supplier in part.suppliers)
    starts = np.cumsum([0, *(len(part.suppliers) for part in parts)])
    winners = (int(starts[i]) + at for i, part in enumerate(parts) for at in part.winners)
    return Awards(suppliers, tuple(need for part in parts for need in part.needs), tuple(winners))


def contracts(data: Path) -> Awards:
    """The awarded contracts in a data folder with its listed companies; empty where a file is missing."""
    if not all((data / path).is_file() for path in (NEEDS, JUDGEMENTS, _ENTERPRISES, _PRODUCTS)):
        return Awards()
    products: dict[str, list[Offering]] = defaultdict(list)
    for row in records(data / _PRODUCTS):
        identity, share = flat(row.get("enterprise_id")), flat(row.get("revenue_share"))
        products[identity].append(
            Offering("", identity, flat(row.get("product")), weight=float(share) if share else None)
        )
    suppliers = [
        (
            Enterprise(
                flat(row.get("enterprise_id")),
                flat(row.get("name")),
                flat(row.get("short_name")),
                region=flat(row.get("region")),
                tags=(flat(row.get("sw_industry")),),
            ),
            tuple(products[flat(row.get("enterprise_id"))]),
        )
        for row in records(data / _ENTERPRISES)
    ]
    place = {enterprise.enterprise_id: at for at, (enterprise, _) in enumerate(suppliers)}
    won = {flat(row.get("need_id")): flat(row.get("enterprise_id")) for row in records(data / JUDGEMENTS)}
    needs = [
        Need(flat(row.get("need_id")), flat(row.get("title")), buyer_name=flat(row.get("buyer")))
        for row in records(data / NEEDS)
        if won.get(flat(row.get("need_id"))) in place
    ]
    return Awards(tuple(suppliers), tuple(needs), tuple(place[won[need.need_id]] for need in needs))
