"""To the caller: pacing of the clock, the gate, marks, digits, recording; on a clock the test turns."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aywa._native import g711
from aywa._native.telephone_event import DigitEvents
from aywa.media.events import DigitSent, Drained, GateClosed, LegEvent, Mark, SpeechStarted, SpeechStopped
from tests.kit.engine_rig import FRAME, ULAW_SILENCE, Packet, Rig, voiced

ENCODE = {0: g711.encode_ulaw, 8: g711.encode_alaw}
DECODE = {0: g711.decode_ulaw, 8: g711.decode_alaw}
SPEECH = g711.encode_ulaw(voiced(8000))
QUIET = ULAW_SILENCE * 40


def tones(count: int, start: int = 0) -> bytes:
    """Code words that tell their place: none of them is silence, none repeats within 120."""
    return bytes(0x81 + (start + at) % 120 for at in range(count))


def sound(packets: list[Packet]) -> bytes:
    """The code words heard, silence left out."""
    return b"".join(packet.payload for packet in packets).replace(b"\xff", b"")


def dying(coming: bytes, shape: int = 160) -> bytes:
    """How these code words sound when the gate closes on them: gone within 20 ms."""
    pcm = np.frombuffer(g711.decode_ulaw(coming[:shape]), np.int16)
    left = (np.float32(1) - np.arange(len(pcm), dtype=np.float32) / np.float32(shape)).astype(np.float32)
    cube = left * left * left
    dead = (cube * cube * np.float32(0.875) * pcm).astype(np.int16)
    return g711.encode_ulaw(dead.tobytes()).replace(b"\xff", b"")


def rising(gone: bytes, shape: int = 40) -> bytes:
    """How what was heard last leads in when the gate opens again."""
    pcm = np.frombuffer(g711.decode_ulaw(gone[-shape:]), np.int16)
    step = np.float32(0.875) * np.arange(shape, dtype=np.float32) / np.float32(shape)
    led = (step * pcm).astype(np.int16)
    return g711.encode_ulaw(led.tobytes()).replace(b"\xff", b"")


def of_kind(events: list[LegEvent], *kinds: type) -> list[LegEvent]:
    return [event for event in events if isinstance(event, kinds)]


def interrupt(rig: Rig) -> GateClosed:
    """The caller speaks until the gate is closed, and stops."""
    before = len(rig.events)
    rig.talk(QUIET[: 12 * FRAME])
    for at in range(0, len(SPEECH), FRAME):
        rig.talk(SPEECH[at : at + FRAME])
        closed = of_kind(rig.events[before:], GateClosed)
        if closed:
            rig.talk(QUIET)
            assert of_kind(rig.events[before:], SpeechStopped)
            assert isinstance(closed[0], GateClosed)
            return closed[0]
    raise AssertionError("the voice was not taken for speech")


@pytest.mark.parametrize("payload_type", [0, 8])
def test_every_sample_is_sent_bit_exact_on_a_continuous_clock(payload_type: int) -> None:
    with Rig(payload_type=payload_type) as rig:
        pcm = DECODE[payload_type](bytes(range(256)) * 20)
        sent = 0
        while sent < len(pcm) // 2:
            sent += rig.leg.write(pcm[2 * sent : 2 * sent + 2000], 0)
            rig.step()
        rig.step(40)
        packets = rig.phone.heard()
        audio = b"".join(packet.payload for packet in packets)
        assert audio.startswith(ENCODE[payload_type](pcm))
        assert [p.sequence for p in packets] == list(range(10, 10 + len(packets)))
        assert [p.timestamp for p in packets] == [1000 + FRAME * i for i in range(len(packets))]
        assert {(p.payload_type, p.ssrc, len(p.payload)) for p in packets} == {(payload_type, 0xABCD, FRAME)}


def test_silence_is_sent_always_and_the_marker_tells_where_speech_begins() -> None:
    with Rig() as rig:
        rig.step(3)
        rig.leg.write(g711.decode_ulaw(tones(400)), 0)
        rig.step(6)
        packets = rig.phone.heard()
        assert [packet.marker for packet in packets] == [True, False, False, True] + [False] * 5
        assert packets[0].payload == ULAW_SILENCE
        assert packets[5].payload == tones(400)[320:] + ULAW_SILENCE[:80]
        assert rig.events == [Drained(400, 3 * FRAME + 400)]


def test_marks_come_back_with_their_exact_sample() -> None:
    with Rig() as rig:
        rig.step(2)
        rig.leg.mark(1)
        for number, count in ((2, 100), (3, 60), (4, 161), (5, 1)):
            rig.leg.write(g711.decode_ulaw(tones(count)), 0)
            rig.leg.mark(number)
        rig.step(4)
        base = 2 * FRAME
        assert of_kind(rig.events, Mark) == [
            Mark(1, 0, 0),
            Mark(2, 100, base + 100),
            Mark(3, 160, base + 160),
            Mark(4, 321, base + 321),
            Mark(5, 322, base + 322),
        ]


def test_no_mark_is_lost_when_more_are_due_than_events_fit() -> None:
    with Rig() as rig:
        assert all(rig.leg.mark(number) for number in range(64))
        assert not rig.leg.mark(64)
        rig.step(2)
        for number in range(64, 128):
            assert rig.leg.mark(number)
        rig.step(3)
        assert [event.mark_id for event in rig.events if isinstance(event, Mark)] == list(range(128))
        assert rig.leg.stats()["event_overruns"] == 0


def test_a_flush_drops_the_audio_and_the_marks_in_it_and_no_others() -> None:
    with Rig() as rig:
        rig.leg.write(g711.decode_ulaw(tones(400)), 0)
        rig.leg.mark(1)
        rig.step()
        rig.leg.flush()
        rig.leg.mark(2)
        rig.leg.write(g711.decode_ulaw(tones(80, 50)), 0)
        rig.leg.mark(3)
        rig.step(3)
        assert sound(rig.phone.heard()) == tones(160) + tones(80, 50)
        assert [event.mark_id for event in rig.events if isinstance(event, Mark)] == [2, 3]
        assert rig.leg.played == 240


def test_confirmed_speech_stops_playout_before_python_knows() -> None:
    with Rig() as rig:
        rig.leg.write(g711.decode_ulaw(tones(8000)), 0)
        closed = interrupt(rig)
        heard = sound(rig.phone.heard())
        assert heard == tones(closed.played) + dying(tones(8000)[closed.played :])
        assert closed.epoch == rig.leg.epoch == 1
        assert closed.timeline == closed.played
        started = of_kind(rig.events, SpeechStarted)
        assert [event.epoch for event in started if isinstance(event, SpeechStarted)] == [1]
        assert not of_kind(rig.events, Drained)


def test_resume_goes_on_with_the_very_next_sample() -> None:
    with Rig() as rig:
        rig.leg.write(g711.decode_ulaw(tones(8000)), 0)
        closed = interrupt(rig)
        rig.leg.open_gate(closed.epoch)
        rig.step(60)
        heard, rest = sound(rig.phone.heard()), tones(8000)[closed.played :]
        assert heard == tones(closed.played) + dying(rest) + rising(tones(closed.played)) + rest


def test_commit_drops_the_rest_and_plays_only_what_comes_after() -> None:
    with Rig() as rig:
        rig.leg.write(g711.decode_ulaw(tones(8000)), 0)
        closed = interrupt(rig)
        assert rig.leg.write(g711.decode_ulaw(tones(10)), 0) == 0
        rig.leg.flush()
        rig.leg.open_gate(closed.epoch)
        rig.step()
        assert rig.leg.write(g711.decode_ulaw(tones(200, 77)), 1) == 200
        rig.step(10)
        dead = dying(tones(8000)[closed.played :])
        assert sound(rig.phone.heard()) == tones(closed.played) + dead + tones(200, 77)


def test_the_gate_closes_while_nothing_plays_so_late_audio_stays_behind_it() -> None:
    with Rig() as rig:
        interrupt(rig)
        assert rig.leg.write(g711.decode_ulaw(tones(100)), 0) == 0
        assert rig.leg.write(g711.decode_ulaw(tones(100)), 1) == 100
        rig.step(5)
        assert sound(rig.phone.heard()) == b""
        rig.leg.open_gate(1)
        rig.step(5)
        assert sound(rig.phone.heard()) == tones(100)


def test_an_epoch_opened_too_late_opens_nothing() -> None:
    with Rig() as rig:
        interrupt(rig)
        interrupt(rig)
        rig.leg.open_gate(1)
        rig.leg.write(g711.decode_ulaw(tones(100)), 2)
        rig.step(5)
        assert sound(rig.phone.heard()) == b""


def test_without_barge_in_speech_is_told_and_playout_goes_on() -> None:
    with Rig(barge_in=False) as rig:
        rig.leg.write(g711.decode_ulaw(tones(8000)), 0)
        rig.talk(QUIET[: 12 * FRAME] + SPEECH[: 20 * FRAME])
        assert of_kind(rig.events, SpeechStarted)
        assert not of_kind(rig.events, GateClosed)
        assert rig.leg.epoch == 0
        assert sound(rig.phone.heard()) == tones(32 * FRAME)


def test_what_may_not_be_interrupted_does_not_even_stutter() -> None:
    with Rig() as rig:
        rig.leg.set_barge_in(False)
        rig.leg.write(g711.decode_ulaw(tones(8000)), 0)
        rig.talk(QUIET[: 12 * FRAME] + SPEECH[: 20 * FRAME])
        assert of_kind(rig.events, SpeechStarted)
        assert sound(rig.phone.heard()) == tones(32 * FRAME)
        rig.talk(QUIET)
        rig.leg.set_barge_in(True)
        assert interrupt(rig).epoch == 1


class _Model:
    """What must be heard: the writes that were taken, cut by commits, in order."""

    def __init__(self) -> None:
        self.ring: deque[int] = deque()
        self.heard = bytearray()
        self.open = True
        self.counter = 0
        self.past = bytearray()  # as `heard`, without what dies away and leads in
        self.playing = self.cut = False

    def play(self, packets: int, up_to: int | None = None) -> None:
        """So many frames, or until so much was played."""
        while self.open and packets and (up_to is None or len(self.past) < up_to):
            packets -= 1
            room = FRAME
            if self.cut and self.ring:
                self.cut = False
                if len(self.ring) <= 8192 - 40:
                    room -= 40
                    self.heard += rising(bytes(self.past))
            taken = bytes(self.ring.popleft() for _ in range(min(room, len(self.ring))))
            self.heard += taken
            self.past += taken
            self.playing = len(taken) == room

    def close(self) -> None:
        """The caller speaks."""
        if self.open and self.playing and self.ring:
            self.cut = True
            self.heard += dying(bytes(self.ring)[:160])
        self.open = self.playing = False


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["new", "stale", "play", "speak", "commit", "resume", "old"]), max_size=14))
def test_no_stale_sample_is_ever_heard(operations: list[str]) -> None:
    model = _Model()
    with Rig() as rig:
        generation = 0  # the epoch the running generation was begun at
        for operation in operations:
            codes = tones(700, model.counter)
            match operation:
                case "new" | "stale":
                    epoch = generation if operation == "stale" else rig.leg.epoch
                    taken = rig.leg.write(g711.decode_ulaw(codes), epoch)
                    assert epoch == rig.leg.epoch or taken == 0
                    model.ring.extend(codes[:taken])
                    model.counter += taken
                    generation = epoch
                case "play":
                    rig.step(2)
                    model.play(2)
                case "speak":
                    closed = interrupt(rig)
                    model.play(-1, closed.played)
                    model.close()
                case "commit":
                    rig.leg.flush()
                    rig.leg.open_gate(rig.leg.epoch)
                    model.ring.clear()
                    model.open, model.cut = True, False
                    rig.step()
                case "resume":
                    rig.leg.open_gate(rig.leg.epoch)
                    model.open = True
                case "old":
                    # The epoch before: opens nothing, whatever it meant when it was seen.
                    if rig.leg.epoch and not model.open:
                        rig.leg.open_gate(rig.leg.epoch - 1)
                        rig.step(2)
        rig.step()
        model.play(1)
        assert sound(rig.phone.heard()) == bytes(model.heard)


def test_low_water_comes_once_for_each_filling_and_whenever_a_writer_asks() -> None:
    with Rig() as rig:
        rig.leg.write(b"\x01\x01" * 3000, 0)
        rig.step(3)
        assert not rig.flags & 2
        rig.step(2)
        assert rig.flags & 2
        rig.flags = 0
        rig.step(5)
        assert not rig.flags & 2
        rig.leg.want_room()
        rig.step()
        assert rig.flags & 2


def test_digits_take_the_place_of_audio_and_audio_goes_on_after_them() -> None:
    with Rig(record=True) as rig:
        rig.leg.write(g711.decode_ulaw(tones(480)), 0)
        rig.step()
        for code in (1, 11):
            assert rig.leg.send_digit(code, 800)
        rig.step(30)
        packets = rig.phone.heard()
        receiver = DigitEvents()
        presses = []
        for packet in packets:
            if packet.payload_type == 101:
                presses += receiver.receive(packet.payload, packet.timestamp, packet.marker)
        assert presses == [(1, 800), (11, 800)]
        assert [event for event in rig.events if isinstance(event, DigitSent)] == [
            DigitSent("1"),
            DigitSent("#"),
        ]
        assert [p.sequence for p in packets] == list(range(10, 10 + len(packets)))
        assert sound([p for p in packets if p.payload_type == 0]) == tones(480)
        events = [p for p in packets if p.payload_type == 101]
        assert [p.marker for p in events] == [True, *[False] * 7] * 2
        assert len({p.timestamp for p in events}) == 2


def test_the_recording_holds_what_was_sent_on_its_very_sample() -> None:
    with Rig(record=True) as rig:
        rig.step(3)
        rig.leg.write(g711.decode_ulaw(tones(1000)), 0)
        recorded = b""
        for _ in range(30):
            rig.step()
            recorded += rig.leg.read_recording()
        assert len(recorded) == 4 * (33 * FRAME - 1600)
        assert rig.remove()
        recorded += rig.leg.read_recording()
        assert len(recorded) == 4 * 33 * FRAME
        right = b"".join(recorded[at + 2 : at + 4] for at in range(0, len(recorded), 4))
        sent = b"".join(packet.payload for packet in rig.phone.heard())
        assert right == g711.decode_ulaw(sent)
        assert right[3 * 320 :].startswith(g711.decode_ulaw(tones(1000)))


def test_a_reader_that_stalls_gets_silence_of_the_right_length() -> None:
    with Rig(record=True) as rig:
        for _ in range(300):
            rig.leg.write(g711.decode_ulaw(tones(FRAME)), rig.leg.epoch)
            rig.step()
        assert rig.remove()
        recorded = b""
        while part := rig.leg.read_recording():
            recorded += part
        assert len(recorded) == 4 * 300 * FRAME
        lost = rig.leg.stats()["recording_lost"]
        assert 0 < lost < 300 * FRAME - 20000
        assert not any(recorded[: 4 * lost])
        tail = b"".join(recorded[at + 2 : at + 4] for at in range(4 * lost, len(recorded), 4))
        assert tail == g711.decode_ulaw(tones(FRAME) * 300)[2 * lost :]


def test_a_narrowband_leg_without_recording_needs_at_most_52_kib() -> None:
    with Rig() as rig:
        assert rig.leg.memory <= 52 * 1024
