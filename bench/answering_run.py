"""Plays a labelled call to the machines as a leg does: voice detection every 20 ms, tones every 100 ms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from aywa._native.speech import SpeechMonitor
from aywa.answering.ear import ToneEar
from aywa.answering.greeting import GreetingEnd
from aywa.answering.handling import Decided, Handling, LeaveMessage
from aywa.answering.heard import Heard
from aywa.answering.outcomes import AnsweringVerdict, Outcome
from aywa.answering.plan import AnsweringPlan
from aywa.answering.tones import ToneKind
from bench.answering_set import RATE, Call

_FRAME = 160
_BATCH = 800  # the leg reports its audio ten times a second
_LATE = RATE * 3 // 10  # how long a recogniser takes
_EVERY = RATE // 4  # between two of its partials


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a call."""

    call: Call
    verdict: AnsweringVerdict | None
    message: GreetingEnd | None

    @property
    def outcome(self) -> Outcome | None:
        """What was decided."""
        return None if self.verdict is None else self.verdict.outcome

    @property
    def right(self) -> bool:
        """Whether that is the label."""
        return self.outcome is self.call.label

    @property
    def elapsed_s(self) -> float:
        """From the answer to the verdict."""
        assert self.verdict is not None
        return self.verdict.elapsed_s

    @property
    def pause_s(self) -> float | None:
        """From the end of the last word before the verdict; None when none came or one went on."""
        assert self.verdict is not None
        at = self.verdict.sample
        if any(said.start < at < said.end for said in self.call.said):
            return None
        ends = [said.end for said in self.call.said if said.end <= at]
        return (at - max(ends)) / RATE if ends else None

    @property
    def message_after_s(self) -> float | None:
        """From the end of the last beep to the message."""
        if self.message is None or self.call.message_from is None:
            return None
        return (self.message.sample - self.call.message_from) / RATE


@dataclass(frozen=True, slots=True)
class Listened:
    """The beeps of a whole call: those found, with how late and how far off their ends are; false ones."""

    call: Call
    found: tuple[int, ...]
    late_ms: tuple[float, ...]
    off_ms: tuple[float, ...]
    false: int


def listen(call: Call) -> Listened:
    """Look for beeps from beginning to end, whatever the verdict is."""
    heard, monitor, ear = Heard(0), SpeechMonitor(1), ToneEar()
    found: dict[int, tuple[float, float]] = {}
    false = 0
    for at in range(0, len(call.pcm) // 2 - _FRAME, _FRAME):
        now = at + _FRAME
        heard.advance(now)
        told = monitor.receive(call.pcm[2 * at : 2 * now], at)
        if told is not None:
            (heard.speech_started if told[0] == "started" else heard.speech_stopped)(told[1])
        if now % _BATCH:
            continue
        for tone in ear.feed(call.pcm[2 * (now - _BATCH) : 2 * now], now - _BATCH):
            if not tone.ended:
                heard.tone_began(tone.tone)
                continue
            heard.tone_ended(tone.tone)
            if heard.tones[-1][1] is not ToneKind.BEEP:
                continue
            which = _beep_of(call, tone.tone.start, tone.tone.end)
            if which is None:
                false += 1
            else:
                end = call.beeps[which][1]
                found[which] = ((now - end) * 1000 / RATE, (tone.tone.end - end) * 1000 / RATE)
        for sample, level in ear.levels():
            heard.level(sample, level)
    late, off = zip(*found.values(), strict=True) if found else ((), ())
    return Listened(call, tuple(found), tuple(late), tuple(off), false)


def _beep_of(call: Call, start: int, end: int) -> int | None:
    for which, (begins, ends) in enumerate(call.beeps):
        if start < ends and end > begins:
            return which
    return None


def run_call(call: Call, *, transcripts: bool, loss: float = 0.1, seed: int = 1) -> Result:
    """Play a call until the message may be left, or the verdict needs none.

    `transcripts`: of the very words, `loss` of them misheard.
    """
    handling = Handling(AnsweringPlan(message="Please call back."), 0)
    monitor, ear = SpeechMonitor(1), ToneEar()
    words = list(spoken(call, loss, Random(f"{seed} {call.name}"))) if transcripts else []
    verdict, message = None, None
    for at in range(0, len(call.pcm) // 2 - _FRAME, _FRAME):
        now = at + _FRAME
        told = monitor.receive(call.pcm[2 * at : 2 * now], at)
        if told is not None:
            kind, sample = told
            (handling.speech_started if kind == "started" else handling.speech_stopped)(sample, now)
        if now % _BATCH == 0:
            for tone in ear.feed(call.pcm[2 * (now - _BATCH) : 2 * now], now - _BATCH):
                (handling.tone_ended if tone.ended else handling.tone_began)(tone.tone, now)
            handling.levels(ear.levels())
            handling.advance(now)
        while words and words[0][0] <= now:
            _, text, final = words.pop(0)
            handling.transcribed(text, now, final=final)
        for action in handling.actions():
            match action:
                case Decided(decided):
                    verdict = decided
                case LeaveMessage(_, end, _):
                    message = end
        if (
            verdict is not None
            and handling.deadline is None
            and (message is None or now > message.sample + RATE)
        ):
            break
    return Result(call, verdict, message)


def spoken(call: Call, loss: float, rng: Random) -> Iterator[tuple[int, str, bool]]:
    """When a recogniser reports which text, and whether that is final: partials as the words come."""
    for said in call.said:
        every = said.text.split()
        kept = [word if rng.random() >= loss else "mh" for word in every]
        for moment in range(said.start + _EVERY, said.end, _EVERY):
            share = (moment - said.start) / max(1, said.end - said.start)
            if text := " ".join(kept[: int(share * len(kept))]):
                yield moment + _LATE, text, False
        yield said.end + _LATE, " ".join(kept), True
