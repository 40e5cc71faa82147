"""A re-INVITE of ours: what both sides know after its answer, its refusal, and after glare."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from trio import sleep
from trio.testing import MockClock

from aywa.errors import LocalProtocolError
from aywa.proto.sdp.description import SessionDescription
from aywa.ua import IncomingCall, Session
from tests.kit.sip_agents import ALICE_URI, answer, offer, open_agents


def version(description: SessionDescription, number: int) -> SessionDescription:
    """The same, said anew."""
    return replace(description, origin=replace(description.origin, version=number))


class Talk:
    """Both ends of a call, and what the end that offers was told."""

    def __init__(self, alice: Session, bob: Session) -> None:
        self.alice, self.bob = alice, bob
        self.told: list[SessionDescription | int] = []
        alice.on_answer = self.told.append
        alice.on_offer_refused = self.told.append

    def next(self) -> SessionDescription:
        """What Alice offers: one version after what she said last."""
        return version(self.alice.local, self.alice.local.origin.version + 1)


@asynccontextmanager
async def open_talk() -> AsyncIterator[Talk]:
    sessions: list[Session] = []

    async def on_call(call: IncomingCall) -> None:
        sessions.append(await call.answer(answer()))
        await sessions[0].wait_ended()

    async with open_agents(on_call) as agents:
        alice = await agents.alice.invite(agents.bob_uri, from_uri=ALICE_URI, offer=offer())
        await sleep(1)
        yield Talk(alice, sessions[0])


async def test_its_answer_is_heard_once_it_is_what_we_have_described(autojump_clock: MockClock) -> None:
    async with open_talk() as talk:
        answered = version(answer(), 5)
        talk.bob.on_offer = lambda given: answered
        made = talk.next()
        talk.alice.offer(talk.next)
        with pytest.raises(LocalProtocolError):
            talk.alice.offer(talk.next)
        assert talk.alice.local == offer()
        await sleep(1)
        assert talk.told == [answered]
        assert (talk.alice.local, talk.alice.answer, talk.bob.answer) == (made, answered, made)
        talk.alice.offer(talk.next)
        await sleep(1)
        assert talk.told == [answered, answered]


async def test_refused_it_changes_nothing(autojump_clock: MockClock) -> None:
    async with open_talk() as talk:
        talk.alice.offer(talk.next)  # Bob has nobody who answers it
        await sleep(1)
        assert talk.told == [488]
        assert (talk.alice.local, talk.alice.ended) == (offer(), None)


async def test_after_glare_it_follows_on_the_peers(autojump_clock: MockClock) -> None:
    async with open_talk() as talk:
        theirs, ours = version(answer(), 8), version(offer(), 9)
        talk.alice.on_offer = lambda given: ours
        talk.bob.on_offer = lambda given: version(theirs, 9)
        talk.alice.offer(talk.next)
        talk.bob.offer(lambda: theirs)
        await sleep(10)
        # Bob waits less, for the Call-ID is Alice's; her offer comes after his, and says so.
        assert talk.alice.local == talk.bob.answer == version(offer(), 10)
        assert talk.told == [version(theirs, 9)]
        assert talk.alice.ended is talk.bob.ended is None
