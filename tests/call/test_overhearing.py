"""Who listens to a call: several at once, each at its own pace, and the slow ones cut off."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from aywa.call.overhearing import (
    CALL_ENDED,
    MAX_LISTENERS,
    MAX_MESSAGES,
    PUMP_S,
    TOO_SLOW,
    Listener,
    Overhearing,
    Piece,
)
from aywa.call.timeline import Timeline
from aywa.errors import RequestError
from aywa.ports.store import TimelineEntry, TranscriptLine
from tests.kit.call_world import CallWorld
from tests.kit.fake_providers import FakeModel, says

SECOND = bytes(range(256)) * 125 * 2  # 64,000 bytes: a second of stereo at 16 kHz


class Leg:
    """What both sides say is put into `said`."""

    rate_hz = 16_000

    def __init__(self) -> None:
        self.said = b""
        self.kept = 0

    def overhear(self) -> None:
        self.kept += 1

    def read_overheard(self) -> bytes:
        taken, self.said = self.said, b""
        return taken


def make() -> tuple[Overhearing, Leg, list[TimelineEntry]]:
    seen: list[TimelineEntry] = []
    return Overhearing(Timeline("c", seen.append)), Leg(), seen


async def hear(listener: Listener, into: list[Piece]) -> None:
    while (piece := await listener.next()) is not None:
        into.append(piece)


def line(text: str) -> TranscriptLine:
    return TranscriptLine("c", 1, "user", text, 100, 900)


async def test_each_listener_hears_all_of_it_in_order(autojump_clock: MockClock) -> None:
    call, leg, seen = make()
    heard: list[list[Piece]] = [[], []]
    async with trio.open_nursery() as nursery:
        with call.listen() as first, call.listen() as second:
            for listener, into in ((first, heard[0]), (second, heard[1])):
                nursery.start_soon(hear, listener, into)
                nursery.start_soon(call.pump)
            assert leg.kept == 0, "nothing is kept before there is a leg"
            call.attach(leg)
            leg.said = SECOND
            await trio.sleep(2 * PUMP_S)
            leg.said = SECOND[::-1]
            call.said(line("hello"))
            call.status("in-progress")
            await trio.sleep(PUMP_S)
            call.close("customer-ended-call")
            await trio.sleep(PUMP_S)
            assert first.why == second.why == CALL_ENDED
        nursery.cancel_scope.cancel()
    assert heard[0] == heard[1]
    start, *pieces = heard[0]
    assert isinstance(start, dict)
    assert (start["type"], start["sampleRate"], start["channels"]) == ("start", 16_000, 2)
    assert b"".join(piece for piece in pieces if isinstance(piece, bytes)) == SECOND + SECOND[::-1]
    words = [piece for piece in pieces if isinstance(piece, dict)]
    assert [word["type"] for word in words] == ["transcript", "status-update", "status-update"]
    assert pieces.index(words[0]) > 1, "behind what was said before"
    assert words[-1]["endedReason"] == "customer-ended-call"
    assert [entry.kind for entry in seen] == ["monitor.joined", "monitor.joined"]


async def test_a_slow_listener_is_cut_off_and_nobody_else_notices(autojump_clock: MockClock) -> None:
    call, leg, seen = make()
    call.attach(leg)
    heard: list[Piece] = []
    async with trio.open_nursery() as nursery:
        with call.listen() as quick, call.listen() as slow:
            nursery.start_soon(hear, quick, heard)
            nursery.start_soon(call.pump)
            for _ in range(10):
                leg.said = SECOND
                await trio.sleep(2 * PUMP_S)
            assert slow.why == TOO_SLOW
            assert await slow.next() is None, "what waits for it is of no use any more"
            assert quick.why == ""
        nursery.cancel_scope.cancel()
    assert sum(len(piece) for piece in heard if isinstance(piece, bytes)) == 10 * len(SECOND)
    assert [dict(entry.data) for entry in seen if entry.kind == "monitor.left"] == [
        {"listeners": 1, "why": TOO_SLOW},
        {"listeners": 0, "why": "left"},
    ]


async def test_messages_are_bounded_too() -> None:
    call, _, _ = make()
    with call.listen() as listener, call.follow() as follower:
        for _ in range(MAX_MESSAGES + 1):
            call.said(line("again"))
        assert listener.why == follower.why == TOO_SLOW


async def test_a_later_listener_hears_from_now_on(autojump_clock: MockClock) -> None:
    call, leg, _ = make()
    call.attach(leg)
    with call.listen():
        pass
    with call.listen() as listener:
        assert leg.kept == 2, "what nobody has read is left out"
        piece = await listener.next()
        assert isinstance(piece, dict)


async def test_what_nobody_may_keep_is_silence() -> None:
    call, leg, _ = make()
    call.attach(leg)
    with call.listen() as listener:
        await listener.next()
        call.hush(True)
        leg.said = SECOND
        call.said(line("4111 1111 1111 1111"))
        call.hush(False)
        leg.said = SECOND
        call.status("in-progress")
        assert await listener.next() == bytes(len(SECOND))
        tail = 4 * 16_000 * 3 // 10  # of the pause, which comes late out of the ring
        assert await listener.next() == bytes(tail) + SECOND[tail:]
        assert await listener.next() == {"type": "status-update", "status": "in-progress"}


async def test_who_follows_hears_no_audio_and_is_not_counted() -> None:
    call, leg, seen = make()
    with call.follow() as follower:
        call.attach(leg)
        leg.said = SECOND
        call.said(line("hello"))
        piece = await follower.next()
        assert isinstance(piece, dict)
        assert piece["transcript"] == "hello"
    assert (leg.kept, seen) == (0, [])


async def test_so_many_and_no_more_and_none_after_the_end() -> None:
    call, _, _ = make()
    with ExitStack() as stack:
        for _ in range(MAX_LISTENERS):
            stack.enter_context(call.listen())
        with pytest.raises(RequestError) as refusal, call.listen():
            pass
        assert (refusal.value.http_status, refusal.value.code) == (409, "too-many-listeners")
    call.close("x")
    with pytest.raises(RequestError) as refusal, call.listen():
        pass
    assert refusal.value.code == "call-not-live"


async def test_a_call_tells_its_listeners_what_is_said_and_how_it_ends(autojump_clock: MockClock) -> None:
    world = CallWorld(model=FakeModel(says("Hello there."), says("As you wish.")))
    heard: list[Piece] = []
    async with world.call() as person, trio.open_nursery() as nursery:
        with person.live.overhearing.listen() as listener:
            nursery.start_soon(hear, listener, heard)
            nursery.start_soon(person.live.overhearing.pump)
            person.leg.said_by_both = SECOND
            await person.listens()
            await person.says("a room please")
            await person.listens()
            person.session.remote_hangs_up()
            await person.live.over.wait()
        nursery.cancel_scope.cancel()
    assert person.leg.overheard
    assert SECOND in heard
    words: list[Any] = [piece for piece in heard if isinstance(piece, dict)]
    said = [(word["role"], word["transcript"]) for word in words if word["type"] == "transcript"]
    assert said == [("assistant", "Hello there."), ("user", "a room please"), ("assistant", "As you wish.")]
    assert words[-1] == {"type": "status-update", "status": "ended", "endedReason": "customer-ended-call"}
