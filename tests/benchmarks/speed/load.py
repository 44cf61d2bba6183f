"""Clients that ask a server over HTTP, each waiting for its answer before it asks again."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Load:
    """What the clients of one run met. ``seconds`` are of answers with status 200, ``began`` their start on
    the monotonic clock; ``failures`` say what else came, by kind."""

    wall: float = 0.0
    began: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    failures: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.seconds) / self.wall if self.wall else 0.0


def ask_once(port: int, path: str, question: Mapping[str, object]) -> Load:
    """One question; where no answer with status 200 comes, ``seconds`` stays empty."""
    load = Load()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    _post(connection, path, json.dumps(question).encode(), load)
    connection.close()
    return load


def ask(
    port: int,
    path: str,
    questions: Sequence[Mapping[str, object]],
    clients: int,
    seconds: float,
    stop: threading.Event | None = None,
) -> Load:
    """*clients* post *questions* in turn, each from a place of its own, for *seconds* or until *stop*."""
    bodies = [json.dumps(question).encode() for question in questions]
    load = Load()
    start = time.monotonic()
    until = start + seconds

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        place = number * len(bodies) // clients
        while time.monotonic() < until and not (stop and stop.is_set()):
            _post(connection, path, bodies[place % len(bodies)], load)
            place += 1
        connection.close()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.wall = time.monotonic() - start
    return load


def _post(connection: http.client.HTTPConnection, path: str, body: bytes, load: Load) -> None:
    """Post once and add to *load* what came of it."""
    at = time.monotonic()
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        problem = "" if answer.status == 200 else f"status {answer.status}"
    except (OSError, http.client.HTTPException) as error:
        problem = type(error).__name__
        connection.close()
    took = time.monotonic() - at
    with load.lock:
        if problem:
            load.failures[problem] = load.failures.get(problem, 0) + 1
        else:
            load.began.append(at)
            load.seconds.append(took)
