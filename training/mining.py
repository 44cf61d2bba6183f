"""Hard counter-examples, mined from an index of the model's own vectors.

The partners of all pairs of a kind are embedded and indexed; each anchor of a batch is given the nearest ones
that are not its own. The index is made anew every so many steps, so that what is hard is hard for the model
as it is now (Xiong et al. 2021, “Approximate nearest neighbor negative contrastive learning”).

Two companies may well make the same thing: the nearest are often right answers that nobody wrote down (Qu et
al. 2021, RocketQA, drop such by a second model). Here a candidate that scores above the part ``false_from``
of the true partner's own cosine is left out (“TopK-PercPos”, Moreira et al. 2024, NV-Retriever).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexes.exact import ExactIndex
from training.examples import Bag, Example, Material
from training.settings import TrainingSettings

_CANDIDATES = 32
_LARGEST_POOL = 8_000

Embed = Callable[[Sequence[Bag]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class _Pool:
    examples: list[Example]
    groups: NDArray[np.int64]
    others: NDArray[np.int64]
    index: ExactIndex
    made: int
    """The step at which its vectors were made."""


class HardNegatives:
    """Finds counter-examples for the batches of one training run; the same seed finds the same."""

    def __init__(self, material: Material, settings: TrainingSettings, embed: Embed) -> None:
        """*embed* gives unit vectors (n, d) of n bags, by the model as it is when it is called."""
        self._material = material
        self._settings = settings
        self._embed = embed
        self._pools: dict[str, _Pool] = {}
        self._rng = np.random.default_rng(settings.seed)

    def find(
        self,
        batch: Sequence[Example],
        anchors: NDArray[np.float32],
        partners: NDArray[np.float32],
        step: int,
    ) -> list[list[Bag]]:
        """For each example of *batch*, all of one kind, at most ``hard_negatives`` counter-examples, hardest
        first. *anchors* and *partners* (n, d) are the unit vectors of the batch's two sides."""
        pool = self._pool(batch[0].kind, step)
        scores, rows = pool.index.search(anchors, min(_CANDIDATES, len(pool.examples)))
        highest = self._settings.false_from * (anchors * partners).sum(axis=1)
        groups = np.array([example.group for example in batch])[:, None]
        others = np.array([example.other for example in batch])[:, None]
        own = (pool.groups[rows] == groups) | ((pool.others[rows] == others) & (others >= 0))
        usable = ~own & (scores <= highest[:, None])
        return [
            [pool.examples[row].b for row in found[keep][: self._settings.hard_negatives]]
            for found, keep in zip(rows, usable, strict=True)
        ]

    def _pool(self, kind: str, step: int) -> _Pool:
        pool = self._pools.get(kind)
        if pool is None or step - pool.made >= self._settings.mine_every:
            examples = self._material.pool(kind)
            if len(examples) > _LARGEST_POOL:
                chosen = self._rng.choice(len(examples), _LARGEST_POOL, replace=False)
                examples = [examples[number] for number in np.sort(chosen)]
            pool = self._pools[kind] = _Pool(
                examples,
                np.array([example.group for example in examples]),
                np.array([example.other for example in examples]),
                ExactIndex.from_vectors(self._embed([example.b for example in examples])),
                step,
            )
        return pool
