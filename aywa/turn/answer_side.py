"""The answer side of a turn: what model, tools, synthesizer and marks say, or what follows without them."""

from __future__ import annotations

from aywa.errors import EndCode
from aywa.turn.answer import Answer, Source
from aywa.turn.causes import Cause, Trigger
from aywa.turn.filler import Fillers
from aywa.turn.inputs import (
    AudioWritten,
    ModelDone,
    ModelFailed,
    ModelToken,
    PhraseWritten,
    SpeechFailed,
    ToolFinished,
    ToolStarted,
    TurnInput,
)
from aywa.turn.line import Line
from aywa.turn.settings import TurnSettings
from aywa.turn.shared import Shared
from aywa.turn.states import State
from aywa.turn.tool_messages import fitting


class AnswerSide:
    """Follows the answer that is alive. `now` is monotonic seconds."""

    def __init__(self, parts: Shared) -> None:
        self._parts = parts
        self._settings = parts.settings
        self._floor = parts.floor
        self._fillers = Fillers(parts.settings.speaking.fillers, parts.settings.speaking.seed)

    def adopt(self, settings: TurnSettings) -> None:
        """Another plan from now on."""
        self._settings = settings
        self._fillers = Fillers(settings.speaking.fillers, settings.speaking.seed)

    @property
    def due(self) -> Answer | None:
        """The answer that somebody may be late with: not while it cannot play."""
        backs_off = self._floor.quiet_until is not None
        stopped = self._parts.held or backs_off or self._floor.state is State.YIELDED
        return None if stopped else self._floor.answer

    def rewind(self, turn: int) -> str:
        """What of the answer's text waits for its phrase to be complete; it waits no more."""
        answer = self._floor.answer
        if answer is None or answer.turn != turn or answer.source is Source.COMPLETE:
            return ""
        return answer.chunker.drop()

    def settle(self, now: float) -> None:
        """Notice that the answer is heard, and that it was heard to its end."""
        floor, answer = self._floor, self._floor.answer
        if answer is not None:
            if floor.state is State.THINKING and floor.begun:
                floor.first_audio(answer)
            if answer.complete and answer.phrases and floor.ledger.finished(answer.turn):
                floor.finish(answer, Cause.ANSWER_PLAYED)

    @property
    def filler_due(self) -> float | None:
        """When something is to be said while a tool runs."""
        answer = self.due
        return None if answer is None or answer.source is not Source.TOOL else self._fillers.deadline

    def handle_timers(self, now: float) -> None:
        """Say what fills the time of a slow tool; give up what is late."""
        if (answer := self.due) is not None:
            if answer.source is Source.TOOL:
                waiting = answer.phrases_written < answer.phrases
                silent_from = now if waiting else answer.plays_until
                if (text := self._fillers.due(now, silent_from)) is not None:
                    self._floor.decide("turn.filler", turn=answer.turn, text=text)
                    self._floor.speak(answer, [text])
            moment, cause = answer.deadline(self._settings)
            if now >= moment:
                self._overdue(answer, cause, now)

    def receive(self, event: TurnInput, now: float) -> None:
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
            case ToolStarted(_, tool, timeout_s, messages, arguments):
                floor.speak(answer, answer.chunker.flush())
                answer.tool_started(timeout_s, now)
                messages = fitting(self._settings.speaking.messages_for(tool) or messages, arguments)
                if (filler := self._fillers.tool_started(answer.turn, messages, now)) is not None:
                    floor.speak(answer, [filler])
            case ToolFinished():
                self._fillers.tool_finished()
                answer.model_writes(now)
            case AudioWritten(_, phrase, samples, words, levels):
                answer.wrote(samples, now)
                self._floor.ledger.wrote(answer.turn, phrase, samples, words, levels)
            case PhraseWritten(_, phrase):
                answer.sign_of_life(now)
                answer.phrases_written += 1
                self._floor.ledger.wrote_whole(answer.turn, phrase)
            case SpeechFailed(_, phrase, detail):
                floor.decide("turn.speech_failed", turn=answer.turn, phrase=phrase, detail=detail)
                self._speech_failed(Cause.SPEECH_FAILED, now)

    def _model_done(self, answer: Answer, end_call: bool, now: float) -> None:
        floor = self._floor
        floor.speak(answer, answer.chunker.flush())
        answer.text_complete()
        answer.sign_of_life(now)
        goodbye = self._settings.speaking.end_message
        if end_call:
            answer.end_code = EndCode.ASSISTANT_SAID_GOODBYE if goodbye else EndCode.ASSISTANT_HANGUP
            floor.speak(answer, [goodbye] if goodbye else [])
        else:
            answer.end_code = floor.end_phrase(answer)
        if not answer.phrases:
            if answer.trigger is not Trigger.USER or end_call:
                floor.finish(answer, Cause.NOTHING_TO_SAY)
                return
            # A caller who has asked something must not be left in silence.
            floor.decide("turn.reprompt", cause=Cause.NOTHING_TO_SAY.name)
            floor.speak(answer, [self._settings.phrases.reprompt])
        if answer.end_code is not None and self._floor.state in (State.THINKING, State.SPEAKING):
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
            if self._floor.state in (State.THINKING, State.SPEAKING):
                floor.close(Cause.MODEL_FAILED, now)

    def _speech_failed(self, cause: Cause, now: float) -> None:
        """Nothing more of this answer can be heard: apologise, or give up when that fails too."""
        given_up = self._failure("turn.cannot_speak", cause=cause.name)
        if self._floor.state is State.CLOSING:
            self._floor.hang_up(cause)
            return
        self._floor.cut(cause, now)
        if given_up:
            self._floor.give_up(EndCode.PROVIDER_ERROR, cause)
        else:
            self._parts.lines.append(Line(Trigger.APOLOGY, cause, self._settings.phrases.apology))

    def _overdue(self, answer: Answer, cause: Cause, now: float) -> None:
        """Something that had to come did not."""
        floor, phrases = self._floor, self._settings.phrases
        floor.decide("turn.overdue", turn=answer.turn, cause=cause.name, unplayed=floor.ledger.unplayed)
        if cause is Cause.PLAYOUT_LOST:
            self._floor.ledger.assume_played()
            floor.finish(answer, cause)
        elif cause is Cause.SPEECH_SILENT:
            self._speech_failed(cause, now)
        else:
            given_up = self._failure("turn.model_silent", timeout_s=self._settings.model_timeout_s)
            floor.cut(cause, now)
            if given_up:
                floor.start(Trigger.FAREWELL, cause, now, phrases.failure_farewell, EndCode.PROVIDER_ERROR)
            else:
                self._parts.lines.append(Line(Trigger.APOLOGY, cause, phrases.apology))

    def _failure(self, kind: str, **data: object) -> bool:
        """Count a failed answer; True when that was one too many."""
        self._floor.failures += 1
        limit = self._settings.max_failures
        self._floor.decide(kind, failures=self._floor.failures, max_failures=limit, **data)
        return self._floor.failures >= limit
