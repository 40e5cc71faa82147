"""Audio in a stream and the same in RTP packets, through the codecs of the engine."""

from __future__ import annotations

import struct
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.proto.rtp.packet import parse_packet
from aywa.proto.sdp.formats import CODECS as SETTINGS_CODECS
from aywa.transports.coding import CODINGS, SLIN, SLIN16, ULAW, StreamCoding
from aywa.transports.rtp_side import RtpSide
from tests.kit.stream_peers import bound_socket

# 20 ms in Asterisk, from MEDIA_START's optimal_frame_size.
FRAME_BYTES = {"slin": 320, "slin16": 640, "ulaw": 160, "alaw": 160, "g722": 160}


@pytest.mark.parametrize("coding", CODINGS.values(), ids=lambda coding: coding.name)
def test_a_packet_is_asterisks_frame(coding: StreamCoding) -> None:
    assert coding.packet_bytes == FRAME_BYTES[coding.name]
    assert coding.duration_ms(bytes(coding.packet_bytes)) == 20
    assert coding.audio in SETTINGS_CODECS[coding.codec]


@given(st.lists(st.integers(-32768, 32767), max_size=64))
def test_linear_audio_is_turned_both_ways(samples: list[int]) -> None:
    little, big = struct.pack(f"<{len(samples)}h", *samples), struct.pack(f">{len(samples)}h", *samples)
    assert SLIN.turned(little) == big
    assert SLIN16.turned(big) == little
    assert ULAW.turned(little) == little
    assert SLIN.is_silence(little) is not any(samples)


def test_silence_is_known_by_its_byte() -> None:
    assert ULAW.is_silence(b"\xff" * 160)
    assert not ULAW.is_silence(bytes(160))
    assert not CODINGS["g722"].is_silence(bytes(160))


async def test_packets_to_a_leg_and_back() -> None:
    with bound_socket() as leg:
        side = RtpSide("127.0.0.1", SLIN, Random(1))
        side.send_nowait(b"\x01\x02" * 160)  # nobody to send to yet
        side.connect(leg.getsockname())
        for pause in (0, 800, 0):
            side.send_nowait(b"\x01\x02" * 160, pause)
        packets = [parse_packet(leg.recv(2048)) for _ in range(3)]
        assert [packet.payload for packet in packets] == [b"\x02\x01" * 160] * 3
        assert [packet.marker for packet in packets] == [False, True, False]
        first = packets[0]
        assert [packet.timestamp - first.timestamp for packet in packets] == [0, 960, 1120]
        assert [packet.sequence - first.sequence for packet in packets] == [0, 1, 2]
        assert {packet.payload_type for packet in packets} == {SLIN.audio.payload_type}
        mine = side.address
        leg.sendto(bytes((0x80, 200)) + bytes(26), mine)  # a sender report on the same port
        leg.sendto(bytes((0x80, SLIN16.audio.payload_type)) + bytes(10) + b"ab", mine)  # the other rate
        leg.sendto(bytes((0x80, SLIN.audio.payload_type)) + bytes(10) + b"\x02\x01", mine)
        await side.wait_readable()
        assert side.receive_nowait() == [b"\x01\x02"]
        with bound_socket() as stranger:
            stranger.sendto(bytes((0x80, SLIN.audio.payload_type)) + bytes(10) + b"xx", mine)
        assert side.receive_nowait() == []
        side.close()


async def test_a_leg_that_has_gone_costs_a_packet_and_no_more() -> None:
    side = RtpSide("127.0.0.1", SLIN, Random(1))
    with bound_socket() as leg:
        side.connect(leg.getsockname())
    for _ in range(3):
        side.send_nowait(bytes(320))
    assert side.receive_nowait() == []
    side.close()


async def test_what_came_before_the_leg_was_known_is_not_heard() -> None:
    side = RtpSide("127.0.0.1", SLIN, Random(1))
    with bound_socket() as leg, bound_socket() as stranger:
        stranger.sendto(bytes((0x80, SLIN.audio.payload_type)) + bytes(10) + b"xx", side.address)
        stranger.sendto(b"\x00\x00no RTP", side.address)  # would have ended the call
        side.connect(leg.getsockname())
        leg.sendto(bytes((0x80, SLIN.audio.payload_type)) + bytes(10) + b"\x02\x01", side.address)
        await side.wait_readable()
        assert side.receive_nowait() == [b"\x01\x02"]
    side.close()
