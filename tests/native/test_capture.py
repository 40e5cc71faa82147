"""The packet ring: what is kept, what is blanked, what is forgotten, and reading while it is written."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa._native.capture import NativeCapture
from aywa._native.rtp import pack_header

HEADERS, AUDIO, FULL = 1, 2, 3
PEER = 0x7F000001 << 16 | 4000


def packet(number: int, payload: bytes, payload_type: int = 0) -> bytes:
    return pack_header(payload_type, False, number & 0xFFFF, 160 * number, 7) + payload


@pytest.mark.parametrize(
    ("mode", "audio", "key"),
    [(HEADERS, b"", b""), (AUDIO, b"\x55" * 160, bytes(4)), (FULL, b"\x55" * 160, b"\x05\x8a\x03\x20")],
)
def test_each_mode_keeps_what_it_says(mode: int, audio: bytes, key: bytes) -> None:
    capture = NativeCapture(mode, 4)
    spoken, pressed = packet(1, b"\x55" * 160), packet(2, b"\x05\x8a\x03\x20", 101)
    capture.rtp(0, 10, PEER, spoken, False)
    capture.rtp(1, 20, PEER, pressed, True)
    capture.rtcp(0, 30, PEER + 1, b"\x80\xc9" + bytes(6))
    assert capture.packets() == [
        (10, 0, False, PEER, 172, spoken[:12] + audio),
        (20, 1, False, PEER, 16, pressed[:12] + key),
        (30, 0, True, PEER + 1, 8, b"\x80\xc9" + bytes(6)),
    ]


@pytest.mark.parametrize("mode", [HEADERS, AUDIO, FULL])
def test_reports_keep_their_figures_and_lose_their_names(mode: int) -> None:
    """RFC 3550 section 6.5: a description may hold a name, a number and an address of mail."""
    receiver = b"\x81\xc9\x00\x07" + bytes(range(28))
    names = b"\x81\xca\x00\x05\x00\x00\x00\x07" + b"\x01\x05alice\x04\x06555010\x00"
    goodbye = b"\x81\xcb\x00\x03\x00\x00\x00\x07" + b"\x06see me\x00"
    feedback = b"\x81\xcd\x00\x02" + b"ABCDEFGH"
    capture = NativeCapture(mode, 2)
    capture.rtcp(0, 0, PEER, receiver + names + goodbye + feedback)
    kept = capture.packets()[0][5]
    blanked = receiver + names[:8] + bytes(16) + goodbye[:8] + bytes(8) + feedback
    assert kept == (receiver + names + goodbye + feedback if mode == FULL else blanked)


@given(st.binary(max_size=300))
def test_reports_of_any_shape_keep_their_length(data: bytes) -> None:
    capture = NativeCapture(HEADERS, 2)
    capture.rtcp(0, 0, PEER, data)
    assert capture.packets()[0][4] == len(data)
    assert len(capture.packets()[0][5]) == min(len(data), 224)


def test_a_header_extension_is_no_payload() -> None:
    extended = bytes([0x90]) + packet(1, b"")[1:] + b"\xbe\xde\x00\x01ABCD" + b"secret"
    capture = NativeCapture(HEADERS, 2)
    capture.rtp(0, 0, PEER, extended, False)
    assert capture.packets()[0][5] == extended[:-6]


@pytest.mark.parametrize(("mode", "kept"), [(HEADERS, b""), (AUDIO, bytes(9)), (FULL, b"not an RT")])
def test_what_is_no_rtp_keeps_its_length_only(mode: int, kept: bytes) -> None:
    capture = NativeCapture(mode, 2)
    capture.rtp(0, 0, PEER, b"not an RT", False)
    assert capture.packets() == [(0, 0, False, PEER, 9, kept)]


def test_long_packets_are_cut_and_old_ones_forgotten() -> None:
    capture = NativeCapture(FULL, 8)
    for number in range(20):
        capture.rtp(0, number, PEER, packet(number, bytes(480)), False)
    found = capture.packets()
    assert [entry[0] for entry in found] == list(range(12, 20))
    assert {(entry[4], len(entry[5])) for entry in found} == {(492, 224)}
    assert capture.memory == 8 * 256


@pytest.mark.parametrize(("mode", "packets"), [(0, 4), (4, 4), (1, 3), (1, 0), (1, 131072)])
def test_impossible_captures_are_refused(mode: int, packets: int) -> None:
    with pytest.raises(ValueError):
        NativeCapture(mode, packets)


@given(data=st.binary(max_size=300), mode=st.integers(1, 3), secret=st.booleans())
def test_any_bytes_can_be_captured_and_no_payload_leaks(data: bytes, mode: int, secret: bool) -> None:
    capture = NativeCapture(mode, 2)
    capture.rtp(0, 0, PEER, data, secret)
    ((_, _, _, _, length, kept),) = capture.packets()
    assert length == len(data)
    if mode == FULL:
        assert kept == data[:224]
    elif mode == HEADERS:
        assert data.startswith(kept)


def test_it_can_be_read_while_it_is_written() -> None:
    capture = NativeCapture(FULL, 16)
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            capture.rtp(0, number, PEER, packet(number, bytes([number & 255]) * 160), False)
            number += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(300):
            for at_ns, _, _, _, _, data in capture.packets():
                assert data == packet(at_ns, bytes([at_ns & 255]) * 160)
    finally:
        stop.set()
        thread.join()
