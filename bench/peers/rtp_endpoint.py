"""An RTP endpoint for the peers: PCMU in 20 ms packets over an asyncio socket, µ-law by our native code.

It runs in their virtual environment and imports nothing of ours but the G.711 kernel, so that nobody pays
for a codec in Python.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import sys
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path
from random import Random

from aywa._native import g711
from bench.speech_loop import FRAME, speech_loop

RATE_HZ = 8000
FRAME_BYTES = 2 * FRAME
FRAME_S = 0.02
SILENCE = bytes(FRAME_BYTES)
_HEADER = 12
_VOICE = Path("/usr/share/asterisk/sounds/en_US_f_Allison")


class RtpEndpoint(asyncio.DatagramProtocol):
    """One call's packets: `heard` gets 20 ms of S16LE PCM each, `send` sends as much."""

    def __init__(self, bound: socket.socket, target: tuple[str, int], rng: Random) -> None:
        self.heard: Callable[[bytes], None] = lambda pcm: None
        self._socket = bound
        self._target = target
        self._ssrc = rng.getrandbits(32)
        self._sequence = rng.getrandbits(15)
        self._timestamp = rng.getrandbits(32)

    async def open(self) -> None:
        """Begin to receive."""
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=self._socket)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """A packet came. No order is restored and no source checked, which costs nothing."""
        self.heard(g711.decode_ulaw(data[_HEADER:]))

    def send(self, pcm: bytes, *, after_pause: bool = False) -> None:
        """Send 20 ms; `after_pause` sets the marker of a talkspurt (RFC 3551 section 4.1)."""
        head = struct.pack(
            "!BBHII",
            0x80,
            0x80 if after_pause else 0,
            self._sequence & 0xFFFF,
            self._timestamp & 0xFFFFFFFF,
            self._ssrc,
        )
        self._sequence += 1
        self._timestamp += FRAME
        self._socket.sendto(head + g711.encode_ulaw(pcm), self._target)


def tts_speech(seconds: float) -> bytes:
    """What the mock TTS says: the recorded speech of the phones, over and over."""
    loop, onset = speech_loop(_VOICE)
    speech = loop[onset * FRAME_BYTES : (onset + 100) * FRAME_BYTES]
    wanted = int(seconds / FRAME_S) * FRAME_BYTES
    return (speech * (wanted // len(speech) + 1))[:wanted]


def serve(packages: tuple[str, ...], serve_calls: Callable[[list[RtpEndpoint]], Awaitable[None]]) -> None:
    """The protocol with `PeerProcess`: tell ports and versions, get targets, say ready, run until stdin ends.

    `serve_calls` returns once every call listens.
    """
    calls, rng = int(sys.argv[1]), Random(4)
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(calls)]
    for bound in sockets:
        bound.setblocking(False)
        bound.bind(("127.0.0.1", 0))
    told = {
        "ports": [bound.getsockname()[1] for bound in sockets],
        "versions": {name: version(name) for name in packages},
    }
    print(json.dumps(told), flush=True)
    targets = json.loads(sys.stdin.readline())["targets"]
    pairs = zip(sockets, targets, strict=True)
    endpoints = [RtpEndpoint(bound, ("127.0.0.1", port), rng) for bound, port in pairs]

    async def run() -> None:
        await serve_calls(endpoints)
        print(json.dumps({"ready": True}), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

    asyncio.run(run())
