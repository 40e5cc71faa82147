"""The report of a placed call: what a person or a test wants to know, as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from aywa.caller.measure import Turn, percentile


@dataclass(frozen=True, slots=True)
class Network:
    """What the received RTP looked like."""

    received: int = 0
    lost: int = 0
    duplicate: int = 0
    late: int = 0
    max_gap_ms: float = 0.0
    gaps_over_40_ms: int = 0
    jitter_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class CallReport:
    """One call as the caller saw it. Milliseconds throughout."""

    target: str
    sip_call_id: str
    answered_ms: float | None  # INVITE sent to 200 OK received
    first_audio_ms: float | None  # 200 OK received to the first audible sample
    duration_ms: float
    ended_by: str  # "us", "them", "refused", "no answer", "no common codec"
    sip_status: int | None = None
    turns: tuple[Turn, ...] = ()
    network: Network = field(default_factory=Network)
    recording: str | None = None

    def as_json(self) -> dict[str, object]:
        """The report with its percentiles, ready for `json.dumps`."""
        latencies = [turn.latency_ms for turn in self.turns if turn.latency_ms is not None]
        barge_ins = [turn.barge_in_ms for turn in self.turns if turn.barge_in_ms is not None]
        summary = {
            "turns": len(self.turns),
            "answered_turns": len(latencies),
            "latency_p50_ms": percentile(latencies, 0.5),
            "latency_p95_ms": percentile(latencies, 0.95),
            "interruptions": len(barge_ins),
            "barge_in_p50_ms": percentile(barge_ins, 0.5),
            "barge_in_p95_ms": percentile(barge_ins, 0.95),
        }
        return {**asdict(self), "summary": summary}
