"""What the calls of one process are made with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, TypeAlias
from uuid import UUID

from aywa.call.assistant import fold
from aywa.call.dial_gate import Dialling
from aywa.call.disclosing import disclosing
from aywa.call.disk import DiskThreads
from aywa.call.equipment import CallScope, Outfit
from aywa.call.media_port import EnginePort
from aywa.call.news_plan import NewsPlan
from aywa.call.rounds import RecordingRounds
from aywa.call.servers import CallServers
from aywa.call.start_plan import usual_endpointing
from aywa.call.verdict import Verdict
from aywa.media.clip import Clip
from aywa.media.hold_audio import HoldAudio
from aywa.model.assistant import Assistant
from aywa.model.price_table import DEFAULT_PRICES, PriceTable
from aywa.ports.capture import CaptureStore
from aywa.ports.endpointing import EndpointingAdvisor
from aywa.ports.knowledge import KnowledgeSearch
from aywa.ports.llm import ChatModel
from aywa.ports.recording import RecordingStore
from aywa.ports.server_requests import ServerRequests
from aywa.ports.store import CallStore, TimelineEntry
from aywa.ports.stt import Transcriber
from aywa.ports.tool_ledger import ToolLedger
from aywa.ports.tools import McpServers, Scenario
from aywa.ports.tts import Synthesizer
from aywa.ports.turn_sound import TurnSoundModel
from aywa.ports.voice import VoiceJudge
from aywa.settings import CallSettings, MediaSettings
from aywa.transfer.plan import Destination, Mode, TransferPlan
from aywa.turn.endpointing_settings import EndpointingMode
from aywa.turn.settings import TurnSettings
from aywa.turn.speculation_settings import SpeculationSettings


def _nobody() -> None:
    """Nobody waits for it."""


# From an organisation and a destination to a `CallPlan`. Raises `RequestError` and `StoreError`.
Successors: TypeAlias = Callable[[UUID, Mapping[str, object]], Awaitable[Any]]
CallObserver: TypeAlias = Callable[[TimelineEntry], None]  # must neither block nor raise


@dataclass(frozen=True, slots=True)
class VadSettings:
    """The engine's voice activity detector, per leg; its defaults were measured, see `LegParameters`."""

    mode: int = 1  # 0 to 3, 3 hears least
    start_ms: int = 34
    # The silence that ends speech, at most; of 248 recorded sentences it splits none, and 300 ms eleven.
    stop_ms: int = 450


MIN_STOP_MS = 200  # the silence inside a word, before a p, t or k, lasts up to about 150


@dataclass(frozen=True, slots=True)
class CallDependencies:
    """Everything a call needs; made once by the composition root."""

    engine: EnginePort[Any]
    transcriber: Transcriber
    model: ChatModel
    synthesizer: Synthesizer
    scenario: Scenario
    store: CallStore
    recordings: RecordingStore
    settings: CallSettings
    rng: Random
    clock: Callable[[], datetime]  # aware UTC
    observer: CallObserver
    worker_id: str = ""
    media: MediaSettings = field(default_factory=MediaSettings)  # codecs and SRTP
    voice_judge: VoiceJudge | None = None  # None: what the engine takes for speech is speech
    turn_sound: TurnSoundModel | None = None  # None: only the words tell whether a turn is over
    advisor: EndpointingAdvisor | None = None  # whom the assistant's plan asks; None: nobody
    vad: VadSettings = field(default_factory=VadSettings)
    rounds: RecordingRounds = field(default_factory=lambda: RecordingRounds(DiskThreads()))
    captures: CaptureStore | None = None  # None: none is written
    dialling: Dialling | None = None  # None: nobody is called
    hold_music: Clip | None = None  # None: silence
    ambience: Clip | None = None  # sounds behind the whole conversation; None: nothing does
    assistant: Assistant | None = None  # None: nothing is said otherwise than in the settings
    assistant_id: str = ""  # of the API's; "" for the one that the settings name
    ai_disclosure: bool = False  # callers hear that it is no human who speaks
    phone_number_id: str = ""  # likewise, that was called or is shown
    turn: TurnSettings | None = None  # None: the defaults, with what CallSettings and the assistant say
    hold_audio: HoldAudio | None = None  # None: it is the same for everybody
    news: NewsPlan | None = None  # whom calls tell of themselves; None: nobody
    requests: ServerRequests | None = None  # by whom servers are asked; None: nobody is
    servers: CallServers = field(default_factory=CallServers)  # that this call may ask
    outfit: Outfit | None = None  # what calls are equipped with; None: with the three above
    scope: CallScope | None = None  # of the call that was equipped; None: none was
    verdict: Verdict | None = None  # of the server that was asked for this call's assistant
    told: Callable[[], None] = _nobody  # messages for servers are in the store
    prices: PriceTable = DEFAULT_PRICES
    variables: Mapping[str, object] = field(default_factory=dict)  # by which this call is filled in
    customer: Mapping[str, object] = field(default_factory=dict)  # what the order says of whom is called
    ledger: ToolLedger | None = None  # of tools; None: only this process knows what was run
    mcp: McpServers | None = None  # None: none is asked
    successors: Successors | None = None  # who makes plans of whom a call is handed to; None: it is not
    search: KnowledgeSearch | None = None  # of files; None: nothing is found

    def transfer_to(self) -> TransferPlan | None:
        """Where `transferCall` leads; None: there is no such tool."""
        whom = self.settings.transfer_to
        if not whom:
            return None
        destination = Destination(sip_uri=whom) if ":" in whom else Destination(number=whom)
        return TransferPlan(destination, Mode(self.settings.transfer_mode))

    def speech_stop_ms(self) -> int:
        """The silence after which the engine reports the end of speech.

        It is part of the endpointing wait, which counts from the same sample, and a pause between the two
        goes on in the same turn. Where the words decide, or an answer is begun ahead, it is as short as can
        be: the first pause is where that is done, and it ends no turn.
        """
        settings = self.turn_settings()
        if settings.endpointing.mode is not EndpointingMode.FIXED or settings.speculation.enabled:
            return MIN_STOP_MS
        return max(MIN_STOP_MS, min(self.vad.stop_ms, round(settings.wait_s * 1000)))

    def turn_settings(self, *, ai_told: bool = False) -> TurnSettings:
        """The thresholds of turn taking. `ai_told`: the caller has heard that it is no human who speaks."""
        if self.turn is not None:
            return self.turn
        settings = self.settings
        usual = TurnSettings(
            barge_in=settings.barge_in,
            wait_s=settings.endpointing_wait_s,
            endpointing=usual_endpointing(settings.endpointing_mode, settings.endpointing_language),
            max_duration_s=settings.max_duration_s,
            silence_timeout_s=settings.silence_timeout_s,
            silence_prompt_s=min(TurnSettings().silence_prompt_s, settings.silence_timeout_s / 2),
            speculation=SpeculationSettings(
                enabled=settings.speculation,
                min_words=settings.speculation_min_words,
                budget_tokens=settings.speculation_tokens,
                budget_characters=settings.speculation_characters,
            ),
        )
        folded = fold(self.assistant, usual)
        return folded if ai_told else disclosing(self.assistant, folded, on=self.ai_disclosure)
