"""The wires of AssemblyAI, Cartesia, OpenAI, Scribe, WhisperLive and the contract's own, frame by frame."""

from __future__ import annotations

import json
import math
from base64 import b64decode
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy
import pytest

from aywa.errors import ParseError, ProviderError, ProviderFault
from aywa.model.transcribers.assembly_ai import AssemblyAiTranscriber
from aywa.model.transcribers.cartesia import CartesiaTranscriber
from aywa.model.transcribers.eleven_labs import ElevenLabsTranscriber
from aywa.model.transcribers.openai import OpenAiTranscriber
from aywa.model.transcribers.whisper import WhisperTranscriber
from aywa.ports.stt import Final, Partial
from aywa.providers.assemblyai.stream_wire import AssemblyAiWire, stream_path
from aywa.providers.cartesia.ink_wire import InkWire, ink_path
from aywa.providers.cartesia.turns_wire import TurnsWire, turns_path
from aywa.providers.custom.transcriber_wire import CustomTranscriberWire
from aywa.providers.elevenlabs.scribe_wire import ScribeWire, scribe_path
from aywa.providers.listening.addresses import base_of, place_of
from aywa.providers.listening.audio_clock import AudioClock
from aywa.providers.listening.wire import Heard, Sign, Wire
from aywa.providers.openai.transcription_wire import TranscriptionWire, session_of
from aywa.providers.whisper.live_wire import WhisperLiveWire


def clock() -> AudioClock:
    made = AudioClock()
    made.piece(160_000, 8000 + 80_000)
    return made


def heard(wire: Wire, *frames: dict[str, Any]) -> list[Heard]:
    return [event for frame in frames for event in wire.take(json.dumps(frame), clock())]


def fault_of(wire: Wire, frame: dict[str, Any]) -> ProviderFault | None:
    with pytest.raises(ProviderError) as caught:
        wire.take(json.dumps(frame), clock())
    assert "555" not in caught.value.detail
    return caught.value.fault


def aai_turn(text: str, order: int = 0, *, end: bool = False, formatted: bool = False) -> dict[str, Any]:
    words = [
        {"text": word, "start": 1000, "end": 2000, "confidence": 0.9, "word_is_final": end}
        for word in text.split()
    ]
    settled = text if end else ""
    flags = {"turn_order": order, "end_of_turn": end, "turn_is_formatted": formatted}
    return {"type": "Turn", **flags, "transcript": settled, "end_of_turn_confidence": 0.6, "words": words}


def test_assemblyai_gives_the_formatted_turn_once() -> None:
    wire = AssemblyAiWire()
    assert heard(wire, {"type": "Begin", "id": "x"}) == [Sign.READY]
    assert heard(wire, aai_turn("a table")) == [Partial("a table", pytest.approx(0.9), 0.6)]
    assert heard(wire, aai_turn("a table", end=True)) == [Partial("a table", pytest.approx(0.9), 0.6)]
    final = Final("A table.", pytest.approx(0.9), 16000, 24000, 0.6)
    assert heard(wire, aai_turn("A table.", end=True, formatted=True)) == [final]
    assert heard(wire, aai_turn("A table.", end=True, formatted=True), aai_turn("a")) == []
    assert wire.rest(clock()) is None


def test_assemblyai_without_the_formatted_turn_has_the_other() -> None:
    wire = AssemblyAiWire()
    heard(wire, aai_turn("a table", end=True))
    assert wire.rest(clock()) == Final("a table", pytest.approx(0.9), 16000, 24000, 0.6)
    (final,) = heard(AssemblyAiWire(formatted=False), aai_turn("a table", end=True))
    assert isinstance(final, Final)


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (4001, ProviderFault.UNAUTHORISED),
        (4002, ProviderFault.FUNDS),
        (4029, ProviderFault.RATE_LIMITED),
        (3007, ProviderFault.BAD_REQUEST),
        (9999, ProviderFault.UNAVAILABLE),
    ],
)
def test_assemblyai_errors(code: int, fault: ProviderFault) -> None:
    assert fault_of(AssemblyAiWire(), {"type": "Error", "error_code": code, "error": "555"}) is fault


def test_assemblyai_query() -> None:
    plan = AssemblyAiTranscriber(
        provider="assembly-ai", keyterms_prompt=("Aywa", "two"), word_boost=("two", "nine"), language="de"
    )
    query = parse_qs(urlsplit(stream_path(plan)).query)
    assert json.loads(query["keyterms_prompt"][0]) == ["Aywa", "two", "nine"]
    assert query["speech_model"] == ["universal-streaming-multilingual"]
    assert query["min_turn_silence"] == ["160"]
    assert query["max_turn_silence"] == ["400"]
    assert query["format_turns"] == ["true"]


def ink(text: str, *, final: bool = True, start: float = 1.0) -> dict[str, Any]:
    words = [{"word": text.strip(), "start": start, "end": start + 0.5}]
    return {"type": "transcript", "text": text, "is_final": final, "language": "en", "words": words}


def test_ink_joins_as_it_is_and_settles() -> None:
    wire = InkWire()
    assert heard(wire, ink("This is a")) == [Partial("This is a", language="en")]
    assert heard(wire, ink(" sing", final=False, start=2.0)) == [Partial("This is a sing", language="en")]
    heard(wire, ink(" single sentence.", start=2.0))
    assert heard(wire, {"type": "flush_done"}) == [
        Final("This is a single sentence.", None, 16000, 28000, language="en"),
        Sign.SETTLED,
    ]
    assert heard(wire, {"type": "flush_done"}) == [Sign.SETTLED]
    assert fault_of(wire, {"type": "error", "status_code": 402, "message": "555"}) is ProviderFault.FUNDS
    assert "language=de" in ink_path(CartesiaTranscriber(provider="cartesia", language="de-AT"))


def test_turns_say_how_sure_they_are_by_their_thresholds() -> None:
    plan = CartesiaTranscriber(provider="cartesia", turn_eager_end_threshold=0.4, turn_end_threshold=0.1)
    wire = TurnsWire(plan)
    assert heard(wire, {"type": "connected"}) == [Sign.READY]
    assert heard(wire, {"type": "turn.start"}, {"type": "turn.resume"}) == []
    assert heard(wire, {"type": "turn.update", "transcript": "a"}) == [Partial("a")]
    assert heard(wire, {"type": "turn.eager_end", "transcript": "a b"}) == [Partial("a b", None, 0.6)]
    assert heard(wire, {"type": "turn.resume"}) == [Partial("a b", None, 0.0)]
    assert heard(wire, {"type": "turn.end", "transcript": "a b c"}) == [Final("a b c", end_of_turn=0.9)]
    assert "turn_end_threshold=0.1" in turns_path(plan)


def openai(kind: str, item: str, **more: Any) -> dict[str, Any]:
    return {"type": f"conversation.item.input_audio_transcription.{kind}", "item_id": item, **more}


def test_openai_finals_are_in_the_order_of_the_commits() -> None:
    wire = TranscriptionWire(OpenAiTranscriber(provider="openai"))
    assert heard(wire, {"type": "session.created"}) == [Sign.READY]
    for item in ("a", "b"):
        assert heard(wire, {"type": "input_audio_buffer.committed", "item_id": item}) == []
    assert heard(wire, openai("delta", "b", delta="se")) == []
    assert heard(wire, openai("delta", "a", delta="fi"), openai("delta", "a", delta="rst")) == [
        Partial("fi"),
        Partial("first"),
    ]
    assert heard(wire, openai("completed", "b", transcript="second")) == []
    logs = [{"logprob": math.log(0.25)}, {"logprob": 0.0}]
    assert heard(wire, openai("completed", "a", transcript=" first ", logprobs=logs)) == [
        Final("first", pytest.approx(0.5)),
        Final("second"),
    ]


def test_openai_errors_and_the_one_that_is_none() -> None:
    wire = TranscriptionWire(OpenAiTranscriber(provider="openai"))
    empty = {"type": "error", "error": {"code": "input_audio_buffer_commit_empty", "message": "555"}}
    assert heard(wire, empty) == [Sign.SETTLED]
    for code, fault in (
        ("insufficient_quota", ProviderFault.FUNDS),
        ("invalid_api_key", ProviderFault.UNAUTHORISED),
        ("what", ProviderFault.UNAVAILABLE),
    ):
        assert fault_of(wire, {"type": "error", "error": {"code": code, "message": "555"}}) is fault
        assert fault_of(wire, openai("failed", "a", error={"code": code})) is fault


def test_openai_takes_24_khz_in_base64() -> None:
    plan = OpenAiTranscriber(provider="openai", language="en-US", prompt="Aywa", noise_reduction="near_field")
    wire = TranscriptionWire(plan)
    tone = (8000 * numpy.sin(numpy.arange(16_000) * 2 * numpy.pi * 440 / 16_000)).astype(numpy.int16)
    sent = b""
    for at in range(0, len(tone), 1600):
        frame = json.loads(wire.audio(tone[at : at + 1600].tobytes()))
        assert frame["type"] == "input_audio_buffer.append"
        sent += b64decode(frame["audio"])
    wide = numpy.frombuffer(sent, numpy.int16)
    assert abs(len(wide) - 24_000) < 1200
    spectrum = numpy.abs(numpy.fft.rfft(wide[2000:20_000]))
    assert abs(numpy.argmax(spectrum) * 24_000 / 18_000 - 440) < 2
    session = session_of(plan)["session"]
    heard_by = session["audio"]["input"]
    assert session["type"] == "transcription"
    assert heard_by["turn_detection"] is None
    assert heard_by["transcription"] == {"model": "gpt-4o-transcribe", "language": "en", "prompt": "Aywa"}
    assert heard_by["noise_reduction"] == {"type": "near_field"}


def test_scribe() -> None:
    wire = ScribeWire()
    timed = {"message_type": "committed_transcript_with_timestamps", "language_code": "en"}
    words = [{"text": "hello", "type": "word", "logprob": math.log(0.81)}, {"text": " ", "type": "spacing"}]
    assert heard(wire, {"message_type": "session_started"}) == [Sign.READY]
    assert heard(wire, {"message_type": "partial_transcript", "text": "hel"}) == [Partial("hel")]
    assert heard(wire, {"message_type": "committed_transcript", "text": "hello"}) == []
    assert heard(wire, {**timed, "text": "hello", "words": words}) == [
        Final("hello", pytest.approx(0.81), language="en")
    ]
    assert heard(wire, {**timed, "text": "", "words": []}) == [Sign.SETTLED]
    heard(wire, {"message_type": "committed_transcript", "text": "only this"})
    assert wire.rest(clock()) == Final("only this")
    for kind, fault in (
        ("quota_exceeded", ProviderFault.FUNDS),
        ("auth_error", ProviderFault.UNAUTHORISED),
        ("rate_limited", ProviderFault.RATE_LIMITED),
        ("chunk_size_exceeded", ProviderFault.BAD_REQUEST),
    ):
        assert fault_of(wire, {"message_type": kind, "error": "555"}) is fault
    plan = ElevenLabsTranscriber(provider="11labs", keyterms=("Aywa",), enable_logging=False)
    query = parse_qs(urlsplit(scribe_path(plan)).query)
    assert query["commit_strategy"] == ["manual"]
    assert query["enable_logging"] == ["false"]


def test_the_contract_s_own() -> None:
    wire = CustomTranscriberWire()
    (start,) = wire.opening()
    said = {"type": "transcriber-response", "transcription": "hi", "channel": "customer"}
    assert json.loads(start)["channels"] == 2
    assert heard(wire, {**said, "transcriptType": "partial"}) == [Partial("hi")]
    assert heard(wire, said) == [Final("hi")]
    assert heard(wire, {**said, "channel": "assistant"}) == []
    with pytest.raises(ParseError):
        heard(wire, {**said, "transcriptType": "guess"})
    assert wire.audio(b"\x01\x02\x03\x04") == b"\x01\x02\0\0\x03\x04\0\0"


def live(*segments: tuple[float, float, str]) -> dict[str, Any]:
    told = [{"start": f"{a:.3f}", "end": f"{b:.3f}", "text": text} for a, b, text in segments]
    return {"uid": "u", "segments": told}


def test_whisper_live_joins_segments_and_gives_nothing_twice() -> None:
    wire = WhisperLiveWire(WhisperTranscriber(provider="whisper"), "u")
    assert heard(wire, {"uid": "u", "message": "SERVER_READY", "backend": "x"}) == [Sign.READY]
    assert heard(wire, {"uid": "other", "message": "SERVER_READY"}) == []
    heard(wire, {"uid": "u", "language": "en", "language_prob": 0.9})
    assert heard(wire, live((0, 1, " I would"))) == [Partial("I would", language="en")]
    both = live((0, 1.2, " I would like"), (1.2, 2, " a table"))
    assert heard(wire, both) == [Partial("I would like a table", language="en")]
    assert wire.rest(clock()) == Final("I would like a table", None, 8000, 24000, language="en")
    assert heard(wire, both) == []
    grown = live((0, 1.2, " I would like"), (1.2, 3, " a table for two"))
    assert heard(wire, grown) == [Partial("for two", language="en")]
    assert fault_of(wire, {"uid": "u", "status": "WAIT", "message": 2}) is ProviderFault.RATE_LIMITED
    assert fault_of(wire, {"uid": "u", "message": "DISCONNECT"}) is ProviderFault.CLOSED
    with pytest.raises(ParseError):
        heard(wire, {"uid": "u", "segments": [{"start": "nan", "end": "1", "text": "x"}]})
    floats = numpy.frombuffer(wire.audio(b"\x00\x40\x00\x80"), numpy.float32)  # type: ignore[arg-type]
    assert list(floats) == [0.5, -1.0]


@pytest.mark.parametrize(
    ("url", "base", "place"),
    [
        ("wss://h:9/a/v3/ws?x=1", "https://h:9/a", ("https://h:9", "/a/v3/ws?x=1")),
        ("ws://h", "http://h", ("http://h", "/")),
        ("https://h/?q=/v3/ws#f", "https://h", ("https://h", "/?q=/v3/ws")),
        ("http://h?q", "http://h", ("http://h", "/?q")),
    ],
)
def test_addresses(url: str, base: str, place: tuple[str, str]) -> None:
    assert base_of(url, "/v3/ws") == base
    assert place_of(url) == place
