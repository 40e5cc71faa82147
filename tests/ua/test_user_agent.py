"""The Trio user agent over an emulated network, on a clock that jumps."""

from __future__ import annotations

import errno
from random import Random

import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from aywa.errors import EndCode, TransportError
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sip.core import SipLoad
from aywa.proto.sip.message import Request
from aywa.proto.sip.parser import parse_datagram
from aywa.proto.sip.session_states import Ended, Established
from aywa.proto.sip.session_uac import CallParameters
from aywa.proto.sip.uri import parse_uri
from aywa.settings import SipSettings
from aywa.ua import IncomingCall, InviteFailed, Session, SessionEnded, SipCallEnded, open_user_agent
from tests.kit.netem import Weather
from tests.kit.sip_agents import ALICE_URI, BOB_URI, answer, offer, open_agents, refuse_calls, talk
from tests.kit.sip_messages import ANSWER, OFFER
from tests.kit.sip_sockets import MemorySocket, open_memory_net


def methods(socket: MemorySocket) -> list[str]:
    """What went out of a socket, in short."""
    messages = [parse_datagram(data) for data in socket.log]
    return [m.method if isinstance(m, Request) else str(m.status) for m in messages]


async def test_call_up_and_down(autojump_clock: MockClock) -> None:
    ended: list[SessionEnded] = []

    async def on_call(call: IncomingCall) -> None:
        assert call.offer == offer()
        assert call.from_.uri == ALICE_URI
        assert call.source == ("192.0.2.1", 5060)
        await call.ring()
        await trio.sleep(2)
        session = await call.answer(answer())
        assert session.sip_call_id == call.sip_call_id
        assert session.answer == offer()
        ended.append(await session.wait_ended())

    async with open_agents(on_call) as agents:
        session = await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer())
        assert session.answer == answer()
        assert session.ended is None
        await trio.sleep(3)
        await session.hangup("finished")
        assert await session.wait_ended() == SessionEnded(False, 200, "finished")
        await session.hangup()
        await trio.sleep(1)
        assert ended == [SessionEnded(True, None, "")]
        assert agents.bob.counters[0].faults == agents.alice.counters[0].faults == 0
        assert trio.current_time() < 10


async def test_callee_hangs_up(autojump_clock: MockClock) -> None:
    async def on_call(call: IncomingCall) -> None:
        session = await call.answer(answer())
        await trio.sleep(1)
        await session.hangup()
        assert session.ended == SessionEnded(False, 200, "")

    async with open_agents(on_call) as agents:
        session = await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer())
        assert await session.wait_ended() == SessionEnded(True, None, "")


async def test_rejection_is_invite_failed(autojump_clock: MockClock) -> None:
    async def on_call(call: IncomingCall) -> None:
        await call.reject(486, "Occupied", (("Retry-After", "30"),))
        await call.reject(603)  # nothing happens

    async with open_agents(on_call) as agents:
        with pytest.raises(InviteFailed) as failure:
            await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer())
        assert (failure.value.status, failure.value.reason) == (486, "Occupied")
        assert failure.value.response is not None
        assert failure.value.response.headers.get("Retry-After") == "30"
        assert failure.value.end_reason().code is EndCode.BUSY


async def test_nobody_answers_in_time(autojump_clock: MockClock) -> None:
    seen: list[str] = []

    async def on_call(call: IncomingCall) -> None:
        await call.ring()
        await call.wait_cancelled()
        seen.append("cancelled")
        with pytest.raises(SipCallEnded) as ended:
            await call.answer(answer())
        assert ended.value.by_remote
        assert ended.value.end_reason().code is EndCode.CALLER_CANCELLED

    async with open_agents(on_call) as agents:
        with pytest.raises(InviteFailed) as failure:
            await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer(), ring_timeout_s=10)
        assert failure.value.status == 487
        assert 10 <= trio.current_time() < 12
        assert seen == ["cancelled"]


async def test_cancelling_the_scope_cancels_the_call(autojump_clock: MockClock) -> None:
    seen: list[str] = []

    async def on_call(call: IncomingCall) -> None:
        await call.ring()
        await call.wait_cancelled()
        seen.append("cancelled")

    async with open_agents(on_call) as agents:
        with trio.move_on_after(3):
            await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer())
        await trio.sleep(1)
        assert seen == ["cancelled"]
        assert agents.alice.endpoint.core.sessions == []


async def test_nobody_there(autojump_clock: MockClock) -> None:
    async with open_agents() as agents:
        with pytest.raises(InviteFailed) as failure:
            await agents.alice.invite(parse_uri("sip:x@192.0.2.99"), from_uri=ALICE_URI, offer=offer())
        assert failure.value.status == 408
        assert trio.current_time() == pytest.approx(32)
        with pytest.raises(TransportError, match=r"192\.0\.2\.99:5060 did not answer OPTIONS"):
            await agents.alice.options(parse_uri("sip:192.0.2.99"))


async def test_send_failure_is_told_at_once(autojump_clock: MockClock) -> None:
    async with open_agents() as agents:
        agents.net.sockets[("192.0.2.1", 5060)].fail_with = OSError(
            errno.ENETUNREACH, "Network is unreachable"
        )
        with pytest.raises(InviteFailed) as failure:
            await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer())
        assert failure.value.status == 503
        assert agents.alice.counters[0].send_errors == 1


async def test_options(autojump_clock: MockClock) -> None:
    async with open_agents() as agents:
        response = await agents.alice.options(agents.bob_uri)
        assert response.status == 200
        assert "INVITE" in response.allow


async def test_what_one_call_raises_ends_that_call_only(autojump_clock: MockClock) -> None:
    count = 0

    async def on_call(call: IncomingCall) -> None:
        nonlocal count
        count += 1
        if count == 1:
            raise ValueError("before the answer")
        session = await call.answer(answer())
        if count == 2:
            raise ValueError("after the answer")
        await session.wait_ended()

    async with open_agents(on_call) as agents:
        with pytest.raises(InviteFailed) as failure, capture_logs() as logs:
            await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer())
        assert failure.value.status == 500
        (line,) = [line for line in logs if line["event"] == "sip.call_failed"]
        assert line["places"][0].startswith("ValueError at ")
        assert "before the answer" not in str(logs)
        second = await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer())
        assert (await second.wait_ended()).by_remote
        third = await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer())
        await trio.sleep(5)
        assert third.ended is None
        await third.hangup()


async def test_call_let_go_without_an_answer_is_480(autojump_clock: MockClock) -> None:
    async def on_call(call: IncomingCall) -> None:
        await trio.sleep(1)

    async with open_agents(on_call) as agents:
        with pytest.raises(InviteFailed) as failure:
            await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer())
        assert failure.value.status == 480


async def test_missing_ack_is_sip_call_ended(autojump_clock: MockClock) -> None:
    seen: list[SipCallEnded] = []

    async def on_call(call: IncomingCall) -> None:
        with pytest.raises(SipCallEnded) as ended:
            await call.answer(answer())
        seen.append(ended.value)

    async with open_agents(on_call) as agents:
        agents.net.sockets[("192.0.2.1", 5060)].swallow = lambda data: data.startswith(b"ACK")
        session = await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer())
        assert (await session.wait_ended()).by_remote
        await trio.sleep(1)
        assert trio.current_time() == pytest.approx(33, abs=0.5)
        assert [(end.detail, end.by_remote) for end in seen] == [("no ACK", False)]


async def test_reinvite_is_answered_by_on_offer(autojump_clock: MockClock) -> None:
    offers: list[SessionDescription] = []
    sessions: list[Session] = []

    async def on_call(call: IncomingCall) -> None:
        session = await call.answer(answer())
        sessions.append(session)
        await session.wait_ended()

    def on_offer(offered: SessionDescription) -> SessionDescription | None:
        offers.append(offered)
        if len(offers) == 2:
            return None
        if len(offers) == 3:
            raise ValueError("a bug in the application")
        return answer()

    async with open_agents(on_call) as agents:
        session = await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer())
        usage = agents.alice.endpoint.core.sessions[0]
        await trio.sleep(1)
        sessions[0].on_offer = on_offer
        for _ in range(3):
            usage.offer(offer().encode(), trio.current_time())
            agents.alice.endpoint.apply(usage)
            await trio.sleep(1)
        sessions[0].on_offer = None
        usage.offer(offer().encode(), trio.current_time())
        agents.alice.endpoint.apply(usage)
        await trio.sleep(1)
        assert offers == [offer()] * 3
        assert methods(agents.net.sockets[("192.0.2.2", 5060)]).count("488") == 3
        assert session.ended is None
        await session.hangup()


async def test_leaving_hangs_up_what_is_up(autojump_clock: MockClock) -> None:
    async with open_agents() as agents:
        bob_socket = agents.net.sockets[("192.0.2.2", 5060)]
        async with open_user_agent(
            SipSettings(trunks=("192.0.2.0/24",)),
            rng=Random(9),
            on_call=refuse_calls,
            socket=agents.net.socket("192.0.2.3"),
        ) as carol:
            session = await carol.invite(BOB_URI, from_uri=ALICE_URI, offer=offer())
        assert session.ended == SessionEnded(False, 200, "shutting down")
        assert agents.bob.endpoint.core.sessions == []
        assert methods(bob_socket).count("200") == 2


async def test_error_of_the_block_comes_out_as_it_is(autojump_clock: MockClock) -> None:
    async with open_memory_net() as net:
        socket = net.socket("192.0.2.1")
        with pytest.raises(ValueError, match="of the block"):
            async with open_user_agent(SipSettings(), rng=Random(1), on_call=refuse_calls, socket=socket):
                raise ValueError("of the block")


async def test_call_hung_up_in_the_moment_it_is_answered(autojump_clock: MockClock) -> None:
    async with open_agents() as agents:
        endpoint = agents.alice.endpoint
        parameters = CallParameters(BOB_URI, ALICE_URI, OFFER, ("192.0.2.2", 5060))
        usage = endpoint.core.invite(parameters, trio.current_time())
        session = Session(endpoint, usage, offer())
        endpoint.flush()
        await session.wait_established()
        endpoint.listen(usage, (again := Session(endpoint, usage, offer())).hear)
        again.hear(Established(ANSWER))
        again.hear(Ended(True, None, ""))
        assert await again.wait_established() is None
        assert await again.wait_ended() == SessionEnded(True, None, "")


async def test_leaving_does_not_wait_for_the_dead(autojump_clock: MockClock) -> None:
    async with open_agents() as agents:
        session = await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer())
        agents.net.network.weather = Weather(loss=1.0)
        began = trio.current_time()
    assert session.ended is None
    assert trio.current_time() - began < 10


async def test_leaving_under_cancellation_still_says_bye(autojump_clock: MockClock) -> None:
    async with open_memory_net() as net:
        settings = SipSettings(trunks=("192.0.2.0/24",))
        async with open_user_agent(
            settings, rng=Random(1), on_call=talk, socket=net.socket("192.0.2.2")
        ) as bob:
            with trio.move_on_after(5):
                async with open_user_agent(
                    settings, rng=Random(2), on_call=refuse_calls, socket=net.socket("192.0.2.1")
                ) as alice:
                    session = await alice.invite(BOB_URI, from_uri=ALICE_URI, offer=offer())
                    await trio.sleep_forever()
            assert session.ended == SessionEnded(False, 200, "shutting down")
            assert bob.endpoint.core.sessions == []


async def test_a_calls_own_goodbye_works_at_shutdown(autojump_clock: MockClock) -> None:
    ended: list[SessionEnded | None] = []

    async def on_call(call: IncomingCall) -> None:
        session = await call.answer(answer())
        try:
            await session.wait_ended()
        finally:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + 5):
                await session.hangup("bye")
            ended.append(session.ended)

    async with open_memory_net() as net:
        settings = SipSettings(trunks=("192.0.2.0/24",))
        async with open_user_agent(
            settings, rng=Random(2), on_call=refuse_calls, socket=net.socket("192.0.2.1")
        ) as alice:
            async with open_user_agent(
                settings, rng=Random(1), on_call=on_call, socket=net.socket("192.0.2.2")
            ):
                await alice.invite(BOB_URI, from_uri=ALICE_URI, offer=offer())
                await trio.sleep(1)
            assert ended == [SessionEnded(False, 200, "bye")]


async def test_unknown_peers_are_dropped_and_counted(autojump_clock: MockClock) -> None:
    async with open_agents() as agents:
        stranger = agents.net.socket("203.0.113.5")
        data = agents.net.sockets[("192.0.2.1", 5060)]
        with trio.move_on_after(1):
            await agents.alice.options(agents.bob_uri)
        stranger.send_nowait(data.log[0], ("192.0.2.2", 5060))
        await trio.sleep(1)
        assert agents.bob.counters[0].unknown_peers == 1
        with pytest.raises(trio.WouldBlock):
            stranger._receive.receive_nowait()


async def test_host_we_call_may_send_requests_meanwhile(autojump_clock: MockClock) -> None:
    async with open_memory_net() as net:

        async def on_call(call: IncomingCall) -> None:
            session = await call.answer(answer())
            await trio.sleep(1)
            await session.hangup()

        async with (
            open_user_agent(
                SipSettings(trunks=("10.0.0.0/8",)),
                rng=Random(1),
                on_call=refuse_calls,
                socket=net.socket("192.0.2.1"),
            ) as alice,
            open_user_agent(
                SipSettings(trunks=("192.0.2.0/24",)),
                rng=Random(2),
                on_call=on_call,
                socket=net.socket("192.0.2.2"),
            ) as bob,
        ):
            session = await alice.invite(BOB_URI, from_uri=ALICE_URI, offer=offer())
            assert (await session.wait_ended()).by_remote
            with pytest.raises(TransportError):
                await bob.options(ALICE_URI)
            assert alice.counters[0].unknown_peers > 0


async def test_overload_refuses_new_calls(autojump_clock: MockClock) -> None:
    async with open_memory_net() as net:
        settings = SipSettings(trunks=("192.0.2.0/24",))
        async with (
            open_user_agent(
                settings, rng=Random(1), on_call=refuse_calls, socket=net.socket("192.0.2.1")
            ) as alice,
            open_user_agent(
                settings,
                rng=Random(2),
                on_call=talk,
                load=lambda: SipLoad(overloaded=True, retry_after_s=9),
                socket=net.socket("192.0.2.2"),
            ),
        ):
            with pytest.raises(InviteFailed) as failure:
                await alice.invite(BOB_URI, from_uri=ALICE_URI, offer=offer())
            assert failure.value.response is not None
            assert failure.value.response.headers.get("Retry-After") == "9"
            assert (await alice.options(BOB_URI)).status == 503


@pytest.mark.parametrize("seed", range(12))
async def test_bad_network(autojump_clock: MockClock, seed: int) -> None:
    ended: list[SessionEnded] = []

    async def on_call(call: IncomingCall) -> None:
        await call.ring()
        session = await call.answer(answer())
        ended.append(await session.wait_ended())

    async with open_agents(on_call, Weather(loss=0.3, duplicate=0.2, jitter_s=0.5), seed) as agents:
        session = await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer())
        await trio.sleep(5)
        await session.hangup()
        await session.wait_ended()
        await trio.sleep(40)
        assert len(ended) == 1
        assert agents.alice.counters[0].faults == agents.bob.counters[0].faults == 0


async def test_unreadable_offer_is_refused(autojump_clock: MockClock) -> None:
    async with open_agents() as agents:
        endpoint = agents.alice.endpoint
        parameters = CallParameters(BOB_URI, ALICE_URI, b"not sdp", ("192.0.2.2", 5060))
        session = Session(endpoint, endpoint.core.invite(parameters, trio.current_time()), offer())
        endpoint.flush()
        end = await session.wait_established()
        assert end is not None
        assert end.status in (400, 488)
