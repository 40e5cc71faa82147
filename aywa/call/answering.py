"""Finds out who has answered a call of ours before the conversation begins, and does what its plan says.

`serve` hears the leg alone until it is clear what is to be said first, and returns that: nothing (the
greeting), a sentence for a phone's assistant, or the message for a machine. While a message is left `attend`
stays beside the conversation: begins again after another beep, gives way to a person, hangs up at its end.

A plan that does not wait lets the conversation begin at once: `accompany` listens beside it, hushes it when
no person has answered, and does the rest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from math import inf

import trio

from aywa.answering.ear import ToneEar
from aywa.answering.handling import (
    Decided,
    Handling,
    HandlingState,
    HangUp,
    Hush,
    LeaveMessage,
    PressKeys,
    Talk,
)
from aywa.answering.outcomes import AnsweringVerdict, Outcome
from aywa.answering.plan import AnsweringPlan
from aywa.answering.tones import Tone, ToneKind, kind_of
from aywa.call.conversation import Conversation
from aywa.call.ending import Ending, reason_for
from aywa.call.hearing import Hearing
from aywa.call.media_port import LegPort
from aywa.call.pauses import Pauses, Why
from aywa.call.receive import note
from aywa.call.timeline import Timeline
from aywa.errors import EndCode
from aywa.media.events import Digit, LegEvent, PcmReady, SpeechStarted, SpeechStopped
from aywa.ports.stt import Final, TranscriptEvent
from aywa.turn.events import FinalText, SayRequest

TICK_S = 0.05  # between two looks at the clock: the deadlines hold without a packet
KEY_EVERY_S = 0.3  # a press of 160 ms and the pause after it
KEY_PAUSE_S = 0.5  # of a `w`
CUT_BOUND_S = 5.0  # after a cut: for the words of whoever made it
EARLY_TONES = 32  # that are remembered; a network rings every five seconds
MESSAGE_BOUND_S = 90.0  # for saying a message, whatever becomes of it


@dataclass(frozen=True, slots=True)
class Opening:
    """What is said first: `text`, or the greeting when it is empty. `message`: it is left on a machine, and
    the call ends with it. `heard`: what a person or an assistant said before.
    """

    text: str = ""
    message: bool = False
    heard: str = ""


def _ignore(verdict: AnsweringVerdict) -> None:
    """Nobody else wants to know."""


class Answering:
    """One call's. `on_verdict` is told at once: a transfer learns so that a voicemail has answered."""

    def __init__(
        self,
        plan: AnsweringPlan,
        timeline: Timeline,
        ending: Ending,
        pauses: Pauses,
        on_verdict: Callable[[AnsweringVerdict], None] = _ignore,
    ) -> None:
        self._plan = plan
        self._timeline = timeline
        self._ending = ending
        self._pauses = pauses
        self._on_verdict = on_verdict
        self._ear = ToneEar()
        self._early: deque[tuple[Tone, ToneKind]] = deque(maxlen=EARLY_TONES)
        self._handling: Handling | None = None
        self._leg: LegPort | None = None
        self._settled = trio.Event()
        self._opening = Opening()
        self._keys = ""
        self._again = ""
        self._beside: Conversation | None = None  # that has begun already
        self._hushed = False

    @property
    def waits(self) -> bool:
        """Whether nothing is said before the verdict."""
        return self._plan.wait

    @property
    def verdict(self) -> AnsweringVerdict | None:
        """Who has answered, once it is known."""
        return None if self._handling is None else self._handling.verdict

    async def serve(self, leg: LegPort, conversation: Conversation, hearing: Hearing) -> Opening:
        """Hear until something is to be said, or the call is to end. The plan's deadlines bound it."""
        self._leg = leg
        self._handling = Handling(self._plan, leg.timeline, tuple(self._early))
        conversation.diverted = self.transcribed
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._receive, leg, hearing)
                nursery.start_soon(self._tick, leg, hearing)
                nursery.start_soon(self._watch_ending)
                await self._settled.wait()
                nursery.cancel_scope.cancel()
        finally:
            conversation.diverted = None
        await self._press(leg)
        return self._opening

    def begin_beside(self, leg: LegPort, conversation: Conversation) -> None:
        """A conversation begins at once; `accompany` it. Its receiver's tap is to be this."""
        self._leg, self._beside = leg, conversation
        self._handling = Handling(self._plan, leg.timeline, tuple(self._early))
        conversation.overheard = self.transcribed

    async def accompany(self, leg: LegPort, conversation: Conversation) -> None:
        """Until what follows from the verdict is done; the plan's deadlines bound it."""
        handling = self._handling
        assert handling is not None, "begin_beside comes first"
        while handling.state in (HandlingState.DETECTING, HandlingState.GREETING):
            await trio.sleep(TICK_S)
            self._look()
        if handling.state is HandlingState.ENDED:
            return
        conversation.overheard = None
        await self._press(leg)
        if self._hushed:
            conversation.diverted = None
            self._pauses.hush(Why.ANSWERING, False)
        if self._opening.text:
            conversation.receive(SayRequest(self._opening.text, interrupt=True))
        if self._opening.message:
            await self.attend(leg, conversation)
        elif self._hushed and not self._keys and handling.words_since:
            conversation.receive(FinalText(handling.words_since))  # who came to the phone is answered

    def _hush(self) -> None:
        """What was taken for a person is none: its words are no longer the conversation's."""
        if self._beside is not None:
            self._hushed = True
            self._beside.diverted, self._beside.overheard = self.transcribed, None
            self._pauses.hush(Why.ANSWERING, True)

    async def attend(self, leg: LegPort, conversation: Conversation) -> None:
        """While the message is being left; it is what the conversation says first."""
        handling = self._handling
        assert handling is not None
        transcript = conversation.transcript
        before, cut_at = transcript.count, inf
        with trio.move_on_after(MESSAGE_BOUND_S):
            while handling.state is HandlingState.LEAVING:
                await trio.sleep(TICK_S)
                self._look()
                if self._again:
                    conversation.receive(SayRequest(self._again, interrupt=True))
                    self._again, before, cut_at = "", transcript.count, inf
                    continue
                since = transcript.since(before)
                if any(line.role == "user" for line in since):
                    handling.person_spoke()
                elif since and not since[-1].interrupted:
                    handling.message_heard()
                elif since:
                    cut_at = min(cut_at, trio.current_time())
                    if trio.current_time() >= cut_at + CUT_BOUND_S:
                        handling.message_heard()
                self._act()
        handling.message_heard()
        self._act()

    # --- what is heard ------------------------------------------------------------------------------------

    def hear_early(self, pcm: bytes, end_sample: int) -> None:
        """Audio from before the answer, as for `feed`. What the network plays is known by it afterwards: the
        last of its ringing is no beep, and a fax has begun to answer. Nothing is decided by it alone.
        """
        for heard in self._ear.feed_uplink(pcm, end_sample):
            if heard.ended:
                kind = kind_of(heard.tone, tuple(self._early), spoken=False)
                self._early.append((heard.tone, kind))
                self._timeline.add(
                    "answering.early_tone",
                    tone=kind.name.lower(),
                    hz=round(heard.tone.last_hz, 1),
                    second_hz=round(heard.tone.second_hz, 1),
                    seconds=round(heard.tone.seconds, 3),
                )
        self._ear.levels()  # they gather until they are asked for

    def feed(self, pcm: bytes, end_sample: int) -> None:
        """Audio of 16 kHz, S16LE mono, up to this timeline sample."""
        handling = self._handling
        if handling is None or not self._listens:
            return
        for heard in self._ear.feed_uplink(pcm, end_sample):
            tell = handling.tone_ended if heard.ended else handling.tone_began
            tell(heard.tone, self._at)
        handling.levels(self._ear.levels())
        self._look()

    def speech_started(self, sample: int) -> None:
        """Speech began at this timeline sample."""
        if self._handling is not None and self._listens:
            self._handling.speech_started(sample, self._at)
            self._act()

    def speech_stopped(self, sample: int) -> None:
        """Speech ended at this timeline sample."""
        if self._handling is not None and self._listens:
            self._handling.speech_stopped(sample, self._at)
            self._act()

    def transcribed(self, event: TranscriptEvent) -> None:
        """Words came."""
        if self._handling is not None:
            self._handling.transcribed(event.text, self._at, final=isinstance(event, Final))
            self._act()

    # --- inside -------------------------------------------------------------------------------------------

    @property
    def _at(self) -> int:
        assert self._leg is not None
        return self._leg.timeline

    @property
    def _listens(self) -> bool:
        """Whether anything may still follow from what is heard."""
        state = None if self._handling is None else self._handling.state
        return state not in (HandlingState.TALKING, HandlingState.ENDED)

    def _look(self) -> None:
        if self._handling is not None and self._listens:
            self._handling.advance(self._at)
            self._act()

    async def _receive(self, leg: LegPort, hearing: Hearing) -> None:
        while True:
            event = await leg.next_event()
            if isinstance(event, Digit):
                self._timeline.add("media.digit", digit=event.digit, duration_ms=event.duration_ms, by="rtp")
                assert self._handling is not None
                self._handling.key_pressed(self._at)
                self._act()
            elif not note(event, self._timeline, self._ending):
                self._speech(event, leg, hearing)

    def _speech(self, event: LegEvent, leg: LegPort, hearing: Hearing) -> None:
        if not isinstance(event, PcmReady | SpeechStarted | SpeechStopped):
            return
        self._hear(leg, hearing)  # what was said must not come after the news of it
        match event:
            case SpeechStarted(sample):
                hearing.speech_started(sample)
                self.speech_started(sample)
            case SpeechStopped(sample):
                hearing.speech_stopped(sample)
                self.speech_stopped(sample)

    async def _tick(self, leg: LegPort, hearing: Hearing) -> None:
        while True:
            await trio.sleep(TICK_S)
            self._hear(leg, hearing)  # the news of audio come late in silence, which begins where a beep ends
            self._look()

    def _hear(self, leg: LegPort, hearing: Hearing) -> None:
        while pcm := leg.read_uplink():
            hearing.feed(pcm, leg.uplink_end)
            self.feed(pcm, leg.uplink_end)

    async def _watch_ending(self) -> None:
        await self._ending.wait()
        self._settled.set()

    def _act(self) -> None:
        assert self._handling is not None
        for action in self._handling.actions():
            match action:
                case Decided(verdict):
                    self._timeline.add("answering.verdict", **verdict.record())
                    self._on_verdict(verdict)
                case Talk(opening, taken_over):
                    self._timeline.add("answering.talk", opening=opening, taken_over=taken_over)
                    self._opening = Opening(opening, heard=self._handling.heard.words)
                    self._settled.set()
                case LeaveMessage(text, end, attempt):
                    data = {**asdict(end), "by": end.by.name.lower(), "attempt": attempt}
                    self._timeline.add("answering.greeting_over", **data)
                    self._again = text if attempt > 1 else ""
                    self._opening = Opening(text, message=True)
                    self._settled.set()
                case Hush():
                    self._hush()
                case PressKeys(keys):
                    self._keys = keys
                case HangUp(outcome, left):
                    self._timeline.add("answering.hang_up", outcome=outcome.name.lower(), left=left)
                    code = EndCode.VOICEMAIL if outcome is Outcome.MACHINE else EndCode.ASSISTANT_HANGUP
                    self._ending.end(reason_for(code, detail=outcome.value))

    async def _press(self, leg: LegPort) -> None:
        if self._keys:
            self._timeline.add("answering.keys", keys=self._keys)
        for key in self._keys:
            if key not in "wW":
                leg.send_digit(key)
            await trio.sleep(KEY_PAUSE_S if key in "wW" else KEY_EVERY_S)
