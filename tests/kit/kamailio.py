"""Kamailio's dispatcher in front of several instances, with the configuration of docs/kamailio."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import trio

from tests.kit.peers import foreign, library_folder
from tests.kit.ports import free_port

_DOCUMENTED = Path(__file__).parents[2] / "docs/kamailio"
_START_S = 15.0
_STOP_S = 5.0
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Kamailio:
    """A running Kamailio. `workers`: SIP ports on loopback, in the order of its list."""

    port: int
    folder: Path
    workers: tuple[int, ...]

    def log(self) -> str:
        """What it has said."""
        return (self.folder / "log").read_text(errors="replace")

    def calls_to(self, worker: int) -> int:
        """How many calls it has sent there."""
        return self.log().count(f"CALL to sip:127.0.0.1:{worker}")

    async def wait_said(self, words: str, *, times: int = 1, seconds: float = 10.0) -> None:
        """Return when its log holds `words` so many times."""
        with trio.fail_after(seconds):
            while self.log().count(words) < times:  # noqa: ASYNC110 - a file sets no event
                await trio.sleep(_POLL_S)


def _write(root: Path, folder: Path, port: int, workers: Sequence[int]) -> None:
    text = (_DOCUMENTED / "kamailio.cfg").read_text()
    changes = {
        "127.0.0.1:5060": f"127.0.0.1:{port}",
        "/usr/lib/x86_64-linux-gnu/kamailio/modules/": f"{library_folder(root)}/kamailio/modules/",
        "/etc/kamailio/dispatcher.list": f"{folder}/dispatcher.list",
    }
    for old, new in changes.items():
        assert old in text, f"docs/kamailio/kamailio.cfg has no {old!r}"
        text = text.replace(old, new)
    folder.mkdir()
    (folder / "kamailio.cfg").write_text(text)
    listed = (_DOCUMENTED / "dispatcher.list").read_text()
    for old, worker in zip((5080, 5082), workers, strict=True):
        assert f"127.0.0.1:{old}" in listed
        listed = listed.replace(f"127.0.0.1:{old}", f"127.0.0.1:{worker}")
    (folder / "dispatcher.list").write_text(listed)


@asynccontextmanager
async def open_kamailio(root: Path, folder: Path, workers: tuple[int, ...]) -> AsyncIterator[Kamailio]:
    """Start it, wait until both workers have answered its OPTIONS, and stop all its processes at the end."""
    port = free_port()
    _write(root, folder, port, workers)
    command = [*foreign(root, "usr/sbin/kamailio", "kamailio"), "-DD", "-E"]
    command += ["-f", str(folder / "kamailio.cfg"), "-Y", str(folder), "-P", str(folder / "pid")]
    with (folder / "log").open("wb") as log:
        # A group of its own: it has children, and they are to end with it.
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0)
    running = Kamailio(port, folder, workers)
    try:
        try:
            await running.wait_said("WORKER UP", times=len(workers), seconds=_START_S)
        except trio.TooSlowError as error:
            raise AssertionError(f"Kamailio did not start:\n{running.log()[-3000:]}") from error
        yield running
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(_STOP_S)
