"""The conversation with a colleague: ears, voice and keys of its own, on a leg of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import trio

from aywa.answering.outcomes import AnsweringVerdict
from aywa.call.colleague_timeline import ColleagueTimeline
from aywa.call.consult_model import KEYS, QUESTION, Answer, ConsultModel
from aywa.call.context import Context
from aywa.call.conversation import Conversation
from aywa.call.dependencies import CallDependencies
from aywa.call.dial import Dialled
from aywa.call.ending import Ending
from aywa.call.generation import GenerationParts
from aywa.call.hearing import Hearing
from aywa.call.judging import Judging
from aywa.call.keys import KeyPresses
from aywa.call.machine_ear import MachineEar
from aywa.call.playout import Playout
from aywa.call.receive import Receiver
from aywa.call.speaking_plan import with_colleague
from aywa.call.timeline import Timeline
from aywa.call.tools import ToolRunner
from aywa.call.transcript import Transcript
from aywa.errors import EndCode
from aywa.ports.llm import ToolCall, ToolSpec
from aywa.ports.store import TimelineEntry, TranscriptLine
from aywa.ports.stt import TranscriptEvent
from aywa.transfer.events import (
    Accepted,
    Briefed,
    Broken,
    ColleagueSpoke,
    Declined,
    How,
    MediaLost,
    TransferInput,
    VoicemailSuspected,
)
from aywa.turn.events import CallStarted, KeyPressed
from aywa.turn.latency import LatencyClock
from aywa.turn.manager import TurnManager
from aywa.turn.settings import TurnSettings

_PATIENT_S = 3600.0  # the transfer keeps the time, not the consultation


class Consult:
    """Speaks with one colleague; made by `open_consult`."""

    def __init__(self, conversation: Conversation, receiver: Receiver, keys: KeyPresses) -> None:
        self._conversation = conversation
        self._receiver = receiver
        self.keys = keys

    def begin(self) -> None:
        """Speak first, or wait for the colleague's first word, as `speaks_first` said."""
        self._conversation.receive(CallStarted())

    def end(self) -> None:
        """Say and hear nothing more; the leg's events are still read."""
        self._conversation.end()
        self._receiver.deaf(True)
        self.keys.muted = True


@asynccontextmanager
async def open_consult(
    dialled: Dialled,
    dependencies: CallDependencies,
    timeline: Timeline,
    briefing: str,
    *,
    asks: bool,
    speaks_first: bool,
    say: Callable[[TransferInput], None],
    keep: Callable[[TranscriptLine], None],
) -> AsyncIterator[Consult]:
    """The assistant can hear the colleague and speak to him for as long as the block runs.

    `say` hears what the transfer must know, `keep` every line of the conversation. Raises ProviderError when
    the recogniser cannot be opened.
    """
    noted = _Telling(timeline, say, asks=asks)

    def decided(yes: bool) -> None:
        say(Accepted(How.VOICE) if yes else Declined(How.VOICE))

    settings = _patient(with_colleague(dependencies.turn_settings()), asks=asks, speaks_first=speaks_first)
    ending = Ending()
    conversation = Conversation(TurnManager(settings), Transcript("", keep), ending)
    judging = Judging(settings, noted, conversation.receive)
    ear = MachineEar(lambda: say(VoicemailSuspected()), noted.decided, dialled.leg.timeline)
    hearing = Hearing(dependencies.transcriber, noted, _in_turn(ear.transcribed, conversation.transcribed))
    async with trio.open_nursery() as nursery:
        await nursery.start(hearing.serve)
        nursery.start_soon(hearing.tell_stops)
        with judging.open(dependencies.voice_judge):
            context, latency = Context(""), LatencyClock()
            playout = Playout(dialled.leg, conversation.receive, conversation.first_audible)
            parts = GenerationParts(
                model=ConsultModel(briefing, asks=asks, decided=decided),
                synthesizer=dependencies.synthesizer,
                tools=ToolRunner(_NoTools(), context, noted, nursery),
                context=context,
                hearing=hearing,
                playout=playout,
                timeline=noted,
                latency=latency,
                receive=conversation.receive,
                speaking=settings.speaking,
            )
            conversation.attach(dialled.leg, parts, nursery)
            keys = KeyPresses(_Keys(conversation, say, asks=asks), noted)
            dialled.sip.on_key = keys.by_info
            receiver = Receiver(dialled.leg, conversation, hearing, playout, latency, judging, keys, tap=ear)
            nursery.start_soon(receiver.serve, noted, ending, name="colleague: receive")
            nursery.start_soon(conversation.watch, name="colleague: watch")
            nursery.start_soon(_watch, ending, say, name="colleague: end")
            dialled.leg.open_gate(dialled.leg.epoch)
            try:
                yield Consult(conversation, receiver, keys)
            finally:
                dialled.sip.on_key = None
                conversation.end()
                conversation.detach()
        nursery.cancel_scope.cancel()


def _in_turn(*ears: Callable[[TranscriptEvent], None]) -> Callable[[TranscriptEvent], None]:
    def heard(event: TranscriptEvent) -> None:
        for ear in ears:
            ear(event)

    return heard


def _patient(settings: TurnSettings, *, asks: bool, speaks_first: bool) -> TurnSettings:
    """Those of a call, but for its limits."""
    return replace(
        settings,
        greet=speaks_first,
        max_duration_s=_PATIENT_S,
        silence_timeout_s=_PATIENT_S,
        silence_prompt_s=10.0,
        speculation=replace(settings.speculation, enabled=False),  # his answer is a decision, not a question
        phrases=replace(settings.phrases, silence_prompt=QUESTION if asks else "Hello?"),
    )


async def _watch(ending: Ending, say: Callable[[TransferInput], None]) -> None:
    """What would end a call ends a consultation."""
    reason = await ending.wait()
    say(MediaLost() if reason.code is EndCode.MEDIA_TIMEOUT else Broken(reason.code.value))


class _Keys:
    """1 takes the call, 2 does not; every other key is heard as it is in any conversation."""

    def __init__(
        self, conversation: Conversation, say: Callable[[TransferInput], None], *, asks: bool
    ) -> None:
        self._conversation = conversation
        self._say = say
        self._asks = asks

    def receive(self, event: KeyPressed, /) -> None:
        answer = KEYS.get(event.digit) if self._asks else None
        if answer is None:
            self._conversation.receive(event)
        else:
            self._say(Accepted(How.KEY) if answer is Answer.YES else Declined(How.KEY))


class _Telling(ColleagueTimeline):
    """What the transfer must know of what is written is said too.

    Where nobody is asked, a briefing that was interrupted connects only once no machine can have done it.
    """

    def __init__(self, timeline: Timeline, say: Callable[[TransferInput], None], *, asks: bool) -> None:
        super().__init__(timeline)
        self._say = say
        self._certain = asks  # it does no harm that a machine was told all
        self._interrupted = False

    def decided(self, verdict: AnsweringVerdict) -> None:
        """Who has answered."""
        self.add("answering.verdict", **verdict.record())
        self._certain = True
        if self._interrupted:
            self._say(Briefed())

    def add(self, kind: str, **data: object) -> TimelineEntry:
        """Append an entry about the colleague."""
        entry = super().add(kind, **data)
        if kind == "turn.assistant":
            if self._certain or not data.get("interrupted"):
                self._say(Briefed())
            else:
                self._interrupted = True
        elif kind == "turn.user":
            self._say(ColleagueSpoke())
        return entry


class _NoTools:
    """A consultation has none."""

    def specs(self) -> tuple[ToolSpec, ...]:
        """No tool."""
        return ()

    def slots(self) -> dict[str, object]:
        """Nothing is settled."""
        return {}

    async def invoke(self, call: ToolCall) -> str:
        """There is none to run."""
        return '{"error": "there are no tools"}'

    def bound_s(self, name: str) -> float:
        """None takes any time."""
        return 1.0

    def waits(self, name: str) -> bool:
        """There is nothing to wait for but the error."""
        return True

    def ending(self, tool_call_id: str) -> None:
        """Nothing follows."""
        return
