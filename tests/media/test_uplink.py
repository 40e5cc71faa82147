"""From the caller: order, loss, clocks, sources; on a clock the test turns."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from aywa._native import g711
from aywa._native.plc import LossConcealer
from aywa._native.resample import Upsampler
from aywa.media.events import Digit, FirstPacket, MediaTimeout
from tests.kit.engine_rig import FRAME, Rig, bound_socket

DECODE = {0: g711.decode_ulaw, 8: g711.decode_alaw}


def frames(count: int, seed: int = 1) -> list[bytes]:
    rng = Random(seed)
    return [rng.randbytes(FRAME) for _ in range(count)]


def doubled(payload_type: int, codes: bytes) -> bytes:
    return Upsampler().process(DECODE[payload_type](codes))


@pytest.mark.parametrize("payload_type", [0, 8])
def test_audio_reaches_python_bit_exact(payload_type: int) -> None:
    with Rig(payload_type=payload_type, barge_in=False) as rig:
        sent = frames(40)
        heard = b""
        for frame in sent:
            rig.talk(frame)
            heard += rig.leg.read_uplink()
        assert heard == doubled(payload_type, b"".join(sent))
        assert rig.events[0] == FirstPacket(0)
        assert rig.flags & 1
        assert rig.leg.stats()["received"] == 40


def whole(rig: Rig) -> bytes:
    """All that is to be read: a read ends where the place on the timeline was put right."""
    return b"".join(iter(rig.leg.read_uplink, b""))


@pytest.mark.parametrize("length", [80, 160, 240, 480])
def test_any_packet_length_up_to_60_ms_is_taken(length: int) -> None:
    with Rig() as rig:
        codes = b"".join(frames(12))
        for at in range(0, len(codes), length):
            rig.phone.say(codes[at : at + length])
            rig.step()
        assert whole(rig) == doubled(0, codes)


def test_reordered_and_repeated_packets_come_out_once_and_in_order() -> None:
    with Rig() as rig:
        sent = frames(20)
        packets = [rig.phone.packet(frame) for frame in sent]
        packets[3], packets[4] = packets[4], packets[3]
        packets[9], packets[11] = packets[11], packets[9]
        packets.insert(15, packets[14])
        for packet in packets:
            rig.phone.send(packet)
            rig.step()
        assert whole(rig) == doubled(0, b"".join(sent))
        stats = rig.leg.stats()
        assert (stats["duplicate"], stats["lost"], stats["concealed"]) == (1, 0, 0)


def test_sequence_and_timestamp_wrap_without_a_seam() -> None:
    with Rig(record=True) as rig:
        rig.phone.sequence, rig.phone.timestamp = 65530, 2**32 - 3 * FRAME
        sent = b"".join(frames(20))
        rig.talk(sent)
        rig.step(10)
        assert rig.leg.read_uplink() == doubled(0, sent)
        assert left(rig)[: len(sent) * 2] == g711.decode_ulaw(sent)
        assert rig.leg.stats()["source_changes"] == 0


def left(rig: Rig) -> bytes:
    frames_ = rig.leg.read_recording()
    return b"".join(frames_[at : at + 2] for at in range(0, len(frames_), 4))


def test_a_hole_is_conceded_after_three_later_packets_and_concealed() -> None:
    with Rig() as rig:
        sent = frames(12)
        for index, frame in enumerate(sent):
            packet = rig.phone.packet(frame)
            if index != 5:
                rig.phone.send(packet)
            rig.step()
            if index in (6, 7):
                assert rig.leg.stats()["concealed"] == 0
        stats = rig.leg.stats()
        assert (stats["lost"], stats["concealed"]) == (1, 1)
        heard = rig.leg.read_uplink()
        whole = doubled(0, b"".join(sent))
        assert len(heard) == len(whole)
        assert heard[: 5 * 640] == whole[: 5 * 640]
        assert heard[8 * 640 :] == whole[8 * 640 :]


@pytest.mark.parametrize("hole", [1, 2, 5, 110])
def test_a_hole_sounds_as_if_the_concealer_had_heard_every_packet(hole: int) -> None:
    with Rig(barge_in=False) as rig:
        sent = frames(hole + 5)
        pcm = [g711.decode_ulaw(frame) for frame in sent]
        concealer, expected = LossConcealer(), b""
        for index, frame in enumerate(pcm):
            if index == hole:
                expected += concealer.bridge(FRAME, pcm[index + 1])
            else:
                expected += concealer.good(frame)
        heard = b""
        for index, frame in enumerate(sent):
            packet = rig.phone.packet(frame)
            if index != hole:
                rig.phone.send(packet)
            rig.step()
            heard += rig.leg.read_uplink()
        assert heard == Upsampler().process(expected)


def test_every_part_of_a_leg_begins_on_a_cache_line() -> None:
    with Rig() as rig:
        assert {name: at % 64 for name, at in rig.leg.layout.items()} == dict.fromkeys(rig.leg.layout, 0)


def test_a_hole_before_a_pause_is_conceded_by_time() -> None:
    with Rig() as rig:
        sent = frames(4)
        packets = [rig.phone.packet(frame) for frame in sent]
        for packet in (packets[0], packets[1], packets[3]):
            rig.phone.send(packet)
            rig.step()
        assert len(rig.leg.read_uplink()) == 2 * 640
        rig.step(4)
        assert len(rig.leg.read_uplink()) == 2 * 640


def test_a_new_source_is_taken_once_two_packets_confirm_it() -> None:
    with Rig(record=True) as rig:
        sent = frames(20)
        rig.talk(b"".join(sent[:10]))
        rig.phone.ssrc, rig.phone.sequence, rig.phone.timestamp = 0x9999, 7, 123456
        rig.talk(b"".join(sent[10:]))
        rig.step(10)
        assert rig.leg.read_uplink() == doubled(0, b"".join(sent))
        assert rig.leg.stats()["source_changes"] == 1
        # Re-anchored to its arrival: the recording goes on where the old source ended.
        assert left(rig)[: 20 * 320] == g711.decode_ulaw(b"".join(sent))


def test_a_timestamp_jump_re_anchors_the_recording() -> None:
    with Rig(record=True) as rig:
        sent = b"".join(frames(20))
        rig.talk(sent[: 10 * FRAME])
        rig.phone.timestamp += 80_000
        rig.talk(sent[10 * FRAME :])
        rig.step(10)
        assert left(rig)[: 20 * 320] == g711.decode_ulaw(sent)


def test_a_pause_with_a_matching_timestamp_leaves_its_length_in_the_recording() -> None:
    with Rig(record=True) as rig:
        sent = b"".join(frames(10))
        rig.talk(sent[: 5 * FRAME])
        rig.phone.timestamp += 7 * FRAME
        rig.step(7)
        rig.talk(sent[5 * FRAME :])
        rig.step(10)
        quiet = b"\x00\x00" * 7 * FRAME
        expected = g711.decode_ulaw(sent[: 5 * FRAME]) + quiet + g711.decode_ulaw(sent[5 * FRAME :])
        assert left(rig)[: 17 * 320] == expected


def test_late_and_early_packets_land_on_their_sample_in_the_recording() -> None:
    with Rig(record=True) as rig:
        sent = frames(30)
        packets = [rig.phone.packet(frame) for frame in sent]
        arrivals = list(range(30))
        arrivals[8] = 10  # 40 ms late
        arrivals[15], arrivals[16], arrivals[17] = 17, 17, 17  # a burst
        for tick in range(32):
            for index, arrival in enumerate(arrivals):
                if arrival == tick:
                    rig.phone.send(packets[index])
            rig.step()
        rig.step(8)
        assert left(rig)[: 30 * 320] == g711.decode_ulaw(b"".join(sent))


def test_slow_clock_drift_is_followed() -> None:
    with Rig(record=True) as rig:
        # 0.4 % slow: a fixed placement would end 240 ms off, behind the readable frames.
        quiet, tone = b"\xff" * FRAME, b"\x8f" * FRAME
        heard = b""
        for index in range(3000):
            rig.phone.say(tone if index % 50 == 0 else quiet)
            rig.step(2 if index % 250 == 249 else 1)
            heard += left(rig)
        assert rig.leg.stats()["recording_late"] == 0
        assert heard.count(g711.decode_ulaw(tone)) == 60


def test_packets_from_elsewhere_are_counted_and_dropped() -> None:
    with Rig() as rig, bound_socket() as stranger:
        sent = frames(10)
        for frame in sent:
            packet = rig.phone.packet(frame)
            stranger.sendto(packet[:12] + b"\x00" * FRAME, ("127.0.0.1", rig.phone.engine_port))
            rig.phone.send(packet)
            rig.step()
        assert rig.leg.read_uplink() == doubled(0, b"".join(sent))
        assert rig.leg.stats()["rejected_source"] == 10
        rig.leg.set_peer(0x7F000001 << 16 | stranger.getsockname()[1])
        rig.talk(sent[0])
        assert rig.leg.read_uplink() == b""


def test_digits_are_received_once_whatever_is_repeated() -> None:
    with Rig(record=True) as rig:
        rig.talk(b"\xff" * FRAME * 2)
        start = rig.phone.timestamp
        for duration, end in ((160, 0), (320, 0), (480, 1), (480, 1), (480, 1)):
            payload = bytes((11, end << 7 | 10)) + duration.to_bytes(2, "big")
            rig.phone.timestamp = start
            rig.phone.send(rig.phone.packet(payload, payload_type=101, advance=0))
            rig.step()
        rig.phone.timestamp = start + 5 * FRAME
        rig.talk(b"\xff" * FRAME * 2)
        assert [event for event in rig.events if isinstance(event, Digit)] == [Digit("#", 60, 2 * FRAME)]
        assert rig.leg.stats()["concealed"] == 0


def test_a_digit_whose_end_was_lost_ends_by_time() -> None:
    with Rig() as rig:
        rig.talk(b"\xff" * FRAME)
        rig.phone.send(rig.phone.packet(bytes((3, 10, 0, 160)), payload_type=101, advance=0))
        rig.step(11)
        assert not [event for event in rig.events if isinstance(event, Digit)]
        rig.step(3)
        assert [event for event in rig.events if isinstance(event, Digit)] == [Digit("3", 20, FRAME)]


def test_the_media_timeout_comes_once_and_is_armed_again_by_packets() -> None:
    with Rig(timeout_samples=1600) as rig:
        rig.talk(b"\xff" * FRAME)
        rig.step(30)
        assert [event for event in rig.events if isinstance(event, MediaTimeout)] == [MediaTimeout(0.2)]
        rig.take_events()
        rig.talk(b"\xff" * FRAME)
        rig.step(8)
        assert not rig.take_events()
        rig.step(20)
        assert [type(event) for event in rig.take_events()] == [MediaTimeout]


def test_a_muted_caller_is_silence_everywhere() -> None:
    with Rig(record=True) as rig:
        rig.leg.mute(True)
        rig.talk(b"".join(frames(20)))
        rig.step(10)
        assert not any(rig.leg.read_uplink())
        assert not any(left(rig))


def test_an_unread_ring_overruns_and_says_so() -> None:
    with Rig() as rig:
        rig.talk(b"\xff" * 3 * 8000)
        assert len(rig.leg.read_uplink()) <= 4 * 8192
        assert rig.leg.stats()["uplink_overrun"] == 24000 - 8192 // FRAME * FRAME


def test_level_flags_and_events_are_not_lost_when_python_does_not_poll() -> None:
    with Rig() as rig:
        for _ in range(200):
            rig.phone.say(b"\xff" * FRAME)
            for _ in range(20):
                rig.engine.step(rig._tick * 1_000_000, rig._tick * 1_000_000)
                rig._tick += 1
        rig.step()
        assert rig.flags & 1
        assert rig.events == [FirstPacket(0)]
        assert rig.leg.stats()["event_overruns"] == 0


def test_100_000_mutated_packets_do_not_disturb_the_leg() -> None:
    rng = Random(7)
    with Rig(timeout_samples=2**31 - 1) as rig, bound_socket() as stranger:
        ours = frames(1000, seed=3)
        target = ("127.0.0.1", rig.phone.engine_port)
        heard = b""
        for frame in ours:
            packet = rig.phone.packet(frame)
            for _ in range(50):
                forged = mutated(rng, packet)
                stranger.sendto(forged, target)
                # From the right address too, but with nothing left of the leg's own stream.
                rig.phone.send(b"\x00" + forged[1:] if rng.random() < 0.5 else forged[: rng.randrange(12)])
            rig.step()
            rig.phone.send(packet)
            rig.step()
            heard += rig.leg.read_uplink()
        assert heard == doubled(0, b"".join(ours))
        assert [len(packet.payload) for packet in rig.phone.heard()[-5:]] == [FRAME] * 5


def mutated(rng: Random, packet: bytes) -> bytes:
    """A packet with some bytes changed, cut or grown."""
    data = bytearray(packet)
    for _ in range(rng.randint(1, 6)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    match rng.randrange(4):
        case 0:
            del data[rng.randrange(len(data)) :]
        case 1:
            data += rng.randbytes(rng.randrange(600))
    return bytes(data)


def test_a_leg_recovers_from_mutants_that_come_from_its_own_address() -> None:
    rng = Random(11)
    with Rig(record=True) as rig:
        for frame in frames(200, seed=4):
            packet = rig.phone.packet(frame)
            for _ in range(20):
                rig.phone.send(mutated(rng, packet))
            rig.phone.send(packet)
            rig.step()
            rig.leg.read_uplink()
            rig.leg.read_recording()
        rig.step(10)
        rig.leg.read_uplink()
        # A mutant may have moved the expected sequence number ahead by up to 100 (RFC 3550's MAX_MISORDER).
        for frame in frames(110, seed=6):
            rig.talk(frame)
            rig.leg.read_uplink()
        after = b"".join(frames(10, seed=5))
        rig.talk(after)
        assert rig.leg.read_uplink()[-9 * 640 :] == doubled(0, after)[-9 * 640 :]


def _notices(rig: Rig, code: bytes, packets: int) -> list[int]:
    """The packets after which Python is told of audio."""
    told = []
    for packet in range(packets):
        rig.flags = 0
        rig.talk(code)
        if rig.flags & 1:
            told.append(packet)
            rig.leg.read_uplink()
    return told


def test_a_caller_who_is_silent_is_handed_on_less_often() -> None:
    """Every 100 ms for a second after the leg began or he spoke, then every 200."""
    with Rig() as rig:
        told = _notices(rig, b"\xff" * FRAME, 150)
        steps = [later - earlier for earlier, later in pairwise(told)]
        assert set(steps[:8]) == {5}
        assert set(steps[11:]) == {10}
