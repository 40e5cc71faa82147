"""Rooms on the engine's own thread, through its Trio side."""

from __future__ import annotations

from contextlib import AsyncExitStack

import numpy as np
import pytest
import trio

from aywa._native import g711
from aywa.errors import MediaError
from aywa.media.leg import BargeInPolicy, Leg
from aywa.media.routing import PLANS, Role, Routing
from tests.kit.engine_rig import FRAME, Phone
from tests.kit.room_rig import Audio, amplitude, tone
from tests.media.test_engine_live import parameters, running

pytestmark = [pytest.mark.live, pytest.mark.paired]

HZ = (400.0, 700.0, 1100.0)


async def open_party(stack: AsyncExitStack, engine: object) -> tuple[Phone, Leg]:
    ports = engine.reserve_port()  # type: ignore[attr-defined]
    phone = Phone(ports.port)
    stack.enter_context(phone.socket)
    asked = parameters(phone.socket.getsockname(), barge_in=BargeInPolicy.OFF, record=False)
    return phone, await stack.enter_async_context(engine.open_leg(asked, ports=ports))  # type: ignore[attr-defined]


async def talk(phones: list[Phone], seconds: float) -> list[Audio]:
    """Each phone hums its own tone at the pace of 20 ms; what each heard."""
    codes = [g711.encode_ulaw(tone(hz, 8000, seconds + 1).tobytes()) for hz in HZ]
    heard: list[list[bytes]] = [[] for _ in phones]
    begun = trio.current_time()
    for number in range(int(seconds * 50)):
        for phone, code in zip(phones, codes, strict=False):
            phone.say(code[number * FRAME : (number + 1) * FRAME])
        await trio.sleep_until(begun + 0.02 * (number + 1))
        for phone, packets in zip(phones, heard, strict=True):
            packets += [packet.payload for packet in phone.heard()]
    return [np.frombuffer(g711.decode_ulaw(b"".join(packets)), np.int16) for packets in heard]


async def test_a_conference_becomes_a_bridge_and_then_nothing() -> None:
    async with running() as engine, AsyncExitStack() as stack:
        parties = [await open_party(stack, engine) for _ in range(3)]
        phones = [phone for phone, _ in parties]
        async with engine.open_room() as room, AsyncExitStack() as seats:
            taken = [await seats.enter_async_context(room.seat(leg)) for _, leg in parties[:2]]
            async with room.seat(parties[2][1]) as third:
                roles = dict(zip((Role.CALLER, Role.COLLEAGUE, Role.GUEST), (*taken, third), strict=True))
                room.arrange(PLANS[Routing.CONFERENCE], roles)
                for index, heard in enumerate(await talk(phones, 1.0)):
                    for other, hz in enumerate(HZ):
                        assert (amplitude(heard[-4000:], hz, 8000) > 2500) == (other != index)
                with pytest.raises(MediaError):
                    async with room.seat(parties[2][1]):
                        pass
            first, second, gone = await talk(phones, 1.0)
            assert amplitude(first[-4000:], HZ[1], 8000) > 2500
            assert amplitude(second[-4000:], HZ[0], 8000) > 2500
            assert amplitude(first[-4000:], HZ[2], 8000) < 200
            assert np.abs(gone[-4000:]).max() < 200
        assert not any(np.abs(heard[-4000:]).max() > 200 for heard in await talk(phones, 0.8))


async def test_a_room_that_is_closed_first_lets_its_legs_go() -> None:
    async with running() as engine, AsyncExitStack() as stack:
        parties = [await open_party(stack, engine) for _ in range(2)]
        async with AsyncExitStack() as seats:
            async with engine.open_room(16000) as room:
                for _, leg in parties:
                    await seats.enter_async_context(room.seat(leg))
            async with engine.open_room() as other, other.seat(parties[0][1]) as seat:
                seat.hear()
            with pytest.raises(MediaError):
                async with room.seat(parties[1][1]):
                    pass
        with pytest.raises(MediaError):
            async with engine.open_room(44100):
                pass
