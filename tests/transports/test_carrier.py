"""What is carried between a link and a leg, the test being both: a bare socket for the leg, a link of
lists.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from random import Random

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from aywa.proto.rtp.packet import RtpPacket, parse_packet
from aywa.proto.sdp.audio import LocalAudio
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sdp.formats import L16_8000, L16_16000
from aywa.proto.sdp.offer_answer import accept_offer
from aywa.settings import TrunkSettings
from aywa.transports.carrier import Carrier
from aywa.transports.coding import SLIN, SLIN16, StreamCoding
from aywa.transports.counters import StreamCounters
from aywa.transports.link import Audio, Gone, Held, Key, LinkEvent, Origin, Overfull
from aywa.transports.rtp_side import RtpSide
from aywa.transports.session import StreamCall, StreamEnded, StreamGone
from tests.kit.stream_peers import bound_socket

SPEECH = b"\x01\x02" * 160  # 20 ms at 8 kHz
ORIGIN = Origin("1-2", "sip:a@192.0.2.7", "sip:b@192.0.2.7")


class ListLink:
    """A link whose far side is the test."""

    def __init__(self, cushion_ms: float = 0.0) -> None:
        self.cushion_ms = cushion_ms
        self.limit_ms = 200.0
        self.coding: StreamCoding = SLIN
        self.origin = ORIGIN
        self.sent: list[tuple[bytes, StreamCoding]] = []
        self.said: list[str] = []
        self.deaf = False
        self.broken = False
        self._tell, self._told = trio.open_memory_channel[LinkEvent](1000)

    def tell(self, *events: LinkEvent) -> None:
        for event in events:
            self._tell.send_nowait(event)

    async def receive(self) -> list[LinkEvent]:
        events = [await self._told.receive()]
        with_more = self._told.statistics().current_buffer_used
        return events + [self._told.receive_nowait() for _ in range(with_more)]

    async def send_audio(self, packets: Sequence[bytes], coding: StreamCoding) -> None:
        if self.broken:
            raise trio.BrokenResourceError
        if self.deaf:
            await trio.sleep_forever()
        self.sent += [(packet, coding) for packet in packets]

    async def answer(self) -> None:
        self.said.append("answer")

    async def ask(self) -> None:
        self.said.append("ask")

    async def flush(self) -> None:
        self.said.append("flush")

    async def hang_up(self) -> None:
        self.said.append("hang up")

    async def aclose(self) -> None:
        self.said.append("close")
        self.tell(Gone(False, "closed"))


@dataclass
class Line:
    """A call that is up, its link and its leg."""

    call: StreamCall
    link: ListLink
    leg: socket.socket
    rtp: RtpSide
    counters: StreamCounters
    changes: list[SessionDescription] = field(default_factory=list)
    number: int = 0

    def heard(self) -> list[RtpPacket]:
        """What has come to the leg."""
        self.leg.setblocking(False)
        packets = []
        while True:
            try:
                packets.append(parse_packet(self.leg.recv(2048)))
            except BlockingIOError:
                return packets

    def speak(self, payload: bytes = SPEECH, coding: StreamCoding = SLIN) -> None:
        """The leg sends a packet."""
        self.number += 1
        packet = RtpPacket(
            coding.audio.payload_type, self.number, 160 * self.number, 1, coding.turned(payload)
        )
        self.leg.sendto(packet.encode(), self.rtp.address)


@asynccontextmanager
async def line(cushion_ms: float = 0.0, *, follows: bool = True) -> AsyncIterator[Line]:
    """An answered call; `follows`: its leg takes changes of the coding."""
    link, counters = ListLink(cushion_ms), StreamCounters()
    rtp = RtpSide("127.0.0.1", SLIN, Random(1))
    call = StreamCall(link, rtp, TrunkSettings("pbx"), ("192.0.2.7", 5000), Random(1))
    release = trio.Event()

    async def take(call: StreamCall) -> None:
        await release.wait()

    with bound_socket() as leg:
        local = LocalAudio(*leg.getsockname(), (L16_16000, L16_8000))
        assert call.offer is not None
        session = await call.answer(accept_offer(call.offer, local).answer)
        made = Line(call, link, leg, rtp, counters)

        def on_offer(offer: SessionDescription) -> SessionDescription | None:
            made.changes.append(offer)
            return accept_offer(offer, local, previous=session.local).answer

        if follows:
            session.on_offer = on_offer
        async with trio.open_nursery() as nursery:
            nursery.start_soon(Carrier(call, link, rtp, counters).run, take)
            yield made
            release.set()
        rtp.close()


async def settle() -> None:
    """Until everybody waits for something that has not been sent."""
    for _ in range(3):
        await wait_all_tasks_blocked(0.005)


async def test_frames_become_packets_and_packets_frames() -> None:
    async with line() as made:
        made.link.tell(*[Audio(SPEECH, SLIN)] * 3)
        made.speak()
        await settle()
        packets = made.heard()
        assert [packet.payload for packet in packets] == [SLIN.turned(SPEECH)] * 3
        assert [packet.timestamp - packets[0].timestamp for packet in packets] == [0, 160, 320]
        assert made.link.sent == [(SPEECH, SLIN)]
        assert made.link.said == ["answer"]


@pytest.mark.parametrize(
    ("ms", "sizes"), [(10, [10]), (30, [30]), (40, [40]), (60, [20, 20, 20]), (50, [20, 20, 10])]
)
async def test_longer_frames_are_cut(ms: int, sizes: list[int]) -> None:
    async with line() as made:
        made.link.tell(Audio(bytes(16 * ms), SLIN))
        await settle()
        assert [len(packet.payload) // 16 for packet in made.heard()] == sizes


async def test_keys_are_told_to_the_session() -> None:
    keys: list[tuple[str, int]] = []
    async with line() as made:
        made.link.tell(Key("1"))  # before anybody listens
        await settle()
        assert made.call.session is not None
        made.call.session.on_key = lambda key, ms: keys.append((key, ms))
        made.link.tell(Key("2"))
        await settle()
    assert keys == [("2", 0)]


async def test_another_rate_is_agreed_on_with_the_leg() -> None:
    async with line() as made:
        made.link.tell(Audio(SPEECH, SLIN), Audio(SPEECH * 2, SLIN16))
        await settle()
        (offer,) = made.changes
        assert offer.media[0].formats == (str(L16_16000.payload_type),)
        assert made.rtp.coding is SLIN16
        made.speak()  # one that was on its way
        made.speak(SPEECH * 2, SLIN16)
        made.link.tell(Audio(SPEECH * 2, SLIN16))
        await settle()
        assert made.link.sent == [(SPEECH * 2, SLIN16)]
        assert {packet.payload_type for packet in made.heard()} == {L16_16000.payload_type}


async def test_another_rate_before_the_leg_is_there_is_not_heard() -> None:
    async with line(follows=False) as made:
        made.link.tell(Audio(SPEECH * 2, SLIN16))
        await settle()
        assert made.heard() == []
        assert made.rtp.coding is SLIN


async def test_the_cushion_is_silence_and_comes_first() -> None:
    async with line(60.0) as made:
        await settle()
        made.speak()
        await settle()
        assert made.link.sent == [(bytes(320), SLIN)] * 3 + [(SPEECH, SLIN)]


async def test_a_far_side_that_takes_no_more_is_flushed() -> None:
    async with line() as made:
        made.link.tell(Held(10_000.0))
        await settle()
        made.speak()
        await settle()
        assert made.link.sent == []
        made.link.tell(Overfull())
        await settle()
        made.speak()
        await settle()
        assert made.link.said == ["answer", "flush"]
        assert made.link.sent == [(SPEECH, SLIN)]
        assert made.counters.overfull == 1
    assert made.counters.dropped_ms == 20.0


async def test_a_far_side_that_does_not_read_is_gone(autojump_clock: MockClock) -> None:
    """What its leg sends meanwhile waits in one socket buffer and no longer."""
    async with line() as made:
        made.link.deaf = True
        for _ in range(2000):
            made.speak()
        ended = await made.call.wait_ended()
        assert ended == StreamEnded(False, "the far side does not read")
        assert trio.current_time() == pytest.approx(5.0, abs=0.1)
        assert made.link.said[-1] == "close"
        assert len(made.rtp.receive_nowait()) <= 64


async def test_a_connection_that_breaks_while_we_speak() -> None:
    async with line() as made:
        made.link.broken = True
        made.speak()
        with trio.fail_after(5):
            assert await made.call.wait_ended() == StreamEnded(False, "the connection broke")


async def test_who_hangs_up_first_ends_the_call() -> None:
    async with line() as made:
        made.link.tell(Gone(True, "bye"))
        with trio.fail_after(5):
            assert await made.call.wait_ended() == StreamEnded(True, "bye")
        assert made.call.session is not None
        await made.call.session.hangup()
        assert made.link.said == ["answer"]


async def test_our_hang_up_waits_for_theirs_and_then_closes(autojump_clock: MockClock) -> None:
    async with line() as made:
        assert made.call.session is not None
        await made.call.session.hangup("done")
        assert trio.current_time() == pytest.approx(1.0)
        assert made.link.said == ["answer", "hang up", "close"]
        made.speak()
        await settle()
        assert made.link.sent == []
        await made.call.reject(503)
        assert await made.call.wait_ended() == StreamEnded(False, "done")


async def test_a_call_that_is_gone_cannot_be_answered() -> None:
    link = ListLink()
    rtp = RtpSide("127.0.0.1", SLIN, Random(1))
    call = StreamCall(link, rtp, replace(TrunkSettings("pbx"), srtp=None), ("192.0.2.7", 5000), Random(1))
    call.end(StreamEnded(True, "closed"))
    assert call.offer is not None
    with pytest.raises(StreamGone) as raised:
        await call.answer(call.offer)
    assert raised.value.end_reason().code.value == "customer-cancelled-before-answer"
    assert StreamGone(StreamEnded(False)).end_reason().code.value == "call.in-progress.error-sip"
    rtp.close()
