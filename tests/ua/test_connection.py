"""One connection in memory, in the time of a clock that jumps: slow, silent and stalled peers."""

from __future__ import annotations

import errno
from contextlib import suppress

import pytest
import trio
import trio.testing

from aywa.proto.sip.stream import MESSAGE_S, Broken, Frame, Framed
from aywa.proto.sip.stream_address import StreamAddress, Transport
from aywa.ua.connection import IDLE_S, QUEUE, SEND_S, Connection

PEER = StreamAddress("192.0.2.1", 5060, Transport.TCP, 1)
WHOLE = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n"


class Ear:
    """Keeps what a connection brings."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []

    def __call__(self, connection: Connection, frame: Frame) -> None:
        self.frames.append(frame)


async def test_a_slow_sender_is_given_up(autojump_clock: trio.testing.MockClock) -> None:
    ours, theirs = trio.testing.memory_stream_pair()
    ear = Ear()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(Connection(PEER, ear).run, ours)
        with suppress(trio.BrokenResourceError):
            for byte in WHOLE:
                await theirs.send_all(bytes([byte]))
                await trio.sleep(1.0)
    assert [type(frame) for frame in ear.frames] == [Broken]
    assert MESSAGE_S <= trio.current_time() <= MESSAGE_S + 3


async def test_silence_ends_it(autojump_clock: trio.testing.MockClock) -> None:
    ours, theirs = trio.testing.memory_stream_pair()
    ear = Ear()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(Connection(PEER, ear).run, ours)
        await trio.sleep(IDLE_S - 1)
        await theirs.send_all(WHOLE)
        await trio.sleep(IDLE_S - 1)
        assert len(nursery.child_tasks) == 1
    assert trio.current_time() == pytest.approx(2 * IDLE_S - 1)
    assert ear.frames == [Framed(WHOLE)]


async def test_a_peer_that_does_not_read(autojump_clock: trio.testing.MockClock) -> None:
    ours, _theirs = trio.testing.lockstep_stream_pair()
    connection = Connection(PEER, Ear())
    for _ in range(QUEUE):
        connection.send_nowait(b"x")
    with pytest.raises(OSError) as full:
        connection.send_nowait(b"x")
    assert full.value.errno == errno.ENOBUFS
    await connection.run(ours)
    assert trio.current_time() == pytest.approx(SEND_S)
    assert len(connection.unsent) == QUEUE
    with pytest.raises(OSError) as closed:
        connection.send_nowait(b"x")
    assert closed.value.errno == errno.ENOTCONN


async def test_a_flood_of_pings_queues_one_pong_a_read(autojump_clock: trio.testing.MockClock) -> None:
    ours, theirs = trio.testing.memory_stream_pair()
    connection = Connection(PEER, Ear())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(connection.run, ours)
        await theirs.send_all(b"\r\n\r\n" * 1000)
        await trio.testing.wait_all_tasks_blocked()
        assert await theirs.receive_some(100) == b"\r\n"
        connection.close()


async def test_nothing_is_read_while_the_peer_owes(autojump_clock: trio.testing.MockClock) -> None:
    ours, theirs = trio.testing.memory_stream_pair()
    ear, pauses = Ear(), iter([20.0, 0.0, 5.0, 0.0])
    connection = Connection(PEER, ear, lambda connection: next(pauses))
    half = len(WHOLE) // 2
    async with trio.open_nursery() as nursery:
        nursery.start_soon(connection.run, ours)
        await theirs.send_all(WHOLE + WHOLE[:half])  # the rest comes too late, but it was us who did not read
        await trio.testing.wait_all_tasks_blocked()
        await theirs.send_all(WHOLE[half:])
        connection.send_nowait(b"an answer")
        assert await theirs.receive_some(100) == b"an answer"
        await trio.sleep(19.9)
        assert ear.frames == [Framed(WHOLE)]
        await trio.sleep(0.2)
        assert ear.frames == [Framed(WHOLE)] * 2
        await theirs.send_all(WHOLE)
        await trio.sleep(4.9)
        await theirs.send_all(WHOLE)
        await trio.testing.wait_all_tasks_blocked()
        assert ear.frames == [Framed(WHOLE)] * 3
        await trio.sleep(0.2)
        assert ear.frames == [Framed(WHOLE)] * 4
        connection.close()


async def test_one_that_is_not_to_be_read_on_is_closed(autojump_clock: trio.testing.MockClock) -> None:
    ours, theirs = trio.testing.memory_stream_pair()
    ear = Ear()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(Connection(PEER, ear, lambda connection: None).run, ours)
        await theirs.send_all(WHOLE)
        assert await theirs.receive_some(100) == b""
    assert ear.frames == [Framed(WHOLE)]
