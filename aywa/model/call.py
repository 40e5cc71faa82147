"""A call as the API shows it, and the commands that steer one."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import ConfigDict, Field

from aywa.model.base import Resource, Timestamp
from aywa.model.control_commands import (
    AddMessageCommand,
    CustomCommand,
    DtmfCommand,
    HandoffCommand,
    TransportCommand,
)
from aywa.model.transfer import TransferCommand

SAY_MAX_CHARACTERS = 2000  # two minutes of speech; more is a mistake, and nobody would hear its end


class Customer(Resource):
    """The other party of a call."""

    number: str | None = None  # when the address looks like a telephone number
    name: str | None = None  # the display name
    sip_uri: str | None = None


class TranscriptMessage(Resource):
    """One thing said, as heard: `time` in epoch milliseconds, `duration` in milliseconds."""

    role: Literal["user", "bot"]
    message: str
    time: int
    end_time: int
    seconds_from_start: float
    duration: int
    interrupted: bool | None = None


class MonoRecording(Resource):
    """Where one channel of it is downloaded."""

    combined_url: str
    assistant_url: str
    customer_url: str


class Recording(Resource):
    """Where the recording is downloaded."""

    stereo_url: str
    mono: MonoRecording | None = None
    tracks_url: str | None = None  # once there were more than two parties: each on a channel of its own
    tracks: list[str] | None = None  # whose, in their order


class TurnLatency(Resource):
    """How long one answer took, in milliseconds: `turn_latency` is the whole, the others its parts."""

    model_latency: float
    voice_latency: float
    transcriber_latency: float
    endpointing_latency: float
    turn_latency: float


class PerformanceMetrics(Resource):
    """How quickly the assistant answered, in milliseconds, and who interrupted whom how often.

    The endpointing latency holds the detection of silence. `percentiles`: by part, `p50`, `p95` and `p99`.
    """

    turn_latencies: list[TurnLatency]
    model_latency_average: float
    voice_latency_average: float
    transcriber_latency_average: float
    endpointing_latency_average: float
    turn_latency_average: float
    to_transport_latency_average: float  # from the voice's first audio to the first sample that was sent
    percentiles: dict[str, dict[str, float]]
    num_user_interrupted: int
    num_assistant_interrupted: int


class Artifact(Resource):
    """What a call left behind."""

    variable_values: dict[str, object]  # what the conversation settled
    recording_path: str | None = None  # on the runtime's own disk
    pcap_path: str | None = None  # likewise
    pcap_url: str | None = None
    transfers: list[dict[str, object]] | None = None  # in their order; absent where there was none

    transcript: str | None = None  # "AI: …\nUser: …"
    messages: list[TranscriptMessage] | None = None
    performance_metrics: PerformanceMetrics | None = None  # once the call is over and had an answer
    recording: Recording | None = None
    recording_url: str | None = None  # both sides on one channel
    stereo_recording_url: str | None = None
    log_url: str | None = None  # once the call is over
    # of the artifact store's own, good for everybody until they expire
    presigned_recording_url: str | None = None
    presigned_stereo_recording_url: str | None = None
    presigned_customer_recording_url: str | None = None
    presigned_assistant_recording_url: str | None = None
    presigned_pcap_url: str | None = None
    presigned_log_url: str | None = None
    presigned_urls_expires_at: Timestamp | None = None
    structured_outputs: dict[str, dict[str, object]] | None = None  # by id: name and result


class DirectionQuality(Resource):
    """One direction: packets lost in per cent, jitter in milliseconds, E-model MOS 1..4.5 of its listener."""

    loss_percent: float
    jitter_ms: float
    mos: float


class Echo(Resource):
    """Our own speech as it came back: after so long, and so much quieter (below 0: louder)."""

    delay_ms: float
    return_loss_db: float


class Media(Resource):
    """How a call sounded; what nobody could tell is absent."""

    codec: str
    srtp: str | None = None  # the suite
    received: DirectionQuality | None = None
    sent: DirectionQuality | None = None  # by the other side's reports
    round_trip_ms: float | None = None
    echo: Echo | None = None
    recording_lost_ms: float | None = None  # silence in the recording because it was not fetched in time


class SpeculationCost(Resource):
    """Answers made ahead of the caller's last word: how many were used, and what the others cost."""

    adopted: int
    dropped: int
    prompt_tokens: int
    completion_tokens: int
    characters: int


class CostBreakdown(Resource):
    """What a call used of its providers, in units and in money; what came to nothing is in the sums too."""

    llm_prompt_tokens: int
    llm_completion_tokens: int
    llm_cached_prompt_tokens: int | None = None
    tts_characters: int
    stt_seconds: float | None = None
    transport_seconds: float | None = None
    storage_bytes: int | None = None
    speculation: SpeculationCost
    currency: str | None = None  # of all amounts; absent on calls from before they were priced
    transport: float | None = None
    stt: float | None = None
    llm: float | None = None
    tts: float | None = None
    storage: float | None = None
    vapi: float | None = None  # a platform's own fee: there is none, it is always 0
    chat: float | None = None  # likewise
    total: float | None = None
    analysis_cost_breakdown: dict[str, float] | None = None  # by part, and its tokens
    unpriced: list[str] | None = None  # what the price table has no entry for


class Analysis(Resource):
    """What was made of a call when it was over; a part that was not asked for or did not come is absent."""

    summary: str | None = None
    structured_data: object | None = None
    structured_data_multi: list[dict[str, object]] | None = None
    success_evaluation: str | None = None


class CallCosts(Resource):
    """What an ended call cost."""

    call_id: str
    ended_at: Timestamp | None = None
    cost: float
    costs: list[dict[str, object]]
    cost_breakdown: CostBreakdown | None = None


class Monitor(Resource):
    """Where a live call is heard (a websocket) and steered, as far as the assistant's plan lets it."""

    listen_url: str | None = None
    control_url: str | None = None


class Transport(Resource):
    """How a call without a telephone goes: by a websocket, whose URL is shown until somebody has come."""

    provider: str
    audio_format: dict[str, object]
    websocket_call_url: str | None = None


class RecordingConsent(Resource):
    """How the caller was asked, and what he has answered; `granted_at` is absent where he has not agreed.

    `offset_ms`: of the answer, since the recording's first sample, and where the recording begins.
    """

    type: str
    status: str
    message: str
    offset_ms: int
    granted_at: str | None = None
    settled_at: str | None = None
    phrase: str | None = None  # what he has said
    key: str | None = None  # or pressed


class AiDisclosure(Resource):
    """When he has heard that no human speaks: by the built-in `sentence`, or the `message` that says so."""

    offset_ms: int
    by: str
    text: str


class SilentSpan(Resource):
    """What of the call is silence in its recording."""

    start_ms: int
    end_ms: int | None = None
    why: str


class RecordingStop(Resource):
    """Who ended the recording before the call, and where; `phrase`: the caller's words."""

    by: str
    offset_ms: int
    phrase: str | None = None


class RecordingBounds(Resource):
    """What of the call is not in its recording."""

    start_ms: int | None = None  # before it, silence
    pauses: list[SilentSpan] | None = None
    stopped: RecordingStop | None = None


class Compliance(Resource):
    """What the caller was told and asked."""

    recording_consent: RecordingConsent | None = None
    ai_disclosure: AiDisclosure | None = None
    recording: RecordingBounds | None = None


class Call(Resource):
    """A call. Fields that do not apply yet are absent."""

    id: str
    org_id: str
    type: str
    name: str | None = None
    status: str
    assistant_id: str | None = None
    phone_number_id: str | None = None
    created_at: Timestamp
    updated_at: Timestamp
    started_at: Timestamp | None = None
    ended_at: Timestamp | None = None
    ended_reason: str | None = None
    ended_message: str | None = None
    ended_by: str | None = None
    sip_status: int | None = None
    customer: Customer | None = None
    to_uri: str | None = None
    phone_call_transport: Literal["sip"] | None = None
    phone_call_provider_id: str | None = None  # the SIP Call-ID
    transport: Transport | None = None
    scenario: str
    worker_id: str
    artifact: Artifact
    cost: float | None = None  # once the call is over
    costs: list[dict[str, object]] | None = None  # likewise: each with its type and what was used
    cost_breakdown: CostBreakdown | None = None  # likewise
    analysis: Analysis | None = None  # once it is there, a while after the call
    media: Media | None = None  # once the call is over
    compliance: Compliance | None = None  # where there was something to tell or to ask
    monitor: Monitor | None = None


class TimelineItem(Resource):
    """One decision or event; `at_ms` is since the call was created."""

    seq: int
    time: Timestamp
    at_ms: int
    kind: str
    level: Literal["info", "warning", "error"]
    data: dict[str, object]


class TranscriptItem(Resource):
    """One thing said, as heard. `start_ms` and `end_ms` are since the recording's first sample."""

    seq: int
    time: Timestamp
    at_ms: int  # since the call was created
    role: str
    text: str
    start_ms: int
    end_ms: int
    interrupted: bool


class ArtifactItem(Resource):
    """A file, at the moment it begins."""

    time: Timestamp
    at_ms: int
    kind: Literal["stereo-recording", "tracks-recording"]
    url: str


class WebhookItem(Resource):
    """A message to a server, at the moment it was written, and what became of it."""

    time: Timestamp
    at_ms: int
    id: str
    type: str
    state: str
    level: Literal["info", "warning", "error"]
    attempts: int
    last_status: int | None = None
    last_error: str | None = None
    next_at: Timestamp | None = None


class Timeline(Resource):
    """Decisions, speech, artifacts and webhooks of a call on one clock, and how much of it was trouble."""

    call_id: str
    status: str
    ended_reason: str | None = None
    timeline: list[TimelineItem]
    transcript: list[TranscriptItem]
    artifacts: list[ArtifactItem]
    webhooks: list[WebhookItem]
    warning_count: int
    error_count: int


class SayCommand(Resource):
    """Speak this text now."""

    model_config = ConfigDict(extra="allow", strict=True)

    type: Literal["say"]
    content: str = Field(min_length=1, max_length=SAY_MAX_CHARACTERS, pattern=r"\S")
    end_call_after_spoken: bool = False
    interrupt_assistant_enabled: bool = False  # what is being said is cut for it
    interruptions_enabled: bool = True  # the caller may interrupt it


class EndCallCommand(Resource):
    """Hang up."""

    model_config = ConfigDict(extra="allow", strict=True)

    type: Literal["end-call"]


class CaptureCommand(Resource):
    """Keep the call's packets from now on; they are written when it ends."""

    model_config = ConfigDict(extra="allow", strict=True)

    type: Literal["capture"]
    mode: Literal["headers", "audio", "full"] = "headers"


class LineCommand(Resource):
    """Mute or unmute a side, say the first message, or put the caller on hold and take him back."""

    model_config = ConfigDict(extra="allow", strict=True)

    type: Literal["control"]
    control: Literal[
        "mute-assistant",
        "unmute-assistant",
        "mute-customer",
        "unmute-customer",
        "say-first-message",
        "hold",
        "resume",
        "stop-recording",
        "pause-recording",
        "resume-recording",
        "pause-card",
        "resume-card",
    ]


ControlCommand: TypeAlias = (
    SayCommand
    | AddMessageCommand
    | LineCommand
    | TransferCommand
    | HandoffCommand
    | TransportCommand
    | DtmfCommand
    | CustomCommand
    | EndCallCommand
    | CaptureCommand
)
CONTROL_COMMANDS: dict[str, type[ControlCommand]] = {
    "say": SayCommand,
    "add-message": AddMessageCommand,
    "control": LineCommand,
    "transfer": TransferCommand,
    "handoff": HandoffCommand,
    "send-transport-message": TransportCommand,
    "dtmf": DtmfCommand,
    "custom": CustomCommand,
    "end-call": EndCallCommand,
    "capture": CaptureCommand,
}
