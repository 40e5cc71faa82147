"""The control language of Asterisk's websocket channel, as text and as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aywa.errors import LocalProtocolError, ParseError
from aywa.proto.asterisk_ws.commands import MAX_COMMAND, Command, encode_command
from aywa.proto.asterisk_ws.events import (
    ControlFormat,
    Event,
    Fault,
    Flow,
    KeyPressed,
    MediaStart,
    Other,
    QueueStatus,
)
from aywa.proto.asterisk_ws.parse import MAX_MESSAGE, parse_event
from tests.kit.stream_fuzz import AsteriskWsTarget

EARLY = MediaStart("aywa", "WebSocket/aywa/0x7f5910003ff0", "slin16", 640, 20)
START = replace(EARLY, channel_id="1795278990.6")
# As Asterisk 22.10 writes them.
PLAIN = {
    "MEDIA_START connection_id:aywa channel:WebSocket/aywa/0x7f5910003ff0 channel_id:1795278990.6 "
    "format:slin16 optimal_frame_size:640 ptime:20": START,
    "MEDIA_START connection_id:aywa channel:WebSocket/aywa/0x7f5910003ff0 format:slin16 "
    "optimal_frame_size:640": EARLY,  # 22.6
    "DTMF_END digit:5 channel_id:1795278990.6": KeyPressed("5"),
    "DTMF_END digit:#": KeyPressed("#"),
    "MEDIA_XOFF": Flow.STOP,
    "MEDIA_XON": Flow.GO,
    "QUEUE_DRAINED": Other("QUEUE_DRAINED"),
    "MEDIA_BUFFERING_COMPLETED 17": Other("MEDIA_BUFFERING_COMPLETED"),
    "STATUS channel_id:1795278990.6 queue_length:3 xon_level:800 xoff_level:900 queue_full:false "
    "bulk_media:false media_paused:false": QueueStatus(3),
    "ERROR channel_id:1795278990.6 error_text:FLUSH_MEDIA not supported in passthrough mode": Fault(
        "FLUSH_MEDIA not supported in passthrough mode"
    ),
}
JSON = {
    '{"event":"MEDIA_START","connection_id":"aywa","channel":"WebSocket/aywa/0x7f5910003ff0",'
    '"channel_id":"1795278990.6","format":"slin16","optimal_frame_size":640,"ptime":20,'
    '"channel_variables":{"MEDIA_WEBSOCKET_CONNECTION_ID":"aywa"}}': START,
    '{"event":"DTMF_END","channel_id":"1795278990.6","digit":"d"}': KeyPressed("D"),
    '{"event":"MEDIA_XOFF","channel_id":"1795278990.6"}': Flow.STOP,
    '{"event":"MEDIA_MARK_PROCESSED","channel_id":"1","correlation_id":"3"}': Other("MEDIA_MARK_PROCESSED"),
    '{"event":"STATUS","channel_id":"1","queue_length":43,"xon_level":800,"queue_full":false}': QueueStatus(
        43
    ),
    '{"event":"ERROR","channel_id":"1","error_text":"Unable to parse JSON command"}': Fault(
        "Unable to parse JSON command"
    ),
}


@pytest.mark.parametrize(("text", "event"), PLAIN.items())
def test_plain_text(text: str, event: Event) -> None:
    assert parse_event(text) == (ControlFormat.PLAIN, event)


@pytest.mark.parametrize(("text", "event"), JSON.items())
def test_json(text: str, event: Event) -> None:
    assert parse_event(text) == (ControlFormat.JSON, event)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "media_start",
        "MEDIA_START connection_id:a channel:b format:ulaw",  # no frame size
        "MEDIA_START connection_id:a channel:b format:ulaw optimal_frame_size:-1",
        "MEDIA_START connection_id:a channel:b format:ulaw optimal_frame_size:65501",
        "MEDIA_START connection_id:a channel:\x07 format:ulaw optimal_frame_size:160",
        f"MEDIA_START connection_id:{'a' * 257} channel:b format:ulaw optimal_frame_size:160",
        "DTMF_END digit:55",
        "DTMF_END",
        "STATUS queue_length:many",
        '{"event":"STATUS","queue_length":true}',
        '{"event":"STATUS","queue_length":NaN}',
        '{"event":"STATUS","queue_length":' + "9" * 5000 + "}",
        '{"event":5}',
        '{"event":"DTMF_END","digit":5}',
        '{"event":"DTMF_END","digit":"\\ud800"}',
        "{" * 5000,
        '{"a":' * 3000,
        "X" * (MAX_MESSAGE + 1),
    ],
)
def test_what_cannot_be_read_is_a_parse_error(text: str) -> None:
    with pytest.raises(ParseError):
        parse_event(text)


@pytest.mark.parametrize("format", ControlFormat)
@pytest.mark.parametrize("command", Command)
def test_commands_in_both_formats(command: Command, format: ControlFormat) -> None:
    text = encode_command(command, format)
    assert len(text) <= MAX_COMMAND
    assert (text if format is ControlFormat.PLAIN else json.loads(text)["command"]) == command.value


def test_a_correlation_id_stands_where_asterisk_looks_for_it() -> None:
    longest = "x" * 64
    assert encode_command(Command.MARK, ControlFormat.PLAIN, "7") == "MARK_MEDIA 7"
    told = encode_command(Command.STOP_BUFFERING, ControlFormat.JSON, longest)
    assert json.loads(told) == {"command": "STOP_MEDIA_BUFFERING", "correlation_id": longest}
    assert len(told) <= MAX_COMMAND
    for command, wrong in ((Command.FLUSH, "7"), (Command.MARK, "a b"), (Command.MARK, longest + "x")):
        with pytest.raises(LocalProtocolError):
            encode_command(command, ControlFormat.PLAIN, wrong)


@given(st.text(max_size=300) | st.sampled_from([*PLAIN, *JSON]).flatmap(lambda text: st.just(text[:-3])))
@example('{"event":"ERROR","error_text":"\\ud83d"}')
def test_any_text_is_an_event_or_a_parse_error(text: str) -> None:
    AsteriskWsTarget().trial(text.encode("utf-8", "surrogatepass"), Random(1))()
