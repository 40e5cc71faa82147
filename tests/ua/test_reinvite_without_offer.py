"""A re-INVITE that leaves the offer to us: what it gets, and where the answer in its ACK goes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from trio import sleep
from trio.testing import MockClock

from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sdp.parse import parse_sdp
from aywa.proto.sip.message import Response
from aywa.proto.sip.parser import parse_datagram
from aywa.ua import IncomingCall, Session
from tests.kit.sip_agents import ALICE_URI, Agents, answer, offer, open_agents


class Reinviter:
    """Alice, who sends INVITE without a body and answers in the ACK."""

    def __init__(self, agents: Agents, callee: Session) -> None:
        self.callee = callee
        self._bob = agents.bob.endpoint
        self._log = agents.net.sockets[("192.0.2.2", 5060)].log
        self._identity = agents.alice.endpoint.core.identity
        dialog = agents.alice.endpoint.core.sessions[0].dialog
        assert dialog is not None
        self._dialog = dialog

    def invite(self) -> Response:
        """Send the INVITE; the final response."""
        invite = self._dialog.request("INVITE", self._identity.via(), contact=self._identity.contact)
        self._sequence = invite.cseq.number
        self._bob.receive(invite.encode(), ("192.0.2.1", 5060))
        response = parse_datagram(self._log[-1])
        assert isinstance(response, Response)
        return response

    def acknowledge(self, description: SessionDescription) -> None:
        """Send the ACK with the answer."""
        ack = self._dialog.ack(self._identity.via(), self._sequence)
        ack.headers.set("Content-Type", "application/sdp")
        ack.body = description.encode()
        self._bob.receive(ack.encode(), ("192.0.2.1", 5060))


@asynccontextmanager
async def open_call() -> AsyncIterator[Reinviter]:
    """A call that is up; Alice may send re-INVITEs by hand."""
    sessions: list[Session] = []

    async def on_call(call: IncomingCall) -> None:
        session = await call.answer(answer())
        sessions.append(session)
        await session.wait_ended()

    async with open_agents(on_call) as agents:
        await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer())
        await sleep(1)
        yield Reinviter(agents, sessions[0])


def full() -> SessionDescription:
    """What Bob could do."""
    return replace(answer(), origin=replace(answer().origin, version=9))


async def test_it_gets_the_offer_that_is_made_for_it(autojump_clock: MockClock) -> None:
    answers: list[tuple[SessionDescription, SessionDescription]] = []
    async with open_call() as alice:
        session = alice.callee
        session.on_offer_wanted = full
        session.on_answer = lambda given: answers.append((session.local, given))
        response = alice.invite()
        assert (response.status, parse_sdp(response.body)) == (200, full())
        assert answers == []
        alice.acknowledge(offer())
        assert answers == [(full(), offer())]
        await sleep(60)
        assert session.ended is None


async def test_without_a_maker_it_gets_what_was_described_last(autojump_clock: MockClock) -> None:
    async with open_call() as alice:
        assert parse_sdp(alice.invite().body) == answer()
        alice.acknowledge(offer())


async def test_a_bug_in_the_application_costs_the_reinvite_or_the_call_and_no_other(
    autojump_clock: MockClock,
) -> None:
    def broken(*_: object) -> SessionDescription:
        raise ValueError("a bug in the application")

    async with open_call() as alice:
        session = alice.callee
        session.on_offer_wanted = broken
        assert alice.invite().status == 488
        assert session.local == answer()
        session.on_offer_wanted = None
        session.on_answer = broken  # type: ignore[assignment]
        alice.invite()
        alice.acknowledge(offer())
        await sleep(1)
        assert session.ended is not None
        assert not session.ended.by_remote
