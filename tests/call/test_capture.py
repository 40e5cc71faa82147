"""Which calls leave their packets behind, and that writing them harms none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
import trio
import trio.testing

from aywa.artifacts.pcap import encode_pcap
from aywa.call.capture import WRITE_BOUND_S
from aywa.call.control import StartCapture, TransferCall
from aywa.call.dial import DialRequest
from aywa.call.ending import reason_for
from aywa.call.outbound import CallOrder
from aywa.call.sip_trace import DATAGRAM_BYTES, MESSAGE_BYTES, MESSAGES
from aywa.call.state import CallState
from aywa.errors import EndCode, RequestError
from aywa.ports.capture import CapturedPacket, CaptureMode
from aywa.proto.sdp.offer_answer import LocalAudio, make_offer
from aywa.settings import CallSettings, MediaSettings, RecordCalls, TrunkDialling, TrunkSettings
from aywa.transfer.plan import Destination, Mode, TransferPlan
from tests.kit.call_world import CallWorld, Person, happens
from tests.kit.fake_sip import FakeIncomingCall
from tests.kit.fake_store import FakeCaptures

CAPTURED = MediaSettings(pcap="headers")


def world(**changes: object) -> CallWorld:
    values: dict[str, object] = {"media": CAPTURED, "settings": CallSettings(record=RecordCalls.NONE)}
    return CallWorld(**{**values, **changes})  # type: ignore[arg-type]


def loses(received: int, lost: int) -> Callable[[Person], None]:
    def end(person: Person) -> None:
        person.leg.packets = (received, lost)
        person.session.remote_hangs_up()

    return end


def fails(code: EndCode) -> Callable[[Person], None]:
    def end(person: Person) -> None:
        person.live.ending.end(reason_for(code))

    return end


@pytest.mark.parametrize(
    ("end", "cause"),
    [
        (lambda person: person.leg.lose_media(), "call.in-progress.error-media-timeout"),
        (fails(EndCode.SIP_ERROR), "call.in-progress.error-sip"),
        (fails(EndCode.PROVIDER_ERROR), "pipeline-error"),
        (fails(EndCode.INTERNAL_ERROR), "call.in-progress.error-internal"),
        (loses(900, 100), "loss"),
        (loses(950, 50), None),
        (loses(100, 100), None),
        (fails(EndCode.CONTROL), None),
        (fails(EndCode.MAX_DURATION), None),
    ],
)
async def test_a_call_that_went_wrong_is_written(
    autojump_clock: trio.testing.MockClock, end: Callable[[Person], None], cause: str | None
) -> None:
    made = world()
    async with made.call() as person:
        await person.listens()
        end(person)
    written = made.entries("media.pcap_written")
    if cause is None:
        assert (written, made.captures.written, made.row().pcap_path) == ([], {}, None)
        return
    path = f"/recordings/{person.live.id}.pcap"
    assert written == [{"path": path, "packets": 1, "bytes": 12, "cause": cause}]
    assert made.row().pcap_path == path
    assert made.kinds()[-1] == "call.ended"


async def test_a_call_that_crashes_is_written(autojump_clock: trio.testing.MockClock) -> None:
    made = world()
    async with made.call() as person:
        await person.listens()

        def broken(command: object) -> None:
            raise ZeroDivisionError

        person.live.conversation.receive = broken  # type: ignore[method-assign]
        person.leg.press("1")
    assert [entry["cause"] for entry in made.entries("media.pcap_written")] == [
        "call.in-progress.error-internal"
    ]


async def test_a_call_without_a_capture_leaves_none(autojump_clock: trio.testing.MockClock) -> None:
    made = world(media=MediaSettings())
    async with made.call() as person:
        await person.listens()
        assert not person.live.capture.runs
        person.leg.lose_media()
    assert (made.captures.written, made.row().pcap_path) == ({}, None)


async def test_a_capture_that_was_asked_for_is_written_in_any_case(
    autojump_clock: trio.testing.MockClock,
) -> None:
    made = world(media=MediaSettings())
    async with made.call() as person:
        await person.listens()
        await person.live.control(StartCapture(CaptureMode.AUDIO))
        assert person.live.capture.runs
        assert len(person.live.capture.packets()) == 1
        person.session.remote_hangs_up()
    assert person.leg.capture_mode is CaptureMode.AUDIO
    assert made.entries("control.capture") == [{"mode": "audio"}]
    assert [entry["cause"] for entry in made.entries("media.pcap_written")] == ["asked"]
    with pytest.raises(RequestError, match="not up"):
        await person.live.control(StartCapture(CaptureMode.AUDIO))


async def test_a_write_that_fails_is_told_and_ends_nothing(autojump_clock: trio.testing.MockClock) -> None:
    made = world()
    made.captures.fails = True
    async with made.call() as person:
        await person.listens()
        person.leg.lose_media()
    assert made.entries("media.pcap_failed") == [
        {"error": "No space left on device", "cause": "call.in-progress.error-media-timeout"}
    ]
    row = made.row()
    assert row.pcap_path is None
    assert row.end_reason is not None
    assert row.end_reason.code is EndCode.MEDIA_TIMEOUT


async def test_a_disk_that_hangs_delays_no_hangup(autojump_clock: trio.testing.MockClock) -> None:
    """The far side hears of the end before the disk is asked, and the call's record is closed in time."""
    made = world()
    async with made.call() as person:
        await person.listens()
        made.disk.hang()
        person.leg.lose_media()
        began = trio.current_time()
        await person.session.wait_ended()
        hung_up = trio.current_time() - began
        await person.live.over.wait()
        took = trio.current_time() - began
    assert hung_up < 1.0
    assert took < WRITE_BOUND_S + 1.0
    assert [entry["error"] for entry in made.entries("media.pcap_failed")] == ["The disk does not answer"]


async def test_a_bug_of_the_writer_ends_nobody_else(autojump_clock: trio.testing.MockClock) -> None:
    made = world()
    made.captures.write = None  # type: ignore[assignment, method-assign]
    async with made.call() as person:
        await person.listens()
        person.leg.lose_media()
    assert [entry["error"] for entry in made.entries("media.pcap_failed")] == ["TypeError"]
    assert made.row().end_reason is not None


INVITE = (
    b"INVITE sip:+15550100@192.0.2.2 SIP/2.0\r\nFrom: <sip:+15550199@192.0.2.1>;tag=a\r\n"
    b'Authorization: Digest response="d41d8cd98f00b204"\r\n\r\n'
)


def message(number: int, data: bytes = INVITE) -> CapturedPacket:
    at = ("192.0.2.1", 5060)
    return CapturedPacket(number, False, at, at, len(data), data)


@pytest.mark.parametrize("mode", ["headers", "audio", "full"])
async def test_sip_is_part_of_it_without_what_is_secret(
    autojump_clock: trio.testing.MockClock, mode: str
) -> None:
    made = world(media=MediaSettings(pcap=mode))
    async with made.call() as person:
        await person.listens()
        (tap,) = person.incoming.taps
        assert tap is not None
        tap(message(5))
        person.leg.lose_media()
    (packets,) = made.captures.written.values()
    (sip,) = [packet for packet in packets if packet.data.startswith(b"INVITE")]
    assert (sip.at_ns, sip.length, len(sip.data)) == (5, len(INVITE), len(INVITE))
    assert b"d41d8cd98f00b204" not in sip.data
    assert (b"5550100" in sip.data) is (b"5550199" in sip.data) is (mode == "full")
    assert person.incoming.taps[1:] == [None]  # nobody listens any more


async def test_what_is_kept_of_sip_is_bounded(autojump_clock: trio.testing.MockClock) -> None:
    made = world(media=MediaSettings(pcap="full"))
    async with made.call() as person:
        await person.listens()
        (tap,) = person.incoming.taps
        assert tap is not None
        for number in range(1000):
            tap(message(number, b"x" * 70_000))
        found = [packet for packet in person.live.capture.packets() if packet.length > 12]
        assert [packet.at_ns for packet in found] == list(range(1000 - MESSAGES, 1000))
        assert {(packet.length, len(packet.data)) for packet in found} == {(DATAGRAM_BYTES, MESSAGE_BYTES)}
        assert encode_pcap(found, 0)
        person.session.remote_hangs_up()


async def test_a_call_without_a_capture_keeps_no_sip_until_it_is_asked(
    autojump_clock: trio.testing.MockClock,
) -> None:
    made = world(media=MediaSettings())
    async with made.call() as person:
        await person.listens()
        assert person.incoming.taps == [None]
        await person.live.control(StartCapture(CaptureMode.FULL))
        tap = person.incoming.taps[1]
        assert tap is not None
        tap(message(1))
        await person.live.control(StartCapture(CaptureMode.HEADERS))
        tap(message(2))
        person.session.remote_hangs_up()
    (packets,) = made.captures.written.values()
    assert [b"5550100" in packet.data for packet in packets if b"INVITE" in packet.data] == [True, False]


async def test_a_call_that_could_not_be_agreed_on_is_written_with_its_refusal(
    autojump_clock: trio.testing.MockClock,
) -> None:
    made = world()
    offer = make_offer(LocalAudio("127.0.0.1", 40_000), 1, 1)
    theirs = replace(offer, media=tuple(replace(media, protocol="TCP/RTP/AVP") for media in offer.media))
    incoming = FakeIncomingCall(1, offer=theirs)
    refused_before: list[bool] = []

    def write(call_id: str, packets: Sequence[CapturedPacket]) -> str:
        refused_before.append(incoming.rejected is not None)
        return FakeCaptures.write(made.captures, call_id, packets)

    made.captures.write = write  # type: ignore[method-assign]
    async with made.table() as table:
        await table.take_incoming(incoming)
    assert incoming.rejected is not None
    assert incoming.rejected[0] == 488
    assert refused_before == [True]
    assert made.row().pcap_path is not None


TRUNK = TrunkSettings("carrier", ("192.0.2.10",), dial=TrunkDialling("sip:192.0.2.10", ("+4930990",)))
NUMBER = "+493012345678"


@pytest.mark.parametrize("pcap", ["headers", "off"])
async def test_a_call_out_has_its_sip_in_it(autojump_clock: trio.testing.MockClock, pcap: str) -> None:
    made = world(media=MediaSettings(pcap=pcap), trunks=(TRUNK,))
    async with made.table() as table:
        live = table.place(CallOrder(DialRequest(NUMBER)))
        await happens(lambda: bool(made.dialler.invites and made.dialler.invites[0].session))
        (invite,) = made.dialler.invites
        assert (invite.trace is not None) is (pcap != "off")
        assert invite.session is not None
        await happens(lambda: live.state is CallState.TALKING)
        await live.control(StartCapture(CaptureMode.FULL))
        (tap,) = [invite.trace] if invite.trace is not None else invite.session.taps
        tap(message(7))
        invite.session.remote_hangs_up()
        await live.over.wait()
    (packets,) = made.captures.written.values()
    assert [packet.at_ns for packet in packets if packet.data.startswith(b"INVITE")] == [7]


@pytest.mark.parametrize("pcap", ["headers", "off"])
async def test_and_a_transfer_has_the_colleagues(autojump_clock: trio.testing.MockClock, pcap: str) -> None:
    made = world(media=MediaSettings(pcap=pcap), trunks=(TRUNK,))
    async with made.call() as person:
        await person.listens()
        await person.live.control(TransferCall(TransferPlan(Destination(number=NUMBER), Mode.DIAL)))
        await happens(lambda: bool(made.dialler.invites and made.dialler.invites[0].session))
        await trio.sleep(1)
        (invite,) = made.dialler.invites
        await person.live.control(StartCapture(CaptureMode.FULL))
        assert invite.session is not None
        (tap,) = [invite.trace] if invite.trace is not None else invite.session.taps
        tap(message(7))
        assert [p.at_ns for p in person.live.capture.packets() if p.data.startswith(b"INVITE")] == [7]
        person.session.remote_hangs_up()
