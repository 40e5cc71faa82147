"""A leg on hold, with another number for key presses, and under a flood of them."""

from __future__ import annotations

import pytest

from aywa._native import g711
from aywa.media.events import Digit, Drained, GateClosed, Mark, MediaTimeout, SpeechStarted, SpeechStopped
from aywa.media.format import EventFormat
from tests.kit.engine_rig import FRAME, ULAW_SILENCE, Rig, peer_word, voiced

SPEECH = g711.encode_ulaw(voiced(8000))
QUIET = ULAW_SILENCE * 12


def tones(count: int) -> bytes:
    """Code words that tell their place; none of them is silence."""
    return bytes(0x81 + at % 120 for at in range(count))


def sound(rig: Rig) -> bytes:
    """The code words heard since the last call, silence left out."""
    return b"".join(packet.payload for packet in rig.phone.heard()).replace(b"\xff", b"")


def test_a_held_leg_sends_nothing_and_goes_on_at_the_exact_sample() -> None:
    with Rig() as rig:
        rig.leg.write(g711.decode_ulaw(tones(1000)), 0)
        rig.leg.mark(7)
        rig.step(2)
        before = rig.phone.heard()
        rig.leg.hold(True)
        rig.step(100)
        assert rig.phone.heard() == []
        assert (rig.leg.played, rig.leg.unplayed, rig.leg.timeline) == (320, 680, 102 * FRAME)
        assert rig.events == []
        rig.leg.hold(False)
        rig.step(10)
        after = rig.phone.heard()
        audio = b"".join(packet.payload for packet in before + after)
        assert audio[:1000] == tones(1000)
        assert after[0].marker
        assert after[0].sequence == before[-1].sequence + 1
        assert after[0].timestamp == before[-1].timestamp + 101 * FRAME
        assert rig.events == [Mark(7, 1000, 102 * FRAME + 680), Drained(1000, 102 * FRAME + 680)]


def test_what_is_flushed_while_held_is_not_played_after_it() -> None:
    with Rig() as rig:
        rig.leg.write(g711.decode_ulaw(tones(800)), 0)
        rig.step(1)
        rig.leg.hold(True)
        rig.step(5)
        rig.leg.flush()
        rig.leg.hold(False)
        rig.step(10)
        assert sound(rig) == tones(FRAME)
        assert rig.leg.played == FRAME


def test_without_an_address_nothing_is_taken_out_of_the_ring() -> None:
    with Rig() as rig:
        rig.leg.set_peer(0)
        rig.leg.write(g711.decode_ulaw(tones(480)), 0)
        rig.step(50)
        assert (rig.leg.played, rig.leg.unplayed) == (0, 480)
        rig.leg.set_peer(peer_word(rig.phone.socket))
        rig.step(10)
        assert sound(rig) == tones(480)


def test_no_packet_is_missed_while_held_nor_for_the_timeout_after_it() -> None:
    with Rig(timeout_samples=1600) as rig:
        rig.talk(ULAW_SILENCE)
        rig.leg.hold(True)
        rig.step(200)
        rig.leg.hold(False)
        rig.step(9)
        assert not [event for event in rig.events if isinstance(event, MediaTimeout)]
        rig.step(3)
        assert [type(event) for event in rig.take_events()][-1] is MediaTimeout


def test_who_was_told_to_send_nothing_is_not_missed_and_still_hears() -> None:
    with Rig(timeout_samples=1600) as rig:
        rig.talk(ULAW_SILENCE)
        rig.leg.excuse(True)
        rig.leg.write(g711.decode_ulaw(tones(480)), 0)
        rig.step(200)
        assert sound(rig) == tones(480)
        assert not [event for event in rig.take_events() if isinstance(event, MediaTimeout)]
        rig.leg.hold(True)
        rig.leg.hold(False)  # neither knows of the other
        rig.step(20)
        assert not [event for event in rig.take_events() if isinstance(event, MediaTimeout)]
        rig.leg.excuse(False)
        rig.step(12)
        assert [type(event) for event in rig.take_events()][-1] is MediaTimeout


def test_music_on_hold_is_recorded_and_not_taken_for_the_caller() -> None:
    with Rig(record=True) as rig:
        rig.talk(QUIET)
        rig.leg.hold(True)
        rig.talk(SPEECH)
        rig.step(10)
        assert not [event for event in rig.events if isinstance(event, SpeechStarted | GateClosed)]
        assert not any(rig.leg.read_uplink())
        frames = rig.leg.read_recording()
        left = b"".join(frames[at : at + 2] for at in range(0, len(frames), 4))
        assert left[len(QUIET) * 2 :][: 30 * 320] == g711.decode_ulaw(SPEECH)[: 30 * 320]


def test_speech_that_a_hold_cuts_off_ends() -> None:
    with Rig() as rig:
        rig.talk(QUIET + SPEECH[: 20 * FRAME])
        rig.leg.hold(True)
        rig.talk(ULAW_SILENCE * 30)
        assert [type(e) for e in rig.events if isinstance(e, SpeechStarted | SpeechStopped)] == [
            SpeechStarted,
            SpeechStopped,
        ]


def press(rig: Rig, payload_type: int, code: int = 5) -> None:
    """A key of 40 ms under this payload type."""
    start = rig.phone.timestamp
    for duration, end in ((160, 0), (320, 1), (320, 1)):
        payload = bytes((code, end << 7 | 10)) + duration.to_bytes(2, "big")
        rig.phone.timestamp = start
        rig.phone.send(rig.phone.packet(payload, payload_type=payload_type, advance=0))
        rig.step()
    rig.phone.timestamp = start + 3 * FRAME


def test_key_presses_follow_their_payload_type() -> None:
    with Rig() as rig:
        rig.talk(QUIET)
        rig.configure(events=EventFormat(96), receive_events=(EventFormat(96),))
        rig.step()
        press(rig, 101)
        press(rig, 96, code=6)
        assert [event.digit for event in rig.events if isinstance(event, Digit)] == ["6"]
        rig.phone.heard()
        rig.leg.send_digit(3, 320)
        rig.step(10)
        assert {packet.payload_type for packet in rig.phone.heard()} == {0, 96}
        rig.configure(events=None, receive_events=())
        rig.step()
        press(rig, 96)
        rig.leg.send_digit(3, 320)
        rig.step(10)
        assert [event.digit for event in rig.events if isinstance(event, Digit)] == ["6"]
        assert {packet.payload_type for packet in rig.phone.heard()} == {0}


@pytest.mark.parametrize("presses", [64, 200])
def test_a_flood_of_key_presses_does_not_hide_an_interruption(presses: int) -> None:
    with Rig() as rig:
        rig.talk(QUIET)
        for at in range(0, 20 * FRAME, FRAME):
            for _ in range(presses // 20 + 1):
                payload = bytes((1, 1 << 7 | 10, 0, 160))
                rig.phone.timestamp += 1
                rig.phone.send(rig.phone.packet(payload, payload_type=101, advance=0))
            rig.phone.say(SPEECH[at : at + FRAME])
            for _ in range(20):  # Python does not come to it
                rig.engine.step(rig._tick * 1_000_000, rig._tick * 1_000_000)
                rig._tick += 1
        rig.step()
        assert len([event for event in rig.events if isinstance(event, Digit)]) <= 64
        assert [event for event in rig.events if isinstance(event, SpeechStarted)]
        assert [event for event in rig.events if isinstance(event, GateClosed)]
