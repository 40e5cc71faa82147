"""Telephones of our own making: they call, answer, speak, press keys, and remember what was heard."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random

import numpy as np
import trio
from numpy.typing import NDArray

from aywa.caller.session import PLAIN_MEDIA
from aywa.ids import new_ssrc
from aywa.media.engine import MediaEngine
from aywa.media.events import Digit
from aywa.media.leg import BargeInPolicy, Leg, LegParameters
from aywa.media.negotiated import local_audio, media_format
from aywa.proto.sdp.offer_answer import Accepted, accept_answer, accept_offer, make_offer
from aywa.proto.sip.uri import parse_uri
from aywa.ua.session import Session
from aywa.ua.uas import IncomingCall
from aywa.ua.user_agent import UserAgent

Samples = NDArray[np.float64]
_RNG = Random(11)


class Telephone:
    """One call on one telephone, at 8 kHz."""

    def __init__(self, session: Session, leg: Leg) -> None:
        self.session = session
        self.leg = leg
        self._frames = bytearray()
        self.heard_keys = ""

    @property
    def now(self) -> int:
        """The sample that comes next."""
        return len(self._frames) // 4

    def heard(self, since: int = 0) -> Samples:
        """What came in from this sample on."""
        return self._track(0, since)

    def sent(self, since: int = 0) -> Samples:
        """What was said from this sample on."""
        return self._track(1, since)

    async def say(self, pcm: NDArray[np.int16]) -> None:
        """Speak, and return once it is said."""
        await self.leg.write(pcm.tobytes(), self.leg.epoch)
        while self.leg.unplayed:  # noqa: ASYNC110 - the engine's own clock
            await trio.sleep(0.05)
        await trio.sleep(0.3)

    def press(self, key: str) -> None:
        """Press a key."""
        self.leg.send_digit(key)

    async def hangs_up(self, bound_s: float = 10.0) -> None:
        """Wait until the far side hangs up."""
        with trio.fail_after(bound_s):
            await self.session.wait_ended()

    async def record(self) -> None:
        """Collect what goes over the line, until cancelled."""
        while True:
            self._frames += self.leg.read_recording()
            await trio.sleep(0.02)

    async def listen_for_keys(self) -> None:
        """Collect the keys the far side presses, until cancelled."""
        while True:
            event = await self.leg.next_event()
            if isinstance(event, Digit):
                self.heard_keys += event.digit

    def _track(self, channel: int, since: int) -> Samples:
        pairs = np.frombuffer(bytes(self._frames), "<i2").reshape(-1, 2)
        return pairs[since:, channel].astype(np.float64)


def _parameters(accepted: Accepted) -> LegParameters:
    return LegParameters(
        remote=accepted.remote,
        format=media_format(accepted),
        ssrc=new_ssrc(_RNG),
        barge_in=BargeInPolicy.OFF,
        record=True,
        echo_guard=False,
    )


@asynccontextmanager
async def call(agent: UserAgent, engine: MediaEngine, target: str) -> AsyncIterator[Telephone]:
    """Call somebody, and hang up at the end."""
    ports = engine.reserve_port()
    offer = make_offer(local_audio(ports.host, ports.port, PLAIN_MEDIA, _RNG), _RNG.getrandbits(31), 1)
    session = await agent.invite(parse_uri(target), from_uri=parse_uri("sip:alice@127.0.0.1"), offer=offer)
    accepted = accept_answer(offer, session.answer)
    async with (
        engine.open_leg(_parameters(accepted), ports=ports) as leg,
        _in_use(Telephone(session, leg)) as telephone,
    ):
        yield telephone


@asynccontextmanager
async def _in_use(telephone: Telephone) -> AsyncIterator[Telephone]:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(telephone.record)
        nursery.start_soon(telephone.listen_for_keys)
        try:
            yield telephone
        finally:
            with trio.move_on_after(3, shield=True):
                await telephone.session.hangup()
        nursery.cancel_scope.cancel()


def answering(
    engine: Callable[[], MediaEngine], answered: Callable[[Telephone], None], *, rings_s: float = 0.2
) -> Callable[[IncomingCall], object]:
    """What a telephone does with every call: it rings, somebody answers, and talks until it is over."""

    async def take(incoming: IncomingCall) -> None:
        await incoming.ring()
        await trio.sleep(rings_s)
        assert incoming.offer is not None
        ports = engine().reserve_port()
        local = local_audio(ports.host, ports.port, PLAIN_MEDIA, _RNG)
        accepted = accept_offer(incoming.offer, local, session_id=_RNG.getrandbits(31))
        session = await incoming.answer(accepted.answer)
        async with (
            engine().open_leg(_parameters(accepted), ports=ports) as leg,
            _in_use(Telephone(session, leg)) as telephone,
        ):
            answered(telephone)
            await session.wait_ended()

    return take
