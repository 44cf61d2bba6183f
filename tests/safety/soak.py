"""A server under load while its releases are swapped, refreshed, rolled back and pruned beneath it.

``python -m tests.safety.soak [HOME] [--minutes M] [--clients N] [--pause S] [--workers N]``

HOME is copied; without one the bundled sample serves. Clients ask the copy's needs over HTTP, each with a
pause between two questions. First nothing else happens (idle). Then, until the time is up, in turn: one
percent of the enterprises changed and refreshed (refresh), a rollback, a promotion, a prune, and the server
seen to follow each (swap). Told are failed requests, latency in each phase, and what the server holds of
memory and file handles from round to round.

Swap is the time from the moment that CURRENT changes until a second after every worker answers from the new
release. A refresh is another process on the same cores, so its phase tells what sharing them costs.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np

from indexes.store import ReleaseStore
from recommender.catalogue import Kind, as_record
from tests.safety.workshop import catalogue_of, make_sample

IDLE, SWAP, REFRESH, OTHER = "idle", "swap", "refresh", "other"
_ASKED = "/v1/recommendations/suppliers"
_ROUND_TRIP = 60.0  # seconds after which a request, or a server that should follow, is given up


@dataclass(slots=True)
class Load:
    """What the clients saw: (phase, seconds) of each answer, what failed, and which releases answered."""

    answers: list[tuple[str, float]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    releases: set[str] = field(default_factory=set)
    phase: str = IDLE
    stopped: threading.Event = field(default_factory=threading.Event)

    def milliseconds(self, phase: str) -> tuple[int, float, float, float]:
        """How many answers there were in *phase*, and their 50th, 95th and 99th percentile."""
        seen = [1000 * seconds for told, seconds in self.answers if told == phase]
        return (len(seen), *(float(np.percentile(seen, q)) if seen else float("nan") for q in (50, 95, 99)))


@dataclass(frozen=True, slots=True)
class Holding:
    """What the server's processes hold together: bytes of memory of their own, mapped files, file handles."""

    own: int
    mapped: int
    handles: int

    def __str__(self) -> str:
        own, mapped = self.own >> 20, self.mapped >> 20
        return f"{own:,} MB of its own, {mapped:,} MB of files mapped, {self.handles} handles"


@dataclass(slots=True)
class Server:
    process: subprocess.Popen[bytes]
    port: int
    workers: int

    def holding(self) -> Holding:
        own = mapped = handles = 0
        for process in self._processes():
            status = dict(
                line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines()
            )
            own += int(status["RssAnon"].split()[0]) << 10
            mapped += int(status["RssFile"].split()[0]) << 10
            handles += len(os.listdir(f"/proc/{process}/fd"))
        return Holding(own, mapped, handles)

    def _processes(self) -> Iterator[int]:
        yield self.process.pid
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            yield from map(int, (task / "children").read_text().split())

    def release(self) -> tuple[str, str]:
        """The release that answers, and the remark."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_ROUND_TRIP)
        try:
            connection.request("GET", "/readyz")
            answer = json.loads(connection.getresponse().read())
            return answer.get("release", ""), answer.get("remark") or answer.get("detail") or ""
        except (OSError, http.client.HTTPException):
            return "", "does not answer"
        finally:
            connection.close()

    def follows(self, release: str) -> None:
        """Wait until every worker answers from *release*. :raises TimeoutError: one does not."""
        give_up, row = time.monotonic() + _ROUND_TRIP, 0
        # the kernel hands new connections to the workers as it likes: many in a row mean all of them
        while row < (20 * self.workers if self.workers > 1 else 1):
            row = row + 1 if self.release()[0] == release else 0
            if time.monotonic() > give_up:
                raise TimeoutError(f"the server answers from {self.release()}, not from {release}")
            time.sleep(0.02 if row == 0 else 0)


@contextmanager
def served(home: Path, workers: int) -> Iterator[Server]:
    """A server on *home*, answering."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "service.cli.main", "serve", "--home", str(home)]
    command += ["--port", str(port), "--workers", str(workers)]
    log = (home / "server.log").open("wb")
    with log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        server = Server(process, port, workers)
        try:
            server.follows(ReleaseStore(home).current().id)
            yield server
        finally:
            process.terminate()
            process.wait(_ROUND_TRIP)


@contextmanager
def asked(server: Server, texts: Sequence[str], clients: int, pause: float) -> Iterator[Load]:
    """Clients that ask for suppliers for *texts* until the block ends, which is waited for."""
    load = Load()
    threads = [
        threading.Thread(target=_client, args=(server.port, texts, pause, load, seed))
        for seed in range(clients)
    ]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        load.stopped.set()
        for thread in threads:
            thread.join(2 * _ROUND_TRIP)


def _client(port: int, texts: Sequence[str], pause: float, load: Load, seed: int) -> None:
    chance = random.Random(seed)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ROUND_TRIP)
    while not load.stopped.is_set():
        body = json.dumps({"text": chance.choice(texts)}).encode()
        phase, start = load.phase, time.monotonic()
        try:
            connection.request(
                "POST", "/v1/recommendations/suppliers", body, {"Content-Type": "application/json"}
            )
            answer = connection.getresponse()
            content = answer.read()
            load.answers.append((phase, time.monotonic() - start))
            if answer.status != 200:
                load.failures.append(f"{phase}: {answer.status} {content[:200]!r}")
            else:
                load.releases.add(json.loads(content)["release"])
        except (OSError, http.client.HTTPException, ValueError) as error:
            load.failures.append(f"{phase}: {type(error).__name__} {error}")
            connection.close()
        load.stopped.wait(pause * chance.uniform(0.5, 1.5))
    connection.close()


def _refresh(home: Path) -> None:
    """In a process of its own, as it comes. :raises CalledProcessError: it failed."""
    command = [sys.executable, "-m", "service.cli.main", "refresh", "--home", str(home)]
    subprocess.run(command, check=True, capture_output=True)


def soak(
    home: Path,
    *,
    idle: float,
    seconds: float,
    clients: int,
    pause: float,
    workers: int = 1,
    least: int = 1,
    tell: Callable[[str], None] = lambda line: None,
) -> tuple[Load, list[Holding]]:
    """Load a server on *home*, which is changed meanwhile in at *least* so many rounds; what was seen.

    :raises TimeoutError: the server did not follow."""
    with catalogue_of(home) as catalogue:
        texts = [need.title for need in islice(catalogue.needs(), 500)]
    store = ReleaseStore(home)
    holdings: list[Holding] = []
    with served(home, workers) as server, asked(server, texts, clients, pause) as load:
        time.sleep(idle)
        load.phase = OTHER
        give_up, number = time.monotonic() + seconds, 0
        while number < least or time.monotonic() < give_up:
            number += 1
            with _during(load, REFRESH):
                _change(home, number)
                _refresh(home)
            _swap(server, load, store.current().id)  # the refresh promoted it
            _swap(server, load, store.rollback().id)
            _swap(server, load, store.promote(store.ids()[0]).id)
            pruned = store.prune(2)
            holdings.append(server.holding())
            tell(f"round {number}: {holdings[-1]}; {len(pruned.removed)} releases pruned")
        load.phase = IDLE
        time.sleep(idle)
    return load, holdings


@contextmanager
def _during(load: Load, phase: str) -> Iterator[None]:
    load.phase = phase
    try:
        yield
    finally:
        load.phase = OTHER


def _swap(server: Server, load: Load, release: str) -> None:
    """The server follows; CURRENT has just changed."""
    with _during(load, SWAP):
        server.follows(release)
        time.sleep(1)


def _change(home: Path, number: int) -> None:
    """Another text for one percent of the enterprises, and for one at least."""
    with catalogue_of(home) as catalogue:
        chosen = [each for row, each in enumerate(catalogue.enterprises()) if row % 100 == number % 100]
        chosen = chosen or list(islice(catalogue.enterprises(), 1))
        records = [as_record(each) | {"description": f"{each.description}；{number}"} for each in chosen]
        with catalogue.transaction() as transaction:
            transaction.upsert(Kind.ENTERPRISES, records, given={"description"})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("home", type=Path, nargs="?", help="a workspace, to be copied (the bundled sample)")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--idle", type=float, default=30, help="seconds of idle before and after (30)")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--pause", type=float, default=0.2, help="seconds between two questions of a client")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where the copy goes (a temporary folder)")
    given = parser.parse_args()

    def tell(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        home = Path(name, "home")
        if given.home:
            shutil.copytree(given.home, home)
        else:
            make_sample(home)
        load, holdings = soak(
            home,
            idle=given.idle,
            seconds=60 * given.minutes,
            clients=given.clients,
            pause=given.pause,
            workers=given.workers,
            tell=tell,
        )
    tell("")
    tell("| phase | requests | p50 ms | p95 ms | p99 ms |\n|---|---:|---:|---:|---:|")
    for phase in (IDLE, SWAP, REFRESH, OTHER):
        count, *percentiles = load.milliseconds(phase)
        tell(f"| {phase} | {count:,} | {' | '.join(f'{each:.1f}' for each in percentiles)} |")
    idle, swap = load.milliseconds(IDLE)[3], load.milliseconds(SWAP)[3]
    answered, failed = len(load.answers), len(load.failures)
    tell(f"\n{answered:,} requests, {failed} failed; {len(load.releases)} releases answered")
    tell(f"p99 during a swap is {swap / idle:.2f} of idle")
    tell(f"first round: {holdings[0]}\nlast round:  {holdings[-1]}")
    for failure in load.failures[:10]:
        tell(f"  {failure}")
    sys.exit(bool(load.failures))


if __name__ == "__main__":
    main()
