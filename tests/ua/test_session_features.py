"""Early media, redirects, timers, headers and key presses through the user agent under Trio."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
import trio
from trio.testing import MockClock

from aywa.errors import LocalProtocolError
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sip.custom_headers import CustomHeaderError
from aywa.proto.sip.header import Reason
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.parser import parse_datagram
from aywa.proto.sip.routing import Address
from aywa.proto.sip.uri import Uri, parse_uri
from aywa.settings import SipSettings
from aywa.ua import IncomingCall, InviteFailed, Session, SipCallEnded, UserAgent, open_user_agent
from aywa.ua.resolver import Resolver
from tests.kit.netem import Weather
from tests.kit.sip_agents import ALICE_URI, BOB_URI, answer, offer, open_agents, refuse_calls, talk
from tests.kit.sip_messages import request
from tests.kit.sip_sockets import open_memory_net

TWENTY_MINUTES_S = 1200


def requests_of(log: list[bytes], method: str) -> list[Request]:
    found = [parse_datagram(data) for data in log]
    return [m for m in found if isinstance(m, Request) and m.method == method]


async def test_early_media_is_heard_before_the_answer(autojump_clock: MockClock) -> None:
    heard: list[tuple[float, SessionDescription, bool]] = []
    rang: list[int] = []

    async def on_call(call: IncomingCall) -> None:
        await call.ring()
        await call.progress(answer())
        with pytest.raises(LocalProtocolError):
            await call.progress(answer())
        await trio.sleep(3)
        session = await call.answer(answer())
        assert session.local == answer()
        await session.wait_ended()

    async with open_agents(on_call) as agents:
        session = await agents.alice.invite(
            agents.bob_uri,
            from_uri=ALICE_URI,
            offer=offer(),
            on_early_media=lambda media, final: heard.append((trio.current_time(), media, final)),
            on_ringing=rang.append,
        )
        assert session.answer == answer()
        ((at, media, final),) = heard
        assert (media, final) == (answer(), True)
        assert at < 0.1
        assert rang == [180, 183]
        assert trio.current_time() > 3


async def test_call_that_was_described_early_may_still_be_refused(autojump_clock: MockClock) -> None:
    async def on_call(call: IncomingCall) -> None:
        await call.progress(answer())
        await trio.sleep(1)
        await call.reject(486)
        await call.progress(answer())  # nothing happens
        with pytest.raises(SipCallEnded):
            await call.answer(answer())

    async with open_agents(on_call) as agents:
        with pytest.raises(InviteFailed) as failure:
            await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer())
        assert failure.value.status == 486


async def test_twenty_minutes_of_a_lossy_network_with_timers_of_90_seconds(autojump_clock: MockClock) -> None:
    """The session timer of both sides is 90 s; one datagram in ten is lost, some come twice or late."""
    settings = SipSettings(trunks=("192.0.2.0/24",), session_interval_s=90)
    for seed in (1, 2, 3):
        weather = Weather(loss=0.1, duplicate=0.05, jitter_s=0.2)
        async with (
            open_memory_net(weather, seed) as net,
            open_user_agent(
                settings, rng=Random(seed), on_call=refuse_calls, socket=net.socket("192.0.2.1")
            ) as alice,
            open_user_agent(
                settings, rng=Random(seed + 50), on_call=talk, socket=net.socket("192.0.2.2")
            ) as bob,
        ):
            session = await alice.invite(BOB_URI, from_uri=ALICE_URI, offer=offer())
            began = trio.current_time()
            await trio.sleep(TWENTY_MINUTES_S)
            assert session.ended is None, seed
            assert len(bob.endpoint.core.sessions) == 1
            updates = requests_of(net.sockets[("192.0.2.1", 5060)].log, "UPDATE")
            assert len({message.cseq.number for message in updates}) == TWENTY_MINUTES_S // 45
            assert net.network.lost > 0
            await session.hangup()
            await session.wait_ended()
            assert trio.current_time() - began < TWENTY_MINUTES_S + 40
            assert alice.counters[0].faults == bob.counters[0].faults == 0


async def test_peer_that_vanished_is_hung_up_within_the_interval(autojump_clock: MockClock) -> None:
    settings = SipSettings(trunks=("192.0.2.0/24",), session_interval_s=90)
    sessions: list[Session] = []

    async def on_call(call: IncomingCall) -> None:
        sessions.append(await call.answer(answer()))
        await sessions[0].wait_ended()

    async with (
        open_memory_net() as net,
        open_user_agent(
            settings, rng=Random(1), on_call=refuse_calls, socket=net.socket("192.0.2.1")
        ) as alice,
        open_user_agent(settings, rng=Random(2), on_call=on_call, socket=net.socket("192.0.2.2")),
    ):
        await alice.invite(BOB_URI, from_uri=ALICE_URI, offer=offer())
        began = trio.current_time()
        await trio.sleep(1)
        net.sockets[("192.0.2.1", 5060)].swallow = lambda data: True
        ended = await sessions[0].wait_ended()
        assert (ended.by_remote, ended.reason) == (False, "the session was not refreshed")
        assert trio.current_time() - began < 100


async def test_reason_reaches_the_other_side(autojump_clock: MockClock) -> None:
    async with open_agents() as agents:
        session = await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer())
        (bob,) = agents.bob.endpoint.core.sessions
        heard: list[Session] = []
        watching = Session(agents.bob.endpoint, bob, answer())
        heard.append(watching)
        await session.hangup("done", Reason("Q.850", 16, "Normal"))
        ended = await watching.wait_ended()
        assert ended.causes == (Reason("Q.850", 16, "Normal"),)


async def test_facts_and_headers_of_the_caller(autojump_clock: MockClock) -> None:
    seen: list[IncomingCall] = []

    async def on_call(call: IncomingCall) -> None:
        seen.append(call)
        await call.reject(603)

    async with open_agents(on_call) as agents:
        with pytest.raises(InviteFailed):
            await agents.alice.invite(
                agents.bob_uri,
                from_uri=ALICE_URI,
                offer=offer(),
                headers=(
                    ("X-Ticket", "4711"),
                    ("P-Asserted-Identity", "<tel:+4930123456>"),
                    ("Privacy", "id"),
                ),
            )
        facts = seen[0].facts
        assert facts.custom == {"X-Ticket": "4711"}
        assert facts.anonymous
        assert facts.caller.uri == parse_uri("tel:+4930123456")
        sent = len(agents.net.sockets[("192.0.2.1", 5060)].log)
        for bad in (("X-Ticket", "1\r\nRoute: <sip:evil>"), ("Via", "SIP/2.0/UDP evil")):
            with pytest.raises(CustomHeaderError):
                await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer(), headers=(bad,))
        assert len(agents.net.sockets[("192.0.2.1", 5060)].log) == sent


async def redirecting(*contacts: str, calls: int = 1) -> list[str]:
    """Who is called when Bob names these contacts; Carol is busy, Dave answers. `calls`: Call-IDs."""
    called: list[str] = []

    async def bob(call: IncomingCall) -> None:
        called.append("bob")
        await call.reject(302, None, tuple(("Contact", contact) for contact in contacts))

    async def carol(call: IncomingCall) -> None:
        called.append("carol")
        await call.reject(486)

    async def dave(call: IncomingCall) -> None:
        called.append("dave")
        assert call.to.uri == BOB_URI
        await talk(call)

    settings = SipSettings(trunks=("192.0.2.0/24",))

    def on(host: str, on_call: object) -> object:
        return open_user_agent(
            settings,
            rng=Random(int(host[-1])),
            on_call=on_call,
            socket=net.socket(host),  # type: ignore[arg-type]
        )

    async with (
        open_memory_net() as net,
        on("192.0.2.1", refuse_calls) as alice,  # type: ignore[attr-defined]
        on("192.0.2.2", bob),  # type: ignore[attr-defined]
        on("192.0.2.3", carol),  # type: ignore[attr-defined]
        on("192.0.2.4", dave),  # type: ignore[attr-defined]
    ):
        try:
            await follow(alice)
        except InviteFailed as failure:
            called.append(str(failure.status))
        invites = requests_of(net.sockets[("192.0.2.1", 5060)].log, "INVITE")
        assert len({(m.call_id, m.from_.tag) for m in invites}) == calls
        assert len({(m.call_id, m.cseq.number) for m in invites}) == len({m.via.branch for m in invites})
    return called


def allowed(uri: Uri) -> bool:
    return uri.host.startswith("192.0.2.")


async def follow(alice: UserAgent) -> Session:
    return await alice.invite(BOB_URI, from_uri=ALICE_URI, offer=offer(), allow_redirect=allowed)


async def test_redirect_is_followed_by_q(autojump_clock: MockClock) -> None:
    called = await redirecting("<sip:d@192.0.2.4>;q=0.2, <sip:c@192.0.2.3>;q=0.7")
    assert called == ["bob", "carol", "dave"]


async def test_each_target_is_tried_at_all_its_addresses(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Resolver.addresses

    async def addresses(self: Resolver, uri: Uri, family: int) -> list[Address]:
        return [("192.0.2.77", 5060), *await found(self, uri, family)]

    monkeypatch.setattr(Resolver, "addresses", addresses)
    called = await redirecting("<sip:d@192.0.2.4>;q=0.2, <sip:c@192.0.2.3>;q=0.7", calls=2)
    assert called == ["bob", "carol", "dave"]


async def test_redirect_that_is_not_allowed_is_the_end(autojump_clock: MockClock) -> None:
    assert await redirecting("<sip:900@198.51.100.1>") == ["bob", "302"]


async def test_redirect_in_a_circle_ends(autojump_clock: MockClock) -> None:
    assert await redirecting("<sip:b@192.0.2.2>, <sip:bob@192.0.2.2>") == ["bob", "bob", "302"]


async def test_without_a_check_no_redirect_is_followed(autojump_clock: MockClock) -> None:
    async def on_call(call: IncomingCall) -> None:
        await call.reject(302, None, (("Contact", "<sip:x@192.0.2.2>"),))

    async with open_agents(on_call) as agents:
        with pytest.raises(InviteFailed) as failure:
            await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer())
        assert failure.value.status == 302


async def test_key_presses_by_info_reach_the_session_once(autojump_clock: MockClock) -> None:
    pressed: list[tuple[str, int]] = []

    async def on_call(call: IncomingCall) -> None:
        call.on_key = lambda key, length: pressed.append((key, length))
        session = await call.answer(answer())
        await session.wait_ended()

    async with open_agents(on_call) as agents:
        await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer())
        (usage,) = agents.alice.endpoint.core.sessions
        assert usage.dialog is not None
        for key in "4#":
            press = usage.dialog.request("INFO", agents.alice.endpoint.core.identity.via())
            press.headers.set("Content-Type", "application/dtmf-relay")
            press.body = f"Signal={key}\r\nDuration=120\r\n".encode()
            for _ in range(3):
                agents.bob.endpoint.receive(press.encode(), ("192.0.2.1", 5060))
        assert pressed == [("4", 120), ("#", 120)]


async def test_an_info_of_ours_reaches_the_peer_and_its_answer_us(autojump_clock: MockClock) -> None:
    pressed: list[tuple[str, int]] = []
    told: list[tuple[str, int | None]] = []

    async def on_call(call: IncomingCall) -> None:
        call.on_key = lambda key, length: pressed.append((key, length))
        session = await call.answer(answer())
        await session.wait_ended()

    async with open_agents(on_call) as agents:
        session = await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer())
        session.on_message_answered = lambda method, status: told.append((method, status))
        session.send_message("INFO", (("X-Ticket", "7"),), "application/dtmf-relay", b"Signal=9\r\n")
        session.send_message("MESSAGE", (), "text/plain", b"hello")
        await trio.sleep(5)
        assert [key for key, _ in pressed] == ["9"]
        assert told[0] == ("INFO", 200)
        assert told[1][0] == "MESSAGE"
        assert (told[1][1] or 0) >= 400, "it takes none, and the call goes on"
        assert session.ended is None
        await session.hangup()
        with pytest.raises(LocalProtocolError):
            session.send_message("INFO", (), "", b"")


async def test_update_before_the_answer_is_asked_of_the_application(autojump_clock: MockClock) -> None:
    moved = replace(offer(), origin=replace(offer().origin, version=2))

    async def on_call(call: IncomingCall) -> None:
        call.on_offer = lambda offered: answer() if offered == moved else None
        await call.progress(answer())
        await trio.sleep(2)
        session = await call.answer(answer())
        assert session.answer == moved
        await session.wait_ended()

    async with open_agents(on_call) as agents:
        async with trio.open_nursery() as nursery:

            async def change() -> None:
                await trio.sleep(1)
                (usage,) = agents.alice.endpoint.core.sessions
                usage.update(moved.encode(), trio.current_time())
                agents.alice.endpoint.apply(usage)

            nursery.start_soon(change)
            session = await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer())
        assert session.ended is None
        assert agents.bob.counters[0].faults == agents.alice.counters[0].faults == 0


async def test_answer_in_a_prack_that_cannot_be_read_ends_the_call(autojump_clock: MockClock) -> None:
    why: list[SipCallEnded] = []

    async def on_call(call: IncomingCall) -> None:
        assert call.offer is None
        await call.progress(answer())
        await trio.sleep(1)
        with pytest.raises(SipCallEnded) as ended:
            await call.answer(answer())
        why.append(ended.value)

    async with open_agents(on_call) as agents:
        bob, source = agents.bob.endpoint, ("192.0.2.1", 5060)
        invite = request(headers=(("Supported", "100rel"),))
        bob.receive(invite.encode(), source)
        await trio.sleep(0.1)
        early = parse_datagram(agents.net.sockets[("192.0.2.2", 5060)].log[-1])
        assert isinstance(early, Response)
        tag = early.to.tag
        prack = request("PRACK", branch="z9hG4bKp", sequence=2, to_tag=tag, body=b"v=nonsense")
        prack.headers.add("RAck", f"{early.headers.get('RSeq')} 1 INVITE")
        bob.receive(prack.encode(), source)
        await trio.sleep(2)
        bob.receive(request("ACK", branch="z9hG4bKa", to_tag=tag).encode(), source)
        await trio.sleep(40)
        assert len(why) == 1
        assert not why[0].by_remote
        assert requests_of(agents.net.sockets[("192.0.2.2", 5060)].log, "BYE")
        assert agents.bob.counters[0].faults == 0
