"""A call table with fakes around it, and a person to call it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

import trio

from aywa.call.dependencies import CallDependencies
from aywa.call.dial_gate import DialGate, Dialling
from aywa.call.live import LiveCall
from aywa.call.news_plan import NewsPlan
from aywa.call.rounds import RecordingRounds
from aywa.call.table import CallTable, open_call_table
from aywa.dialling.usage import DialTime
from aywa.media.clip import Clip
from aywa.media.hold_audio import HoldAudio
from aywa.model.assistant import Assistant
from aywa.ports.store import CallRow, TimelineEntry
from aywa.ports.voice import VoiceJudge
from aywa.proto.sdp.description import SessionDescription
from aywa.settings import CallSettings, DialSettings, MediaSettings, TrunkSettings
from aywa.turn.settings import TurnSettings
from aywa.turn.states import State
from tests.kit.fake_dialler import FakeDialler
from tests.kit.fake_leg import FakeEngine, FakeLeg
from tests.kit.fake_providers import FakeModel, FakeScenario, FakeSynthesizer, FakeTranscriber
from tests.kit.fake_sip import FakeIncomingCall, FakeSession
from tests.kit.fake_store import FakeCaptures, FakeDisk, FakeRecordings, FakeStore

NOT_AHEAD = CallSettings(speculation=False)  # the model is asked once a turn, when it is taken


async def happens(condition: Callable[[], bool], bound_s: float = 60.0) -> None:
    """Wait until `condition` holds; virtual seconds."""
    with trio.fail_after(bound_s):
        while not condition():  # noqa: ASYNC110 - somebody else's state, on a virtual clock
            await trio.sleep(0.01)


def dial_time() -> DialTime:
    """The virtual clock, which begins at a midnight."""
    return DialTime(trio.current_time(), trio.current_time() % 1_000_000_000)


@dataclass
class CallWorld:
    """Everything a call touches."""

    model: FakeModel = field(default_factory=FakeModel)
    scenario: FakeScenario = field(default_factory=FakeScenario)
    settings: CallSettings = field(default_factory=CallSettings)
    turn: TurnSettings | None = None
    media: MediaSettings = field(default_factory=MediaSettings)
    voice_judge: VoiceJudge | None = None
    engine: FakeEngine = field(default_factory=FakeEngine)
    stt: FakeTranscriber = field(default_factory=FakeTranscriber)
    tts: FakeSynthesizer = field(default_factory=FakeSynthesizer)
    store: FakeStore = field(default_factory=FakeStore)
    recordings: FakeRecordings = field(default_factory=FakeRecordings)
    dialler: FakeDialler = field(default_factory=FakeDialler)
    trunks: tuple[TrunkSettings, ...] = ()  # that dial out
    hold_music: Clip | None = None
    assistant: Assistant | None = None
    ambience: Clip | None = None
    hold_audio: HoldAudio | None = None
    news: NewsPlan | None = None
    dial_settings: DialSettings = field(default_factory=lambda: DialSettings("49", ("+49",)))
    _gate: DialGate | None = None
    disk: FakeDisk = field(default_factory=FakeDisk)
    captures: FakeCaptures = field(default_factory=FakeCaptures)
    seen: list[TimelineEntry] = field(default_factory=list)

    def dependencies(self) -> CallDependencies:
        """What the calls of this world are made with."""
        return CallDependencies(
            engine=self.engine,
            transcriber=self.stt,
            model=self.model,
            synthesizer=self.tts,
            scenario=self.scenario,
            store=self.store,
            recordings=self.recordings,
            settings=self.settings,
            voice_judge=self.voice_judge,
            rng=Random(1),
            clock=lambda: datetime.fromtimestamp(1_700_000_000 + trio.current_time() % 1_000_000, UTC),
            observer=self.seen.append,
            worker_id="test",
            rounds=RecordingRounds(self.disk),
            captures=self.captures,
            turn=self.turn,
            media=self.media,
            hold_music=self.hold_music,
            assistant=self.assistant,
            ambience=self.ambience,
            hold_audio=self.hold_audio,
            news=self.news,
            dialling=Dialling(self.dialler, self.gate()) if self.trunks else None,
        )

    def gate(self) -> DialGate:
        """The rules of this world; the same for all its tables."""
        if self._gate is None:
            self._gate = DialGate(self.trunks, self.dial_settings, dial_time)
        return self._gate

    @asynccontextmanager
    async def table(self) -> AsyncIterator[CallTable]:
        """An open call table."""
        async with open_call_table(self.dependencies()) as table:
            yield table

    @asynccontextmanager
    async def call(self, number: int = 1, offer: bool | SessionDescription = True) -> AsyncIterator[Person]:
        """A table with one answered call; leaving the block waits until that call is over."""
        async with self.table() as table, trio.open_nursery() as nursery:
            incoming = FakeIncomingCall(number, offer=offer)
            nursery.start_soon(table.take_incoming, incoming)
            person = await Person.on(self, table, incoming)
            yield person
            with trio.fail_after(900):
                await person.live.over.wait()

    def kinds(self) -> list[str]:
        """The kinds of all timeline entries so far."""
        return [entry.kind for entry in self.seen]

    def entries(self, kind: str) -> list[dict[str, object]]:
        """The data of all entries of a kind."""
        return [dict(entry.data) for entry in self.seen if entry.kind == kind]

    def row(self) -> CallRow:
        """The only call's row in the store."""
        (row,) = self.store.rows.values()
        return row

    def said(self) -> list[tuple[str, str]]:
        """The transcript in the store."""
        return [(line.role, line.text) for _, line in sorted(self.store.lines.items())]


class Person:
    """The caller."""

    def __init__(self, world: CallWorld, table: CallTable, incoming: FakeIncomingCall) -> None:
        self.world = world
        self.table = table
        self.incoming = incoming
        calls = {call.row.sip_call_id: call for call in table.live()}
        self.live: LiveCall = calls[incoming.sip_call_id]
        self.leg: FakeLeg = world.engine.legs[-1]

    @classmethod
    async def on(cls, world: CallWorld, table: CallTable, incoming: FakeIncomingCall) -> Person:
        """The caller of an incoming call, once it was answered."""
        legs = len(world.engine.legs)
        await happens(lambda: len(world.engine.legs) > legs, 5)
        return cls(world, table, incoming)

    @property
    def session(self) -> FakeSession:
        """The SIP session."""
        assert self.incoming.session is not None
        return self.incoming.session

    @property
    def state(self) -> State:
        """Whose turn it is."""
        return self.live.conversation.manager.state

    async def says(self, words: str | None, seconds: float = 0.8) -> None:
        """Speak; None: the recogniser never answers."""
        self.world.stt.words.append(words)
        self.leg.speech_started()
        await trio.sleep(seconds)
        self.leg.speech_stopped()

    async def until(self, state: State, bound_s: float = 60.0) -> None:
        """Wait until the turn manager is in this state."""
        await happens(lambda: self.state is state, bound_s)

    async def listens(self, bound_s: float = 60.0) -> None:
        """Wait until an answer has begun and ended."""
        await happens(lambda: self.state is not State.LISTENING, bound_s)
        await self.until(State.LISTENING, bound_s)
