"""How a caller gets to who is measured: real SIP to the runtime, a datagram to a peer that has none."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Protocol

import trio

from aywa.caller.session import PLAIN_MEDIA
from aywa.media.negotiated import local_audio
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sdp.offer_answer import accept_answer, make_offer
from aywa.proto.sip.uri import Uri, parse_uri
from aywa.settings import SipSettings
from aywa.ua.errors import InviteFailed
from aywa.ua.session import Session
from aywa.ua.user_agent import UserAgent, open_user_agent
from aywa_server.cli_call import decline

_GOODBYE_S = 5.0
_RETRY_S, _TRIES = 1.0, 30
_PEER_START_S = 20.0


class RefusedError(Exception):
    """The call did not come up; the message says why."""


@dataclass(frozen=True, slots=True)
class Answered:
    """Where the other side's RTP is, and what waits until it hangs up."""

    remote: tuple[str, int]
    wait_ended: Callable[[], Awaitable[object]]


class Dial(Protocol):
    """A way to call."""

    def call(self, dialogue: str, port: int) -> AbstractAsyncContextManager[Answered]:
        """A call whose RTP comes to `port`; leaving the block hangs up. Raises RefusedError."""


class SipDial:
    """Calls `sip:DIALOGUE@` the runtime."""

    def __init__(self, agent: UserAgent, sip_port: int, rng: Random) -> None:
        self._agent = agent
        self._sip_port = sip_port
        self._rng = rng

    @asynccontextmanager
    async def call(self, dialogue: str, port: int) -> AsyncIterator[Answered]:
        """As `Dial.call`."""
        offer = make_offer(
            local_audio("127.0.0.1", port, PLAIN_MEDIA, self._rng), self._rng.getrandbits(31), 1
        )
        target = parse_uri(f"sip:{dialogue}@127.0.0.1:{self._sip_port}")
        session = await self._invite(target, offer)
        try:
            assert session.answer is not None, "an established session has been described"
            accepted = accept_answer(offer, session.answer)
            assert accepted.remote is not None, "the answer says where it listens"
            yield Answered(accepted.remote, session.wait_ended)
        finally:
            with trio.move_on_after(_GOODBYE_S, shield=True):
                await session.hangup()

    async def _invite(self, target: Uri, offer: SessionDescription) -> Session:
        """Again and again while the runtime has no room: a busy machine is not what is measured."""
        for attempt in range(_TRIES):
            try:
                return await self._agent.invite(
                    target, from_uri=parse_uri("sip:turns@127.0.0.1"), offer=offer
                )
            except InviteFailed as failure:
                if failure.status != 503 or attempt == _TRIES - 1:
                    raise RefusedError(f"refused {failure.status}") from failure
            await trio.sleep(_RETRY_S)
        raise AssertionError("returned or raised")


@asynccontextmanager
async def open_sip_dial(sip_port: int, rng: Random) -> AsyncIterator[SipDial]:
    """A user agent that calls the runtime at this port of loopback."""
    settings = SipSettings(port=0, trunks=(), user_agent="aywa bench")
    async with open_user_agent(settings, rng=rng, on_call=decline) as agent:
        yield SipDial(agent, sip_port, rng)


class PeerDial:
    """Calls a peer of `bench/turns/peers` by its control port."""

    def __init__(self, control_port: int) -> None:
        self._control = ("127.0.0.1", control_port)

    @asynccontextmanager
    async def call(self, dialogue: str, port: int) -> AsyncIterator[Answered]:
        """As `Dial.call`."""
        with trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            await control.bind(("127.0.0.1", 0))
            start = {"kind": "start", "d": dialogue, "port": port}
            await control.sendto(json.dumps(start).encode(), self._control)
            with trio.move_on_after(_PEER_START_S) as bound:
                told = json.loads(await control.recv(4096))
            if bound.cancelled_caught:
                raise RefusedError("did not come up")
            try:
                yield Answered(("127.0.0.1", int(told["port"])), trio.sleep_forever)
            finally:
                with trio.CancelScope(shield=True, deadline=trio.current_time() + 1):
                    stop = json.dumps({"kind": "stop", "d": dialogue}).encode()
                    await control.sendto(stop, self._control)


@asynccontextmanager
async def open_peer_dial(control_port: int) -> AsyncIterator[PeerDial]:
    """A peer that is up."""
    await trio.lowlevel.checkpoint()
    yield PeerDial(control_port)
