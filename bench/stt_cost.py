"""CPU of streaming recognition per call: N calls feed one adapter by real websockets, for some seconds.

The vendor is an emulator in a process of its own; what counts is the CPU time of this process alone. The same
calls without a recogniser are measured first: that is the cost of the loop which feeds them.

    python -m bench.stt_cost --calls 200 --seconds 20 --provider deepgram
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from ipaddress import ip_network
from time import process_time
from typing import Any

import trio

from aywa.emulators.host import open_emulator
from aywa.proto.outbound_rules import OutboundRules
from aywa.providers.web.door import open_door
from tests.kit.stt_kinds import KINDS, access, emulated
from tests.kit.stt_world import FRAME, SILENCE, SPEECH

_SPEECH_FRAMES = 150  # 3 s of speech
_CYCLE_FRAMES = 500  # in every 10 s
LOOPBACK = OutboundRules(networks=(ip_network("127.0.0.0/8"),))


class Nobody:
    """Takes audio and does nothing with it."""

    def feed_nowait(self, pcm: bytes, end_sample: int) -> None:
        """Audio."""

    def speech_started(self, at_sample: int) -> None:
        """Speech began."""

    def speech_stopped(self, at_sample: int) -> None:
        """Speech ended."""


class Line:
    """One call's clock: each at another place of the cycle."""

    def __init__(self, number: int) -> None:
        self.frame = number * 37 % _CYCLE_FRAMES
        self.position = 0

    def step(self, session: Any) -> None:
        """20 ms more."""
        at = self.frame % _CYCLE_FRAMES
        self.frame += 1
        self.position += FRAME // 2
        speaking = at < _SPEECH_FRAMES
        session.feed_nowait(SPEECH if speaking else SILENCE, self.position)
        if at == 5:
            session.speech_started(self.position - 5 * FRAME // 2)
        elif at == _SPEECH_FRAMES + 10:
            session.speech_stopped(self.position - 10 * FRAME // 2)


async def pace(sessions: list[Any], seconds: float) -> float:
    """Feed all sessions by the clock; the CPU seconds that it took."""
    lines = [Line(number) for number in range(len(sessions))]
    begun, cpu = trio.current_time(), process_time()
    for tick in range(round(seconds / 0.02)):
        await trio.sleep_until(begun + tick * 0.02)
        for line, session in zip(lines, sessions, strict=True):
            line.step(session)
    return process_time() - cpu


async def listen(session: Any, heard: list[int]) -> None:
    """Count what is heard."""
    async for _ in session.events():
        heard[0] += 1


async def hold(transcriber: Any, sessions: list[Any], heard: list[int]) -> None:
    """One call's session, for as long as nobody cancels."""
    async with transcriber.open() as session:
        sessions.append(session)
        await listen(session, heard)


async def measure(name: str, calls: int, seconds: float, port: int) -> None:
    """Print what one provider's sessions cost."""
    alone = await pace([Nobody()] * calls, min(seconds, 5.0)) * seconds / min(seconds, 5.0)
    sessions: list[Any] = []
    heard = [0]
    url = f"http://127.0.0.1:{port}"
    async with open_door(LOOPBACK) as door, trio.open_nursery() as nursery:
        kind = KINDS[name]
        transcriber = kind.factory(door, access(url=url), kind.plan)
        for _ in range(calls):
            nursery.start_soon(hold, transcriber, sessions, heard)
        with trio.fail_after(30):
            while len(sessions) < calls:  # noqa: ASYNC110  # sockets that open, in a bench
                await trio.sleep(0.05)
        cpu = await pace(sessions, seconds)
        nursery.cancel_scope.cancel()
    share = 100 * (cpu - alone) / seconds / calls
    print(
        f"{name}: {calls} calls, {seconds:g} s: {share:.4f} % of a core a call"
        f" (with the loop that feeds them {100 * cpu / seconds / calls:.4f} %),"
        f" {heard[0] / seconds / calls:.2f} transcripts a second and call"
    )


async def serve(name: str) -> None:
    """An emulator whose port is printed."""
    emulator = emulated(name, "I would like a table for two please at eight o'clock in the evening")
    emulator.script.again = True
    emulator.script.shared = False
    async with open_emulator(emulator) as host:
        print(host.port, flush=True)
        await trio.sleep_forever()


def main() -> None:
    """Measure, or be the emulator in a process of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--provider", choices=sorted(KINDS), default="deepgram")
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--serve", action="store_true")
    words = parser.parse_args()
    if words.serve:
        trio.run(serve, words.provider)
        return
    command = [sys.executable, "-m", "bench.stt_cost", "--serve", "--provider", words.provider]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as vendor:
        assert vendor.stdout is not None
        try:
            port = int(vendor.stdout.readline())
            trio.run(measure, words.provider, words.calls, words.seconds, port)
        finally:
            vendor.terminate()


if __name__ == "__main__":
    main()
