"""Speech to speech on the wire, by both sets of names; the messages are held against the SDK's own types."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.beta.realtime.session_update_event_param import SessionUpdateEventParam as BetaUpdate
from openai.types.realtime.realtime_client_event_param import RealtimeClientEventParam
from pydantic import TypeAdapter

from aywa.errors import ProviderError, ProviderFault
from aywa.ports.llm import ToolCall
from aywa.providers.openai.realtime_events import (
    Answered,
    AudioCame,
    CallerBegan,
    CallerEnded,
    CallerSaid,
    ErrorCame,
    RealtimeEvent,
    SessionReady,
    ToolCalled,
    WordsCame,
)
from aywa.providers.openai.realtime_wire import AudioFormat, Names, RealtimeSession, RealtimeWire
from tests.kit.chat import BOOK

SESSION = RealtimeSession("Be brief.", "marin", tools=(BOOK,))


def wire(names: Names = Names.GA, session: RealtimeSession = SESSION) -> RealtimeWire:
    return RealtimeWire("openai", session, names)


def sound(audio: bytes, item: str = "i", kind: str = "response.output_audio.delta") -> str:
    return json.dumps({"type": kind, "item_id": item, "content_index": 0, "delta": b64encode(audio).decode()})


def test_sessions_by_both_sets_of_names() -> None:
    ga = json.loads(wire().configure())["session"]
    assert ga["audio"]["input"]["format"] == ga["audio"]["output"]["format"] == {"type": "audio/pcmu"}
    beta = json.loads(wire(Names.BETA).configure())["session"]
    assert beta["input_audio_format"] == beta["output_audio_format"] == "g711_ulaw"
    assert beta["tools"] == ga["tools"]
    assert beta["tools"][0]["name"] == "book"
    assert (wire().headers, wire(Names.BETA).headers) == ({}, {"OpenAI-Beta": "realtime=v1"})


def test_every_message_is_one_that_the_sdk_knows() -> None:
    theirs = TypeAdapter[object](RealtimeClientEventParam)
    for audio in AudioFormat:
        it = wire(session=RealtimeSession("Be brief.", "marin", audio, (BOOK,), None, None))
        messages = [
            it.configure(),
            it.heard(b"\xff" * 160),
            *it.answer_tool("c", "{}"),
            *it.interrupt("i", 5),
        ]
        for message in messages:
            theirs.validate_json(message)
    TypeAdapter[object](BetaUpdate).validate_json(wire(Names.BETA).configure())


@pytest.mark.parametrize("prefix", ["response.output_audio", "response.audio"])
def test_sound_goes_through_as_it_is(prefix: str) -> None:
    assert wire().receive(sound(b"\xff\x7f", kind=f"{prefix}.delta")) == AudioCame("i", 0, b"\xff\x7f")
    words = json.dumps({"type": f"{prefix}_transcript.delta", "item_id": "i", "delta": "Good "})
    assert wire().receive(words) == WordsCame("i", "Good ")
    assert json.loads(wire().heard(b"\xff\x7f")) == {"type": "input_audio_buffer.append", "audio": "/38="}


@given(st.lists(st.integers(0, 4000), max_size=8), st.integers(-10, 5000), st.sampled_from(AudioFormat))
@settings(max_examples=60, deadline=None)
def test_it_is_cut_where_it_was_heard_and_never_behind_what_came(
    sizes: list[int], heard_ms: int, audio: AudioFormat
) -> None:
    it = wire(session=RealtimeSession("", "marin", audio))
    for size in sizes:
        it.receive(sound(bytes(size)))
        it.receive(sound(bytes(7), "another"))
    cancel, truncate = map(json.loads, it.interrupt("i", heard_ms))
    assert cancel["type"] == "response.cancel"
    cut = truncate["audio_end_ms"]
    assert 0 <= cut <= max(0, heard_ms)
    assert cut * audio.bytes_a_ms <= sum(sizes)
    assert cut == max(0, heard_ms) or (cut + 1) * audio.bytes_a_ms > sum(sizes)


@pytest.mark.parametrize(
    ("message", "event"),
    [
        ({"type": "session.created"}, SessionReady(False)),
        ({"type": "session.updated"}, SessionReady(True)),
        (
            {"type": "input_audio_buffer.speech_started", "item_id": "i", "audio_start_ms": 90},
            CallerBegan("i", 90),
        ),
        (
            {"type": "input_audio_buffer.speech_stopped", "item_id": "i", "audio_end_ms": 900},
            CallerEnded("i", 900),
        ),
        (
            {
                "type": "conversation.item.input_audio_transcription.completed",
                "item_id": "i",
                "transcript": " A table.\n",
            },
            CallerSaid("i", "A table."),
        ),
        (
            {
                "type": "response.done",
                "response": {
                    "id": "r",
                    "status": "cancelled",
                    "usage": {
                        "input_tokens": 9,
                        "output_tokens": 4,
                        "input_token_details": {"cached_tokens": 3},
                    },
                },
            },
            Answered("r", "cancelled", 9, 4, 3),
        ),
        (
            {"type": "error", "error": {"type": "invalid_request_error", "code": "x", "message": "m"}},
            ErrorCame("x"),
        ),
        ({"type": "rate_limits.updated"}, None),
        ({"type": 7}, None),
    ],
)
def test_events(message: dict[str, object], event: RealtimeEvent | None) -> None:
    assert wire().receive(json.dumps(message)) == event


def test_a_tool_is_called_once_and_never_on_half_of_its_arguments() -> None:
    it = wire()
    message = {
        "type": "response.function_call_arguments.done",
        "call_id": "c",
        "name": "book",
        "arguments": "{}",
    }
    assert it.receive(json.dumps(message)) == ToolCalled(ToolCall("c", "book", {}))
    assert it.receive(json.dumps(message)) is None
    broken = {**message, "call_id": "d", "arguments": '{"day'}
    assert it.receive(json.dumps(broken)) == ToolCalled(ToolCall("d", "book", {}, unreadable=True))


@pytest.mark.parametrize("text", ["", "{", "[]", sound(b"x").replace("eA==", "?")])
def test_what_is_no_message(text: str) -> None:
    with pytest.raises(ProviderError) as caught:
        wire().receive(text)
    assert caught.value.fault is ProviderFault.PROTOCOL
