"""A telephone made of our own user agent and engine: it calls, answers, speaks, listens and presses keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import SystemRandom

import numpy as np
import trio

from aywa.caller.clips import read_clip
from aywa.ids import new_ssrc
from aywa.media.engine import MediaEngine, open_media_engine
from aywa.media.events import Digit
from aywa.media.leg import BargeInPolicy, Leg, LegParameters
from aywa.media.negotiated import local_audio, media_format
from aywa.media.ports import PortPair
from aywa.proto.sdp.audio import Accepted, LocalAudio
from aywa.proto.sdp.crypto import SrtpUse
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sdp.offer_answer import accept_answer, accept_offer, make_offer
from aywa.proto.sip.uri import Uri
from aywa.settings import MediaSettings, SipSettings
from aywa.ua import IncomingCall, Session, UserAgent, open_user_agent
from tests.kit.correlation import Samples, band_limited
from tests.kit.ports import free_udp_range

_PORTS = 64
_STEP_S = 0.02
_RETURN_S = 0.5
PLAIN = MediaSettings(srtp="off")
LOOPBACK = SipSettings(host="127.0.0.1", port=0)


@dataclass
class Talk:
    """One call: its leg from the first description on, its session once it is answered."""

    leg: Leg
    accepted: Accepted
    session: Session | None = None
    keys: list[str] = field(default_factory=list)  # pressed by the other side, in RTP or as tones
    frames: bytearray = field(default_factory=bytearray)
    answered: trio.Event = field(default_factory=trio.Event)

    async def up(self, *, seconds: float = 20.0) -> Session:
        """The session, when the other side has answered."""
        with trio.fail_after(seconds):
            await self.answered.wait()
        assert self.session is not None
        return self.session

    async def say(self, path: Path, seconds: float) -> None:
        """Speak the beginning of a WAV file, and wait until it was sent and could have come back."""
        clip = read_clip(str(path), self.leg.rate_hz)
        await self.leg.write(clip.pcm[: 2 * int(seconds * self.leg.rate_hz)], self.leg.epoch)
        await trio.sleep(seconds + _RETURN_S)

    async def press(self, keys: str) -> None:
        """Press keys, and wait until they were sent."""
        for key in keys:
            self.leg.send_digit(key)
        await trio.sleep(0.3 * len(keys))

    async def wait_for_keys(self, count: int, *, seconds: float = 10.0) -> str:
        """So many keys that the other side pressed."""
        with trio.fail_after(seconds):
            while len(self.keys) < count:  # noqa: ASYNC110 - the leg's task sets no event
                await trio.sleep(_STEP_S)
        return "".join(self.keys)

    def heard(self) -> Samples:
        """What came in up to now, at 8 kHz."""
        return self._track(0)

    def said(self) -> Samples:
        """What went out up to now, at 8 kHz."""
        return self._track(1)

    def _track(self, channel: int) -> Samples:
        stereo = np.frombuffer(bytes(self.frames), "<i2").reshape(-1, 2)
        return band_limited(stereo[:, channel].tobytes(), self.leg.rate_hz)


@dataclass(frozen=True, slots=True)
class Station:
    """Opened by `open_station`."""

    agent: UserAgent
    engine: MediaEngine
    rng: SystemRandom

    @asynccontextmanager
    async def dial(
        self,
        target: Uri,
        user: str,
        media: MediaSettings = PLAIN,
        *,
        on_early: Callable[[SessionDescription, bool], None] = lambda description, final: None,
        trunk: str | None = None,
    ) -> AsyncIterator[Talk]:
        """Call `target` as `user`; goes on with the first description, before or with the answer."""
        ports = self.engine.reserve_port()
        local = local_audio(ports.host, ports.port, media, self.rng)
        offer = make_offer(local, self.rng.getrandbits(31), 1)
        described = trio.Event()
        found: list[SessionDescription] = []
        sessions: list[Session] = []
        answered = trio.Event()

        def describe(description: SessionDescription, final: bool = True) -> None:
            found.append(description)
            described.set()

        def early(description: SessionDescription, final: bool) -> None:
            on_early(description, final)
            describe(description)

        async def invite() -> None:
            own = Uri("sip", user, host=self.agent.local[0], port=self.agent.local[1])
            session = await self.agent.invite(
                target, from_uri=own, offer=offer, on_early_media=early, trunk=trunk
            )
            sessions.append(session)
            describe(session.answer)
            answered.set()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(invite)
            try:
                with trio.fail_after(20):
                    await described.wait()
                accepted = accept_answer(offer, found[0], srtp=SrtpUse(media.srtp))
            except BaseException:
                ports.release()
                raise
            async with self._leg(accepted, ports) as talk:
                nursery.start_soon(_join, talk, answered, sessions, local)
                yield talk
                for session in sessions:
                    await session.hangup()
            nursery.cancel_scope.cancel()

    @asynccontextmanager
    async def answer(
        self, call: IncomingCall, media: MediaSettings = PLAIN, *, early_s: float = 0.0
    ) -> AsyncIterator[Talk]:
        """Take a call, after `early_s` of early media if that is not 0; hung up at the end of the block."""
        assert call.offer is not None
        ports = self.engine.reserve_port()
        local = local_audio(ports.host, ports.port, media, self.rng)
        accepted = accept_offer(call.offer, local, session_id=self.rng.getrandbits(31))
        async with self._leg(accepted, ports) as talk:
            if early_s:
                await call.progress(accepted.answer)
                await trio.sleep(early_s)
            session = await call.answer(accepted.answer)
            _follow(talk, session, local)
            try:
                yield talk
            finally:
                with trio.move_on_after(4, shield=True):
                    await session.hangup()

    @asynccontextmanager
    async def _leg(self, accepted: Accepted, ports: PortPair) -> AsyncIterator[Talk]:
        parameters = LegParameters(
            remote=accepted.remote if accepted.has_address else None,
            format=media_format(accepted),
            ssrc=new_ssrc(self.rng),
            barge_in=BargeInPolicy.OFF,
            record=True,
            echo_guard=False,  # what comes back is what is compared
        )
        async with self.engine.open_leg(parameters, ports=ports) as leg, trio.open_nursery() as nursery:
            talk = Talk(leg, accepted)
            nursery.start_soon(_keep_keys, talk)
            nursery.start_soon(_keep_frames, talk)
            yield talk
            nursery.cancel_scope.cancel()
        while frames := leg.read_recording():
            talk.frames += frames


def _follow(talk: Talk, session: Session, local: LocalAudio) -> None:
    """The session's re-INVITEs reach the leg; key presses by INFO count with the others."""

    def on_offer(offered: SessionDescription) -> SessionDescription:
        talk.accepted = accept_offer(offered, local, previous=session.local)
        talk.leg.set_format(media_format(talk.accepted))
        if talk.accepted.has_address:
            talk.leg.set_remote(*talk.accepted.remote)
        talk.leg.hold(not talk.accepted.direction.sends)
        return talk.accepted.answer

    session.on_offer = on_offer
    session.on_key = lambda key, duration_ms: talk.keys.append(key)
    talk.session = session
    talk.answered.set()


async def _join(talk: Talk, answered: trio.Event, sessions: list[Session], local: LocalAudio) -> None:
    """The answer has come to a call whose leg is there already."""
    await answered.wait()
    _follow(talk, sessions[0], local)


async def _keep_keys(talk: Talk) -> None:
    while True:
        event = await talk.leg.next_event()
        if isinstance(event, Digit):
            talk.keys.append(event.digit)


async def _keep_frames(talk: Talk) -> None:
    while True:
        talk.frames += talk.leg.read_recording()
        await trio.sleep(_STEP_S)


async def _refuse(call: IncomingCall, station: Station) -> None:
    await call.reject(603)


@asynccontextmanager
async def open_station(
    settings: SipSettings = LOOPBACK,
    on_call: Callable[[IncomingCall, Station], Awaitable[None]] = _refuse,
) -> AsyncIterator[Station]:
    """A station on free ports; every fault of its stack fails the test."""
    rng = SystemRandom()
    first = free_udp_range(_PORTS)
    media = replace(MediaSettings(), rtp_port_min=first, rtp_port_max=first + _PORTS - 1)
    stations: list[Station] = []

    async def take(call: IncomingCall) -> None:
        await on_call(call, stations[0])

    async with (
        open_media_engine(media, rng=rng) as engine,
        open_user_agent(settings, rng=rng, on_call=take) as agent,
    ):
        stations.append(Station(agent, engine, rng))
        yield stations[0]
        assert agent.counters[0].faults == agent.counters[0].broken == 0
