"""The caller speaks while an answer is alive: does he take the floor?

In the reversible mode the engine has stopped the assistant before anybody knows. From then on:

```
  sound     ▁▅▇▅▁▁▁▁▁▁▁▁▁           ▁▅▇▇▅▇▆▇▅▇▆▇▅        ▁▅▇▅▁▁▁▁▁
  partial                                "wait"            "uh-huh"
  assistant ████ stops ··└resume_after┘███   ████ stops ··┘ dropped   ████ stops ···└resume_after┘███
```
What goes on goes on at the exact sample. Words that come later still cut the assistant.
"""

from __future__ import annotations

from aywa.turn.actions import Guard
from aywa.turn.barge_in_settings import BargeInMode
from aywa.turn.causes import Cause
from aywa.turn.endpointing import EndpointState, UserTurn, Why
from aywa.turn.judgement import Judge, Judgement, Said, Verdict
from aywa.turn.question import question_open
from aywa.turn.settings import TurnSettings
from aywa.turn.shared import Shared
from aywa.turn.states import State

_RECENT = 300  # characters said last that an echo may repeat


class Interruption:
    """Judges by the sound, by its length and by its words. `now` is monotonic seconds."""

    def __init__(self, parts: Shared) -> None:
        self._parts = parts
        self._settings = parts.settings.barge
        self._mode = parts.settings.barge_mode
        self._floor = parts.floor
        self._judge = Judge(parts.settings.barge)
        self._moved_at = 0.0  # the assistant stopped, or words came
        self._silent_since: float | None = None  # None: there is sound
        self._words_open = False  # words came that may take the floor, and are not sure
        self._voice_until: float | None = None
        self._reports_partials: bool | None = None  # the recogniser of this call; None: not known yet
        self._guarded = False
        self._began_over = False  # the caller's turn, over an answer that was not cut

    def adopt(self, settings: TurnSettings) -> None:
        """Another plan from now on."""
        self._settings, self._mode = settings.barge, settings.barge_mode
        self._judge = Judge(settings.barge)

    @property
    def may_cut(self) -> bool:
        """Whether the caller can take the floor at all."""
        floor = self._floor
        if floor.state is State.CLOSING or floor.protected:
            return False
        return self._mode is not BargeInMode.OFF or floor.state is not State.SPEAKING

    @property
    def deadline(self) -> float | None:
        """When `handle_timers` has something to do."""
        if self._floor.state is State.YIELDED:
            return self._resume_at
        return self._voice_until if self._floor.state is State.SPEAKING else None

    def settle(self) -> None:
        """Tell the engine not to stop what a sound alone may not stop: it would be heard to stutter."""
        if self._floor.state is State.ENDED:
            return
        guarded = self._mode is not BargeInMode.OFF and not (self.may_cut and self._gives_way)
        if guarded is not self._guarded:
            self._guarded = guarded
            self._floor.act(Guard(guarded))

    def sound(self, sample: int, epoch: int, now: float) -> None:
        """The engine confirmed speech at `sample`; a higher epoch says that it stopped the assistant."""
        floor, answer = self._floor, self._floor.answer
        self._silent_since = None
        if self._parts.endpointer.start_sample == sample:  # with this sound the turn began
            self._began_over = answer is not None and floor.begun
        speaks = answer is not None and floor.state in (State.THINKING, State.SPEAKING)
        if speaks and self._mode is BargeInMode.VOICE and self.may_cut and floor.begun:
            self._voice_until = now + self._settings.voice_s
        if answer is not None and floor.state is not State.YIELDED and not (self.may_cut and self._gives_way):
            floor.decide(
                "turn.not_stopped",
                mode=self._mode.name,
                sample=sample,
                epoch=epoch,
                protected=floor.protected,
                begun=floor.begun,
                voice_s=self._settings.voice_s,
            )
        if not floor.gate.closed(epoch):
            return
        if not (self.may_cut and self._gives_way):
            # Nobody talks a farewell or a notice away; what the caller says is kept all the same.
            floor.open_gate()
        elif answer is not None and speaks:
            self._moved_at = now
            judgement = self.judge(self._parts.endpointer.text)
            voiceless_s = self._settings.voiceless_s
            self._decide("turn.stopped", judgement, sample=sample, epoch=epoch, voiceless_s=voiceless_s)
            floor.give_way(answer, sample, epoch, now)
            self._words_open = self._takes(judgement)

    def silence(self, silent_s: float, now: float) -> None:
        """The caller's last voiced sample was `silent_s` seconds ago."""
        self._silent_since = now - silent_s
        self._voice_until = None

    def transcribed(self, text: str, *, partial: bool) -> None:
        """A transcript came: does this recogniser tell words before their final?"""
        if partial:
            self._reports_partials = True
        elif text.strip() and self._reports_partials is None:
            self._reports_partials = False

    def words(self, now: float, *, sure: bool) -> bool:
        """The words of the open turn are others now; True when they cut the answer."""
        text = self._parts.endpointer.text
        floor = self._floor
        if not text:
            self._words_open = False  # a guess was taken back
        if floor.answer is None or not text or not self.may_cut:
            return False
        self._moved_at = now
        judgement = self.judge(text)
        self._words_open = self._takes(judgement)
        if not sure or judgement.verdict is not Verdict.COMMIT:
            return False
        self._cut(judgement, now)
        return True

    def turn_taken(self, turn: UserTurn, now: float) -> bool:
        """The caller has finished; True when nothing stands in the way of an answer."""
        floor = self._floor
        if floor.answer is None:
            return not self._acknowledges_what_is_over(turn)
        if turn.why is Why.KEYPAD:
            if self.may_cut:
                floor.cut(Cause.DIGIT, now)
            else:
                self._parts.keep(turn, urgent=floor.protected)
            return floor.answer is None
        judgement = self.judge(turn.text)
        if judgement.verdict is Verdict.COMMIT and self.may_cut:
            self._cut(judgement, now)
            return True
        if judgement.verdict in (Verdict.RESUME, Verdict.UNDECIDED):
            self._parts.acknowledged(turn)
        else:
            self._parts.keep(turn, urgent=judgement.verdict is Verdict.COMMIT and floor.protected)
        self._decide("turn.kept", judgement)
        if floor.state is State.YIELDED:
            floor.resume(Cause.BACKCHANNEL, now)
        return False

    def _acknowledges_what_is_over(self, turn: UserTurn) -> bool:
        """An "uh-huh" in an answer that has meanwhile come to its end asks for no other."""
        if not self._began_over or turn.why is Why.KEYPAD:
            return False
        judgement = self.judge(turn.text)
        if judgement.verdict is not Verdict.RESUME:
            return False
        self._parts.acknowledged(turn)
        self._decide("turn.kept", judgement)
        return True

    def handle_timers(self, now: float) -> None:
        """The sound is over and no word came; or the voice has lasted long enough."""
        deadline = self.deadline
        if deadline is None or now < deadline:
            return
        if self._floor.state is not State.YIELDED:
            self._voice_until = None
            if self.may_cut:
                self._floor.decide("turn.voice", voice_s=self._settings.voice_s)
                self._parts.unclear.cut()
                self._began_over = False
                self._floor.cut(Cause.VOICE, now)
                self._floor.back_off(now)
            return
        judgement = self.judge(self._parts.endpointer.text)
        silent_s = None if self._silent_since is None else round(now - self._silent_since, 3)
        self._decide("turn.barge_in", judgement, silent_s=silent_s)
        self._floor.resume(Cause.BACKCHANNEL if judgement.words else Cause.NO_WORDS, now)

    def judge(self, text: str) -> Judgement:
        """What `text` means now."""
        return self._judge.judge(text, self._said())

    @property
    def _gives_way(self) -> bool:
        """Whether a sound alone stops the answer: whoever speaks before its first sample has not finished."""
        if self._mode is BargeInMode.OFF:
            return False
        floor = self._floor
        return self._mode is BargeInMode.REVERSIBLE or floor.state is State.YIELDED or not floor.begun

    @property
    def _resume_at(self) -> float | None:
        """When the assistant goes on if nothing more comes; None: the endpointer's times decide."""
        if self._words_open:
            return None
        if self._parts.endpointer.state is EndpointState.QUIET:
            return self._moved_at
        if self._silent_since is not None:
            if self._reports_partials is False:
                return None  # its words come with the final, late: the endpointer's times decide
            return self._silent_since + self._settings.resume_after_s
        return self._moved_at + self._settings.voiceless_s if self._reports_partials else None

    def _said(self) -> Said:
        floor = self._floor
        if floor.answer is None or not floor.begun:
            return Said(False, question_open(floor.last_heard, floor.last_heard), floor.last_heard[-_RECENT:])
        heard, text = floor.ledger.so_far(floor.answer.turn)
        return Said(True, question_open(heard, text), heard[-_RECENT:])

    def _takes(self, judgement: Judgement) -> bool:
        return judgement.verdict in (Verdict.COMMIT, Verdict.KEEP)

    def _cut(self, judgement: Judgement, now: float) -> None:
        floor = self._floor
        self._decide("turn.barge_in", judgement)
        self._began_over = False
        begun = floor.begun
        cause = Cause.TRANSCRIPT if floor.state is State.YIELDED else Cause.LATE_TRANSCRIPT
        floor.cut(cause, now, words=judgement.words, begun=begun)
        if begun:
            floor.back_off(now)

    def _decide(self, kind: str, judgement: Judgement, **inputs: object) -> None:
        said = self._said()
        self._floor.decide(
            kind,
            mode=self._mode.name,
            verdict=judgement.verdict.name,
            reason=judgement.reason.name,
            words=judgement.words,
            phrase=judgement.phrase,
            begun=said.begun,
            question=said.question,
            num_words=self._settings.num_words,
            resume_after_s=self._settings.resume_after_s,
            **inputs,
        )
