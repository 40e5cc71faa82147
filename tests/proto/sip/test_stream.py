"""Framing of byte streams."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.errors import ParseError
from aywa.proto.sip.parser import MAX_HEADERS, MAX_LINE, parse_datagram
from aywa.proto.sip.stream import (
    MAX_BODY,
    MAX_HEAD,
    MESSAGE_S,
    Broken,
    Frame,
    Framed,
    Ping,
    State,
    StreamFramer,
)
from tests.kit.vectors.rfc4475 import PARSED

HEAD = (
    b"OPTIONS sip:a@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.2;branch=z9hG4bK1\r\n"
    b"From: <sip:b@c>;tag=1\r\nTo: <sip:a@c>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
)


def message(body: bytes = b"", length: bytes | None = None) -> bytes:
    announced = str(len(body)).encode() if length is None else length
    return HEAD + b"Content-Length: " + announced + b"\r\n\r\n" + body


def frames_of(data: bytes, cuts: list[int] | None = None) -> list[Frame]:
    framer = StreamFramer()
    edges = [0, *sorted(cuts or []), len(data)]
    return [frame for a, b in pairwise(edges) for frame in framer.receive(data[a:b], 0.0)]


def outline(frames: list[Frame]) -> list[object]:
    """The frames, without how much of a broken message had come when that was seen."""
    return [
        (frame.error.detail, frame.error.status_hint) if isinstance(frame, Broken) else frame
        for frame in frames
    ]


PIECES = st.sampled_from(
    (
        message(),
        message(b"v=0\r\n\r\nx"),
        b"\r\n",
        b"\r\n\r\n",
        b"\r",
        b"\n",
        message(length=b"-1"),
        message(length=b"99999"),
        HEAD + b"\r\n",
        HEAD + b"l: 0\r\nContent-Length: 0\r\n\r\n",
        HEAD + b"L:\r\n  4\r\n\r\nbody",
        b"SIP/2.0 200 " + b"x" * MAX_LINE + b"\r\n\r\n",
        HEAD + b"X: 1\r\n" * MAX_HEADERS + b"l: 0\r\n\r\n",
        b"\x00\xff garbage",
    )
)


@given(st.lists(PIECES, max_size=6), st.data())
def test_same_frames_wherever_it_is_cut(pieces: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(pieces)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=8))
    assert outline(frames_of(stream, cuts)) == outline(frames_of(stream))


def test_cut_at_every_byte() -> None:
    stream = b"\r\n\r\n" + message(b"hello") + b"\r\n" + message() + b"\r\n\r\n" + message(b"\r\n\r\n")
    whole = frames_of(stream)
    assert whole == [
        Ping(),
        Framed(message(b"hello")),
        Framed(message()),
        Ping(),
        Framed(message(b"\r\n\r\n")),
    ]
    for cut in range(len(stream)):
        assert frames_of(stream, [cut]) == whole
    assert frames_of(stream, list(range(len(stream)))) == whole
    assert parse_datagram(message(b"hello")).body == b"hello"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (HEAD + b"\r\n", 400),
        (message(length=b"x"), 400),
        (message(length=b"-999"), 400),
        (message(length=b"0") [:-4] + b"\r\nl: 0\r\n\r\n", 400),
        (message(length=str(MAX_BODY + 1).encode()), 513),
        (b"A" * (MAX_LINE + 2), 513),
        (HEAD + b"X: 1\r\n" * (MAX_HEADERS + 2), 513),
        (HEAD + (b"X: " + b"y" * 8000 + b"\r\n") * 5, 513),
    ],
)  # fmt: skip
def test_limits(data: bytes, status: int) -> None:
    *before, last = frames_of(data)
    assert before == []
    assert isinstance(last, Broken)
    assert last.error.status_hint == status


def test_limits_themselves_pass() -> None:
    longest = message(b"x" * MAX_BODY)
    assert frames_of(longest) == [Framed(longest)]
    lines = HEAD + b"X: 1\r\n" * (MAX_HEADERS - HEAD.count(b"\n")) + b"l: 0\r\n\r\n"
    assert frames_of(lines) == frames_of(lines, list(range(len(lines)))) == [Framed(lines)]
    pad = MAX_HEAD - len(HEAD) - len(b"l: 0")
    wide = HEAD
    while pad:
        take = min(pad, 8000) if pad - min(pad, 8000) > 6 or pad <= 8000 else pad - 100
        wide += b"X: " + b"y" * (take - 5) + b"\r\n"
        pad -= take
    wide += b"l: 0\r\n\r\n"
    assert frames_of(wide) == frames_of(wide, list(range(len(wide)))) == [Framed(wide)]


def test_nothing_is_read_behind_a_break() -> None:
    framer = StreamFramer()
    assert len(framer.receive(message(length=b"x") + message(), 0.0)) == 1
    assert framer.state is State.BROKEN
    assert framer.receive(message(), 0.0) == []


def test_slow_sender() -> None:
    framer = StreamFramer()
    for second, byte in enumerate(message(b"abc")[:9]):
        assert framer.receive(bytes([byte]), float(second)) == []
    assert framer.deadline == MESSAGE_S
    assert framer.handle_timers(MESSAGE_S - 0.1) == []
    (frame,) = framer.handle_timers(MESSAGE_S)
    assert isinstance(frame, Broken)
    assert framer.deadline is None


def test_deadline_is_of_one_message() -> None:
    framer = StreamFramer()
    framer.receive(b"\r\n" + message()[:5], 1.0)
    framer.receive(message()[5:], 2.0)
    assert framer.deadline is None
    framer.receive(b"\r\n", 3.0)
    assert framer.deadline is None
    framer.receive(b"I", 4.0)
    assert framer.deadline == 4.0 + MESSAGE_S


def test_end_within_a_message() -> None:
    framer = StreamFramer()
    assert framer.end() == []
    framer.receive(message(b"abc")[:-1], 0.0)
    (frame,) = framer.end()
    assert isinstance(frame, Broken)
    assert frame.data == message(b"abc")[:-1]


@given(st.lists(st.binary(max_size=200), max_size=30))
def test_garbage_leaves_frames_only(chunks: list[bytes]) -> None:
    framer = StreamFramer()
    for chunk in chunks:
        for frame in framer.receive(chunk, 0.0):
            if isinstance(frame, Framed):
                with suppress(ParseError):
                    parse_datagram(frame.data)


def test_one_byte_at_a_time_is_searched_once() -> None:
    """A head of one byte a segment must not be searched from its start each time."""
    framer = StreamFramer()
    rng = Random(4)
    head = HEAD + b"X: " + bytes(rng.choices(b"abc", k=8000)) + b"\r\n"
    for byte in head:
        framer.receive(bytes([byte]), 0.0)
    assert framer._searched == len(head)


def test_torture_messages_are_framed_as_datagrams_are_read() -> None:
    """What parses as a datagram and says its length comes out of a stream as the same message."""
    without = []
    for name, data in PARSED.items():
        framer = StreamFramer()
        frames = [*framer.receive(data, 0.0), *framer.end()]
        datagram = parse_datagram(data)
        if "Content-Length" not in datagram.headers:
            without.append(name)
            assert isinstance(frames[0], Broken), name
            continue
        first = next(frame for frame in frames if not isinstance(frame, Ping))
        assert isinstance(first, Framed), name
        assert parse_datagram(first.data).encode() == datagram.encode(), name
    assert len(without) < len(PARSED) / 4
