"""AudioSocket frames: whatever TCP does to them they come out as they went in; garbage is a ParseError."""

from __future__ import annotations

import struct
from random import Random
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aywa.errors import LocalProtocolError, ParseError
from aywa.proto.audiosocket.frame import KEYS, MAX_PAYLOAD, Frame, Kind
from aywa.proto.audiosocket.stream import FrameReader
from tests.kit.stream_fuzz import AudioSocketTarget

AUDIO = [kind for kind in Kind if kind.rate_hz]
# As captured from Asterisk 22.10 behind AudioSocket() and Dial(AudioSocket/.../c(slin16)).
UUID_FRAME = bytes.fromhex("010010 40325ec25efd4bd3805f53576e581d13".replace(" ", ""))
frames = st.one_of(
    st.just(Frame(Kind.HANGUP)),
    st.uuids().map(lambda uuid: Frame(Kind.UUID, uuid.bytes)),
    st.sampled_from(sorted(KEYS)).map(lambda key: Frame(Kind.KEY, bytes([key]))),
    st.builds(Frame, st.sampled_from(AUDIO), st.integers(1, 400).map(lambda n: bytes(2 * n))),
    st.builds(Frame, st.just(Kind.ERROR), st.binary(max_size=4)),
)


def test_the_frames_asterisk_sends() -> None:
    reader = FrameReader()
    read = reader.receive(UUID_FRAME + b"\x03\x00\x015" + b"\x12\x02\x80" + bytes(640) + b"\x00\x00\x00")
    assert [frame.kind for frame in read] == [Kind.UUID, Kind.KEY, Kind.AUDIO_16K, Kind.HANGUP]
    assert read[0].uuid == UUID("40325ec2-5efd-4bd3-805f-53576e581d13")
    assert read[1].key == "5"
    assert read[2].kind.rate_hz == 16_000
    assert not reader.mid_frame


@given(st.lists(frames, max_size=12), st.lists(st.integers(1, 50), min_size=1, max_size=20))
def test_any_cut_gives_the_same_frames(sent: list[Frame], cuts: list[int]) -> None:
    data = b"".join(frame.encode() for frame in sent)
    reader, read, start = FrameReader(), [], 0
    while start < len(data):
        size = cuts[start % len(cuts)]
        read += reader.receive(data[start : start + size])
        start += size
    assert read == sent
    assert not reader.mid_frame


@given(st.sampled_from(AUDIO), st.integers(1, MAX_PAYLOAD // 2))
def test_the_header_is_kind_and_length(kind: Kind, samples: int) -> None:
    assert Frame(kind, bytes(2 * samples)).encode()[:3] == struct.pack("!BH", kind, 2 * samples)


@pytest.mark.parametrize(
    "data",
    [
        b"\x01\x00\x0f" + bytes(15),  # a UUID of 15 bytes
        b"\x10\x00\x03abc",  # one and a half samples
        b"\x10\x00\x00",  # no samples
        b"\x03\x00\x00",  # no key
        b"\x03\x00\x02" + b"12",
        b"\x03\x00\x01x",
        b"\x10\xff\xff",  # longer than any that is sent: before a byte of it is kept
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_what_no_asterisk_sends_is_refused(data: bytes) -> None:
    with pytest.raises(ParseError):
        FrameReader().receive(data)


def test_a_kind_without_a_meaning_is_passed_over() -> None:
    reader = FrameReader()
    assert reader.receive(b"\x02\x00\x02ab" + b"\x00\x00\x00") == [Frame(Kind.HANGUP)]
    assert reader.passed_over == 1


def test_a_payload_the_length_cannot_say_is_our_fault() -> None:
    with pytest.raises(LocalProtocolError):
        Frame(Kind.AUDIO_8K, bytes(65_536)).encode()


@given(st.binary(max_size=200), st.randoms(use_true_random=False))
@example(UUID_FRAME + b"\x03\x00\x01\xff", Random(1))
def test_garbage_is_frames_or_a_parse_error(data: bytes, rng: Random) -> None:
    AudioSocketTarget().trial(data, rng)()
