"""Drives the turn manager: inputs in, actions done, timers kept.

Every input is taken and every action is done in one piece, without a checkpoint: between an event of the
engine and its consequence lies no queue.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from math import inf

import trio

from aywa.call.ending import Ending, reason_for
from aywa.call.endpointing_advice import EndpointingAdvice
from aywa.call.generation import Generation, GenerationParts
from aywa.call.media_port import LegPort
from aywa.call.speculation import Speculations
from aywa.call.transcript import Transcript
from aywa.ports.llm import ChatModel
from aywa.ports.stt import Final, TranscriptEvent
from aywa.ports.tts import Synthesizer
from aywa.turn.events import (
    AskEndpointing,
    CallEnded,
    CallerSilence,
    CancelGeneration,
    Cause,
    Commit,
    Decided,
    DropSpeculation,
    EndpointingAdvised,
    EndTurn,
    FinalText,
    Guard,
    HandedOver,
    HangUp,
    KeyPressed,
    ModelDone,
    ModelFailed,
    PartialText,
    PlayedTo,
    Resume,
    SayRequest,
    Speak,
    Speculate,
    SpeechFailed,
    StartGeneration,
    Trigger,
    Truncate,
    TurnAction,
    TurnInput,
    UserAmended,
    UserSaid,
    Yield,
)
from aywa.turn.latency_report import LatencyReport
from aywa.turn.manager import TurnManager
from aywa.turn.speaking_settings import SpeakingSettings

# Marks come at the ends of phrases; between them only the leg knows how far it is. Not in this list: what
# carries a position of its own, and what only adds to the answer.
_MAY_CUT = (
    CallEnded,
    CallerSilence,
    FinalText,
    HandedOver,
    KeyPressed,
    ModelDone,
    ModelFailed,
    PartialText,
    SayRequest,
    SpeechFailed,
)


class Conversation:
    """One call's conversation. `attach` it before the first input."""

    def __init__(self, manager: TurnManager, transcript: Transcript, ending: Ending) -> None:
        self.manager = manager
        self.transcript = transcript
        self._ending = ending
        self._leg: LegPort | None = None
        self._parts: GenerationParts | None = None
        self._nursery: trio.Nursery | None = None
        self._ahead: Speculations | None = None
        self._generation: Generation | None = None
        self._armed_until = inf
        self._earlier = trio.Event()
        self._over = False
        self._silent_at = -inf  # when the caller was last heard
        self.advice: EndpointingAdvice | None = None  # whom the plan asks how long to wait
        self._ended = False
        self._report = LatencyReport()
        self._cancelled: Cause | None = None  # why the turn that ends next is cut
        self.diverted: Callable[[TranscriptEvent], None] | None = (
            None  # who hears instead of the conversation
        )
        self.overheard: Callable[[TranscriptEvent], None] | None = None  # who hears before it
        self.asking: Callable[[TranscriptEvent], bool] | None = None  # who has asked, and takes the answer
        self.noticed: Callable[[str], None] | None = None  # who looks at everything that is said
        self.turn_over: list[Callable[[EndTurn], None]] = []  # who is told what was heard of each turn

    def attach(self, leg: LegPort, parts: GenerationParts, nursery: trio.Nursery) -> None:
        """From now on the conversation can hear and speak."""
        self._leg, self._parts, self._nursery = leg, parts, nursery
        self._ahead = Speculations(self.manager.settings, parts, nursery)

    def speak_as(self, speaking: SpeakingSettings) -> None:
        """How the turns that begin from now on speak."""
        if self._parts is not None:
            self._parts = replace(self._parts, speaking=speaking)

    @property
    def attached(self) -> bool:
        """Whether it can hear and speak."""
        return self._parts is not None

    def rewind(self, turn: int) -> str:
        """The end of this turn's text that nobody speaks yet: it is taken back."""
        return "" if self._over else self.manager.rewind(turn)

    def think_with(self, model: ChatModel, synthesizer: Synthesizer) -> None:
        """Who thinks and speaks in the turns that begin from now on. What was made ahead is not said."""
        if self._parts is not None and self._ahead is not None:
            self._parts = replace(self._parts, model=model, synthesizer=synthesizer)
            self._ahead.change(self._parts)

    def detach(self) -> None:
        """Let go of what was attached, which holds the conversation; nothing is received any more."""
        self._over = True
        self._leg = self._parts = self._nursery = self._generation = self._ahead = None
        self.overheard = self.asking = self.noticed = None
        self.turn_over.clear()

    def receive(self, event: TurnInput) -> None:
        """Take one input and do what follows from it.

        Before one that may cut the answer the manager learns how far playing is: it settles what was heard.
        """
        if self._over:
            return
        if isinstance(event, CallerSilence):
            self._silent_at = trio.current_time() - event.silent_s
        if isinstance(event, _MAY_CUT):
            self._tell_position()
        self.manager.receive(event, trio.current_time())
        self._drain()

    def transcribed(self, event: TranscriptEvent) -> None:
        """A transcript came."""
        if self.noticed is not None and isinstance(event, Final):
            self.noticed(event.text)
        if self.diverted is not None:
            self.diverted(event)
            return
        if self.overheard is not None:
            self.overheard(event)
            if self.diverted is not None:
                return  # this is what the conversation shall not hear
        if self.asking is not None and self.asking(event):
            return
        if isinstance(event, Final):
            if event.text and self._parts is not None:
                self._parts.latency.final(trio.current_time())
            start, stop = event.started_at_sample, event.stopped_at_sample
            self.receive(
                FinalText(
                    *(event.text, event.confidence, start, stop),
                    *(event.end_of_turn, event.language, event.speaker),
                )
            )
        else:
            self.receive(
                PartialText(event.text, event.confidence, event.end_of_turn, event.language, event.speaker)
            )

    def first_audible(self, turn: int, timeline: int) -> None:
        """The first sample of a turn that can be heard was sent at this timeline sample."""
        assert self._parts is not None
        split = self._parts.latency.first_audible(turn, timeline)
        if split is not None:
            self._report.add(split)
            self._parts.timeline.add("turn.latency", **asdict(split))

    def end(self) -> None:
        """The call is over: settle what was said and what was heard. Twice is once."""
        if self._parts is not None and not self._ended:
            self._ended = True
            self.receive(CallEnded())
            self._parts.timeline.add("turn.summary", **self._report.summary())

    async def watch(self) -> None:
        """Wake the manager at its deadlines, until cancelled."""
        while True:
            deadline = self.manager.deadline
            self._armed_until = inf if deadline is None else deadline[0]
            self._earlier = trio.Event()
            with trio.move_on_at(self._armed_until) as timer:
                await self._earlier.wait()
            if timer.cancelled_caught:
                self._tell_position()
                self.manager.handle_timers(trio.current_time())
                self._drain()

    def _tell_position(self) -> None:
        if self._leg is not None:
            self.manager.receive(PlayedTo(self._leg.played, self._leg.timeline), trio.current_time())

    def _drain(self) -> None:
        for action in self.manager.actions():
            self._do(action)
        deadline = self.manager.deadline
        # A deadline that moved away is noticed when the old one comes; only an earlier one wakes the timer.
        if deadline is not None and deadline[0] < self._armed_until:
            self._earlier.set()

    def _do(self, action: TurnAction) -> None:
        parts, leg = self._parts, self._leg
        assert parts is not None
        assert leg is not None
        timeline = parts.timeline
        match action:
            case Decided(kind, data):
                timeline.add(kind, **data)
            case StartGeneration(turn, trigger, scripted):
                timeline.add("turn.started", turn=turn, trigger=trigger.name, scripted=scripted)
                if trigger is Trigger.USER:
                    parts.latency.taken(turn, trio.current_time())
                    parts.playout.not_before = self._silent_at + self.manager.audio_wait_s
                self._begin(action, parts)
            case CancelGeneration(turn, why):
                timeline.add("turn.cancelled", turn=turn, why=why.name)
                self._cancelled = why
                parts.playout.cancelled(turn)
                if self._generation is not None:
                    self._generation.cancel()
            case Speak(turn, phrase, text, spoken):
                assert self._generation is not None
                parts.latency.first_phrase(turn, trio.current_time())
                self._generation.speak(phrase, text, spoken)
            case Yield(turn, epoch):
                timeline.add("turn.yield", turn=turn, epoch=epoch, played=leg.played)
            case Resume(epoch, resumed):
                leg.resume(epoch)
                parts.latency.nothing_said()
                parts.playout.gate_opened(epoch, flushed=False)
                timeline.add("turn.resume", turn=resumed, epoch=epoch, played=leg.played)
            case Commit(epoch):
                leg.commit(epoch)
                parts.playout.gate_opened(epoch, flushed=True)
                timeline.add("turn.commit", epoch=epoch, played=leg.played)
            case Guard(on):
                leg.set_barge_in(not on)
            case Truncate(turn, heard, sample):
                timeline.add("turn.truncated", turn=turn, heard=heard, sample=sample)
            case EndTurn():
                self._turn_ended(action, parts)
            case UserSaid():
                self._user_said(action, parts)
            case UserAmended(text):
                parts.context.user_amended(text)
                timeline.add("turn.amended", text=text)
            case AskEndpointing(text):
                if self.advice is not None and self._nursery is not None:
                    self.advice.ask(text, self._nursery)
                else:
                    self.receive(EndpointingAdvised(text, None))
            case HangUp(code, why):
                self._ending.end(reason_for(code, detail=why.value))
            case Speculate() | DropSpeculation():
                assert self._ahead is not None
                self._ahead.do(action)

    def _begin(self, start: StartGeneration, parts: GenerationParts) -> None:
        assert self._nursery is not None
        assert self._ahead is not None
        ahead = self._ahead.adopt(start)
        if ahead is not None:
            parts.latency.adopted(start.turn)
        self._generation = Generation(start, parts, ahead)
        self._nursery.start_soon(self._generation.run, name=f"turn {start.turn}")

    def _turn_ended(self, action: EndTurn, parts: GenerationParts) -> None:
        self._generation = None
        self._report.ended(action, self._cancelled)
        self._cancelled = None
        parts.context.assistant_heard(action.heard)
        for told in tuple(self.turn_over):
            told(action)
        if not action.heard:
            return
        line = self.transcript.assistant(action)
        parts.timeline.add(
            "turn.assistant",
            turn=action.turn,
            trigger=action.trigger.name,
            text=line.text,
            start_ms=line.start_ms,
            end_ms=line.end_ms,
            interrupted=line.interrupted,
        )

    def _user_said(self, action: UserSaid, parts: GenerationParts) -> None:
        if action.counts:
            parts.context.user_said(action.text)
        assert self._leg is not None
        line = self.transcript.user(action, self._leg.timeline)
        parts.timeline.add(
            "turn.user", text=line.text, start_ms=line.start_ms, end_ms=line.end_ms, counts=action.counts
        )
