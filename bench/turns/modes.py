"""The ways of taking turns that are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aywa.turn.barge_in_settings import BargeInMode, BargeInSettings
from aywa.turn.settings import TurnSettings


@dataclass(frozen=True, slots=True)
class Mode:
    """One way. `environ`: RUNTIME_* variables; `assistant`: what stands in the file of RUNTIME_ASSISTANT,
    empty: there is none; `turn`: in place of what those say of turn taking, None: what they say.
    """

    name: str
    what: str
    environ: Mapping[str, str] = field(default_factory=dict)
    assistant: Mapping[str, object] = field(default_factory=dict)
    turn: TurnSettings | None = None


def fixed(wait_ms: int) -> Mode:
    """So much silence after every sentence, and a voice interrupts for good: what most systems began with."""
    turn = TurnSettings(wait_s=wait_ms / 1000, barge=BargeInSettings(mode=BargeInMode.VOICE, voice_s=0.0))
    return Mode(f"fixed-{wait_ms}", f"{wait_ms} ms of silence, any voice interrupts", turn=turn)


DEFAULT = Mode("default", "the settings as they come")
WORDS = Mode(
    "words",
    "as the settings come, but only words interrupt",
    turn=TurnSettings(wait_s=0.45, barge=BargeInSettings(mode=BargeInMode.WORDS)),
)
MODES = {mode.name: mode for mode in (DEFAULT, WORDS, fixed(700), fixed(300), fixed(450), fixed(1000))}
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
