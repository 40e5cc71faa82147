"""Judges each act of a call on what was received.

```
caller     ████ ··pause·· ████                    ████ (a cough, or "no, wait")
assistant       │<cut-in>│    ····│<response>│▒▒▒▒▒▒▒▒▒│······│▒▒▒▒▒
                                                  │<yield>│     resumed where it stopped?
```
Everything runs from the first or last sample of at least -42 dBFS that was sent to the first or last sample
that was received. The rules are in bench/README.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bench.turns.caller import ANSWER_BOUND_S, Acted, Heard
from bench.turns.dialogue import Disturb, Say
from bench.turns.hearing import UNKNOWN, Hearing, Run, Span
from bench.turns.outcome import Outcome, PauseOutcome
from bench.turns.recordings import AUDIBLE, RATE, words_of
from bench.turns.sounds import Kind
from bench.turns.trace import Entry, Trace

RESUME_S = 0.8  # after the end of a sound, in which the answer must go on
REACT_S = 0.3  # after its end, a sound's cut may still come
MOST_YIELD_S = 1.5
RETAKEN_S = 0.2  # of the old answer over the caller's words
IN_FLIGHT_S = 0.04  # two packets: what was sent before the decision
FADE = 400  # samples of a fade out and in; what is said in it is neither left out nor said twice
LEAD_IN = 8  # samples of a lead-in that cannot be told from what follows it
_HEARD_S = 6.0  # until the transcript has the cut answer


@dataclass(frozen=True, slots=True)
class Cut:
    """A place where the answer stopped before its end, and what came next."""

    at: float
    before: Run
    after: Run | None
    fade: int  # unknown samples around it

    @property
    def jump(self) -> int | None:
        """Samples left out (above 0) or said twice; 0 within the fade; None when it did not go on there."""
        if self.after is None or self.after.phrase != self.before.phrase:
            return None
        jump = self.after.first - self.before.last
        if self.fade == 0:
            return jump
        # The end of a fade out is silence, and that of a lead-in has the codes of what it leads to.
        return 0 if -LEAD_IN <= jump <= min(FADE, 2 * self.fade) else jump


class Judge:
    """One call's."""

    def __init__(self, heard: Heard, hearing: Hearing, trace: Trace) -> None:
        self._heard = heard
        self._hearing = hearing
        self._trace = trace
        self.left_out = 0  # acts during which the machine stood still

    def outcomes(self) -> Iterator[Outcome]:
        """Of every act that was carried out and had something to be judged on."""
        acts = self._heard.dialogue.acts
        for at, acted in enumerate(self._heard.acts):
            following = self._heard.acts[at + 1].begun if at + 1 < len(self._heard.acts) else None
            act = acts[acted.index]
            outcome = self._blank(acted, act)
            until = following if following is not None else acted.over + ANSWER_BOUND_S
            if any(
                begin < min(until, acted.over + 2.0) and end > acted.begun - 0.1
                for begin, end in self._heard.stalls
            ):
                self.left_out += 1
                continue
            judged = (
                self._say(act, acted, outcome, until)
                if isinstance(act, Say)
                else self._disturb(act, acted, outcome)
            )
            if judged:
                if outcome.failures:
                    outcome.why = list(self._why(acted.begun - 0.5, until))
                yield outcome

    def _blank(self, acted: Acted, act: Say | Disturb) -> Outcome:
        dialogue = self._heard.dialogue
        what = "turn" if isinstance(act, Say) else act.kind.value
        if act.after_s is None and isinstance(act, Disturb):
            what = "idle"
        elif act.after_s is not None and isinstance(act, Say):
            what = "interruption"
        return Outcome(
            dialogue=dialogue.id,
            language=dialogue.language,
            act=acted.index,
            what=what,
            prompt=act.name,
            begun=acted.begun,
            loss=dialogue.loss,
            echoed=dialogue.echo is not None,
        )

    # --- sentences ----------------------------------------------------------------------------------------

    def _say(self, act: Say, acted: Acted, outcome: Outcome, until: float) -> bool:
        onset, last = acted.begun + act.onset / RATE, acted.begun + act.last / RATE
        begin = onset
        if act.after_s is not None:
            interrupted = self._interruption(onset, last, outcome)
            if interrupted is None:
                outcome.what = "turn"  # the answer was over by itself
            else:
                begin = interrupted
        self._cut_ins(act, acted, outcome, begin, last)
        # What comes next may have been begun by the answer itself, a little before it can be heard.
        self._response(act, outcome, last, min(until + REACT_S, last + ANSWER_BOUND_S))
        return True

    def _cut_ins(self, act: Say, acted: Acted, outcome: Outcome, begin: float, last: float) -> None:
        """Who begins to speak after a pause began and before the sentence is over."""
        starts = [span.begin for span in self._hearing.starting(begin + 0.001, last)]
        if outcome.what == "interruption":  # what went on again is judged as that
            starts = [] if outcome.taken_back or outcome.missed else starts
        for at, pause in enumerate(act.pauses):
            from_ = acted.begun + pause.start / RATE
            to = acted.begun + act.pauses[at + 1].start / RATE if at + 1 < len(act.pauses) else last
            hit = [start for start in starts if from_ <= start < to]
            outcome.pauses.append(PauseOutcome(pause.ms, bool(hit)))
            starts = [start for start in starts if start not in hit]
        outcome.spoke_over = bool(starts)

    def _response(self, act: Say, outcome: Outcome, last: float, until: float) -> None:
        span = self._hearing.span_at(last)
        if span is not None and span.end > last + 0.3:
            return  # it speaks already: judged as a cut-in or a missed interruption
        begin = last if span is None else span.end + 0.001
        first = self._hearing.first_audible(begin, until - begin)
        if first is None:
            outcome.answered = False
            return
        outcome.response_ms = (first - last) * 1000
        starting = next((each for each in self._hearing.spans if each.end >= first), None)
        if starting is None:
            return
        run = next((each for each in starting.runs if each.phrase != UNKNOWN), None)
        if run is not None:
            self._added(act, outcome, run)

    def _added(self, act: Say, outcome: Outcome, run: Run) -> None:
        """What the runtime took of the response's time."""
        text = self._hearing.phrases[run.phrase].text
        taken = self._trace.of("turn.taken", 0, run.begin)
        bytes_at = [
            each.at for each in self._trace.of("*tts.first_byte", 0, run.begin) if each.data["text"] == text
        ]
        if bytes_at:
            due = bytes_at[-1] if not taken else max(bytes_at[-1], taken[-1].at)
            outcome.out_ms = (run.begin - due) * 1000
        answer = self._trace.answer_of(text)
        if answer is None or not taken:
            return
        outcome.request_ms = max(0.0, answer.asked - taken[-1].at) * 1000
        given = words_of(answer.user)
        outcome.complete = all(word.word in given for word in act.words)

    # --- interruptions ------------------------------------------------------------------------------------

    def _interruption(self, onset: float, last: float, outcome: Outcome) -> float | None:
        """Judge it; the moment from which the assistant was silent, None when there was nothing to yield."""
        span = self._hearing.span_at(onset)
        if span is None:
            return None
        run = _last_known(span)
        stopped = self._silent_from(span)
        if run is not None and self._ended_by_itself(run) and stopped - onset < 0.3:
            return None
        outcome.yield_ms = max(0.0, stopped - onset) * 1000
        natural = run is not None and self._ended_by_itself(run)
        outcome.missed = natural or stopped - onset > MOST_YIELD_S
        if outcome.missed or run is None:
            return stopped
        number = self._number(run)
        again = sum(
            each.end - each.begin
            for each in self._hearing.runs
            if stopped < each.begin < last and each.phrase != UNKNOWN and self._number(each) == number
        )
        outcome.taken_back = again >= RETAKEN_S
        self._heard_text(run, stopped, outcome)
        self._stale(stopped, outcome)
        return stopped

    def _silent_from(self, span: Span) -> float:
        """Where a span ends for the ear: its last known sample, or the last audible one of its fade."""
        known = max((run.end for run in span.runs if run.phrase != UNKNOWN), default=span.begin)
        audible = self._hearing.last_audible(known, span.end)
        return known if audible is None else audible

    def _number(self, run: Run) -> int:
        """The answer's; a phrase that is the runtime's own is its own answer."""
        answer = self._trace.answer_of(self._hearing.phrases[run.phrase].text)
        return answer.number if answer is not None else -1 - run.phrase

    def _ended_by_itself(self, run: Run) -> bool:
        """The last sample of its answer was played: of the last phrase that has its words."""
        if not self._hearing.finished(run):
            return False
        answer = self._trace.answer_of(self._hearing.phrases[run.phrase].text)
        if answer is None:
            return True
        return words_of(answer.text)[-1] == words_of(self._hearing.phrases[run.phrase].text)[-1]

    def _heard_text(self, run: Run, stopped: float, outcome: Outcome) -> None:
        """The transcript's words of the cut answer against those that were received."""
        number = self._number(run)
        told = [
            each
            for each in self._trace.of("turn.assistant", stopped, stopped + _HEARD_S)
            if each.data.get("interrupted")
        ]
        truth = sum(
            self._hearing.heard_words(phrase)
            for phrase, speech in enumerate(self._hearing.phrases)
            if (answer := self._trace.answer_of(speech.text)) is not None and answer.number == number
        )
        if told:
            outcome.heard_error = abs(len(words_of(str(told[0].data["text"]))) - truth)
        elif self._trace.of("turn.commit", stopped, stopped + _HEARD_S):
            outcome.heard_error = truth  # nothing of it is in the transcript

    def _stale(self, stopped: float, outcome: Outcome) -> None:
        for commit in self._trace.of("turn.commit", stopped - 0.2, stopped + _HEARD_S):
            asked = [each.at for each in self._trace.of("*tts.request")]
            for run in self._hearing.runs:
                late = run.end > commit.at + IN_FLIGHT_S and run.phrase != UNKNOWN
                if late and asked[run.phrase] < commit.at:
                    outcome.stale += int((run.end - max(run.begin, commit.at + IN_FLIGHT_S)) * RATE)

    # --- sounds -------------------------------------------------------------------------------------------

    def _disturb(self, act: Disturb, acted: Acted, outcome: Outcome) -> bool:
        if act.kind is Kind.ECHO:
            return self._sound(acted.begun, acted.over, None, outcome)
        loud = np.flatnonzero(np.abs(act.pcm) >= AUDIBLE)
        begin, end = acted.begun + float(loud[0]) / RATE, acted.begun + float(loud[-1]) / RATE
        if act.after_s is None:
            if self._hearing.span_at(begin) is not None or self._stands_still(begin):
                return False  # an answer was late, or goes on later: it is not idle
            outcome.said = bool(self._hearing.starting(begin, end + 2.0))
            return True
        if self._hearing.span_at(begin) is None:
            return False
        return self._sound(begin, end + REACT_S, end, outcome)

    def _stands_still(self, at: float) -> bool:
        """Whether something has stopped the last answer before its end: what goes on then is that answer."""
        before = next((span for span in reversed(self._hearing.spans) if span.end < at), None)
        run = None if before is None else _last_known(before)
        return run is not None and not self._ended_by_itself(run)

    def _sound(self, begin: float, end: float, over: float | None, outcome: Outcome) -> bool:
        """Cuts between `begin` and `end`; `over`: when the sound ended, None: with what it returns."""
        for cut in self.cuts(begin, end):
            outcome.cut = True
            sound_end = cut.at if over is None else max(over, cut.at)
            if cut.after is None:
                outcome.stays, outcome.resumed_after_ms, outcome.jump = True, None, None
                break
            resumed = cut.after.begin - (cut.at if over is None else over)
            outcome.resumed_after_ms = resumed * 1000
            outcome.jump = cut.jump
            if cut.jump != 0 or cut.after.begin - sound_end > RESUME_S:
                outcome.stays = True
                break
        return True

    def cuts(self, begin: float, end: float) -> Iterator[Cut]:
        """Where what is being said stops in this time although it was not at its end."""
        spans = self._hearing.spans
        for at, span in enumerate(spans):
            if not begin <= span.end <= end:
                continue
            run = _last_known(span)
            if run is None or self._ended_by_itself(run):
                continue
            following = spans[at + 1] if at + 1 < len(spans) else None
            after = None if following is None else _first_known(following)
            if self._hearing.finished(run) and after is not None and after.first == 0:
                continue  # between two phrases: the next was not there yet
            fade = _unknown_after(span) + (0 if following is None else _unknown_before(following))
            yield Cut(span.end, run, after, fade)

    def _why(self, begin: float, until: float) -> Iterator[str]:
        """The runtime's own account, in ms since the act began."""
        for entry in self._trace.between(begin, until + 1.0):
            yield f"{(entry.at - begin - 0.5) * 1000:+.0f} {_told(entry)}"
        for span in self._hearing.spans:
            if begin <= span.end and span.begin <= until + 1.0:
                places = [(run.phrase, run.first, run.last) for run in span.runs]
                began, ended = ((each - begin - 0.5) * 1000 for each in (span.begin, span.end))
                yield f"{began:+.0f} heard until {ended:+.0f}: {places}"


def _told(entry: Entry) -> str:
    return entry.kind + " " + " ".join(f"{name}={value}" for name, value in entry.data.items())


def _last_known(span: Span) -> Run | None:
    return next((run for run in reversed(span.runs) if run.phrase != UNKNOWN), None)


def _first_known(span: Span) -> Run | None:
    return next((run for run in span.runs if run.phrase != UNKNOWN), None)


def _unknown_after(span: Span) -> int:
    count = 0
    for run in reversed(span.runs):
        if run.phrase != UNKNOWN:
            break
        count += run.samples
    return count


def _unknown_before(span: Span) -> int:
    count = 0
    for run in span.runs:
        if run.phrase != UNKNOWN:
            break
        count += run.samples
    return count
