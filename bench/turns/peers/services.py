"""The emulated services for a peer: what `emulators.py` is for the runtime, on asyncio, without our code.

A datagram `start` opens a call and is answered with its RTP port; `stop` ends it; others tell a recogniser
what was said. The log has the emulators' lines.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Protocol, TextIO, cast

from bench.peers.rtp_endpoint import RtpEndpoint
from bench.turns.recordings import LANGUAGES, single_words
from bench.turns.voice import answer_text, say

LLM_S, TTS_S = 0.2, 0.1
GREETING_WORDS, ANSWER_WORDS = 3, 8


@dataclass
class Call:
    """One call: its endpoint, its answers, and where its transcripts go."""

    dialogue: str
    endpoint: RtpEndpoint
    log: Callable[..., None]
    told: Callable[[str, str], None] = field(default=lambda kind, text: None)
    answers: int = 0

    async def think(self, heard: str) -> str:
        """The model: an answer, its first token after `LLM_S`."""
        number, self.answers = self.answers, self.answers + 1
        words = ANSWER_WORDS if number else GREETING_WORDS
        text = answer_text(self.dialogue.partition(".")[2], self.dialogue, number, words)
        self.log(self.dialogue, "llm.request", n=number, user=heard, text=text, asked=time.monotonic())
        await asyncio.sleep(LLM_S)
        return text

    async def speak(self, text: str) -> AsyncIterator[bytes]:
        """The voice: 200 ms of S16LE at a time, the first after `TTS_S`."""
        self.log(self.dialogue, "tts.request", text=text)
        asked = time.monotonic()
        pcm = say(self.dialogue.partition(".")[2], self.dialogue, text).pcm
        await asyncio.sleep(max(0.0, asked + TTS_S - time.monotonic()))
        self.log(self.dialogue, "tts.first_byte", text=text)
        for at in range(0, len(pcm), 3200):
            yield pcm[at : at + 3200]


class Server(Protocol):
    """What a peer's module brings."""

    async def start(self, call: Call) -> Callable[[], Awaitable[None]]:
        """Begin the call; the function that ends it."""


class _Door(asyncio.DatagramProtocol):
    def __init__(self, server: Server, log: Callable[..., None]) -> None:
        self._server = server
        self._log = log
        self._calls: dict[str, Call] = {}
        self._ends: dict[str, Callable[[], Awaitable[None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The door is open."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """A message of the callers."""
        message = json.loads(data)
        if message["kind"] in ("start", "stop"):
            act = self._start if message["kind"] == "start" else self._stop
            task = asyncio.create_task(act(message, addr))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif (call := self._calls.get(message["d"])) is not None:
            call.told(message["kind"], message["text"])

    async def _start(self, message: dict[str, Any], addr: tuple[str, int]) -> None:
        bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        bound.setblocking(False)
        bound.bind(("127.0.0.1", 0))
        endpoint = RtpEndpoint(bound, ("127.0.0.1", int(message["port"])), Random(message["d"]))
        call = Call(message["d"], endpoint, self._log)
        self._calls[call.dialogue] = call
        self._ends[call.dialogue] = await self._server.start(call)
        assert self._transport is not None
        port = bound.getsockname()[1]
        self._transport.sendto(json.dumps({"d": call.dialogue, "port": port}).encode(), addr)

    async def _stop(self, message: dict[str, Any], addr: tuple[str, int]) -> None:
        self._calls.pop(message["d"], None)
        end = self._ends.pop(message["d"], None)
        if end is not None:
            await end()


def serve(make: Callable[[str], Server]) -> None:
    """`python -m MODULE VARIANT LOG PORT`: serve until stdin ends, "ready" on stdout when calls are taken."""
    variant, path, port = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    for language in LANGUAGES:
        single_words(language)
    with path.open("w", encoding="utf-8", buffering=1 << 16) as file:
        asyncio.run(_serve(make(variant), _logger(file), port))


def _logger(file: TextIO) -> Callable[..., None]:
    def log(dialogue: str, kind: str, **data: object) -> None:
        line = {"t": time.monotonic(), "d": dialogue, "k": kind, **data}
        file.write(json.dumps(line, ensure_ascii=False) + "\n")

    return log


async def _serve(server: Server, log: Callable[..., None], port: int) -> None:
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(lambda: _Door(server, log), local_addr=("127.0.0.1", port))
    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
