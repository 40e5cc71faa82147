"""What holds of every recogniser's wire: whatever comes, only a ParseError or a ProviderError goes out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from aywa.errors import ParseError, ProviderError
from aywa.model.transcribers.cartesia import CartesiaTranscriber
from aywa.model.transcribers.openai import OpenAiTranscriber
from aywa.model.transcribers.whisper import WhisperTranscriber
from aywa.ports.stt import Final, Partial
from aywa.providers.assemblyai.stream_wire import AssemblyAiWire
from aywa.providers.cartesia.ink_wire import InkWire
from aywa.providers.cartesia.turns_wire import TurnsWire
from aywa.providers.custom.transcriber_wire import CustomTranscriberWire
from aywa.providers.deepgram.flux_wire import FluxWire
from aywa.providers.deepgram.listen_wire import DeepgramListenWire
from aywa.providers.elevenlabs.scribe_wire import ScribeWire
from aywa.providers.listening.audio_clock import AudioClock
from aywa.providers.listening.wire import Sign, Wire
from aywa.providers.openai.transcription_wire import TranscriptionWire
from aywa.providers.whisper.live_wire import WhisperLiveWire

WIRES: dict[str, Callable[[], Wire]] = {
    "deepgram": DeepgramListenWire,
    "flux": FluxWire,
    "assembly-ai": AssemblyAiWire,
    "cartesia": InkWire,
    "openai": lambda: TranscriptionWire(OpenAiTranscriber(provider="openai")),
    "11labs": ScribeWire,
    "custom-transcriber": CustomTranscriberWire,
    "whisper-live": lambda: WhisperLiveWire(WhisperTranscriber(provider="whisper"), "u"),
    "cartesia-turns": lambda: TurnsWire(CartesiaTranscriber(provider="cartesia")),
}

# What their frames are made of, so that chance finds its way into them.
KINDS = [
    *("Results", "UtteranceEnd", "Error", "SpeechStarted", "Connected", "TurnInfo", "Begin", "Turn"),
    *("StartOfTurn", "Update", "EagerEndOfTurn", "TurnResumed", "EndOfTurn", "transcript", "flush_done"),
    *("session_started", "partial_transcript", "committed_transcript", "commit_throttled", "auth_error"),
    *("committed_transcript_with_timestamps", "input_audio_buffer.committed", "transcriber-response"),
    *(f"conversation.item.input_audio_transcription.{what}" for what in ("delta", "completed", "failed")),
    *("turn.start", "turn.update", "turn.eager_end", "turn.resume", "turn.end", "connected", "error"),
]
NAMES = [
    *("type", "channel", "alternatives", "transcript", "confidence", "words", "start", "end", "duration"),
    *("item_id", "delta", "logprobs", "logprob", "languages", "transcription", "channel", "transcriptType"),
    *("segments", "completed", "uid", "status", "message", "language"),
    *("event", "turn_index", "sequence_id", "end_of_turn_confidence", "audio_window_start", "error"),
    *("audio_window_end", "turn_order", "turn_is_formatted", "end_of_turn", "language_code", "status_code"),
    *("is_final", "speech_final", "from_finalize", "languages", "word", "text", "variant", "code"),
]

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**20),
    st.floats(),
    st.text(max_size=6),
    st.sampled_from(KINDS),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)
    ),
    max_leaves=12,
)
objects = st.builds(
    lambda kind, name, rest: {**rest, name: kind},
    st.sampled_from(KINDS),
    st.sampled_from(["type", "message_type"]),
    st.dictionaries(st.sampled_from(NAMES), values, max_size=8),
)
frames = st.one_of(
    st.binary(max_size=40), st.text(max_size=40), objects.map(json.dumps), values.map(json.dumps)
)


def placed(clock: AudioClock, event: Any) -> None:
    assert isinstance(event, Partial | Final | Sign)
    if isinstance(event, Sign):
        return
    assert "\0" not in event.text
    event.text.encode()
    for share in (event.confidence, event.end_of_turn):
        assert share is None or 0 <= share <= 1
    if isinstance(event, Final) and event.started_at_sample is not None:
        assert event.stopped_at_sample is not None
        assert 0 <= event.started_at_sample <= event.stopped_at_sample <= (clock.end or 0)


@pytest.mark.parametrize("name", sorted(WIRES))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(came=st.lists(frames, max_size=6))
@example(
    came=[
        '{"type":"Results","is_final":true,"speech_final":true,"channel":{"alternatives":[{"transcript":"\\ud800\\u0000"}]}}'
    ]
)
def test_nothing_but_its_errors_comes_out(name: str, came: list[str | bytes]) -> None:
    wire, clock = WIRES[name](), AudioClock()
    clock.piece(160_000, 100_000)
    for frame in came:
        try:
            for event in wire.take(frame, clock):
                placed(clock, event)
        except (ParseError, ProviderError):
            continue
    rest = wire.rest(clock)
    if rest is not None:
        placed(clock, rest)


@settings(max_examples=100, deadline=None)
@given(
    pieces=st.lists(
        st.tuples(st.integers(0, 8000), st.integers(1, 1600), st.booleans()), min_size=1, max_size=30
    ),
    probe=st.floats(0, 40),
)
def test_the_clock_puts_every_second_where_it_was_said(
    pieces: list[tuple[int, int, bool]], probe: float
) -> None:
    """Against a table with one entry per sample that was sent."""
    clock = AudioClock()
    table: list[int] = []
    place = 4000  # of 8 kHz
    for gap, samples, wide in pieces:
        place += (gap if wide else 0) + samples
        clock.piece(samples * 2, place)
        table += [place * 2 - samples * 2 + n for n in range(samples * 2)]
    index = min(round(probe * 16_000), len(table) - 1)
    found = clock.at(index / 16_000)
    assert abs(found - table[index] // 2) <= 80 + 1  # what is taken for one piece may be 10 ms apart
    assert clock.end is not None
    assert abs(clock.end - place) <= 80 * len(pieces)
