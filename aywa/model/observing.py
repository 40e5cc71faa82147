"""How calls and the runtime went, as the API shows it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from aywa.model.base import Resource, Timestamp
from aywa.model.call import Media, TurnLatency


class LogLine(Resource):
    """A line of a call's log: a decision or event of its timeline, or what the runtime wrote for it."""

    seq: int
    time: Timestamp
    level: Literal["info", "warning", "error"]
    component: str
    event: str
    fields: dict[str, object]  # without words that were said, numbers of people and secrets


class CallLogs(Resource):
    """The newest lines, in their order; `total` counts those there are at this level and above."""

    call_id: str
    lines: list[LogLine]
    total: int


class Recognition(Resource):
    """What the recogniser did."""

    provider: str | None = None
    partials: int
    finals: int
    failures: int


class Generation(Resource):
    """What the language model did."""

    provider: str | None = None
    requests: int
    failures: int
    tool_calls: int


class Synthesis(Resource):
    """What the voice did."""

    provider: str | None = None
    phrases: int
    characters: int
    failures: int


class ProviderSwitch(Resource):
    """One provider gave way to another; `reason`: its fault, `hedge` or `ill`."""

    at_ms: int
    stage: str
    source: str = Field(alias="from")
    target: str = Field(alias="to")
    reason: str


class PipelineTurn(Resource):
    """One answer: when it began, and how long its parts took."""

    turn: int
    at_ms: int
    trigger: str | None = None
    latency: TurnLatency | None = None
    interrupted: bool
    tools: int


class VoicePipeline(Resource):
    """How the parts of a call's conversation work, as its timeline tells; also while it is up."""

    call_id: str
    status: str
    state: str | None = None  # of the turn manager, last
    negotiated: dict[str, object] | None = None  # what both sides agreed on, last
    media: Media | None = None  # once the call is over
    packets: dict[str, object] | None = None  # likewise: the leg's counters
    recognition: Recognition
    generation: Generation
    synthesis: Synthesis
    switches: list[ProviderSwitch]
    turns: list[PipelineTurn]
    latency_ms: dict[str, float]  # p50 and p95 of whole answers
    barge_ins: int
    audio_warnings: list[str]


class Objective(Resource):
    """One target and how it is kept; `value` is null while nothing was measured."""

    name: str
    unit: str
    target: float
    value: float | None
    ok: bool
    samples: int

    def to_json(self) -> dict[str, object]:
        """A value that is null is said."""
        return super().to_json() | {"value": self.value}


class SloSnapshot(Resource):
    """Of this process, of the last `window_seconds`."""

    at: Timestamp
    window_seconds: int
    ok: bool
    objectives: list[Objective]

    def to_json(self) -> dict[str, object]:
        """With values that are null."""
        return super().to_json() | {"objectives": [each.to_json() for each in self.objectives]}


class CallSums(Resource):
    """Of many calls."""

    key: str | None = None  # the day, the assistant's id or the reason; absent in the totals
    calls: int
    answered: int
    minutes: float
    cost: float
    answers: int  # of assistants
    latency_p50_ms: float | None = None
    latency_p95_ms: float | None = None


class AnalyticsSummary(Resource):
    """Calls that were created from `from` on and before `to`."""

    start: Timestamp
    end: Timestamp
    group_by: str
    totals: CallSums
    groups: list[CallSums]
    truncated: bool
