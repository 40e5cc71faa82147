"""A peer's process: started on the server's core, told its targets, its CPU time read from the kernel."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.loadgen import ROOT
from bench.media_load import ENGINE_CORE

VENV = Path(os.environ.get("AYWA_PEERS_VENV", ROOT / ".venv-peers"))
_STOP_S = 10.0
_TICKS = os.sysconf("SC_CLK_TCK")


class PeerError(Exception):
    """A peer could not be measured; the message says why."""


def cpu_meter(pid: int) -> Callable[[], float]:
    """Starts measuring; the function it returns gives the share of one core that all threads of the process
    have had since. utime and stime are scaled to the scheduler's account, ended threads count.
    """

    def used() -> tuple[float, float]:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return time.monotonic(), (int(fields[11]) + int(fields[12])) / _TICKS

    wall_before, cpu_before = used()

    def share() -> float:
        wall, cpu = used()
        return (cpu - cpu_before) / (wall - wall_before)

    return share


def resident_kib(pid: int) -> float:
    """What of the process is in memory."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return float(line.split()[1])
    return 0.0


@contextmanager
def open_process(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A process on the server's core; stopped when the block is left."""

    def pin() -> None:
        if (os.cpu_count() or 1) > 1:
            os.sched_setaffinity(0, {ENGINE_CORE})

    with subprocess.Popen(command, cwd=ROOT, text=True, preexec_fn=pin, **options) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


class PythonPeer:
    """A server of `bench/peers` in the peers' virtual environment; `ports` are where its calls listen."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.pid = process.pid
        told = self._read()
        self.ports: list[int] = told["ports"]
        self.versions: dict[str, str] = told["versions"]

    def start(self, targets: list[int]) -> None:
        """Let every call send to its target and wait until all listen."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"targets": targets}) + "\n")
        self._process.stdin.flush()
        self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise PeerError("the server has died; its last words are on stderr")
        message: dict[str, Any] = json.loads(line)
        return message


@contextmanager
def open_python_peer(module: str, calls: int, *arguments: str) -> Iterator[PythonPeer]:
    """So many calls on `bench.peers.<module>`. Raises PeerError when the peers are not installed or fail."""
    python = VENV / "bin" / "python"
    if not python.exists():
        raise PeerError(f"there is no {python}: scripts/bench_peers.sh installs the peers")
    command = [str(python), "-m", f"bench.peers.{module}", str(calls), *arguments]
    # One thread a model: more would only fight for the one core.
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with open_process(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield PythonPeer(process)
