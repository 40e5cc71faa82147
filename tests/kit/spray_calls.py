"""Calls on a live engine while a stranger sprays the whole range of its RTP ports.

    python -m tests.kit.spray_calls SOURCE LOW HIGH RATE SECONDS

is the stranger, a process of its own: it says when it is ready, then how many packets it sent, and how many
came back.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from array import array
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

import trio

from aywa._native import g711
from aywa.media.engine import MediaEngine, open_media_engine
from aywa.media.leg import BargeInPolicy, Leg, LegParameters
from aywa.media.peer import NatPolicy
from aywa.media.ports import PortPair
from aywa.settings import MediaSettings
from tests.kit.engine_rig import FRAME, Phone
from tests.kit.formats import g711_format
from tests.kit.sip_flood import drain_for

STRANGER = "127.0.0.2"
LOUDEST = b"\x00"  # what the stranger says, and no caller does
_BATCH_S = 0.004


def spray(source: str, low: int, high: int, rate: float, seconds: float) -> tuple[int, int]:
    """Send RTP, RTCP and nonsense to every port of the range in turn."""
    rng = Random(1)
    rtp = [
        b"\x80" + bytes((kind,)) + rng.randbytes(10) + LOUDEST * FRAME for kind in (0, 0, 0, 0, 8, 101) * 20
    ]
    packets = [
        *rtp,
        b"\x80\xc8\x00\x06" + rng.randbytes(24),
        b"\x80\xcb\x00\x01" + rng.randbytes(4),
        b"\xff" * 50,
    ]
    sent = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind((source, 0))
        wire.setblocking(False)
        began = time.monotonic()
        heard = 0
        while (at := time.monotonic() - began) < seconds:
            while sent < at * rate:
                with suppress(BlockingIOError, ConnectionRefusedError):  # a port that nobody has
                    wire.sendto(packets[sent % len(packets)], ("127.0.0.1", low + sent % (high - low + 1)))
                sent += 1
            heard += drain_for(wire, _BATCH_S)
    return sent, heard


@dataclass(frozen=True, slots=True)
class Sprayed:
    """What the calls and the stranger came to. `loudest`: samples of the stranger's in any recording."""

    sent: int
    seconds: float
    heard_by_stranger: int
    received: int
    expected: int
    lost: int
    rejected: int
    source_changes: int
    loudest: int
    frames_recorded: int


async def sprayed_calls(
    calls: int, *, before_s: float, during_s: float, rate: float, nat: NatPolicy, low: int = 43000
) -> Sprayed:
    """`calls` phones talk to as many legs, whose ports are sprayed from before they open until they close."""
    high = low + 4 * calls - 1
    settings = MediaSettings(rtp_port_min=low, rtp_port_max=high, port_quarantine_s=0.0)
    whole_s = before_s + during_s + 1.0
    options = [STRANGER, str(low), str(high), str(rate), str(whole_s)]
    async with open_media_engine(settings, rng=Random(7)) as engine:
        pairs = [engine.reserve_port() for _ in range(calls)]
        talks = [_Talk(pair, Phone(pair.port, ssrc=1000 + number)) for number, pair in enumerate(pairs)]
        with subprocess.Popen(
            [sys.executable, "-m", "tests.kit.spray_calls", *options], stdout=subprocess.PIPE
        ) as stranger:
            assert stranger.stdout is not None
            assert await trio.to_thread.run_sync(stranger.stdout.readline) == b"ready\n"
            await trio.sleep(before_s)
            async with trio.open_nursery() as nursery:
                for talk in talks:
                    await nursery.start(talk.open, engine, nat)
                said = await _talk_for(talks, during_s)
                stats = [talk.leg.stats() for talk in talks if talk.leg is not None]
                nursery.cancel_scope.cancel()
            output, _ = await trio.to_thread.run_sync(stranger.communicate)
    sent, heard = map(int, output.split())
    loudest = set(array("h", g711.decode_ulaw(b"\x00\x80")))
    lefts = [array("h", bytes(talk.recording))[::2] for talk in talks]
    return Sprayed(
        sent,
        whole_s,
        heard,
        sum(each.received for each in stats),
        said * calls,
        sum(each.lost for each in stats),
        sum(each.rejected_source for each in stats),
        sum(each.source_changes for each in stats),
        sum(sample in loudest for left in lefts for sample in left),
        sum(len(left) for left in lefts) // FRAME,
    )


@dataclass
class _Talk:
    """One call: its ports, the phone, the leg while it is open, and what was recorded."""

    ports: PortPair
    phone: Phone
    recording: bytearray = field(default_factory=bytearray)
    leg: Leg | None = None

    async def open(
        self,
        engine: MediaEngine,
        nat: NatPolicy,
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        parameters = LegParameters(
            remote=self.phone.socket.getsockname(),
            format=g711_format(0),
            ssrc=1,
            barge_in=BargeInPolicy.OFF,
            record=True,
            nat=nat,
        )
        try:
            async with engine.open_leg(parameters, ports=self.ports) as self.leg:
                task_status.started()
                await trio.sleep_forever()
        finally:
            self.phone.socket.close()

    def collect(self) -> None:
        assert self.leg is not None
        self.recording += self.leg.read_recording()


async def _talk_for(talks: list[_Talk], seconds: float) -> int:
    """Every phone says the same words, which have nothing of the stranger's in them; frames said by each."""
    rng = Random(8)
    words = [bytes(rng.choice((*range(1, 128), *range(129, 256))) for _ in range(FRAME)) for _ in range(50)]
    said, began = 0, trio.current_time()
    while trio.current_time() < began + seconds:
        while said < (trio.current_time() - began) * 50:
            for talk in talks:
                talk.phone.say(words[said % len(words)])
            said += 1
        await trio.sleep(0.005)
        for talk in talks:
            talk.collect()
    await trio.sleep(0.2)
    for talk in talks:
        talk.collect()
    return said


if __name__ == "__main__":
    _, where, first, last, per_s, length = sys.argv
    print("ready", flush=True)
    print(*spray(where, int(first), int(last), float(per_s), float(length)))
