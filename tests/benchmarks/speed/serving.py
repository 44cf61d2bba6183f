"""A real ``rongtong serve``: cold start, memory, throughput, and swapping its release under load."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from recommender.catalogue import Need, Visibility, open_catalogue
from tests.benchmarks.speed.load import Load, ask, ask_once
from tests.benchmarks.speed.refreshing import command, release_bytes
from tests.benchmarks.speed.report import Row, Section, percentiles
from tests.benchmarks.timing import in_turn

SUPPLIERS = "/v1/recommendations/suppliers"
CLIENTS = (1, 4, 16)
_WAIT = 600.0  # seconds that a server may take to open its release
_SWAPS = 6
_ALLOWANCE = 600e6


@dataclass(frozen=True, slots=True)
class Server:
    pid: int
    port: int
    ready: float  # seconds from its start to /readyz answering 200

    def resident(self) -> tuple[int, int]:
        """Bytes in memory, and of them those that are mapped files, of the process and its children."""
        return tuple(  # type: ignore[return-value]
            sum(_status(pid, name) for pid in _family(self.pid)) for name in ("VmRSS", "RssFile")
        )


@contextmanager
def serving(home: Path) -> Iterator[Server]:
    """A server on *home*, ready; ended at the end. Raises RuntimeError where it does not come up."""
    port = _free_port()
    line = [sys.executable, "-m", "service.cli.main", "serve", "--port", str(port), "--home", str(home)]
    start = time.perf_counter()
    process = subprocess.Popen(
        line,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"RONGTONG_LOG_LEVEL": "error", "RONGTONG_REQUEST_TIMEOUT": "120"},
    )
    try:
        while not _ready(port):
            if process.poll() is not None or time.perf_counter() - start > _WAIT:
                raise RuntimeError(f"the server did not come up: {' '.join(line)}")
            time.sleep(0.02)
        yield Server(process.pid, port, time.perf_counter() - start)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def starting(home: Path) -> Section:
    """Cold starts: the server until it is ready and has answered once, and a command that answers once."""
    with serving(home) as server:
        (first,) = ask_once(server.port, SUPPLIERS, {"text": "轴承", "explain": False}).seconds
    line = [sys.executable, "-m", "service.cli.main", "recommend", "suppliers", "--home", str(home)]
    ours, theirs = in_turn(
        lambda: subprocess.run([*line, "--text", "轴承"], check=True, capture_output=True),
        lambda: subprocess.run(
            [sys.executable, "-c", "import numpy, faiss"], check=True, capture_output=True
        ),
        3,
    )
    return Section(
        "Cold start (files in the page cache)",
        [
            Row("rongtong serve until ready", server.ready, curve="cold start of the server"),
            Row("… its first answer", first),
            Row(
                "rongtong recommend suppliers --text …",
                ours,
                peer="python -c 'import numpy, faiss'",
                theirs=theirs,
                curve="one-shot command",
            ),
        ],
    )


def loaded(home: Path, seconds: float) -> list[Section]:
    """Throughput at 1, 4 and 16 clients, memory before and after, and swaps under the load of four."""
    questions = [{"need_id": need.need_id, "top_k": 10} for need in _public_needs(home)]
    rows: list[Row] = []
    with serving(home) as server:
        ask(server.port, SUPPLIERS, questions, 1, min(5.0, seconds))
        for clients in CLIENTS:
            load = ask(server.port, SUPPLIERS, questions, clients, seconds)
            rows.append(_throughput(clients, load))
        memory = _memory(server, release_bytes(home))
        swaps = _swapping(home, server, questions, seconds)
    return [
        Section(
            "Throughput over HTTP: ten suppliers explained, one worker, clients on the same cores",
            rows,
        ),
        Section("Memory of the serving process, after that load", memory),
        swaps,
    ]


def _throughput(clients: int, load: Load) -> Row:
    p50, p95, p99 = (value * 1e3 for value in percentiles(load.seconds))
    name = f"{clients} client{'s' if clients > 1 else ''}"
    return Row(
        name,
        load.rate,
        "/s",
        note=f"p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms; failed: {load.failures or 'none'}",
        curve=f"answers over HTTP, {name}",
    )


def _memory(server: Server, size: int) -> list[Row]:
    resident, mapped = server.resident()
    most = 1.5 * size + _ALLOWANCE
    return [
        Row(
            "resident",
            resident,
            "B",
            "size of the release",
            size,
            f"≤ 1.5 × size + 600 MB = {most / 1e6:,.0f} MB",
            resident <= most,
            f"of it {mapped / 1e6:,.0f} MB mapped files",
            curve="resident memory, serving",
        )
    ]


def _swapping(home: Path, server: Server, questions: Sequence[dict[str, object]], seconds: float) -> Section:
    """Promote the two newest releases in turn while four clients ask; beside the same load left alone."""
    found = sorted(path.name for path in (home / "releases").iterdir() if (path / "manifest.json").exists())
    if len(found) < 2:
        return Section("Swap under load", notes=["There is but one release in the workspace."])
    live = (home / "CURRENT").read_text().strip()
    other = next(name for name in reversed(found) if name != live)
    idle = ask(server.port, SUPPLIERS, questions, 4, seconds)
    stop, result = threading.Event(), []
    clients = threading.Thread(
        target=lambda: result.append(ask(server.port, SUPPLIERS, questions, 4, 3600, stop))
    )
    clients.start()
    try:
        for number in range(_SWAPS):
            command(home, "releases", "promote", live if number % 2 else other)
            time.sleep(max(2.0, seconds / 4))
    finally:
        stop.set()
        clients.join()
    (busy,) = result
    failed = sum(busy.failures.values())
    calm, under = percentiles(idle.seconds), percentiles(busy.seconds)
    return Section(
        f"Swap under load: {_SWAPS} promotions, four clients",
        [
            Row(
                "p99 while releases swap",
                under[2],
                peer="p99 of the same load left alone",
                theirs=calm[2],
                target="≤ 3 × idle",
                met=under[2] <= 3 * calm[2],
                note=f"p50 {under[0] * 1e3:.1f} ms against {calm[0] * 1e3:.1f} ms; the promoting command runs"
                " on the same cores",
            ),
        ],
        [f"{failed} of {len(busy.seconds) + failed} requests failed {busy.failures or ''}".strip() + "."],
    )


def _public_needs(home: Path) -> list[Need]:
    with open_catalogue(f"sqlite:///{home / 'catalogue.db'}") as catalogue:
        return [
            need
            for need in catalogue.needs()
            if need.status.value == "open" and need.visibility is Visibility.PUBLIC
        ]


def _ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _family(pid: int) -> list[int]:
    """*pid* and the processes that it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in _family(int(child)))]


def _status(pid: int, name: str) -> int:
    """A memory line of ``/proc/<pid>/status`` in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return 0
