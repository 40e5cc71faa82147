"""Callers for the soak: they keep nothing of what they hear, so that any number may call for any time."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random

import trio

from aywa.caller.clips import Clip
from aywa.caller.session import PLAIN_MEDIA
from aywa.ids import new_ssrc
from aywa.media.engine import MediaEngine, open_media_engine
from aywa.media.events import PcmReady
from aywa.media.leg import BargeInPolicy, Leg, LegParameters
from aywa.media.negotiated import local_audio, media_format
from aywa.proto.sdp.offer_answer import accept_answer, make_offer
from aywa.proto.sip.uri import parse_uri
from aywa.settings import MediaSettings, SipSettings
from aywa.ua.errors import InviteFailed
from aywa.ua.session import Session
from aywa.ua.user_agent import UserAgent, open_user_agent
from aywa_server.cli_call import decline

_PORTS = (24576, 32767)
_MAX_LEGS = 2048
_GOODBYE_S = 5.0
_RETRY_S = 1.0  # after a call that was refused


@dataclass
class Tally:
    """What became of the calls."""

    ended: Counter[str] = field(default_factory=Counter)
    live: int = 0
    packets: int = 0
    lost: int = 0

    @property
    def completed(self) -> int:
        """Answered, talked and ended by either side."""
        return self.ended["by us"] + self.ended["by them"]


@dataclass(frozen=True, slots=True)
class Habit:
    """How a caller behaves: how long it stays, and how often it says something, in seconds."""

    stays_s: float
    speaks_every_s: float


class Callers:
    """A user agent and an engine that callers share; made by `open_callers`."""

    def __init__(self, agent: UserAgent, engine: MediaEngine, clips: list[Clip], sip_port: int) -> None:
        self.tally = Tally()
        self._agent = agent
        self._engine = engine
        self._clips = clips
        self._target = parse_uri(f"sip:hotel@127.0.0.1:{sip_port}")
        self._rng = Random(11)
        self._legs: set[Leg] = set()

    def heard(self) -> tuple[int, int]:
        """Packets that came and that did not, of every call there was and is."""
        live = [leg.stats() for leg in self._legs]
        return (
            self.tally.packets + sum(stats.received for stats in live),
            self.tally.lost + sum(stats.lost for stats in live),
        )

    async def call(self, habit: Habit) -> bool:
        """One call from dialling to the end; False if it was refused."""
        ports = self._engine.reserve_port()
        offer = make_offer(
            local_audio(ports.host, ports.port, PLAIN_MEDIA, self._rng), self._rng.getrandbits(31), 1
        )
        try:
            session = await self._agent.invite(
                self._target, from_uri=parse_uri("sip:soak@127.0.0.1"), offer=offer
            )
        except InviteFailed as failure:
            ports.release()
            self.tally.ended[f"refused {failure.status}"] += 1
            await trio.sleep(_RETRY_S)
            return False
        except BaseException:
            ports.release()
            raise
        try:
            assert session.answer is not None, "an established session has been described"
            accepted = accept_answer(offer, session.answer)
            parameters = LegParameters(
                remote=accepted.remote,
                format=media_format(accepted),
                ssrc=new_ssrc(self._rng),
                barge_in=BargeInPolicy.OFF,
            )
            self.tally.live += 1
            async with self._engine.open_leg(parameters, ports=ports) as leg:
                self._legs.add(leg)
                try:
                    await self._talk(session, leg, habit)
                finally:
                    self._legs.discard(leg)
                    stats = leg.stats()
                    self.tally.packets += stats.received
                    self.tally.lost += stats.lost
        finally:
            self.tally.live -= 1
            with trio.move_on_after(_GOODBYE_S, shield=True):
                await session.hangup()
        return True

    async def _talk(self, session: Session, leg: Leg, habit: Habit) -> None:
        ended = "by us"

        async def watch() -> None:
            nonlocal ended
            await session.wait_ended()
            ended = "by them"
            nursery.cancel_scope.cancel()

        with trio.move_on_after(habit.stays_s):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(watch)
                nursery.start_soon(_listen, leg)
                nursery.start_soon(self._speak, leg, habit)
        self.tally.ended[ended] += 1

    async def _speak(self, leg: Leg, habit: Habit) -> None:
        await trio.sleep(self._rng.uniform(0, habit.speaks_every_s))  # not all in one breath
        while True:
            await leg.write(self._rng.choice(self._clips).pcm, leg.epoch)
            await trio.sleep(habit.speaks_every_s)


async def _listen(leg: Leg) -> None:
    while True:
        if isinstance(await leg.next_event(), PcmReady):
            leg.read_uplink()


@asynccontextmanager
async def open_callers(sip_port: int, clips: list[Clip]) -> AsyncIterator[Callers]:
    """Callers to the runtime at this port of loopback."""
    rng = Random(12)
    media = MediaSettings(
        rtp_port_min=_PORTS[0], rtp_port_max=_PORTS[1], max_legs=_MAX_LEGS, port_quarantine_s=0.0
    )
    # A trunk, not a stranger: a late BYE of the runtime, for a call that a caller let go of, would have it
    # banned here, and its calls would wait in vain for the answers to their goodbyes.
    sip = SipSettings(port=0, trunks=("127.0.0.1",), user_agent="aywa soak")
    async with (
        open_media_engine(media, rng=rng) as engine,
        open_user_agent(sip, rng=rng, on_call=decline) as agent,
    ):
        yield Callers(agent, engine, clips, sip_port)
