"""Deepgram's /v1/listen, frame by frame."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from aywa.errors import ParseError, ProviderError, ProviderFault
from aywa.model.transcribers.deepgram import DeepgramTranscriber
from aywa.ports.stt import Final, Partial
from aywa.providers.deepgram.listen_wire import DeepgramListenWire, listen_path
from aywa.providers.listening.audio_clock import AudioClock
from aywa.providers.listening.wire import Sign


def clock(seconds: float = 60.0, from_sample: int = 8000) -> AudioClock:
    """Audio without a hole from this place of the timeline on."""
    made = AudioClock()
    samples = int(seconds * 16_000)
    made.piece(samples, from_sample + samples // 2)
    return made


def results(
    text: str, start: float, end: float, *, words: bool = True, confidence: float = 0.9, **flags: Any
) -> str:
    timed = [{"word": word, "start": start, "end": end, "confidence": confidence} for word in text.split()]
    best = {"transcript": text, "confidence": confidence, "words": timed if words else []}
    frame = {"type": "Results", "start": start, "duration": end - start, "channel": {"alternatives": [best]}}
    return json.dumps({**frame, "is_final": False, "speech_final": False, **flags})


FINAL = {"is_final": True}
SPOKEN = {"is_final": True, "speech_final": True}


def test_an_interim_is_a_partial_with_what_is_final_before_it() -> None:
    wire = DeepgramListenWire()
    assert wire.take(results("I would", 0, 1), clock()) == [Partial("I would", 0.9)]
    assert wire.take(results("I would like", 0, 2, **FINAL), clock()) == [Partial("I would like", 0.9)]
    assert wire.take(results("a table", 2, 3), clock()) == [Partial("I would like a table", 0.9)]
    assert wire.take(results("a table.", 2, 3, **SPOKEN), clock()) == [
        Final("I would like a table.", pytest.approx(0.9), 8000, 8000 + 24000)
    ]


def test_a_request_for_finals_is_settled_also_without_words() -> None:
    wire = DeepgramListenWire()
    assert wire.take(results("", 0, 1, from_finalize=True, **SPOKEN), clock()) == [Sign.SETTLED]
    heard = wire.take(results("yes", 1, 2, from_finalize=True, **FINAL), clock())
    assert heard == [Final("yes", 0.9, 16000, 24000), Sign.SETTLED]


def test_the_end_of_an_utterance_gives_what_is_final() -> None:
    wire = DeepgramListenWire()
    end = json.dumps({"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": 2.0})
    assert wire.take(end, clock()) == []
    wire.take(results("never mind", 0, 2, **FINAL), clock())
    assert wire.take(end, clock()) == [Final("never mind", 0.9, 8000, 24000)]


def test_segments_out_of_order_are_put_in_order_and_counted_once() -> None:
    wire = DeepgramListenWire()
    for text, start, end in (("a table", 2, 3), ("I would like", 0, 2), ("a table", 2, 3)):
        wire.take(results(text, start, end, **FINAL), clock())
    assert wire.take(results("overtaken", 1, 2.5), clock()) == []
    final = wire.rest(clock())
    assert final is not None
    assert final.text == "I would like a table"
    assert wire.rest(clock()) is None


def test_what_was_only_guessed_is_the_rest_when_nothing_more_comes() -> None:
    wire = DeepgramListenWire()
    wire.take(results("hold on", 0, 1), clock())
    assert wire.rest(clock()) == Final("hold on")


def test_confidence_is_weighed_by_length() -> None:
    wire = DeepgramListenWire()
    wire.take(results("aaa", 0, 1, confidence=1.0, **FINAL), clock())
    (final,) = wire.take(results("b", 1, 2, confidence=0.2, **SPOKEN), clock())
    assert isinstance(final, Final)
    assert final.confidence == pytest.approx((3 * 1.0 + 0.2) / 4)


def test_languages_are_told() -> None:
    wire = DeepgramListenWire()
    frame = json.loads(results("hola", 0, 1, **SPOKEN))
    frame["channel"]["alternatives"][0]["languages"] = ["es", "en"]
    (final,) = wire.take(json.dumps(frame), clock())
    assert isinstance(final, Final)
    assert final.language == "es"


@pytest.mark.parametrize(
    "frame",
    [b"\x00", "", "[1]", '{"type": "', '{"type":"Results","start":"0"}', results("x", -1, 0),
     '{"type":"Results","channel":{"alternatives":[1]}}', '{"type":"Results","start":NaN}',
     '{"type":"Results","channel":[]}', '{"type":"Results","is_final":"yes"}', "[" * 100_000],
)  # fmt: skip
def test_what_is_not_of_the_protocol_is_a_parse_error(frame: str | bytes) -> None:
    with pytest.raises(ParseError):
        DeepgramListenWire().take(frame, clock())


@pytest.mark.parametrize(
    "frame", ['{"type":"New"}', '{"type":7}', "{}", '{"type":"SpeechStarted","timestamp":"x"}']
)
def test_frames_of_unknown_kinds_are_nothing(frame: str) -> None:
    assert DeepgramListenWire().take(frame, clock()) == []


@pytest.mark.parametrize(
    ("variant", "fault"),
    [("SchemaError", ProviderFault.BAD_REQUEST), ("Overloaded", ProviderFault.UNAVAILABLE)],
)
def test_an_error_is_told_by_its_code_and_not_in_its_words(variant: str, fault: ProviderFault) -> None:
    frame = json.dumps({"type": "Error", "variant": variant, "description": "caller 555 0100 said"})
    with pytest.raises(ProviderError) as caught:
        DeepgramListenWire().take(frame, clock())
    assert caught.value.fault is fault
    assert variant in caught.value.detail
    assert "555" not in caught.value.detail


def test_the_query_is_what_the_plan_says() -> None:
    plan = DeepgramTranscriber.model_validate(
        {
            "provider": "deepgram",
            "model": "nova-3",
            "language": "multi",
            "keyterm": ["Aywa", "table for two"],
            "redaction": ["pci", "ssn"],
            "mipOptOut": True,
            "endpointing": 300,
            "smartFormat": False,
        }
    )
    path = urlsplit(listen_path(plan))
    query = parse_qsl(path.query)
    assert path.path == "/v1/listen"
    for pair in (
        ("model", "nova-3"), ("language", "multi"), ("encoding", "linear16"), ("sample_rate", "16000"),
        ("interim_results", "true"), ("keyterm", "Aywa"), ("keyterm", "table for two"), ("redact", "pci"),
        ("redact", "ssn"), ("mip_opt_out", "true"), ("endpointing", "300"), ("smart_format", "false"),
    ):  # fmt: skip
        assert pair in query
    assert "numerals" not in dict(query)
