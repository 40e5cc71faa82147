"""A disk that is slow loses nothing, and one that hangs holds nobody up."""

from __future__ import annotations

from dataclasses import replace
from threading import Event

import trio
import trio.testing

from aywa.call.disk import DiskThreads
from aywa.call.record import CLOSE_BOUND_S
from aywa.call.rounds import STALL_BOUND_S
from aywa.call.state import CallState
from aywa.errors import EndCode
from aywa.turn.states import State
from tests.kit.call_world import RECORDED, CallWorld, Person
from tests.kit.fake_sip import FakeIncomingCall

HUNG = [{"error": "The disk does not answer"}]


def whole(world: CallWorld, person: Person) -> bool:
    """Whether the recording has every frame of the leg and is complete."""
    sink = world.recordings.sinks[person.live.id]
    return sink.closed and len(sink.frames) // 4 == person.leg.timeline == sink.synced // 4


async def test_the_call_ends_while_frames_are_written(autojump_clock: trio.testing.MockClock) -> None:
    """What was on its way to the disk arrives there, before what came after it."""
    world = CallWorld()
    world.disk.delay_s = 0.4
    async with world.call() as person:
        await person.listens()
        await trio.sleep(0.1)
        person.session.remote_hangs_up()
    assert world.entries("media.record_failed") == []
    assert whole(world, person)


async def test_the_disk_pauses(autojump_clock: trio.testing.MockClock) -> None:
    """Longer than the leg's ring can bridge."""
    world = CallWorld()
    async with world.call() as person:
        await person.listens()
        world.disk.hang()
        await trio.sleep(STALL_BOUND_S - 5)
        assert person.leg.unread <= 8000, "the leg's ring is emptied meanwhile"
        world.disk.come_back()
        await trio.sleep(1.0)
        person.session.remote_hangs_up()
    assert world.entries("media.record_failed") == []
    assert whole(world, person)


async def test_the_disk_hangs_from_the_start(autojump_clock: trio.testing.MockClock) -> None:
    """The caller is greeted, their hang-up is noticed, and the call is over in bounded time."""
    world = CallWorld()
    world.disk.hang()
    async with world.call() as person:
        answered = trio.current_time()
        await person.until(State.SPEAKING)
        assert trio.current_time() - answered < 2.0
        person.session.remote_hangs_up()
        hung_up = trio.current_time()
    assert trio.current_time() - hung_up < CLOSE_BOUND_S + 2.0
    reason = world.row().end_reason
    assert reason is not None
    assert reason.code is EndCode.CUSTOMER_HANGUP
    assert world.row().recording_path is None
    assert world.entries("media.record_failed") == HUNG


async def test_the_disk_hangs_in_the_call(autojump_clock: trio.testing.MockClock) -> None:
    """The recording is given up, once; the conversation goes on, and the file is closed some day."""
    world = CallWorld(settings=replace(RECORDED, silence_timeout_s=600))
    async with world.call() as person:
        await person.listens()
        world.disk.hang()
        await person.says("hello")
        await person.listens()
        await trio.sleep(STALL_BOUND_S)
        assert person.live.state is CallState.TALKING
        person.session.remote_hangs_up()
    assert world.entries("media.record_failed") == HUNG
    (close,) = world.disk.late
    assert close()
    assert world.recordings.sinks[person.live.id].closed


async def test_the_disk_hangs_at_the_end_of_the_process(autojump_clock: trio.testing.MockClock) -> None:
    """SIGTERM finishes."""
    world = CallWorld(settings=replace(RECORDED, drain_s=1.0))
    async with trio.open_nursery() as nursery:
        async with world.table() as table:
            incoming = FakeIncomingCall()
            nursery.start_soon(table.take_incoming, incoming)
            person = await Person.on(world, table, incoming)
            await person.listens()
            world.disk.hang()
            await trio.sleep(1.0)
            began = trio.current_time()
        assert trio.current_time() - began < 1.0 + CLOSE_BOUND_S + 5.0
    reason = person.live.row.end_reason
    assert reason is not None
    assert reason.code is EndCode.SHUTDOWN


async def test_a_thread_that_hangs_is_left_alone() -> None:
    """Nobody waits for it, and what was put off is done when it comes back."""
    disk, release, closed, busy = DiskThreads(1), Event(), Event(), [True]

    def close() -> bool:
        if busy:
            busy.pop()
            return False
        closed.set()
        return True

    with trio.move_on_after(0.01) as bound:
        await disk.run(release.wait)
    assert bound.cancelled_caught
    disk.later(close)
    release.set()
    assert await disk.run(lambda: 7) == 7
    assert await disk.run(lambda: 8) == 8
    with trio.fail_after(10):
        await trio.to_thread.run_sync(closed.wait)


async def test_what_was_put_off_and_fails_hurts_nobody() -> None:
    disk = DiskThreads()

    def fails() -> bool:
        raise OSError(5, "Input/output error")

    disk.later(fails)
    assert await disk.run(lambda: 7) == 7
