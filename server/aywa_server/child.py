"""`aywa-media` as a child process, for the demonstration, the benchmarks and the tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import trio

from aywa.errors import TransportError

START_S = 60.0  # the first start makes a database and loads the recogniser
_STOP_S = 20.0  # a live call may be drained for 10 s
_POLL_S = 0.1
COMMAND = (sys.executable, "-m", "aywa_server.serve")


@dataclass(frozen=True, slots=True)
class Child:
    """A running `aywa-media` and its API."""

    process: subprocess.Popen[bytes]
    log: Path
    client: httpx.AsyncClient
    sip_port: int

    async def get(self, path: str) -> Any:
        """The JSON answer of a GET. Raises `httpx.HTTPStatusError` unless it succeeds."""
        answer = await self.client.get(path)
        answer.raise_for_status()
        return answer.json()

    async def post(self, path: str, body: Mapping[str, object]) -> Any:
        """The JSON that a POST is answered with."""
        answer = await self.client.post(path, json=dict(body))
        answer.raise_for_status()
        return answer.json()

    async def call_with(self, sip_call_id: str) -> dict[str, Any] | None:
        """The call of this SIP Call-ID; None while the API does not know it."""
        for call in await self.get("/call?limit=50"):
            if call.get("phoneCallProviderId") == sip_call_id:
                return dict(call)
        return None

    def kill(self) -> None:
        """Stop it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


@asynccontextmanager
async def open_child(
    settings: Mapping[str, str], log: Path, *, command: Sequence[str] = COMMAND
) -> AsyncIterator[Child]:
    """Start it with these settings over the environment's, wait until it is ready, stop it at the end.

    `settings` must hold RUNTIME_HTTP_PORT, RUNTIME_SIP_PORT and RUNTIME_API_KEY. Raises `TransportError` with
    the process's own last words when it does not get ready.
    """
    process = _start(settings, log, command)
    url = f"http://127.0.0.1:{settings['RUNTIME_HTTP_PORT']}"
    headers = {"Authorization": f"Bearer {settings['RUNTIME_API_KEY']}"}
    try:
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=10) as client:
            await _wait_ready(process, client, log)
            yield Child(process, log, client, int(settings["RUNTIME_SIP_PORT"]))
    finally:
        with trio.CancelScope(shield=True, deadline=trio.current_time() + _STOP_S + 5):
            await trio.to_thread.run_sync(_stop, process)


def _start(settings: Mapping[str, str], log: Path, command: Sequence[str]) -> subprocess.Popen[bytes]:
    with suppress(FileNotFoundError):
        log.replace(previous_log(log))
    with log.open("wb") as sink:
        return subprocess.Popen(
            list(command), env={**os.environ, **settings}, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink
        )


def previous_log(log: Path) -> Path:
    """Where the log of the run before is kept; each start begins a new one."""
    return log.with_name(log.name + ".previous")


async def _wait_ready(process: subprocess.Popen[bytes], client: httpx.AsyncClient, log: Path) -> None:
    with trio.move_on_after(START_S):
        while process.poll() is None:
            try:
                if (await client.get("/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                await trio.lowlevel.checkpoint()
            await trio.sleep(_POLL_S)
    words = (await trio.Path(log).read_text(errors="replace")).strip().splitlines()
    raise TransportError(words[-1] if words else "aywa-media said nothing and did not get ready")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
