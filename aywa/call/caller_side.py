"""The caller's side of a call as a transfer moves it: with the assistant, with music, with a colleague."""

from __future__ import annotations

from dataclasses import dataclass

import trio

from aywa.call.context import Context
from aywa.call.conversation import Conversation
from aywa.call.ending import Ending
from aywa.call.keys import KeyPresses
from aywa.call.media_port import LegPort
from aywa.call.pauses import Pauses, Why
from aywa.call.receive import Receiver
from aywa.call.sip_port import SessionPort
from aywa.media.clip import Clip
from aywa.turn.events import HandedOver, SayRequest
from aywa.turn.states import State

_LOOK_S = 0.1  # how often it is looked whether the assistant has finished
_BEGUN_S = 0.3  # a sentence that was asked for has begun by then, or waits for the caller


@dataclass(slots=True)
class CallerSide:
    """Leg, session and conversation of the caller."""

    leg: LegPort
    sip: SessionPort
    conversation: Conversation
    receiver: Receiver
    context: Context
    ending: Ending
    pauses: Pauses
    keys: KeyPresses
    music: Clip | None = None
    ambience: Clip | None = None  # behind the assistant, whenever no music plays
    on_hold: bool = False  # by an operator
    _away: bool = False
    _waits: bool = False

    async def tell(self, text: str) -> None:
        """Say this when nobody speaks, and wait until the assistant has finished; "": only wait."""
        if text:
            self.conversation.receive(SayRequest(text))
        await trio.sleep(_BEGUN_S)
        while self.conversation.manager.state not in (State.LISTENING, State.ENDED):  # noqa: ASYNC110
            await trio.sleep(_LOOK_S)

    def hold(self) -> None:
        """Music, and the assistant does not hear."""
        self.receiver.deaf(True)
        self.pauses.hold(Why.TRANSFER, True)
        self._waits = True
        self.leg.play_background(self.music)

    def change_music(self, clip: Clip) -> None:
        """Another piece, if the caller still waits."""
        if self._waits:
            self.leg.play_background(clip)

    def change_ambience(self, clip: Clip | None) -> None:
        """Another sound behind the assistant, at once where it is heard now."""
        self.ambience = clip
        if not (self.on_hold or self._away or self._waits):
            self.leg.play_background(clip)

    def put_on_hold(self) -> None:
        """Music instead of the assistant, which is silent and does not hear."""
        self.on_hold = True
        self.pauses.hush(Why.ON_HOLD, True)
        self.receiver.deaf(True)
        self.pauses.hold(Why.ON_HOLD, True)
        self.leg.play_background(self.music)

    def take_off_hold(self) -> None:
        """The assistant hears, and may speak."""
        self.on_hold = False
        self.leg.play_background(self.ambience)
        self.receiver.deaf(False)
        self.pauses.hold(Why.ON_HOLD, False)
        self.pauses.hush(Why.ON_HOLD, False)

    def connected(self) -> None:
        """The caller hears somebody else from now on."""
        self._away, self._waits = True, False
        self.conversation.receive(HandedOver(True))
        self.leg.play_background(None)

    def take_back(self, note: str, text: str) -> None:
        """The assistant goes on, knowing why; `text` is said first."""
        self._waits = False
        self.leg.play_background(self.ambience)
        self.receiver.deaf(False)
        self.pauses.hold(Why.TRANSFER, False)
        if self._away:
            self._away = False
            self.conversation.receive(HandedOver(False))
        self.context.note(note)
        if text:
            self.conversation.receive(SayRequest(text))
