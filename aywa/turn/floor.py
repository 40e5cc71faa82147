"""The floor: who has it, and the moves by which it changes hands.

It holds the one answer that is alive, the gate and the heard ledger, and is the only writer of the state. The
turn manager decides which move is made when.
"""

from __future__ import annotations

from aywa.errors import EndCode
from aywa.turn.answer import SAMPLES_PER_S, Answer, Source
from aywa.turn.barge_in import Gate, GateState
from aywa.turn.chunker import Chunker, whole_text
from aywa.turn.end_phrases import EndPhrases
from aywa.turn.events import (
    CancelGeneration,
    Cause,
    Commit,
    Decided,
    EndTurn,
    HangUp,
    Resume,
    Speak,
    StartGeneration,
    Trigger,
    Truncate,
    TurnAction,
    Yield,
)
from aywa.turn.heard import HeardLedger
from aywa.turn.joining import joined
from aywa.turn.line import Line
from aywa.turn.settings import TurnSettings
from aywa.turn.speculation import Speculation
from aywa.turn.spoken import Spoken
from aywa.turn.states import State
from aywa.turn.wording.formatter import wording
from aywa.turn.words import heard_words


class Floor:
    """Moves only; no decisions. `now` is monotonic seconds."""

    def __init__(self, settings: TurnSettings) -> None:
        self.state = State.CREATED
        self.answer: Answer | None = None
        self.gate = Gate()
        self.ledger = HeardLedger()
        self.failures = 0  # failed answers in a row
        self.closing_until: float | None = None
        self.quiet_until: float | None = None  # after an interruption; phrases wait
        self.last_heard = ""  # of the answer before
        self._settings = settings
        self._turn = 0
        self.said = ""  # the text of the answer that spoke last
        self._said_turn = 0
        self._actions: list[TurnAction] = []
        self.ahead = Speculation(settings.speculation, self._actions.append)
        self._waiting: list[Speak] = []
        self._end_phrases = EndPhrases(settings.speaking.end_phrases)
        self._wording = wording(settings.speaking.format, settings.speaking.language)
        self._protected = tuple(heard_words(text) for text in settings.barge.protected)

    def adopt(self, settings: TurnSettings) -> None:
        """Another plan from now on, also for what is still to be said of an answer that is alive."""
        self._settings = settings
        self._end_phrases = EndPhrases(settings.speaking.end_phrases)
        self._wording = wording(settings.speaking.format, settings.speaking.language)
        self._protected = tuple(heard_words(text) for text in settings.barge.protected)
        self.ahead.adopt(settings.speculation)

    @property
    def begun(self) -> bool:
        """Whether a sample of the answer that is alive has been heard."""
        return self.answer is not None and self.ledger.begun(self.answer.turn)

    @property
    def protected(self) -> bool:
        """Whether what is being said, or is said next, may not be interrupted."""
        answer = self.answer
        if answer is None:
            return False
        if answer.protected or (
            answer.trigger is Trigger.GREETING and not self._settings.barge.first_message
        ):
            return True
        if not self._protected:
            return False
        words = heard_words(self.ledger.playing(answer.turn))
        return any(_contains(notice, words) or _contains(words, notice) for notice in self._protected)

    def actions(self) -> list[TurnAction]:
        """What is to be done, in order, since the last call."""
        actions = self._actions.copy()
        self._actions.clear()
        return actions

    def act(self, action: TurnAction) -> None:
        """Put one action out."""
        self._actions.append(action)

    def decide(self, kind: str, **data: object) -> None:
        """Put a decision out with its inputs and thresholds."""
        self._actions.append(Decided(kind, data))

    def listen(self, cause: Cause) -> None:
        """The call begins with the caller's turn."""
        self._enter(State.LISTENING, cause)

    def start(
        self,
        trigger: Trigger,
        cause: Cause,
        now: float,
        text: str | None = None,
        end_code: EndCode | None = None,
        protected: bool = False,
        *,
        answers: str | None = None,
    ) -> None:
        """Open a turn: the model's, or the given sentence, after which `end_code` ends the call.

        `answers`: the caller's words, for which an answer may have been made ahead.
        """
        assert self.answer is None, "one answer at a time"
        self._turn += 1
        scripted = text is not None
        answer = self.answer = Answer(self._turn, trigger, now, scripted=scripted, protected=protected)
        answer.chunker = Chunker(self._settings.speaking.chunks, self._settings.speaking.language)
        if self.gate.state is GateState.CLOSED:
            self.act(Commit(self.gate.open()))
        speculation = self.ahead.take(answers)
        self.act(StartGeneration(answer.turn, trigger, scripted, speculation))
        if text is not None:
            # A greeting may be long, and its first words are waited for; the rest is said in one breath.
            speaking, first = self._settings.speaking, trigger is Trigger.GREETING
            recorded = first and speaking.first_recorded
            cut = first and not recorded
            phrases = whole_text(text, speaking.chunks, speaking.language) if cut else [text]
            self.speak(answer, phrases, as_written=recorded)
            if end_code is None and trigger is Trigger.OPERATOR:
                end_code = self.end_phrase(answer)
        if end_code is not None:
            answer.end_code = end_code
            self.close(cause, now)
        else:
            self._enter(State.THINKING, cause, turn=answer.turn, trigger=trigger.name)

    def end_phrase(self, answer: Answer) -> EndCode | None:
        """What the call ends with when the answer holds one of the phrases that end it."""
        phrase = self._end_phrases.found(self.said if self._said_turn == answer.turn else "")
        if phrase is None:
            return None
        self.decide("turn.end_phrase", turn=answer.turn, phrase=phrase)
        return EndCode.END_PHRASE

    def start_line(self, line: Line, now: float) -> None:
        """Open a turn with this sentence."""
        self.start(line.trigger, line.cause, now, line.text, line.end_code, line.protected)

    def speak(self, answer: Answer, phrases: list[str], *, as_written: bool = False) -> None:
        """Give phrases to the synthesizer, behind those before, or keep them for the back-off."""
        if phrases and self._said_turn != answer.turn:
            self._said_turn, self.said = answer.turn, ""
        for text in phrases:
            self.said = joined((self.said, text))
            spoken = Spoken.as_written(text) if as_written else self._wording.speak(text)
            self.ledger.phrase(answer.turn, answer.phrases, spoken)
            phrase = Speak(answer.turn, answer.phrases, text, spoken.spoken)
            if self.quiet_until is None:
                self.act(phrase)
            else:
                self._waiting.append(phrase)
            answer.phrases += 1

    def back_off(self, now: float) -> None:
        """The caller has interrupted: say nothing for as long as the settings ask."""
        if self._settings.barge.backoff_s > 0:
            self.quiet_until = now + self._settings.barge.backoff_s
            self.decide("turn.backoff", backoff_s=self._settings.barge.backoff_s)

    def handle_timers(self, now: float) -> None:
        """The pause after an interruption may be over."""
        if self.quiet_until is not None and now >= self.quiet_until:
            self.quiet_until = None
            waiting, self._waiting = self._waiting, []
            for phrase in waiting:
                self.act(phrase)
            if self.answer is not None:
                self.answer.sign_of_life(now)

    def first_audio(self, answer: Answer) -> None:
        """A sample of the answer was heard."""
        self._enter(State.SPEAKING, Cause.FIRST_AUDIO, turn=answer.turn, timeline=self.ledger.timeline)

    def give_way(self, answer: Answer, sample: int, epoch: int, now: float) -> None:
        """The gate closed on the answer; whether it goes on is not known yet."""
        answer.stop_playing(now)
        self.act(Yield(answer.turn, epoch))
        self._enter(State.YIELDED, Cause.SPEECH_STARTED, turn=answer.turn, sample=sample, epoch=epoch)

    def resume(self, cause: Cause, now: float) -> None:
        """The caller did not mean it: the answer goes on at the exact sample."""
        answer = self.answer
        assert answer is not None
        self.act(Resume(self.gate.open(), answer.turn))
        answer.go_on(now)
        if answer.end_code is not None and answer.source is Source.COMPLETE:
            self.close(cause, now)
        else:
            state = State.SPEAKING if self.begun else State.THINKING
            self._enter(state, cause, turn=answer.turn, played=self.ledger.played)

    def open_gate(self) -> None:
        """Nothing was cut, or nothing may be: let what is written be played."""
        self.act(Resume(self.gate.open(), None if self.answer is None else self.answer.turn))

    def cut(self, cause: Cause, now: float, **inputs: object) -> None:
        """End the answer here: what was not played is dropped, the gate opens for what comes next."""
        self.end_answer(cause)
        self.act(Commit(self.gate.open()))
        self.ledger.flushed()
        self._enter(State.LISTENING, cause, **inputs)

    def end_answer(self, cause: Cause) -> None:
        """Stop the answer and settle what was heard of it."""
        answer = self.answer
        assert answer is not None
        self.answer = self.closing_until = None
        self._waiting = []
        heard = self.ledger.settle(answer.turn)
        self.last_heard = heard.text or self.last_heard
        whole = heard.complete and answer.source is Source.COMPLETE
        self.act(CancelGeneration(answer.turn, cause))
        if not whole:
            self.act(Truncate(answer.turn, heard.text, heard.end_sample))
        self.act(
            EndTurn(answer.turn, answer.trigger, heard.text, not whole, heard.start_sample, heard.end_sample)
        )

    def finish(self, answer: Answer, cause: Cause) -> None:
        """The answer was heard to its end: hang up if that was the last, or listen."""
        if answer.end_code is not None:
            self.hang_up(cause)
            return
        if answer.trigger in (Trigger.USER, Trigger.GREETING) and not answer.failed:
            self.failures = 0
        heard = self.ledger.settle(answer.turn)
        self.last_heard = heard.text or self.last_heard
        self.answer = None
        self.act(
            EndTurn(answer.turn, answer.trigger, heard.text, False, heard.start_sample, heard.end_sample)
        )
        self._enter(State.LISTENING, cause, turn=answer.turn)

    def close(self, cause: Cause, now: float) -> None:
        """From here on the last words are being heard, and nothing takes them away."""
        answer = self.answer
        assert answer is not None
        bound_s = self._settings.closing_timeout_s + self.ledger.unplayed / SAMPLES_PER_S
        self.closing_until = now + bound_s
        self._enter(State.CLOSING, cause, turn=answer.turn, bound_s=round(bound_s, 3))

    def hang_up(self, cause: Cause) -> None:
        """The answer was the last one."""
        assert self.answer is not None
        code = self.answer.end_code or EndCode.ASSISTANT_HANGUP
        self.end_answer(cause)
        self.act(HangUp(code, cause))
        self._enter(State.ENDED, cause)

    def give_up(self, code: EndCode, cause: Cause) -> None:
        """There is nothing left to say it with: hang up without a word."""
        self.act(HangUp(code, cause))
        self._enter(State.ENDED, cause)

    def end(self) -> None:
        """The call is over; what was not played is not heard, though the leg may go on with somebody else."""
        if self.answer is not None:
            self.end_answer(Cause.CALL_ENDED)
            self.act(Commit(self.gate.open()))
            self.ledger.flushed()
        if self.state is not State.ENDED:
            self._enter(State.ENDED, Cause.CALL_ENDED)

    def _enter(self, state: State, cause: Cause, **inputs: object) -> None:
        """The only writer of the state."""
        if state is State.ENDED:
            self.ahead.close()
        self.decide(
            "turn.state", **{"from": self.state.name, "to": state.name, "cause": cause.name, **inputs}
        )
        self.state = state


def _contains(text: tuple[str, ...], part: tuple[str, ...]) -> bool:
    """Whether the words of `part` stand in a row in `text`."""
    return bool(part) and any(text[at : at + len(part)] == part for at in range(len(text) - len(part) + 1))
