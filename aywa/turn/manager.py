"""The turn manager: decides when to wait, speak, yield and resume.

A pure machine in the house's shape: one input with `receive`, drain `actions()`, wait until `deadline` or the
next input. It asks the endpointer (is the caller finished?), the floor with its gate and heard ledger (may
the assistant be heard, and what was?) and the limits, and folds their deadlines. Every decision comes out as
`Decided`, with its inputs and thresholds.
"""

from __future__ import annotations

from collections import deque

from aywa.errors import EndCode
from aywa.turn.answer import Answer, Source
from aywa.turn.barge_in import GateState, Verdict
from aywa.turn.endpointing import Correction, Endpointer, EndpointState, NothingSaid, UserTurn, Why
from aywa.turn.events import (
    AudioWritten,
    CallEnded,
    CallerSilence,
    CallerSpeech,
    CallStarted,
    Cause,
    FinalText,
    GateShut,
    HandedOver,
    Hushed,
    KeyPressed,
    LineHeld,
    ModelDone,
    ModelFailed,
    ModelToken,
    PartialText,
    PhraseWritten,
    PlayedTo,
    SayRequest,
    SpeechDoubted,
    SpeechFailed,
    ToolFinished,
    ToolStarted,
    Trigger,
    TurnAction,
    TurnInput,
    UserAmended,
    UserSaid,
)
from aywa.turn.floor import Floor
from aywa.turn.heard import HeardLedger
from aywa.turn.hush import Hush
from aywa.turn.keypad import Keypad
from aywa.turn.limits import Limit, Limits
from aywa.turn.line import Line
from aywa.turn.settings import TurnSettings
from aywa.turn.states import State, Wakeup
from aywa.turn.unclear import Unclear


class TurnManager:
    """One conversation. `now` is monotonic seconds and must not go back."""

    def __init__(self, settings: TurnSettings) -> None:
        self._settings = settings
        self._floor = Floor(settings)
        self._endpointer = Endpointer(settings)
        self._limits = Limits(settings)
        self._unclear = Unclear(settings)
        self._lines: deque[Line] = deque()
        self._unanswered: list[UserTurn] = []  # taken while the assistant could not be interrupted
        self._keypad = Keypad(settings.dtmf_wait_s)
        self._hush = Hush()
        self._held = False

    # --- the machine's border -----------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """Whose turn it is."""
        return self._floor.state

    @property
    def ledger(self) -> HeardLedger:
        """What was heard so far; for reading."""
        return self._floor.ledger

    @property
    def turn(self) -> int | None:
        """The assistant turn that is alive."""
        return None if self._floor.answer is None else self._floor.answer.turn

    @property
    def deadline(self) -> tuple[float, Wakeup] | None:
        """When `handle_timers` wants to be called at the latest, and why."""
        if self.state is State.ENDED:
            return None
        moments: list[tuple[float, Wakeup]] = []
        if (moment := self._endpointer.deadline) is not None:
            moments.append((moment, Wakeup.ENDPOINTING))
        if (moment := self._keypad.deadline) is not None:
            moments.append((moment, Wakeup.KEYPAD))
        if (answer := self._due_answer) is not None:
            moments.append((answer.deadline(self._settings)[0], Wakeup.ANSWER))
        if self._floor.closing_until is not None:
            moments.append((self._floor.closing_until, Wakeup.CLOSING))
        if (moment := self._limits.deadline) is not None:
            moments.append((moment, Wakeup.LIMIT))
        return min(moments, key=lambda entry: entry[0], default=None)

    @property
    def _due_answer(self) -> Answer | None:
        """The answer that somebody may be late with: not while it cannot play."""
        stopped = self._held or self.state is State.YIELDED
        return None if stopped else self._floor.answer

    def actions(self) -> list[TurnAction]:
        """What is to be done, in order, since the last call."""
        return self._floor.actions()

    def receive(self, event: TurnInput, now: float) -> None:
        """Take one input."""
        if isinstance(event, CallEnded):
            self._call_ended()
            return
        if self.state is State.ENDED:
            return
        match event:
            case CallStarted(greet):
                self._call_started(greet, now)
            case CallerSpeech(sample, epoch):
                self._caller_speech(sample, epoch, now)
            case CallerSilence(sample, silent_s):
                self._endpointer.speech_stopped(sample, now, silent_s)
            case GateShut(epoch, played, timeline):
                self._gate_shut(epoch, played, timeline, now)
            case PartialText(text, confidence):
                self._endpointer.partial(text, now)
                sure = confidence is not None and confidence >= self._settings.partial_confidence
                if sure and self._text_came(text, now):
                    self._unclear.cut()
            case FinalText(text, _, start_sample, end_sample):
                self._endpointer.final(text, now, start_sample, end_sample)
                self._text_came(text, now)
            case SpeechDoubted():
                self._speech_doubted(event, now)
            case LineHeld(held):
                self._line_held(held, now)
            case HandedOver(away):
                if away:
                    self._limits.stop()
                else:
                    self._limits.start(now)
            case Hushed(on):
                self._hushed(on, now)
            case KeyPressed(digit):
                self._key(digit, now)
            case SayRequest():
                self._say(event, now)
            case PlayedTo(played, timeline):
                self.ledger.played_to(played, timeline)
            case _:
                self._answer_event(event, now)
        self._settle(now)

    def handle_timers(self, now: float) -> None:
        """Do what is due at `now`."""
        if self.state is State.ENDED:
            return
        self._endpointer.handle_timers(now)
        self._keys_complete(self._keypad.due(now))
        self._settle(now)
        if (answer := self._due_answer) is not None:
            moment, cause = answer.deadline(self._settings)
            if now >= moment:
                self._answer_overdue(answer, cause, now)
        if self._floor.closing_until is not None and now >= self._floor.closing_until:
            self._floor.hang_up(Cause.CLOSING_BOUND)
        if self.state not in (State.CLOSING, State.ENDED):
            self._limit_reached(now)
        self._settle(now)

    # --- the caller ---------------------------------------------------------------------------------------

    def _call_started(self, greet: bool, now: float) -> None:
        self._limits.start(now)
        if greet and self._settings.greet:
            self._floor.start(Trigger.GREETING, Cause.CALL_STARTED, now)
        else:
            self._floor.listen(Cause.CALL_STARTED)

    def _caller_speech(self, sample: int, epoch: int, now: float) -> None:
        self._endpointer.speech_started(sample, now)
        if not self._floor.gate.closed(epoch):
            return
        answer = self._floor.answer
        if not self._settings.barge_in or self.state is State.CLOSING:
            # Nobody talks the farewell away; what the caller says is kept all the same.
            self._floor.open_gate()
        elif answer is not None and self.state in (State.THINKING, State.SPEAKING):
            self._floor.give_way(answer, sample, epoch, now)

    def _speech_doubted(self, doubted: SpeechDoubted, now: float) -> None:
        """A noise has cut the answer: it goes on. What a recogniser guesses in the noise comes to nothing."""
        if self.state is State.YIELDED:
            self._floor.decide("turn.doubted", sample=doubted.sample, probability=doubted.probability)
            self._floor.resume(Cause.NO_VOICE, now)

    def _line_held(self, held: bool, now: float) -> None:
        """While held, silence is not the caller's and what was written does not play."""
        if self._held and not held and self._floor.answer is not None:
            self._floor.answer.held_until(now, self.ledger.unplayed)
        self._held = held

    def _hushed(self, on: bool, now: float) -> None:
        """Stop at once, stay silent; afterwards whoever has just spoken is answered. A farewell goes on."""
        if self.state is State.CLOSING:
            return
        self._floor.decide("turn.hushed", on=on)
        if on:
            self._hush.begin()
            if self._floor.answer is not None:
                self._floor.cut(Cause.HUSHED, now)
            for turn in [*self._unanswered, *self._last_words()]:
                self._user_said(turn)
            self._endpointer = Endpointer(self._settings)  # who goes on speaking begins anew
            self._lines.clear()
            self._unanswered = []
        elif self._hush.end(now) and self._endpointer.state is EndpointState.QUIET:
            self._floor.start(Trigger.USER, Cause.TURN_TAKEN, now)

    def _gate_shut(self, epoch: int, played: int, timeline: int, now: float) -> None:
        self.ledger.played_to(played, timeline)
        if epoch > self._floor.gate.epoch:  # its CallerSpeech was lost: the gate must not stay shut for that
            self._caller_speech(timeline, epoch, now)

    def _text_came(self, text: str, now: float) -> bool:
        """Words, perhaps of an interruption; True when they cut the answer."""
        if text.strip():
            self._limits.caller_heard(now)
        if self.state is not State.YIELDED:
            return False
        words, begun = self._endpointer.text, self._floor.begun
        if self._floor.gate.judge(words, complete=False, begun=begun) is Verdict.COMMIT:
            self._floor.cut(Cause.TRANSCRIPT, now, characters=len(words), begun=begun)
            return True
        return False

    def _user_turn(self, turn: UserTurn, now: float) -> None:
        """The caller has finished: answer, go on, or keep it for later."""
        floor = self._floor
        self._unclear.understood()
        floor.decide(
            "turn.taken",
            why=turn.why.name,
            wait_s=self._settings.wait_s,
            final_timeout_s=self._settings.final_timeout_s,
            start_sample=turn.start_sample,
            end_sample=turn.end_sample,
        )
        self._limits.caller_heard(now)
        if self.state is State.CLOSING or self._hush.on:
            self._hush.turn_taken(now)
            self._user_said(turn)
            return
        if self.state is State.YIELDED:
            if floor.gate.judge(turn.text, complete=True, begun=floor.begun) is Verdict.RESUME:
                floor.act(UserSaid(turn.text, turn.start_sample, turn.end_sample, counts=False))
                floor.resume(Cause.BACKCHANNEL, now)
                return
            floor.cut(Cause.TRANSCRIPT, now)
        elif self.state is State.SPEAKING and not self._settings.barge_in:
            self._unanswered.append(turn)
            return
        elif floor.answer is not None:
            floor.cut(Cause.DIGIT if turn.why is Why.KEYPAD else Cause.LATE_TRANSCRIPT, now)
        self._user_said(turn)
        floor.start(Trigger.USER, Cause.TURN_TAKEN, now)

    def _nothing_said(self, nothing: NothingSaid, now: float) -> None:
        settings = self._settings
        self._floor.decide(
            "turn.nothing",
            why=nothing.why.name,
            spoken_s=nothing.spoken_s,
            final_timeout_s=settings.final_timeout_s,
            unclear_speech_s=settings.unclear_speech_s,
        )
        if self.state is State.YIELDED:
            self._floor.resume(Cause.NOTHING_SAID, now)
            return
        if self._floor.gate.state is GateState.CLOSED:
            self._floor.open_gate()
        if self.state is State.LISTENING and not self._hush.on and self._unclear.asks(nothing):
            self._lines.append(Line(Trigger.REPROMPT, Cause.NOTHING_SAID, settings.phrases.reprompt))

    def _corrected(self, text: str, now: float) -> None:
        """The caller's words were others than the partial that is being answered."""
        answer = self._floor.answer
        self._floor.act(UserAmended(text))
        unheard = self.state is State.THINKING and not self._floor.begun
        if unheard and answer is not None and answer.trigger is Trigger.USER:
            self._floor.cut(Cause.AMENDED, now)
            self._floor.start(Trigger.USER, Cause.AMENDED, now)

    def _key(self, digit: str, now: float) -> None:
        self._limits.caller_heard(now)
        if self.state is State.CLOSING:
            return
        if self._floor.answer is not None and self._settings.barge_in:
            self._floor.cut(Cause.DIGIT, now, digit=digit)
        self._keys_complete(self._keypad.press(digit, now))

    def _keys_complete(self, keys: str) -> None:
        if keys:
            self._endpointer.take_keys(keys)

    def _call_ended(self) -> None:
        """Settle what was said and what was heard; the last words of the caller are kept."""
        taken = self._last_words()
        self._floor.end()
        for turn in [*self._unanswered, *taken]:
            self._user_said(turn)
        if keys := self._keypad.take():
            self._floor.act(UserSaid(keys, None, None))
        self._unanswered = []

    def _last_words(self) -> list[UserTurn]:
        """All that the caller has said and that was not taken yet; the endpointer is done with."""
        taken = [result for result in self._endpointer.results() if isinstance(result, UserTurn)]
        last = self._endpointer.close()
        return taken if last is None else [*taken, last]

    # --- the answer ---------------------------------------------------------------------------------------

    def _answer_event(self, event: TurnInput, now: float) -> None:
        """An event of model, tool or synthesizer; one of a turn that is gone says nothing any more."""
        answer, floor = self._floor.answer, self._floor
        if answer is None or getattr(event, "turn", None) != answer.turn:
            return
        if answer.source is Source.COMPLETE and not isinstance(
            event, AudioWritten | PhraseWritten | SpeechFailed
        ):
            return  # its text was complete: the model has nothing to add
        match event:
            case ModelToken(_, text):
                answer.model_writes(now)
                floor.speak(answer, answer.chunker.feed(text))
            case ModelDone(_, end_call):
                self._model_done(answer, end_call, now)
            case ModelFailed(_, detail):
                self._model_failed(answer, detail, now)
            case ToolStarted(_, _, timeout_s):
                floor.speak(answer, answer.chunker.flush())
                answer.tool_started(timeout_s, now)
            case ToolFinished():
                answer.model_writes(now)
            case AudioWritten(_, phrase, samples, words, levels):
                answer.wrote(samples, now)
                self.ledger.wrote(answer.turn, phrase, samples, words, levels)
            case PhraseWritten(_, phrase):
                answer.sign_of_life(now)
                answer.phrases_written += 1
                self.ledger.wrote_whole(answer.turn, phrase)
            case SpeechFailed(_, phrase, detail):
                floor.decide("turn.speech_failed", turn=answer.turn, phrase=phrase, detail=detail)
                self._speech_failed(Cause.SPEECH_FAILED, now)

    def _model_done(self, answer: Answer, end_call: bool, now: float) -> None:
        floor = self._floor
        floor.speak(answer, answer.chunker.flush())
        answer.text_complete()
        answer.sign_of_life(now)
        if end_call:
            answer.end_code = EndCode.ASSISTANT_HANGUP
        if not answer.phrases:
            if answer.trigger is not Trigger.USER or end_call:
                floor.finish(answer, Cause.NOTHING_TO_SAY)
                return
            # A caller who has asked something must not be left in silence.
            floor.decide("turn.reprompt", cause=Cause.NOTHING_TO_SAY.name)
            floor.speak(answer, [self._settings.phrases.reprompt])
        if end_call and self.state in (State.THINKING, State.SPEAKING):
            floor.close(Cause.END_CALL, now)

    def _model_failed(self, answer: Answer, detail: str, now: float) -> None:
        """The text breaks off: say so in the same turn, behind what was said."""
        floor, phrases = self._floor, self._settings.phrases
        answer.chunker.drop()  # half a clause is worse than none
        answer.text_complete()
        answer.sign_of_life(now)
        answer.failed = True
        given_up = self._failure("turn.model_failed", detail=detail)
        floor.speak(answer, [phrases.failure_farewell if given_up else phrases.apology])
        if given_up:
            answer.end_code = EndCode.PROVIDER_ERROR
            if self.state in (State.THINKING, State.SPEAKING):
                floor.close(Cause.MODEL_FAILED, now)

    def _speech_failed(self, cause: Cause, now: float) -> None:
        """Nothing more of this answer can be heard: apologise, or give up when that fails too."""
        given_up = self._failure("turn.cannot_speak", cause=cause.name)
        if self.state is State.CLOSING:
            self._floor.hang_up(cause)
            return
        self._floor.cut(cause, now)
        if given_up:
            self._floor.give_up(EndCode.PROVIDER_ERROR, cause)
        else:
            self._lines.append(Line(Trigger.APOLOGY, cause, self._settings.phrases.apology))

    def _answer_overdue(self, answer: Answer, cause: Cause, now: float) -> None:
        """Something that had to come did not."""
        floor, phrases = self._floor, self._settings.phrases
        floor.decide("turn.overdue", turn=answer.turn, cause=cause.name, unplayed=self.ledger.unplayed)
        if cause is Cause.PLAYOUT_LOST:
            self.ledger.assume_played()
            floor.finish(answer, cause)
        elif cause is Cause.SPEECH_SILENT:
            self._speech_failed(cause, now)
        else:
            given_up = self._failure("turn.model_silent", timeout_s=self._settings.model_timeout_s)
            floor.cut(cause, now)
            if given_up:
                floor.start(Trigger.FAREWELL, cause, now, phrases.failure_farewell, EndCode.PROVIDER_ERROR)
            else:
                self._lines.append(Line(Trigger.APOLOGY, cause, phrases.apology))

    def _failure(self, kind: str, **data: object) -> bool:
        """Count a failed answer; True when that was one too many."""
        self._floor.failures += 1
        limit = self._settings.max_failures
        self._floor.decide(kind, failures=self._floor.failures, max_failures=limit, **data)
        return self._floor.failures >= limit

    # --- limits, operator, and what follows from an input ---------------------------------------------------

    def _say(self, request: SayRequest, now: float) -> None:
        if self.state is State.CLOSING:
            self._floor.decide("turn.say_refused", state=self.state.name)
            return
        code = EndCode.ASSISTANT_HANGUP if request.end_call else None
        self._lines.append(Line(Trigger.OPERATOR, Cause.OPERATOR, request.text, code))
        if request.interrupt and self._floor.answer is not None:
            self._floor.cut(Cause.OPERATOR, now)

    def _limit_reached(self, now: float) -> None:
        limit = self._limits.reached(now)
        if limit is None:
            return
        floor, phrases, settings = self._floor, self._settings.phrases, self._settings
        floor.decide("turn.limit", limit=limit.name, max_duration_s=settings.max_duration_s)
        match limit:
            case Limit.PROMPT:
                floor.start(Trigger.SILENCE, Cause.SILENCE, now, phrases.silence_prompt)
            case Limit.SILENCE:
                floor.start(Trigger.FAREWELL, Cause.SILENCE, now, phrases.silence_farewell, EndCode.SILENCE)
            case Limit.MAX_DURATION:
                if floor.answer is not None:
                    floor.cut(Cause.MAX_DURATION, now)
                text, code = phrases.duration_farewell, EndCode.MAX_DURATION
                floor.start(Trigger.FAREWELL, Cause.MAX_DURATION, now, text, code)

    def _settle(self, now: float) -> None:
        """Draw the conclusions of what has just come in."""
        for result in self._endpointer.results():
            match result:
                case UserTurn():
                    self._user_turn(result, now)
                case NothingSaid():
                    self._nothing_said(result, now)
                case Correction(text):
                    self._corrected(text, now)
        floor, answer = self._floor, self._floor.answer
        if answer is not None:
            if self.state is State.THINKING and floor.begun:
                floor.first_audio(answer)
            if answer.complete and answer.phrases and self.ledger.finished(answer.turn):
                floor.finish(answer, Cause.ANSWER_PLAYED)
        quiet = self._endpointer.state is EndpointState.QUIET and self._keypad.idle and not self._hush.on
        if self.state is State.LISTENING and quiet:
            self._take_the_floor(now)
        if self.state in (State.CLOSING, State.ENDED):
            self._limits.stop()
            self._lines.clear()
        self._limits.count(self.state is State.LISTENING and quiet and not self._held, now)

    def _take_the_floor(self, now: float) -> None:
        """Nobody speaks: answer what is unanswered, or say the next line that waits."""
        if self._unanswered:
            for turn in self._unanswered:
                self._user_said(turn)
            self._unanswered = []
            self._floor.start(Trigger.USER, Cause.TURN_TAKEN, now)
        elif self._lines:
            line = self._lines.popleft()
            self._floor.start(line.trigger, line.cause, now, line.text, line.end_code)

    def _user_said(self, turn: UserTurn) -> None:
        self._floor.act(UserSaid(turn.text, turn.start_sample, turn.end_sample))
