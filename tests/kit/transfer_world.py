"""A call with a colleague whom it may be handed to, on fakes and a virtual clock."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import trio

from aywa.call.control import TransferCall
from aywa.media.events import PcmReady
from aywa.media.hold_audio import HoldAudio
from aywa.media.routing import Routing
from aywa.settings import CallSettings, TrunkDialling, TrunkSettings
from aywa.transfer.plan import Destination, Mode, TransferPlan
from aywa.turn.states import State as TurnState
from tests.kit.call_world import CallWorld, Person, happens
from tests.kit.fake_dialler import DialScript, FakeInvite
from tests.kit.fake_leg import FakeLeg
from tests.kit.fake_providers import FakeModel, says
from tests.kit.fake_room import FakeRoom
from tests.kit.fake_sip import FakeSession
from tests.kit.room_rig import Audio, voice

NUMBER = "+493012345678"
TRUNK = TrunkSettings("carrier", ("192.0.2.10",), dial=TrunkDialling("sip:192.0.2.10", ("+4930990",)))
MUSIC = cast("Any", "music")


def plan(mode: Mode = Mode.WARM, **changes: Any) -> TransferPlan:
    """To one number."""
    return TransferPlan(Destination(number=NUMBER), mode, **changes)


@dataclass
class Desk:
    """The caller, and the colleague once there is one."""

    world: CallWorld
    person: Person

    @property
    def invite(self) -> FakeInvite:
        """The only INVITE to the colleague."""
        (invite,) = self.world.dialler.invites
        return invite

    @property
    def colleague(self) -> FakeSession:
        """The colleague's session."""
        assert self.invite.session is not None
        return self.invite.session

    @property
    def leg(self) -> FakeLeg:
        """The colleague's leg."""
        _, leg = self.world.engine.legs
        return leg

    @property
    def room(self) -> FakeRoom:
        """Where both sit."""
        return self.world.engine.rooms[-1]

    async def ask(self, wanted: TransferPlan) -> None:
        """An operator wants the call handed over, once the greeting is over."""
        await self.person.listens()
        await self.person.live.control(TransferCall(wanted))

    async def reaches(self, state: str, bound_s: float = 200.0) -> None:
        """Wait until the transfer has been in this state."""
        await happens(lambda: state in self.states(), bound_s)

    def states(self) -> list[object]:
        """The states the transfers have been in."""
        return [data["to"] for data in self.world.entries("transfer.state")]

    @property
    def record(self) -> dict[str, Any]:
        """The only transfer in the call's row."""
        (transfer,) = self.person.live.row.transfers
        return dict(transfer)

    async def colleague_says(self, words: str, seconds: float = 0.8) -> None:
        """The colleague speaks."""
        self.world.stt.words.append(words)
        self.leg.speech_started()
        await trio.sleep(seconds)
        self.leg.speech_stopped()

    async def colleague_talks(self, seconds: float, words: str | None) -> None:
        """The colleague, or what answers there, talks aloud for as long, and is quiet for two seconds.

        The words are understood at the end; None: never.
        """
        self.world.stt.words.append(words)
        self.leg.speech_started()
        await self._sounds(voice(16_000, seconds, 3))
        self.leg.speech_stopped()
        await self._sounds(np.zeros(32_000, np.int16))

    async def _sounds(self, pcm: Audio) -> None:
        for at in range(0, len(pcm), 3200):
            await trio.sleep(0.2)
            self.leg.uplink.append((pcm[at : at + 3200].tobytes(), self.leg.timeline))
            self.leg.emit(PcmReady())

    async def back(self) -> None:
        """Wait until the assistant talks with the caller again, and nothing is left of the colleague."""
        await happens(lambda: self.person.live.transfers.active is False, 120)
        await happens(lambda: self.person.state is TurnState.LISTENING, 60)
        leg = self.person.leg
        assert leg.music is None
        assert not self.room_is(Routing.BRIDGE)
        self.nothing_left()

    def room_is(self, routing: Routing) -> bool:
        """Whether this plan holds."""
        return bool(self.world.engine.rooms) and self.room.plan is routing

    def nothing_left(self) -> None:
        """No leg, no session and no room to a colleague."""
        for invite in self.world.dialler.invites:
            session = invite.session
            if session is None:
                continue
            assert session.over, "the colleague's session is up"
        assert all(not room.open for room in self.world.engine.rooms)
        assert all(port.released for port in self.world.engine.ports[1:])


@asynccontextmanager
async def open_desk(
    *scripts: DialScript, settings: CallSettings | None = None, hold_audio: HoldAudio | None = None
) -> AsyncIterator[Desk]:
    """A call that talks. Leaving the block hangs it up and looks for what is left."""
    model = FakeModel(says("Hello, how can I help?"))
    world = CallWorld(model=model, trunks=(TRUNK,), hold_music=MUSIC, hold_audio=hold_audio)
    if settings is not None:
        world.settings = settings
    world.dialler.scripts = deque(scripts)
    async with world.call() as person:
        desk = Desk(world, person)
        yield desk
        await trio.sleep(0.1)  # what was done last has its consequences
        if person.session.bye_sent_at is None and person.live.ending.reason is None:
            person.session.remote_hangs_up()
    desk.nothing_left()
    assert all(port.released for port in world.engine.ports)
