"""The ways of taking turns that are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Mode:
    """One way. `environ`: RUNTIME_* variables; `assistant`: what stands in the file of RUNTIME_ASSISTANT,
    empty: there is none.
    """

    name: str
    what: str
    environ: Mapping[str, str] = field(default_factory=dict)
    assistant: Mapping[str, object] = field(default_factory=dict)


_VOICE = {"stopSpeakingPlan": {"mode": "voice", "voiceSeconds": 0, "backoffSeconds": 0}}


def fixed(wait_ms: int) -> Mode:
    """So much silence after every sentence, and a voice interrupts for good: what most systems began with."""
    environ = {
        "RUNTIME_ENDPOINTING": "fixed",
        "RUNTIME_ENDPOINTING_WAIT_MS": str(wait_ms),
        "RUNTIME_SPECULATION": "false",
    }
    what = f"{wait_ms} ms of silence end a turn, any voice interrupts for good, nothing ahead"
    return Mode(f"fixed-{wait_ms}", what, environ, _VOICE)


def _endpointing(mode: str, what: str) -> Mode:
    return Mode(mode, what, {"RUNTIME_ENDPOINTING": mode})


def _barge_in(mode: str, what: str, **more: object) -> Mode:
    plan = {"mode": mode, "backoffSeconds": 0, **more}
    return Mode(f"barge-{mode}", what, assistant={"stopSpeakingPlan": plan})


MODES = {
    mode.name: mode
    for mode in (
        Mode("default", "the settings as they come"),
        fixed(700),
        fixed(300),
        fixed(450),
        fixed(1000),
        _endpointing("adaptive", "the wait follows the caller's pauses"),
        _endpointing("transcript", "the wait follows marks and numbers at the end of the transcript"),
        Mode("not-ahead", "as the settings come, no answer ahead", {"RUNTIME_SPECULATION": "false"}),
        _barge_in("voice", "as the settings come, a voice of 0.2 s interrupts"),
        _barge_in("words", "as the settings come, two words interrupt", numWords=2),
    )
}
USUAL = ("fixed-700", "default")


@dataclass(frozen=True, slots=True)
class Peer:
    """Another system: a module of `bench/turns/peers` and how it is set up there."""

    name: str
    what: str
    module: str
    variant: str


PEERS = {
    peer.name: peer
    for peer in (
        Peer(
            "pipecat",
            "Pipecat 1.14 as it comes: Silero begins a turn, Smart Turn v3.2 ends it",
            "bench.turns.peers.pipecat_server",
            "default",
        ),
        Peer(
            "pipecat-words",
            "Pipecat 1.14, three words begin a turn",
            "bench.turns.peers.pipecat_server",
            "words",
        ),
        Peer(
            "livekit",
            "LiveKit Agents 1.8.9 by Silero, false interruptions resumed",
            "bench.turns.peers.livekit_server",
            "vad",
        ),
        Peer(
            "livekit-words",
            "LiveKit Agents 1.8.9, two words interrupt",
            "bench.turns.peers.livekit_server",
            "words",
        ),
    )
}
