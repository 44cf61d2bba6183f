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

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.seconds) / self.wall if self.wall else 0.0


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
    lock = threading.Lock()
    start = time.monotonic()
    until = start + seconds

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        place = number * len(bodies) // clients
        while time.monotonic() < until and not (stop and stop.is_set()):
            at = time.monotonic()
            try:
                connection.request(
                    "POST", path, bodies[place % len(bodies)], {"Content-Type": "application/json"}
                )
                answer = connection.getresponse()
                answer.read()
                problem = "" if answer.status == 200 else f"status {answer.status}"
            except (OSError, http.client.HTTPException) as error:
                problem = type(error).__name__
                connection.close()
            took = time.monotonic() - at
            place += 1
            with lock:
                if problem:
                    load.failures[problem] = load.failures.get(problem, 0) + 1
                else:
                    load.began.append(at)
                    load.seconds.append(took)
        connection.close()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.wall = time.monotonic() - start
    return load
