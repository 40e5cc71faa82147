"""Which calls leave their packets behind, and that writing them harms none."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import trio
import trio.testing

from aywa.call.capture import WRITE_BOUND_S
from aywa.call.control import StartCapture
from aywa.call.ending import reason_for
from aywa.errors import EndCode, RequestError
from aywa.ports.capture import CaptureMode
from aywa.settings import CallSettings, MediaSettings
from tests.kit.call_world import CallWorld, Person

CAPTURED = MediaSettings(pcap="headers")


def world(**changes: object) -> CallWorld:
    values: dict[str, object] = {"media": CAPTURED, "settings": CallSettings(record=False)}
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
