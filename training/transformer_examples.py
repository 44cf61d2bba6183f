"""What the transformer is shown: windows with hidden words, and batches of pairs.

Every draw is made from the seed and the number of its step alone. A run that goes on from a checkpoint
therefore sees what an uninterrupted one would have seen, and no state of a generator needs to be kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.errors import TrainingError
from training.examples import COMPANIES, Bag, Example, Material
from training.pairs import Company, Pair
from training.settings import TrainingSettings
from training.transformer_model import Vocabulary
from training.transformer_settings import TransformerSettings

_MASKED_LANGUAGE, _CONTRAST = 1, 2


@dataclass(frozen=True, slots=True)
class Windows:
    """Streams of text from which windows are drawn."""

    vocabulary: Vocabulary
    settings: TransformerSettings
    streams: tuple[NDArray[Any], ...]
    """Token ids, each of two bytes where that is enough."""
    shares: NDArray[np.float64]
    """How often a window comes from each stream; sums to 1."""

    @classmethod
    def of(
        cls,
        streams: Iterable[tuple[NDArray[np.int32], float]],
        vocabulary: Vocabulary,
        settings: TransformerSettings,
    ) -> Windows:
        """Of *streams* with a negative id between texts, each with its emphasis. Raises TrainingError."""
        kind = np.uint16 if vocabulary.size < 1 << 16 else np.int32
        kept = [(np.where(ids < 0, vocabulary.sep, ids).astype(kind), emphasis) for ids, emphasis in streams]
        kept = [(ids, emphasis) for ids, emphasis in kept if len(ids)]
        if not kept:
            raise TrainingError("the texts hold no words", field="data", mend="add texts")
        shares = np.array([len(ids) * emphasis**settings.emphasis_power for ids, emphasis in kept])
        return cls(vocabulary, settings, tuple(ids for ids, _ in kept), shares / shares.sum())

    def draw(self, step: int) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64]]:
        """(ids with some hidden ``(mlm_batch, longest)``, where they are hidden, what stood there).

        Of the hidden pieces eight in ten become [MASK], one any other piece, and one stays (Devlin et al.
        2019, “BERT”). Windows are full: texts follow each other with a [SEP] between them.
        """
        settings, vocabulary = self.settings, self.vocabulary
        chance = np.random.default_rng([settings.seed, _MASKED_LANGUAGE, step])
        ids = np.full((settings.mlm_batch, settings.longest), vocabulary.cls, dtype=np.int64)
        width = settings.longest - 1
        for row, number in enumerate(chance.choice(len(self.streams), settings.mlm_batch, p=self.shares)):
            stream = self.streams[number]
            first = int(chance.integers(max(1, len(stream) - width)))
            ids[row, 1:] = stream[(first + np.arange(width)) % len(stream)]
        known = (ids > 0) & (ids < vocabulary.pieces)
        hidden = known & (chance.random(ids.shape) < settings.masked)
        # a batch without any known piece still needs one place to look at
        hidden[0, 1] |= not hidden.any()
        right = ids[hidden]
        fate = chance.random(len(right))
        other = chance.integers(1, max(2, vocabulary.pieces), len(right))
        ids[hidden] = np.where(fate < 0.8, vocabulary.mask, np.where(fate < 0.9, other, right))
        return ids, hidden, right


class Examples(Material):
    """The pairs of the static model, whose tokens are in order, drawn by the number of the step."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        pairs: Sequence[Pair],
        companies: Sequence[Company],
        settings: TransformerSettings,
    ) -> None:
        """Raises TrainingError where neither pairs nor companies are left to train on."""
        super().__init__(vocabulary.tokenizer, pairs, companies, TrainingSettings(seed=settings.seed))
        self._settings = settings

    @property
    def profiles(self) -> list[Bag]:
        """All products and the industry of each company that is trained on."""
        return [np.concatenate([*firm.products, firm.industry]) for firm in self.firms]

    def at(self, step: int, near: NDArray[np.int64] | None = None) -> list[Example]:
        """The batch of *step*: of one kind, the others of the batch being the counter-examples of each.

        *near* ``(firms, any)`` are the firms most like each firm: if given, a batch of companies is made of
        some firms and those nearest to them, which are the hardest to tell apart.
        """
        self._rng = np.random.default_rng([self._settings.seed, _CONTRAST, step])
        batch = self.draw(self._settings.batch)
        if near is not None and batch[0].kind == COMPANIES:
            seeds = self._rng.integers(len(near), size=-(-len(batch) // (1 + near.shape[1])))
            chosen = np.column_stack([seeds, near[seeds]]).ravel()[: len(batch)]
            batch = [self._draw_company(self.firms[number]) for number in chosen]
        return [replace(example, a=self._cut(example.a), b=self._cut(example.b)) for example in batch]

    def _cut(self, ids: Bag) -> Bag:
        """Any stretch of a text that is too long to be read whole."""
        most = self._settings.longest - 2
        first = int(self._rng.integers(len(ids) - most + 1)) if len(ids) > most else 0
        return ids[first : first + most]
