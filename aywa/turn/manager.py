"""The turn manager: decides when to wait, speak, yield and resume.

A pure machine in the house's shape: one input with `receive`, drain `actions()`, wait until `deadline` or the
next input. It asks the endpointer (is the caller finished?), the floor with its gate and heard ledger (may
the assistant be heard, and what was?) and the limits, and folds their deadlines. Every decision comes out as
`Decided`, with its inputs and thresholds.
"""

from __future__ import annotations

from aywa.turn.actions import TurnAction
from aywa.turn.announcer import Announcer
from aywa.turn.answer_side import AnswerSide
from aywa.turn.caller_side import CallerSide
from aywa.turn.causes import Cause, Trigger
from aywa.turn.endpointing import EndpointState
from aywa.turn.heard import HeardLedger
from aywa.turn.inputs import (
    AnswerExpected,
    CallEnded,
    CallerSilence,
    CallerSpeech,
    CallStarted,
    EndpointingAdvised,
    FinalText,
    GateShut,
    HandedOver,
    Hushed,
    KeyPressed,
    LineHeld,
    PartialText,
    PlayedTo,
    Respond,
    SayRequest,
    SettingsChanged,
    SoundJudged,
    SpeechDoubted,
    TurnInput,
)
from aywa.turn.settings import TurnSettings
from aywa.turn.shared import Shared
from aywa.turn.states import State, Wakeup


class TurnManager:
    """One conversation. `now` is monotonic seconds and must not go back."""

    def __init__(self, settings: TurnSettings) -> None:
        self._parts = Shared(settings)
        self._caller = CallerSide(self._parts)
        self._answer = AnswerSide(self._parts)
        self._announcer = Announcer(self._parts)

    @property
    def settings(self) -> TurnSettings:
        """The call's thresholds."""
        return self._parts.settings

    @property
    def state(self) -> State:
        """Whose turn it is."""
        return self._parts.state

    @property
    def audio_wait_s(self) -> float:
        """Nothing is heard of an answer before the caller has been silent for so long."""
        return self._parts.settings.endpointing.audio_wait_s

    @property
    def ledger(self) -> HeardLedger:
        """What was heard so far; for reading."""
        return self._parts.floor.ledger

    @property
    def turn(self) -> int | None:
        """The assistant turn that is alive."""
        answer = self._parts.floor.answer
        return None if answer is None else answer.turn

    @property
    def deadline(self) -> tuple[float, Wakeup] | None:
        """When `handle_timers` wants to be called at the latest, and why."""
        if self.state is State.ENDED:
            return None
        parts = self._parts
        moments: list[tuple[float, Wakeup]] = []
        if (moment := self._caller.interruption.deadline) is not None:
            moments.append((moment, Wakeup.INTERRUPTION))
        if (moment := parts.floor.quiet_until) is not None:
            moments.append((moment, Wakeup.BACKOFF))
        if (moment := parts.endpointer.deadline) is not None:
            moments.append((moment, Wakeup.ENDPOINTING))
        if (moment := parts.keypad.deadline) is not None:
            moments.append((moment, Wakeup.KEYPAD))
        if (moment := self._answer.filler_due) is not None:
            moments.append((moment, Wakeup.FILLER))
        if (answer := self._answer.due) is not None:
            moments.append((answer.deadline(parts.settings)[0], Wakeup.ANSWER))
        if parts.floor.closing_until is not None:
            moments.append((parts.floor.closing_until, Wakeup.CLOSING))
        if (moment := parts.noise.quiet_at) is not None:
            moments.append((moment, Wakeup.LIMIT))
        if (moment := parts.limits.deadline) is not None:
            moments.append((moment, Wakeup.LIMIT))
        return min(moments, key=lambda entry: entry[0], default=None)

    def actions(self) -> list[TurnAction]:
        """What is to be done, in order, since the last call."""
        return self._parts.floor.actions()

    def receive(self, event: TurnInput, now: float) -> None:
        """Take one input."""
        if isinstance(event, CallEnded):
            self._caller.call_ended()
            return
        if self.state is State.ENDED:
            return
        parts, caller = self._parts, self._caller
        match event:
            case CallStarted(greet):
                self._call_started(greet, now)
            case CallerSpeech(sample, epoch):
                caller.speech(sample, epoch, now)
            case CallerSilence(sample, silent_s):
                caller.silence(sample, silent_s, now)
            case GateShut(epoch, played, timeline):
                caller.gate_shut(epoch, played, timeline, now)
            case PartialText():
                caller.partial(event, now)
            case FinalText():
                caller.final(event, now)
            case SpeechDoubted():
                caller.doubted(event, now)
            case SoundJudged(_, complete):
                parts.endpointer.sound_judged(complete, now)
            case EndpointingAdvised(text, wait_s):
                parts.endpointer.advised(text, wait_s, now)
            case AnswerExpected(expectation):
                parts.endpointer.expect(expectation)
            case LineHeld(held):
                self._line_held(held, now)
            case HandedOver(away):
                self._handed_over(away, now)
            case Hushed(on):
                caller.hushed(on, now)
            case KeyPressed(digit):
                caller.key(digit, now)
            case SayRequest():
                self._announcer.say(event, now)
            case Respond(first_message):
                self._announcer.respond(first_message=first_message)
            case SettingsChanged(settings):
                self._adopt(settings)
            case PlayedTo(played, timeline):
                self.ledger.played_to(played, timeline)
            case _:
                self._answer.receive(event, now)
        self._settle(now)

    def rewind(self, turn: int) -> str:
        """Forget the end of this turn's text that nobody was given to speak, and return it: it comes anew."""
        return self._answer.rewind(turn)

    def handle_timers(self, now: float) -> None:
        """Do what is due at `now`."""
        if self.state is State.ENDED:
            return
        parts = self._parts
        parts.floor.handle_timers(now)
        parts.endpointer.handle_timers(now)
        self._caller.keys_complete(parts.keypad.due(now))
        self._settle(now)
        self._caller.interruption.handle_timers(now)
        self._answer.handle_timers(now)
        if parts.floor.closing_until is not None and now >= parts.floor.closing_until:
            parts.floor.hang_up(Cause.CLOSING_BOUND)
        if self.state not in (State.CLOSING, State.ENDED):
            self._announcer.limit_reached(now)
        self._settle(now)

    def _call_started(self, greet: bool, now: float) -> None:
        parts = self._parts
        parts.limits.start(now)
        if greet and parts.settings.greet:
            first = parts.settings.speaking.first_message or None
            parts.floor.start(Trigger.GREETING, Cause.CALL_STARTED, now, first)
        else:
            parts.floor.listen(Cause.CALL_STARTED)

    def _handed_over(self, away: bool, now: float) -> None:
        """Those who talk with each other do not hear the rest of what it was saying; a farewell goes on."""
        parts = self._parts
        if not away:
            parts.limits.start(now)
            return
        parts.limits.stop()
        if parts.floor.answer is not None and self.state is not State.CLOSING:
            parts.floor.cut(Cause.HANDED_OVER, now)

    def _adopt(self, settings: TurnSettings) -> None:
        """What is being said goes on; what comes next goes by this."""
        parts = self._parts
        parts.floor.decide(
            "turn.adopted",
            max_duration_s=settings.max_duration_s,
            silence_timeout_s=settings.silence_timeout_s,
            mode=settings.endpointing.mode.name,
        )
        parts.adopt(settings)
        self._caller.adopt(settings)
        self._answer.adopt(settings)
        self._announcer.adopt(settings)

    def _line_held(self, held: bool, now: float) -> None:
        """While held, silence is not the caller's and what was written does not play."""
        parts = self._parts
        if parts.held and not held and parts.floor.answer is not None:
            parts.floor.answer.held_until(now, self.ledger.unplayed)
        parts.held = held

    def _settle(self, now: float) -> None:
        """Draw the conclusions of what has just come in."""
        parts = self._parts
        parts.settle_noise(now)
        self._caller.conclude(now)
        self._answer.settle(now)
        self._caller.answer_what_is_urgent(now)
        parts.settle_ahead()
        quiet = parts.endpointer.state is EndpointState.QUIET and parts.keypad.idle and not parts.hush.on
        if self.state is State.LISTENING and quiet:
            self._announcer.take_the_floor(now)
        if self.state in (State.CLOSING, State.ENDED):
            parts.limits.stop()
            parts.lines.clear()
        self._caller.interruption.settle()
        listens = self.state is State.LISTENING and quiet
        parts.limits.count(listens and not parts.held and not parts.noise.heard(now), now)
