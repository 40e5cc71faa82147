"""What the phones send, and how what they kept is listened to."""

import itertools
import struct

import pytest

from aywa._native import g711
from aywa._native.srtp import BAD_TAG, SUITES, CryptSession
from aywa.proto.rtp.packet import parse_packet
from bench.loadgen.ears import barge_in_times
from bench.loadgen.tape import FRAME, PHONE_KEY, SERVER_KEY, SRTP_SUITE, SSRC, Sound, make_tape

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


@pytest.mark.parametrize("sound", list(Sound))
def test_every_sound_has_a_tape_of_its_own_ssrc(sound: Sound) -> None:
    tape = make_tape(sound, bytes(2 * FRAME * 4), 1.0)
    assert {packet[8:12] for packet in tape.packets} == {struct.pack("!I", SSRC)}
    assert len(set(tape.packets)) == len(tape.packets)


def test_an_encrypted_tape_opens_with_the_phones_key_only() -> None:
    pcm = struct.pack(f"<{FRAME}h", *range(FRAME))
    sealed, plain = make_tape(Sound.SRTP, pcm, 1.0).packets, make_tape(Sound.PCMU, pcm, 1.0).packets
    suite = SUITES.index(SRTP_SUITE)
    server = CryptSession(suite, SERVER_KEY, PHONE_KEY)
    assert [server.unprotect(packet) for packet in sealed] == plain
    assert CryptSession(suite, SERVER_KEY, SERVER_KEY).unprotect(sealed[0]) == BAD_TAG


def test_the_ear_for_srtp_decrypts() -> None:
    server = CryptSession(SUITES.index(SRTP_SUITE), SERVER_KEY, PHONE_KEY)
    payloads = [b"\x10" * FRAME] * 3 + [b"\xff" * FRAME] * 3
    packets = [struct.pack("!BBHII", 0x80, 0, n, n * FRAME, 9) + body for n, body in enumerate(payloads)]
    heard = [(0, (1 + 20 * n) * MS, server.protect(packet)) for n, packet in enumerate(packets)]
    assert barge_in_times([(0, MS, b""), *heard[1:]], Sound.SRTP) == [60.0]
