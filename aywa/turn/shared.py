"""What the sides of the turn manager work with together."""

from __future__ import annotations

from collections import deque

from aywa.turn.actions import UserSaid
from aywa.turn.causes import Unused
from aywa.turn.endpointing import Endpointer, EndpointState, UserTurn
from aywa.turn.floor import Floor
from aywa.turn.hush import Hush
from aywa.turn.keypad import Keypad
from aywa.turn.limits import Limits
from aywa.turn.line import Line
from aywa.turn.line_noise import NOISY_AFTER_S, QUIET_AFTER_S, LineNoise
from aywa.turn.settings import TurnSettings
from aywa.turn.speakers import Speakers
from aywa.turn.speculation import SpeculationState
from aywa.turn.states import State
from aywa.turn.unclear import Unclear


class Shared:
    """One conversation's parts; none of them knows another."""

    def __init__(self, settings: TurnSettings) -> None:
        self.settings = settings
        self.floor = Floor(settings)
        self.endpointer = Endpointer(settings)
        self.limits = Limits(settings)
        self.unclear = Unclear(settings)
        self.lines: deque[Line] = deque()  # sentences that wait until they may be said
        self.keypad = Keypad(settings.keypad)
        self.hush = Hush()
        self.noise = LineNoise()
        self.speakers = Speakers(settings.speaker_forgotten_s)
        self.unanswered: list[UserTurn] = []  # taken while the assistant could not be interrupted
        self.urgent = False  # one of them: it is answered before the answer is at its end
        self.held = False  # the line
        self.paused_after = ""  # the caller's words before a pause that is to be looked at

    def adopt(self, settings: TurnSettings) -> None:
        """Another plan from now on; what is known of the caller and of the line stays."""
        self.settings = settings
        self.floor.adopt(settings)
        self.endpointer.adopt(settings)
        self.limits.adopt(settings)
        self.unclear.adopt(settings)
        if self.keypad.idle:
            self.keypad = Keypad(settings.keypad)

    @property
    def state(self) -> State:
        """Whose turn it is."""
        return self.floor.state

    @property
    def may_answer(self) -> bool:
        """Whether the caller could be answered at once if this were all that is said."""
        stopped = self.hush.on or self.held or not self.keypad.idle
        return self.state is State.LISTENING and not stopped and not self.unanswered

    def settle_noise(self, now: float) -> None:
        """Write down that the line has become noisy, or still again."""
        self.noise.handle_timers(now)
        if (verdict := self.noise.changed(now)) is not None:
            noisy, noise_s = verdict
            self.floor.decide(
                "turn.noise",
                noisy=noisy,
                noise_s=round(noise_s, 3),
                noisy_after_s=NOISY_AFTER_S,
                quiet_after_s=QUIET_AFTER_S,
            )

    def settle_ahead(self) -> None:
        """What has just come in may leave nothing of an answer that is made ahead."""
        ahead = self.floor.ahead
        if self.endpointer.state is not EndpointState.WAITING:
            self.paused_after = ""
        if self.endpointer.state is EndpointState.QUIET:
            ahead.turn_over()
        elif not self.may_answer:
            ahead.drop(Unused.NOT_NOW)
        elif self.paused_after:
            ahead.boundary(self.paused_after)
            self.paused_after = ""
        elif ahead.state is SpeculationState.AHEAD:
            ahead.heard(self.endpointer.text)

    def user_said(self, turn: UserTurn) -> None:
        """The caller's words enter transcript and context."""
        self.floor.act(UserSaid(turn.text, turn.start_sample, turn.end_sample))

    def acknowledged(self, turn: UserTurn) -> None:
        """Words that ask for no answer enter the transcript only."""
        self.floor.act(UserSaid(turn.text, turn.start_sample, turn.end_sample, counts=False))

    def keep(self, turn: UserTurn, *, urgent: bool) -> None:
        """Answer this when the assistant has finished, or may be interrupted again."""
        self.unanswered.append(turn)
        self.urgent |= urgent

    def settle_unanswered(self) -> bool:
        """What could not be answered when it was said enters the context; False: there was nothing."""
        turns, self.unanswered, self.urgent = self.unanswered, [], False
        for turn in turns:
            self.user_said(turn)
        return bool(turns)
