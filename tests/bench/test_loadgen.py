"""What the phones send, and how what they kept is listened to."""

import itertools
import struct

import pytest

from aywa._native import g711
from aywa.proto.rtp.packet import parse_packet
from bench.loadgen.ears import barge_in_times
from bench.loadgen.tape import FRAME, Sound, make_tape

MS = 1_000_000
LOUD = bytes(12) + b"\x10" * FRAME
QUIET = bytes(12) + b"\xff" * FRAME


def test_a_tape_repeats_the_loop_in_packets_without_holes() -> None:
    pcm = struct.pack(f"<{3 * FRAME}h", *range(3 * FRAME))
    tape = make_tape(Sound.PCMU, pcm, 1.0)
    packets = [parse_packet(packet) for packet in tape.packets]
    assert tape.loop == 3
    assert len(packets) >= 50 + 3
    assert b"".join(packet.payload for packet in packets[3:6]) == g711.encode_ulaw(pcm)
    assert {b.sequence - a.sequence for a, b in itertools.pairwise(packets)} == {1}
    assert {b.timestamp - a.timestamp for a, b in itertools.pairwise(packets)} == {FRAME}


def test_a_tape_has_an_end() -> None:
    with pytest.raises(ValueError, match="longer"):
        make_tape(Sound.PCMU, bytes(2 * FRAME), 3600.0)


def test_barge_in_runs_to_the_end_of_the_last_audible_packet() -> None:
    heard = [(0, at * MS, LOUD) for at in range(0, 140, 20)]
    heard += [(0, at * MS, QUIET) for at in range(140, 2000, 20)]
    heard.insert(4, (0, 75 * MS, b""))  # it begins to speak
    assert barge_in_times(heard, Sound.PCMU) == [120 + 20 - 75]


def test_who_interrupts_nobody_is_not_counted() -> None:
    heard = [(0, 10 * MS, QUIET), (0, 20 * MS, b""), (0, 30 * MS, QUIET), (1, 600 * MS, LOUD)]
    assert barge_in_times(heard, Sound.PCMU) == []


def test_what_comes_half_a_second_later_is_another_sentence() -> None:
    heard = [(0, MS, b""), (0, 20 * MS, LOUD), (0, 520 * MS, LOUD)]
    assert barge_in_times(heard, Sound.PCMU) == [39.0]
