"""What the endpoints work with: the live engine, the catalogue, and a bounded pool of threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Annotated, TypeVar

from fastapi import Depends, Request

from service.live import LiveEngine

if TYPE_CHECKING:
    from recommender.catalogue.repository import Catalogue
    from recommender.decisions import DecisionLog
    from recommender.matching.ledger import ExposureLedger

T = TypeVar("T")


class Desk:
    """One per application. ``threads`` bounds the lists computed at one time; further ones wait their turn.
    Other questions (chains, completions, why not) take turns aside, for some take seconds.

    ``ledger`` counts who was shown; without one nobody takes turns. ``decisions`` keeps every answer's
    question and ranks, so that it can be replayed.
    """

    def __init__(
        self,
        live: LiveEngine,
        catalogue: Catalogue,
        *,
        threads: int,
        ledger: ExposureLedger | None = None,
        decisions: DecisionLog | None = None,
    ) -> None:
        self.live = live
        self.catalogue = catalogue
        self.ledger = ledger
        self.decisions = decisions
        self._lists = ThreadPoolExecutor(threads, thread_name_prefix="rongtong-answer")
        self._aside = ThreadPoolExecutor(threads, thread_name_prefix="rongtong-aside")

    async def answer(self, work: Callable[[], T]) -> T:
        """Compute a list in a thread. When the caller gives up before its turn, it is not begun."""
        return await asyncio.get_running_loop().run_in_executor(self._lists, work)

    async def run(self, work: Callable[[], T]) -> T:
        """The same for any other question."""
        return await asyncio.get_running_loop().run_in_executor(self._aside, work)

    def close(self) -> None:
        for pool in (self._lists, self._aside):
            pool.shutdown(wait=True, cancel_futures=True)
        self.live.close()
        for journal in (self.ledger, self.decisions):
            if journal is not None:
                journal.close()
        self.catalogue.close()


def _desk(request: Request) -> Desk:
    desk = request.app.state.desk
    assert isinstance(desk, Desk)
    return desk


AtDesk = Annotated[Desk, Depends(_desk)]
