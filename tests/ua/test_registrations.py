"""Trunks that register, on a clock that jumps: held, renewed, lost, given back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import inf
from random import Random

import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from aywa.proto.sip.build import response_to
from aywa.proto.sip.digest import Credentials
from aywa.proto.sip.message import Request
from aywa.proto.sip.parser import parse_datagram
from aywa.proto.sip.routing import Address
from aywa.proto.sip.stream import Framed, StreamFramer
from aywa.proto.sip.uri import Uri
from aywa.settings import NatMode, SipSettings, TrunkCredentials, TrunkRegistration, TrunkSettings
from aywa.ua import UserAgent, open_user_agent, registrations
from aywa.ua.registrations import PING_S
from aywa.ua.resolver import Resolver
from tests.kit.netem import Weather
from tests.kit.sip_agents import ALICE_URI, offer, talk
from tests.kit.sip_registrar import Registrar
from tests.kit.sip_sockets import MemoryNet, MemorySocket, open_memory_net

SECRET = "secret7000"
PBX = ("192.0.2.9", 5060)
US = ("192.0.2.1", 5060)


def settings(password: str = SECRET) -> SipSettings:
    trunk = TrunkSettings(
        "pbx",
        outbound=TrunkCredentials("7000", password),
        register=TrunkRegistration("sip:192.0.2.9", "sip:7000@192.0.2.9", 120),
        nat=NatMode.STRICT,
    )
    return SipSettings(trunks=(), named_trunks=(trunk,))


@dataclass
class Office:
    """A user agent of ours, and the registrar it registers with."""

    net: MemoryNet
    agent: UserAgent
    registrar: Registrar

    @property
    def registered(self) -> bool:
        (status,) = self.agent.registrations.statuses
        assert SECRET not in status.detail
        return status.registered


async def serve(registrar: Registrar, socket: MemorySocket) -> None:
    """Play the registrar until cancelled."""
    while True:
        deadline = registrar.layer.deadline
        with trio.move_on_at(inf if deadline is None else deadline):
            for data, source in await socket.receive():
                registrar.receive(data, source, trio.current_time())
        registrar.layer.handle_timers(trio.current_time())
        for data, address in registrar.outgoing(trio.current_time()):
            socket.send_nowait(data, address)


@asynccontextmanager
async def open_office(weather: Weather | None = None, password: str = SECRET) -> AsyncIterator[Office]:
    """Both, running."""
    registrar = Registrar(Credentials("7000", SECRET), Random(3))
    async with open_memory_net(weather) as net, trio.open_nursery() as nursery:
        nursery.start_soon(serve, registrar, net.socket(*PBX))
        async with open_user_agent(
            settings(password), rng=Random(1), on_call=talk, socket=net.socket(*US)
        ) as agent:
            yield Office(net, agent, registrar)
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("weather", [Weather(), Weather(loss=0.3, jitter_s=0.3)], ids=["quiet", "loss"])
async def test_it_is_held_for_an_hour_and_given_back(autojump_clock: MockClock, weather: Weather) -> None:
    with capture_logs() as logs:
        async with open_office(weather) as office:
            await trio.sleep(200)
            for _ in range(60):
                await trio.sleep(60)
                assert office.registered
                assert office.registrar.bindings
            registrar, agent = office.registrar, office.agent
            assert "registered for" in agent.registrations.statuses[0].detail
        if weather.loss == 0:
            assert registrar.bindings == {}
            assert [log["event"] for log in logs] == ["sip.registered", "sip.unregistered"]
    assert SECRET not in repr(logs)
    assert agent.counters[0].faults == 0


async def test_the_next_address_of_the_registrar_is_tried(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def addresses(self: Resolver, uri: Uri, family: int) -> list[Address]:
        return [("192.0.2.77", 5060), PBX]

    monkeypatch.setattr(Resolver, "addresses", addresses)
    async with open_office() as office:
        await trio.sleep(30)
        assert not office.registered
        await trio.sleep(10)
        assert office.registered
        await trio.sleep(600)
        assert office.registered, "renewed where it was granted"


async def test_draining_gives_it_back_at_once(autojump_clock: MockClock) -> None:
    async with open_office() as office:
        await trio.sleep(1)
        office.agent.registrations.leave_nowait()
        await trio.sleep(1)
        assert office.registrar.bindings == {}
        assert not office.registered
        await trio.sleep(1000)
        assert office.registrar.bindings == {}
        sent = len(office.registrar.requests)
    assert len(office.registrar.requests) == sent


async def test_the_way_back_is_kept_open_through_a_nat(autojump_clock: MockClock) -> None:
    async with open_office() as office:
        await trio.sleep(1)
        before = office.registrar.pings
        await trio.sleep(1000)
        # Each REGISTER keeps it open too, and the next ping comes as long after it.
        assert 500 // PING_S <= office.registrar.pings - before <= 1000 // PING_S
        office.agent.registrations.leave_nowait()
        await trio.sleep(1)
        before = office.registrar.pings
        await trio.sleep(100)
        assert office.registrar.pings == before


async def test_a_connection_that_is_lost_is_made_and_registered_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The registrar answers over TCP, hears three pings, and closes."""
    monkeypatch.setattr(registrations, "STREAM_PING_S", 0.05)
    heard: list[list[str]] = []
    again = trio.Event()

    async def serve_one(stream: trio.SocketStream) -> None:
        if again.is_set():
            return
        framer, kinds = StreamFramer(), list[str]()
        heard.append(kinds)
        while kinds.count("Ping") < 3:
            for frame in framer.receive(bytes(await stream.receive_some(4096)), trio.current_time()):
                kinds.append(type(frame).__name__)
                if isinstance(frame, Framed):
                    register = parse_datagram(frame.data)
                    assert isinstance(register, Request)
                    listed = [("Contact", str(register.contact))]
                    await stream.send_all(response_to(register, 200, to_tag="r", headers=listed).encode())
        await stream.aclose()
        if len(heard) == 2:
            again.set()

    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    host, port = listener.socket.getsockname()
    at = TrunkRegistration(f"sip:{host}:{port};transport=tcp", f"sip:7000@{host}", 3600)
    trunk = TrunkSettings("pbx", register=at, nat=NatMode.STRICT)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, serve_one, [listener])
        async with open_user_agent(
            SipSettings(port=0, trunks=(), named_trunks=(trunk,)), rng=Random(1), on_call=talk
        ):
            with trio.fail_after(10):
                await again.wait()
        nursery.cancel_scope.cancel()
    assert heard == [["Framed", "Ping", "Ping", "Ping"]] * 2


async def test_wrong_credentials_are_said_and_do_not_hammer(autojump_clock: MockClock) -> None:
    with capture_logs() as logs:
        async with open_office(password="wrong-one") as office:
            await trio.sleep(1)
            (status,) = office.agent.registrations.statuses
            assert not status.registered
            assert "realm 'pbx'" in status.detail
            await trio.sleep(3600)
            assert len(office.registrar.requests) < 50
    assert {log["event"] for log in logs} == {"sip.registration_failed", "sip.unregistered"}
    assert "wrong-one" not in repr(logs)


async def test_a_registrar_that_comes_back_is_found_again(autojump_clock: MockClock) -> None:
    with capture_logs() as logs:
        async with open_office() as office:
            await trio.sleep(1)
            office.net.sockets[PBX].swallow = lambda data: True
            await trio.sleep(200)
            assert not office.registered
            assert not office.agent.registrations.statuses[0].detail.startswith("registered")
            office.net.sockets[PBX].swallow = lambda data: False
            await trio.sleep(330)
            assert office.registered
    events = [log["event"] for log in logs]
    assert "sip.registration_lost" in events
    assert events.count("sip.registered") == 2


async def test_a_registrar_is_a_trunk_without_being_listed(autojump_clock: MockClock) -> None:
    async with open_office() as office:
        caller = SipSettings(trunks=("192.0.2.0/24",))
        target = office.agent.endpoint.core.identity.contact.uri
        async with open_user_agent(
            caller, rng=Random(7), on_call=talk, socket=office.net.socket("192.0.2.9", 5070)
        ) as pbx:
            await trio.sleep(1)
            session = await pbx.invite(target, from_uri=ALICE_URI, offer=offer())
            await session.hangup()
        trunk = office.agent.endpoint.trunks.of("192.0.2.9")
        assert trunk is not None
        assert trunk.name == "pbx"


async def test_closing_does_not_wait_for_a_registrar_that_is_gone(autojump_clock: MockClock) -> None:
    async with open_office() as office:
        await trio.sleep(1)
        office.net.sockets[PBX].swallow = lambda data: True
        began = trio.current_time()
    assert trio.current_time() - began <= 2.5
