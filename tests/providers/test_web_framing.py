"""Frames of websockets against wsproto, which writes them here: cut anywhere, pings and fragments between."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, Ping, TextMessage

from aywa.providers.web.framing import FrameSplitter

LARGEST = 200_000
_messages = st.lists(
    st.text(max_size=40)
    | st.binary(max_size=40)
    | st.integers(100, 140).map(bytes)
    | st.integers(65_500, 65_600).map(bytes),
    max_size=8,
)


@given(_messages, st.lists(st.integers(0, 10**6), max_size=12), st.booleans())
def test_whole_messages_are_found_however_they_are_cut(
    messages: list[str | bytes], cuts: list[int], pings: bool
) -> None:
    server, data = Connection(ConnectionType.SERVER), b""
    for message in messages:
        event = TextMessage(message) if isinstance(message, str) else BytesMessage(message)
        data += server.send(event)
        if pings:
            data += server.send(Ping(b"there?"))
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    splitter = FrameSplitter()
    frames = [frame for start, end in pairwise(places) for frame in splitter.add(data[start:end], LARGEST)]
    assert [frame.message for frame in frames if frame.message is not None] == messages
    assert b"".join(frame.raw for frame in frames) == data
    assert sum(frame.message is None for frame in frames) == (len(messages) if pings else 0)


def test_fragments_masked_frames_and_broken_text_are_the_machines() -> None:
    server = Connection(ConnectionType.SERVER)
    parts = server.send(TextMessage("a", message_finished=False)) + server.send(TextMessage("b"))
    client = Connection(ConnectionType.CLIENT).send(TextMessage("masked"))
    broken = b"\x81\x02\xff\xfe"
    compressed = b"\xc1\x01a"
    for data in (parts, client, broken, compressed):
        frames = FrameSplitter().add(data, LARGEST)
        assert [frame.message for frame in frames if frame.message is not None] == []
        assert b"".join(frame.raw for frame in frames) == data


def test_a_frame_that_is_too_long_is_told_before_it_has_come() -> None:
    (frame,) = FrameSplitter().add(b"\x82\x7f" + (1 << 40).to_bytes(8, "big") + b"x", LARGEST)
    assert frame.size == 1 << 40
    assert frame.message is None
