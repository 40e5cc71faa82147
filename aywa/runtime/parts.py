"""Everything a worker has opened, and what its calls and its API are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from aywa.artifacts.pcap import PcapFiles
from aywa.artifacts.wav import WavRecordings
from aywa.call.dependencies import CallDependencies
from aywa.call.dial_gate import DialGate, Dialling
from aywa.call.table import CallTable
from aywa.clock import wall_now
from aywa.events.bus import EventBus
from aywa.media.clip import Clip
from aywa.media.engine import MediaEngine
from aywa.model.assistant import Assistant
from aywa.ports.llm import ChatModel
from aywa.ports.store import TimelineEntry
from aywa.ports.stt import Transcriber
from aywa.ports.tts import Synthesizer
from aywa.providers.endpointing_webhook import EndpointingWebhook
from aywa.providers.phrase_cache import PhraseCache
from aywa.providers.smart_turn import SmartTurnModel
from aywa.providers.voice_batch import VoiceBatcher
from aywa.runtime.database import Database
from aywa.runtime.runtime import Runtime
from aywa.scenarios.registry import ScriptedScenario
from aywa.settings import Settings
from aywa.transports.opening import Transports
from aywa.ua.user_agent import UserAgent


@dataclass(frozen=True, slots=True)
class Providers:
    """What hears, thinks and speaks for every call of a worker."""

    transcriber: Transcriber
    model: ChatModel
    synthesizer: Synthesizer
    phrases: PhraseCache | None = None  # `synthesizer`, once it remembers what is fixed


@dataclass(frozen=True, slots=True)
class Files:
    """What the settings' files hold, and which phrases are fixed by them."""

    assistant: Assistant | None
    ambience: Clip | None
    hold_music: Clip
    fixed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """All of one worker, opened."""

    settings: Settings
    rng: Random
    worker_id: str
    bus: EventBus
    publish: Callable[[TimelineEntry], None]
    scenario: ScriptedScenario
    files: Files
    recordings: WavRecordings
    captures: PcapFiles
    database: Database
    gate: DialGate
    provided: Providers
    voice_judge: VoiceBatcher | None
    turn_sound: SmartTurnModel | None
    advisor: EndpointingWebhook | None
    engine: MediaEngine
    agent: UserAgent
    transports: Transports

    def dependencies(self) -> CallDependencies:
        """What the calls are made with."""
        return CallDependencies(
            engine=self.engine,
            transcriber=self.provided.transcriber,
            model=self.provided.model,
            synthesizer=self.provided.synthesizer,
            scenario=self.scenario,
            store=self.database.calls,
            recordings=self.recordings,
            settings=self.settings.call,
            rng=self.rng,
            clock=wall_now,
            observer=self.publish,
            worker_id=self.worker_id,
            media=self.settings.media,
            voice_judge=self.voice_judge,
            turn_sound=self.turn_sound,
            advisor=self.advisor,
            captures=self.captures,
            hold_music=self.files.hold_music,
            ambience=self.files.ambience,
            assistant=self.files.assistant,
            dialling=Dialling(self.agent, self.gate),
        )

    def runtime(self, table: CallTable) -> Runtime:
        """What the API, the demonstration and the benchmarks hold in their hands."""
        provided = self.provided
        return Runtime(
            settings=self.settings,
            worker_id=self.worker_id,
            database=self.database,
            bus=self.bus,
            engine=self.engine,
            hold_music=self.files.hold_music,
            phrases=provided.phrases,
            user_agent=self.agent,
            transports=self.transports,
            table=table,
            recordings=self.recordings,
            captures=self.captures,
            transcriber=provided.transcriber,
            voice_judge=self.voice_judge,
            provider_names=(provided.transcriber.name, provided.model.name, provided.synthesizer.name),
        )
