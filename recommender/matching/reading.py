"""A need as the engine reads it: what is searched for, demanded and quotable, whoever is set beside it.

All of it depends on the need and the encoder alone. The same open needs are shown to firm after firm, so what
was lately read is kept, from release to release, and each part of it is read when it is first wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from recommender import profile
from recommender.catalogue.domain import Need
from recommender.encoder import Encoder
from recommender.explanation import Phrases, Rereading, cores_of, phrases_of
from recommender.places import Places, places_of
from recommender.remembering import RememberingEncoder
from recommender.requirements import Demand, demands
from recommender.text.titles import subject

_KEPT = 1_024  # needs, each of some 60 kB where it was explained
_LONGEST = 2_000  # characters of a need that is kept

Vectors = NDArray[np.float32]


class Reading:
    """A *need*, read with an *encoder*. Thread-safe: what two threads read at once is the same."""

    def __init__(self, encoder: Encoder, need: Need) -> None:
        self.need = need
        self._encoder = encoder

    @cached_property
    def vector(self) -> Vectors:
        """(d,) what is sought by meaning."""
        return profile.need_vector(*self._encoder.encode(profile.need_texts(self.need)))

    @cached_property
    def tokens(self) -> Sequence[str]:
        """What is sought by words."""
        return profile.need_tokens(self.need)

    @cached_property
    def demands(self) -> tuple[Demand, ...]:
        return demands(self.need)

    @cached_property
    def places(self) -> Places:
        return places_of(self.need)

    @cached_property
    def named(self) -> Vectors:
        """(k, d) the things that the title names, where it names several; else (0, d)."""
        things = cores_of(subject(self.need.title))
        return self._encoder.encode(things if len(things) > 1 else [])

    @cached_property
    def phrases(self) -> Phrases:
        """The phrases that may be quoted."""
        fields = {"title": subject(self.need.title), "description": self.need.description}
        return phrases_of(fields, self._encoder, most_alike=self.vector, but=self.need.buyer_name)

    @cached_property
    def again(self) -> Rereading:
        """The need read again with words taken out."""
        return Rereading(self.need, self._encoder)


class Reader(RememberingEncoder):
    """*encoder*, which remembers phrases and keeps needs as they were read. Threads may share it, and engines
    of one release after another."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__(encoder)
        self._kept = lru_cache(_KEPT)(partial(Reading, self))

    def reading(self, need: Need) -> Reading:
        """*need* as it is read, kept unless it is so long that a thousand like it would fill the memory."""
        long = len(need.title) + len(need.description) + len(need.qualification) > _LONGEST
        return Reading(self, need) if long else self._kept(need)


def read_together(readings: Sequence[Reading], encoder: Encoder) -> Vectors:
    """(n, d) the vectors of *readings*, of those that have none yet by one call of the *encoder*."""
    lacking = [reading for reading in readings if "vector" not in vars(reading)]
    texts = [text for reading in lacking for text in profile.need_texts(reading.need)]
    encoded = encoder.encode(texts)
    for at, reading in enumerate(lacking):
        vars(reading)["vector"] = profile.need_vector(*encoded[3 * at : 3 * at + 3])
    return np.stack([reading.vector for reading in readings])
