"""Every way in which a recogniser fails, in the middle of a call: found in time, told as what it is."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
import trio
from trio.testing import MockClock

from aywa.emulators.exchange import EmulatorSocket, Reply, Request
from aywa.emulators.faults import Fault, FaultKind, Faults
from aywa.emulators.host import open_emulator
from aywa.errors import ProviderError, ProviderFault
from aywa.proto.outbound_rules import OutboundRules
from aywa.providers.web.door import open_door
from tests.kit.stt_kinds import KINDS, access, emulated, world
from tests.kit.stt_world import FRAME, SILENCE, SPEECH, Caller, PipeDoor, calling

LOOPBACK = OutboundRules(networks=(ip_network("127.0.0.0/8"),))


class Deaf:
    """Opens, hears everything and says nothing."""

    name = "deaf"

    async def http(self, request: Request, reply: Reply) -> None:
        raise AssertionError

    async def socket(self, request: Request, socket: EmulatorSocket) -> None:
        await socket.accept()
        while await socket.receive() is not None:
            pass


@pytest.mark.parametrize("name", sorted(KINDS))
async def test_a_recogniser_that_opens_and_stays_silent_is_found(
    name: str, autojump_clock: MockClock
) -> None:
    kind = KINDS[name]
    transcriber = kind.factory(PipeDoor(Deaf()), access(), kind.plan)
    async with calling(transcriber) as caller:
        begun = trio.current_time()
        while caller.error is None and trio.current_time() - begun < 3.5 + kind.found_s:
            await caller.say(2.0, 2.0)
    assert caller.error is not None
    assert caller.error.fault is ProviderFault.TIMEOUT
    assert caller.error.retryable
    assert not any(caller.texts)


@pytest.mark.parametrize("name", sorted(KINDS))
async def test_a_recogniser_that_falls_silent_in_a_sentence_is_found(
    name: str, autojump_clock: MockClock
) -> None:
    _, transcriber, door = world(name)
    async with calling(transcriber) as caller:
        await caller.say(1.0, 1.6)
        assert caller.finals
        door.clients[0].other.stalled = True
        silent = trio.current_time()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(talk_on, caller)
            with trio.move_on_after(12):
                await caller.lost.wait()
            nursery.cancel_scope.cancel()
        found = trio.current_time() - silent
    assert caller.error is not None
    assert caller.error.fault is ProviderFault.TIMEOUT
    assert found <= 2.5 + 0.25 + KINDS[name].found_s  # after the end of what it should have answered


@pytest.mark.parametrize("name", sorted(KINDS))
async def test_a_socket_that_takes_nothing_is_found_and_nothing_is_lost_in_silence(
    name: str, autojump_clock: MockClock
) -> None:
    _, transcriber, door = world(name)
    async with calling(transcriber) as caller:
        await caller.say(1.0, 1.6)
        door.clients[0].stalled = True
        silent = trio.current_time()
        while caller.error is None and trio.current_time() - silent < 3:
            await caller.say(0.6, 0.4)
    assert caller.error is not None
    assert caller.error.fault is ProviderFault.TIMEOUT
    assert caller.error.retryable


@pytest.mark.parametrize("name", sorted(KINDS))
@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        (FaultKind.REFUSE, ProviderFault.CLOSED),
        (FaultKind.STATUS, ProviderFault.RATE_LIMITED),
        (FaultKind.RESET, ProviderFault.CLOSED),
        (FaultKind.CLOSE, ProviderFault.CLOSED),
        (FaultKind.MALFORMED, ProviderFault.PROTOCOL),
    ],
)
async def test_a_broken_connection_is_told_as_what_it_is(
    name: str, kind: FaultKind, fault: ProviderFault
) -> None:
    faults = Faults([Fault(kind, after=1, status=429, retry_after_s=2, close_code=1011)])
    caught: ProviderError | None = None
    async with open_emulator(emulated(name), faults) as host, open_door(LOOPBACK) as door:
        transcriber = KINDS[name].factory(door, access(url=host.url), KINDS[name].plan)
        try:
            async with calling(transcriber) as caller:
                await fed_fast(caller)
                caught = caller.error
        except ProviderError as error:
            caught = error
    assert caught is not None
    assert caught.fault is fault, caught.detail
    assert caught.retryable
    if kind is FaultKind.STATUS:
        assert caught.retry_after_s == 2


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (4001, ProviderFault.UNAUTHORISED),
        (4002, ProviderFault.FUNDS),
        (4029, ProviderFault.RATE_LIMITED),
        (1011, ProviderFault.CLOSED),
    ],
)
async def test_a_close_code_says_why(code: int, fault: ProviderFault) -> None:
    faults = Faults([Fault(FaultKind.CLOSE, after=1, close_code=code)])
    async with open_emulator(emulated("assembly-ai"), faults) as host, open_door(LOOPBACK) as door:
        kind = KINDS["assembly-ai"]
        async with calling(kind.factory(door, access(url=host.url), kind.plan)) as caller:
            await fed_fast(caller)
    assert caller.error is not None
    assert caller.error.fault is fault
    assert caller.error.close_code == code
    assert caller.error.retryable is (code not in (4001, 4002))


async def talk_on(caller: Caller) -> None:
    """One sentence after the other."""
    while True:
        await caller.say(2.5, 2.5)


async def fed_fast(caller: Caller) -> None:
    """Speech by no clock, until the session is lost."""
    with trio.move_on_after(5):
        while caller.error is None:
            start = caller.position
            caller.session.speech_started(start)
            for n in range(100):
                caller.position += FRAME // 2
                caller.session.feed_nowait(SPEECH if n < 60 else SILENCE, caller.position)
            caller.session.speech_stopped(start + 60 * FRAME // 2)
            await trio.sleep(0.02)
