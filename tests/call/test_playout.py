"""How much of an answer waits in the ring."""

from __future__ import annotations

from array import array
from math import sin, tau

import trio
import trio.testing

from aywa.call.playout import LOOKAHEAD, Playout
from aywa.media.format import Codec, MediaFormat, PayloadFormat
from aywa.media.leg import LegParameters
from aywa.turn.events import AudioWritten, TurnInput
from tests.kit.engine_rig import Rig
from tests.kit.fake_leg import RING, FakeLeg

PCMU = PayloadFormat(Codec.PCMU, 0)


def test_the_engine_has_room_for_the_lookahead() -> None:
    """Otherwise the ring, and not the constant, is what bounds it."""
    with Rig() as rig:
        assert LOOKAHEAD <= rig.leg.want_room() == RING


async def test_never_more_than_the_lookahead(autojump_clock: trio.testing.MockClock) -> None:
    leg = FakeLeg(LegParameters(("127.0.0.1", 4000), MediaFormat(send=PCMU, receive=(PCMU,)), 1))
    most = 0
    playout = Playout(leg, lambda event: None, lambda turn, sample: None)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(leg.run)
        nursery.start_soon(playout.write, 1, 0, b"\x00\x20" * 40_000)
        for _ in range(300):
            await trio.sleep(0.01)
            most = max(most, leg.waiting)
        nursery.cancel_scope.cancel()
    assert LOOKAHEAD - 160 <= most <= LOOKAHEAD


async def test_speech_keeps_its_place_on_a_leg_of_16_khz(autojump_clock: trio.testing.MockClock) -> None:
    wide = PayloadFormat(Codec.G722, 9)
    leg = FakeLeg(LegParameters(("127.0.0.1", 4000), MediaFormat(send=wide, receive=(wide,)), 1))
    written: list[int] = []

    def receive(event: TurnInput) -> None:
        if isinstance(event, AudioWritten):
            written.append(event.samples)

    playout = Playout(leg, receive, lambda turn, sample: None)
    tone = array("h", (round(8000 * sin(tau * 700 * n / 8000)) for n in range(4001)))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(leg.run)
        await playout.write(1, 1, tone.tobytes())
        await trio.sleep(2)
        nursery.cancel_scope.cancel()
    sent = array("h", bytes(leg.sent))
    assert sum(written) == len(sent) == leg.played == len(tone)
    assert max(abs(a - b) for a, b in zip(sent[50:-50], tone[50:-50], strict=True)) < 80


async def test_a_writer_that_was_woken_before_it_was_cancelled_writes_nothing_behind_the_commit(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """Room and words came in one tick: the writer runs once more before its cancellation reaches it."""
    leg = FakeLeg(LegParameters(("127.0.0.1", 4000), MediaFormat(send=PCMU, receive=(PCMU,)), 1))
    playout = Playout(leg, lambda event: None, lambda turn, sample: None)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(playout.write, 1, 0, b"\x00\x20" * 40_000)
        await trio.testing.wait_all_tasks_blocked()
        assert leg.waiting == LOOKAHEAD
        playout.wake()  # the ring told of room
        leg.epoch += 1
        nursery.cancel_scope.cancel()  # and here the manager has decided
        playout.cancelled(1)
        leg.commit(leg.epoch)
        playout.gate_opened(leg.epoch, flushed=True)
    assert leg.waiting == 0


async def test_the_next_turn_is_written_behind_the_commit(autojump_clock: trio.testing.MockClock) -> None:
    leg = FakeLeg(LegParameters(("127.0.0.1", 4000), MediaFormat(send=PCMU, receive=(PCMU,)), 1))
    written: list[TurnInput] = []
    playout = Playout(leg, written.append, lambda turn, sample: None)
    playout.cancelled(1)
    await playout.write(1, 0, b"\x00\x20" * 800)
    assert leg.waiting == 0
    await playout.write(2, 0, b"\x00\x20" * 800)
    assert leg.waiting == 800
    assert [event.turn for event in written if isinstance(event, AudioWritten)] == [2, 2]
