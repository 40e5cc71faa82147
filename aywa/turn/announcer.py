"""What the assistant says without being asked by the caller: operator, limits, and what it owes."""

from __future__ import annotations

from aywa.errors import EndCode
from aywa.turn.causes import Cause, Trigger
from aywa.turn.inputs import SayRequest
from aywa.turn.limits import Limit
from aywa.turn.line import Line
from aywa.turn.settings import TurnSettings
from aywa.turn.shared import Shared
from aywa.turn.states import State


class Announcer:
    """Takes the floor when nobody has it, or when a limit says so. `now` is monotonic seconds."""

    def __init__(self, parts: Shared) -> None:
        self._parts = parts
        self._settings = parts.settings
        self._floor = parts.floor

    def say(self, request: SayRequest, now: float) -> None:
        """An operator's sentence waits its turn, or takes it."""
        if self._floor.state is State.CLOSING:
            self._floor.decide("turn.say_refused", state=self._floor.state.name)
            return
        code = (request.end_code or EndCode.ASSISTANT_HANGUP) if request.end_call else None
        self._parts.lines.append(
            Line(Trigger.OPERATOR, Cause.OPERATOR, request.text, code, request.protected)
        )
        cuts = request.interrupt and self._floor.answer is not None
        self._floor.decide(
            "turn.say",
            interrupt=request.interrupt,
            protected=request.protected,
            end_call=request.end_call,
            cuts=cuts,
        )
        if cuts:
            self._floor.cut(Cause.OPERATOR, now)

    def respond(self, *, first_message: bool) -> None:
        """The model's words, or the first message, wait their turn."""
        if self._floor.state is State.CLOSING:
            self._floor.decide("turn.say_refused", state=self._floor.state.name)
            return
        self._floor.decide("turn.respond", first_message=first_message)
        trigger, text = Trigger.OPERATOR, None
        if first_message:
            trigger, text = Trigger.GREETING, self._settings.speaking.first_message or None
        self._parts.lines.append(Line(trigger, Cause.OPERATOR, text))

    def adopt(self, settings: TurnSettings) -> None:
        """Another plan from now on."""
        self._settings = settings

    def limit_reached(self, now: float) -> None:
        """If a limit was reached, say so; some end the call."""
        limit = self._parts.limits.reached(now)
        if limit is None:
            return
        floor, settings = self._floor, self._settings
        phrases = settings.phrases
        floor.decide(
            "turn.limit",
            limit=limit.name,
            max_duration_s=settings.max_duration_s,
            silence_prompt_s=settings.silence_prompt_s,
            silence_timeout_s=settings.silence_timeout_s,
        )
        match limit:
            case Limit.PROMPT:
                floor.start(Trigger.SILENCE, Cause.SILENCE, now, self._parts.limits.idle.say())
            case Limit.SILENCE:
                floor.start(Trigger.FAREWELL, Cause.SILENCE, now, phrases.silence_farewell, EndCode.SILENCE)
            case Limit.MAX_DURATION:
                if floor.answer is not None:
                    floor.cut(Cause.MAX_DURATION, now)
                text, code = phrases.duration_farewell, EndCode.MAX_DURATION
                floor.start(Trigger.FAREWELL, Cause.MAX_DURATION, now, text, code)

    def take_the_floor(self, now: float) -> None:
        """Nobody speaks: answer what is unanswered, or say the next line that waits."""
        if self._parts.settle_unanswered():
            self._floor.start(Trigger.USER, Cause.TURN_TAKEN, now)
        elif self._parts.lines:
            line = self._parts.lines.popleft()
            self._floor.start_line(line, now)
