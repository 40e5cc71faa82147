"""Deepgram's Flux, frame by frame."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from aywa.errors import ParseError, ProviderError, ProviderFault
from aywa.model.transcribers.deepgram import DeepgramTranscriber
from aywa.ports.stt import Final, Partial
from aywa.providers.deepgram.flux_wire import FluxWire, flux_path
from aywa.providers.listening.audio_clock import AudioClock
from aywa.providers.listening.wire import Sign


def clock() -> AudioClock:
    made = AudioClock()
    made.piece(160_000, 8000 + 80_000)
    return made


def turn(event: str, text: str, sequence: int, index: int = 0, over: float = 0.1, **more: Any) -> str:
    words = [{"word": word, "confidence": 0.8, "start": 1.0, "end": 2.0} for word in text.split()]
    frame = {"type": "TurnInfo", "event": event, "turn_index": index, "sequence_id": sequence}
    window = {"audio_window_start": 0.5, "audio_window_end": 2.5, "end_of_turn_confidence": over}
    return json.dumps({**frame, **window, "transcript": text, "words": words, **more})


def test_a_turn_with_an_eager_end_that_was_too_early() -> None:
    wire = FluxWire()
    assert wire.take('{"type":"Connected","sequence_id":0}', clock()) == [Sign.READY]
    assert wire.take(turn("Update", "", 1), clock()) == []
    assert wire.take(turn("StartOfTurn", "I", 2), clock()) == [Partial("I", 0.8, 0.1)]
    assert wire.take(turn("EagerEndOfTurn", "I would", 3, over=0.5), clock()) == [
        Partial("I would", 0.8, 0.5)
    ]
    assert wire.take(turn("TurnResumed", "I would", 4, over=0.2), clock()) == [Partial("I would", 0.8, 0.2)]
    heard = wire.take(turn("EndOfTurn", "I would like", 5, over=0.9, languages=["en"]), clock())
    assert heard == [Final("I would like", pytest.approx(0.8), 16000, 24000, 0.9, "en")]
    assert wire.rest(clock()) is None


def test_frames_of_a_turn_that_has_ended_and_late_updates_are_nothing() -> None:
    wire = FluxWire()
    wire.take(turn("Update", "one two", 5), clock())
    assert wire.take(turn("Update", "one", 4), clock()) == []
    assert len(wire.take(turn("EndOfTurn", "one two", 6), clock())) == 1
    assert wire.take(turn("EndOfTurn", "one two", 6), clock()) == []
    assert wire.take(turn("Update", "one two three", 7), clock()) == []
    assert wire.take(turn("StartOfTurn", "next", 8, index=1), clock()) == [Partial("next", 0.8, 0.1)]


def test_an_end_that_was_overtaken_still_counts() -> None:
    wire = FluxWire()
    wire.take(turn("Update", "", 9, index=1), clock())
    (final,) = wire.take(turn("EndOfTurn", "late", 8, index=0), clock())
    assert isinstance(final, Final)


def test_without_times_of_words_the_window_is_where_it_was() -> None:
    (final,) = FluxWire().take(turn("EndOfTurn", "yes", 1, words=[]), clock())
    assert isinstance(final, Final)
    assert (final.started_at_sample, final.stopped_at_sample) == (12_000, 28_000)
    assert final.confidence is None


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("INTERNAL_SERVER_ERROR", ProviderFault.UNAVAILABLE),
        ("TOO_MANY_REQUESTS", ProviderFault.RATE_LIMITED),
        ("UNPARSABLE_CLIENT_MESSAGE", ProviderFault.BAD_REQUEST),
    ],
)
def test_errors(code: str, fault: ProviderFault) -> None:
    with pytest.raises(ProviderError) as caught:
        FluxWire().take(json.dumps({"type": "Error", "code": code, "description": "555 0100"}), clock())
    assert caught.value.fault is fault
    assert "555" not in caught.value.detail


def test_a_turn_without_its_number_is_none() -> None:
    with pytest.raises(ParseError):
        FluxWire().take('{"type":"TurnInfo","event":"Update"}', clock())


def test_hints_join_the_key_terms_of_the_plan() -> None:
    (frame,) = FluxWire(("Aywa",)).hints(("two", "Aywa", "x" * 200))
    assert json.loads(frame) == {"type": "Configure", "keyterms": ["Aywa", "two"]}


def test_the_query() -> None:
    plan = DeepgramTranscriber(
        provider="deepgram",
        model="flux-general-multi",
        eot_threshold=0.8,
        eager_eot_threshold=0.4,
        eot_timeout_ms=3000,
        languages=("en", "es"),
        keyterm=("Aywa",),
    )
    path = urlsplit(flux_path(plan))
    assert path.path == "/v2/listen"
    assert parse_qsl(path.query) == [
        ("model", "flux-general-multi"), ("encoding", "linear16"), ("sample_rate", "16000"),
        ("eot_threshold", "0.8"), ("eot_timeout_ms", "3000"), ("eager_eot_threshold", "0.4"),
        ("keyterm", "Aywa"), ("language_hint", "en"), ("language_hint", "es"),
    ]  # fmt: skip
