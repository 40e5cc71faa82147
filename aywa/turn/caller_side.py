"""The caller's side of a turn: what speech, words, keys and the pauses between them lead to."""

from __future__ import annotations

from aywa.turn.actions import AskEndpointing, UserAmended, UserSaid
from aywa.turn.barge_in import GateState
from aywa.turn.causes import Cause, Trigger
from aywa.turn.endpointing import (
    AdviceWanted,
    Boundary,
    Correction,
    EndpointState,
    NothingSaid,
    UserTurn,
    WaitChosen,
)
from aywa.turn.inputs import FinalText, PartialText, SpeechDoubted
from aywa.turn.interruption import Interruption
from aywa.turn.line import Line
from aywa.turn.same_words import same_words
from aywa.turn.settings import TurnSettings
from aywa.turn.shared import Shared
from aywa.turn.states import State


class CallerSide:
    """Decides whether the caller is answered and the assistant goes on. `now` is monotonic seconds."""

    def __init__(self, parts: Shared) -> None:
        self._parts = parts
        self._settings = parts.settings
        self._floor = parts.floor
        self.interruption = Interruption(parts)

    def adopt(self, settings: TurnSettings) -> None:
        """Another plan from now on."""
        self._settings = settings
        self.interruption.adopt(settings)

    def conclude(self, now: float) -> None:
        """Act on what the endpointer has decided."""
        for result in self._parts.endpointer.results():
            match result:
                case UserTurn():
                    self._turn_taken(result, now)
                case NothingSaid():
                    self._nothing_said(result, now)
                case Correction(text, said):
                    self._corrected(text, said, now)
                case Boundary(text):
                    self._parts.paused_after = text
                case WaitChosen():
                    self._wait_chosen(result)
                case AdviceWanted(text):
                    self._floor.act(AskEndpointing(text))

    def speech(self, sample: int, epoch: int, now: float) -> None:
        """The engine confirmed speech; a higher epoch says that it closed the gate."""
        self._parts.endpointer.assistant_said(self._floor.said)
        self._parts.noise.sound(now)
        self._parts.unclear.sound()
        self._parts.endpointer.speech_started(sample, now)
        self.interruption.sound(sample, epoch, now)

    def silence(self, sample: int, silent_s: float, now: float) -> None:
        """The caller's last voiced sample was `sample`, `silent_s` seconds ago."""
        self._parts.noise.silence(now)
        self.interruption.silence(silent_s, now)
        self._parts.endpointer.speech_stopped(sample, now, silent_s)

    def gate_shut(self, epoch: int, played: int, timeline: int, now: float) -> None:
        """The gate closed: if its CallerSpeech was lost, it must not stay shut for that."""
        self._floor.ledger.played_to(played, timeline)
        if epoch > self._floor.gate.epoch:
            self.speech(timeline, epoch, now)

    def _wait_chosen(self, chosen: WaitChosen) -> None:
        """Write down why the caller is waited for so long."""
        wait = chosen.wait
        self._floor.decide(
            "turn.wait",
            wait_s=round(wait.seconds, 3),
            source=wait.source.name,
            unfinished=None if wait.unfinished is None else round(wait.unfinished, 3),
            clues=list(wait.clues),
            language=chosen.language,
            mode=self._settings.endpointing.mode.name,
        )

    def partial(self, event: PartialText, now: float) -> None:
        """What the caller seems to be saying; words that the recogniser is sure of may cut the answer."""
        if not self._parts.speakers.is_caller(event.speaker, now, final=False):
            self.interruption.transcribed(event.text, partial=True)
            return
        sure = event.confidence is not None and event.confidence >= self._settings.partial_confidence
        self._parts.endpointer.partial(
            event.text, now, end_of_turn=event.end_of_turn, language=event.language, sure=sure
        )
        self._parts.unclear.guessed(event.text)
        self.interruption.transcribed(event.text, partial=True)
        if sure:
            self._heard(event.text, now)
        if self.interruption.words(now, sure=sure):
            self._parts.unclear.cut()

    def final(self, event: FinalText, now: float) -> None:
        """What the caller has said."""
        self.interruption.transcribed(event.text, partial=False)
        if event.text.strip() and not self._parts.speakers.is_caller(event.speaker, now, final=True):
            self._somebody_else(event, now)
            return
        self._parts.endpointer.final(
            event.text,
            now,
            event.start_sample,
            event.end_sample,
            end_of_turn=event.end_of_turn,
            language=event.language,
        )
        self._heard(event.text, now)
        self.interruption.words(now, sure=True)

    def _somebody_else(self, event: FinalText, now: float) -> None:
        """A second voice is like a noise: it neither answers nor interrupts, and nobody is asked about it."""
        self._floor.decide(
            "turn.other_speaker",
            speaker=event.speaker,
            caller=self._parts.speakers.caller,
            words=len(event.text.split()),
        )
        self._parts.unclear.somebody_else()
        self._parts.endpointer.not_the_callers(now, event.start_sample, event.end_sample)

    def _heard(self, text: str, now: float) -> None:
        if text.strip():
            self._parts.limits.caller_heard(now)
            self._parts.noise.words(now)

    def doubted(self, doubted: SpeechDoubted, now: float) -> None:
        """A noise has cut the answer: it goes on. What a recogniser guesses in the noise comes to nothing."""
        self._floor.decide(
            "turn.doubted",
            sample=doubted.sample,
            probability=doubted.probability,
            voice_probability=self._settings.voice_probability,
            doubt_after_s=self._settings.doubt_after_s,
            state=self._floor.state.name,
        )
        self._parts.unclear.doubted()
        if self._floor.state is State.YIELDED:
            self._floor.resume(Cause.NO_VOICE, now)

    def _turn_taken(self, turn: UserTurn, now: float) -> None:
        """The caller has finished: answer, go on, or keep it for later."""
        floor = self._floor
        self._parts.unclear.understood()
        floor.decide(
            "turn.taken",
            why=turn.why.name,
            wait_s=self._settings.wait_s if turn.wait is None else round(turn.wait.seconds, 3),
            source=None if turn.wait is None else turn.wait.source.name,
            final_timeout_s=self._settings.final_timeout_s,
            start_sample=turn.start_sample,
            end_sample=turn.end_sample,
        )
        self._parts.limits.caller_heard(now)
        if self._floor.state is State.CLOSING or self._parts.hush.on:
            self._parts.hush.turn_taken(now)
            self._parts.user_said(turn)
            return
        if not self.interruption.turn_taken(turn, now):
            return
        self._parts.settle_unanswered()  # it was said before, and this answer is to both
        self._parts.user_said(turn)
        floor.start(Trigger.USER, Cause.TURN_TAKEN, now, answers=turn.text)

    def _nothing_said(self, nothing: NothingSaid, now: float) -> None:
        settings, unclear = self._settings, self._parts.unclear
        noisy = self._parts.noise.goes_on(now)
        listens = self._floor.state is State.LISTENING and not (noisy or self._parts.hush.on)
        voiceless = unclear.voiceless
        asks = listens and unclear.asks(nothing)
        unclear.over()
        self._floor.decide(
            "turn.nothing",
            why=nothing.why.name,
            spoken_s=nothing.spoken_s,
            final_timeout_s=settings.final_timeout_s,
            unclear_speech_s=settings.unclear_speech_s,
            noisy=noisy,
            voiceless=voiceless,
            asked=asks,
        )
        if self._floor.state is State.YIELDED:
            self._floor.resume(Cause.NOTHING_SAID, now)
            return
        if self._floor.gate.state is GateState.CLOSED:
            self._floor.open_gate()
        if asks:
            self._parts.lines.append(Line(Trigger.REPROMPT, Cause.NOTHING_SAID, settings.phrases.reprompt))

    def _corrected(self, text: str, said: str, now: float) -> None:
        """The caller's words were others than the partial that is being answered."""
        answer = self._floor.answer
        self._floor.act(UserAmended(text))
        same = same_words(text, said)
        unheard = self._floor.state is State.THINKING and not self._floor.begun
        self._floor.decide("turn.corrected", same_words=same, unheard=unheard)
        if same:
            return  # only spelt differently: the answer stands
        if unheard and answer is not None and answer.trigger is Trigger.USER:
            self._floor.cut(Cause.AMENDED, now)
            self._floor.start(Trigger.USER, Cause.AMENDED, now)

    def answer_what_is_urgent(self, now: float) -> None:
        """What was said during a sentence that may not be interrupted is answered right after it."""
        speaks = self._floor.state in (State.THINKING, State.SPEAKING)
        if self._parts.urgent and speaks and self.interruption.may_cut:
            self._floor.decide("turn.urgent", turns=len(self._parts.unanswered))
            self._floor.cut(Cause.LATE_TRANSCRIPT, now)

    def key(self, digit: str, now: float) -> None:
        """One key was pressed."""
        if not self._settings.keypad.enabled:
            self._floor.decide("turn.key_ignored", digit=digit)
            return
        self._parts.limits.caller_heard(now)
        if self._floor.state is State.CLOSING:
            return
        cuts = self._floor.answer is not None and self.interruption.may_cut
        self._floor.decide("turn.key", digit=digit, cuts=cuts, protected=self._floor.protected)
        if cuts:
            self._floor.cut(Cause.DIGIT, now)
        self.keys_complete(self._parts.keypad.press(digit, now))

    def keys_complete(self, keys: str) -> None:
        """These keys are one utterance; "" is none."""
        if keys:
            self._parts.endpointer.take_keys(keys)

    def hushed(self, on: bool, now: float) -> None:
        """Stop at once, stay silent; afterwards whoever has just spoken is answered. A farewell goes on."""
        if self._floor.state is State.CLOSING:
            return
        self._floor.decide("turn.hushed", on=on)
        if on:
            self._parts.hush.begin()
            if self._floor.answer is not None:
                self._floor.cut(Cause.HUSHED, now)
            last = self._last_words()
            self._parts.settle_unanswered()
            for turn in last:
                self._parts.user_said(turn)
            self._parts.endpointer = self._parts.endpointer.renewed()  # who goes on speaking begins anew
            self._parts.lines.clear()
        elif self._parts.hush.end(now) and self._parts.endpointer.state is EndpointState.QUIET:
            self._floor.start(Trigger.USER, Cause.TURN_TAKEN, now)

    def _last_words(self) -> list[UserTurn]:
        """All that the caller has said and that was not taken yet; the endpointer is done with."""
        taken = [result for result in self._parts.endpointer.results() if isinstance(result, UserTurn)]
        last = self._parts.endpointer.close()
        return taken if last is None else [*taken, last]

    def call_ended(self) -> None:
        """Settle what was said and what was heard; the last words of the caller are kept."""
        taken = self._last_words()
        self._floor.end()
        self._parts.settle_unanswered()
        for turn in taken:
            self._parts.user_said(turn)
        if keys := self._parts.keypad.take():
            self._floor.act(UserSaid(keys, None, None))
