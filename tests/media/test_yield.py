"""How soon a leg falls silent for the caller: words behind a hole, and when its own packets go out."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import pairwise

import numpy as np
import pytest

from aywa._native import g711
from aywa._native.engine import NativeEngine
from aywa._native.leg import NativeLeg
from aywa.media.events import GateClosed, SpeechStarted
from aywa.media.wire import native_wire
from tests.kit.engine_rig import (
    FRAME,
    TICK_NS,
    ULAW_SILENCE,
    Packet,
    Phone,
    Rig,
    bound_socket,
    drain,
    peer_word,
    voiced,
)
from tests.kit.formats import g711_format

SPEECH = g711.encode_ulaw(voiced(8000))
QUIET = [ULAW_SILENCE] * 15
WORD = [SPEECH[at : at + FRAME] for at in range(0, 8 * FRAME, FRAME)]
ASSISTANT = voiced(16000, pitch_hz=190)


def gate_closed(rig: Rig) -> bool:
    return any(isinstance(event, GateClosed) for event in rig.events)


def closed_after(rig: Rig, frames: list[bytes], lost: set[int]) -> int | None:
    """How many of these 20 ms had come, or were lost, when the gate closed."""
    for index, frame in enumerate(frames):
        packet = rig.phone.packet(frame)
        if index not in lost:
            rig.phone.send(packet)
        rig.step()
        if gate_closed(rig):
            return index
    return None


@pytest.mark.parametrize("lost", [0, 1, 2])
@pytest.mark.parametrize("payload_type", [0, 8])
def test_a_word_is_heard_before_a_hole_in_it_is_given_up(lost: int, payload_type: int) -> None:
    encode = g711.encode_ulaw if payload_type == 0 else g711.encode_alaw
    quiet = [encode(bytes(2 * FRAME))] * 15
    word = [encode(voiced(8 * FRAME))[at : at + FRAME] for at in range(0, 8 * FRAME, FRAME)]
    with Rig(payload_type=payload_type) as rig:
        rig.leg.write(ASSISTANT, 0)
        when = closed_after(rig, quiet + word, {15 + lost})
        assert when is not None
        assert when - 15 <= 2 + (lost == 2)
        assert rig.leg.stats()["concealed"] == 1


def test_while_nothing_is_said_a_hole_waits_for_its_packet() -> None:
    with Rig() as rig:
        rig.talk(b"".join(QUIET))
        missing, *behind = (rig.phone.packet(frame) for frame in WORD[:3])
        for packet in behind:
            rig.phone.send(packet)
            rig.step()
        assert rig.leg.stats()["concealed"] == 0
        rig.phone.send(missing)
        rig.step()
        stats = rig.leg.stats()
        assert (stats["lost"], stats["late"]) == (0, 0)
        assert any(isinstance(event, SpeechStarted) for event in rig.events)


def test_a_faint_packet_behind_a_hole_waits_too() -> None:
    faint = g711.encode_ulaw(voiced(FRAME, amplitude=150))
    with Rig() as rig:
        rig.leg.write(ASSISTANT, 0)
        assert closed_after(rig, [*QUIET, faint, faint, faint], {15}) is None
        assert rig.leg.stats()["concealed"] == 0


@pytest.mark.parametrize("late_by", [1, 2, 3])
def test_a_packet_that_was_only_late_is_heard_once_at_the_most(late_by: int) -> None:
    frames = QUIET + WORD
    order = list(range(len(frames)))
    order.insert(15 + late_by, order.pop(15))
    with Rig(record=True) as rig:
        rig.leg.write(ASSISTANT, 0)
        packets = [rig.phone.packet(frame) for frame in frames]
        heard = b""
        for index in order:
            rig.phone.send(packets[index])
            rig.step()
            heard += rig.leg.read_uplink()
        stats = rig.leg.stats()
        assert (stats["late"], stats["lost"], stats["concealed"]) == (1, 1, 1)
        assert len(heard) == len(frames) * 4 * FRAME
        assert gate_closed(rig)
        for _ in range(60):
            rig.step()
        assert rig.remove()
        stereo = np.frombuffer(rig.leg.read_recording(), "<i2").reshape(-1, 2)
        said = np.frombuffer(g711.decode_ulaw(b"".join(frames)), "<i2")
        kept = stereo[: len(said), 0]
        away = np.flatnonzero(kept != said) // FRAME
        assert set(away) <= {15, 16}  # the packet made up, and the seam into the next one


def timed(rig: Rig, ms: int, phase: int) -> list[tuple[int, Packet]]:
    """The caller's packets come `phase` ms after each full 20; what the leg sends, and when."""
    found = []
    for at in range(ms):
        if at % 20 == phase:
            rig.phone.say(ULAW_SILENCE)
        rig.wait_ms(1)
        found += [(at, Packet.of(data)) for data in drain(rig.phone.socket)]
    return found


@pytest.mark.parametrize("phase", range(0, 20, 3))
def test_a_leg_sends_right_after_the_callers_packets_come(phase: int) -> None:
    with Rig(follows=True, record=True) as rig:
        sent = timed(rig, 1500, phase)
        moments = [at for at, _ in sent]
        assert all((at - phase) % 20 in range(1, 9) for at in moments[-20:])
        gaps = [later - earlier for earlier, later in pairwise(moments)]
        assert sum(gap != 20 for gap in gaps) <= 1
        for (at, packet), (later, following) in pairwise(sent):
            assert following.sequence == packet.sequence + 1
            assert following.timestamp - packet.timestamp == 8 * (later - at)
        assert rig.leg.timeline == 8 * (moments[-1] + 20)
        recorded = 0
        while frames := rig.leg.read_recording():
            recorded += len(frames) // 4
        assert abs(recorded - rig.leg.timeline) <= 8000


def test_speech_is_never_cut_for_the_sake_of_the_phase() -> None:
    with Rig(follows=True) as rig:
        rig.leg.write(ASSISTANT[:16000], 0)
        moments = [at for at, _ in timed(rig, 900, 3)]
        assert {at % 20 for at in moments} == {0}
        moments = [at for at, _ in timed(rig, 600, 3)]
        assert {(at - 3) % 20 for at in moments[-10:]} <= set(range(1, 9))


def test_a_leg_whose_caller_sends_at_any_time_keeps_its_phase() -> None:
    rng = np.random.default_rng(3)
    with Rig(follows=True) as rig:
        due = sorted(int(20 * at + rng.uniform(0, 60)) for at in range(100))
        moments = []
        for at in range(2000):
            for _ in range(due.count(at)):
                rig.phone.say(ULAW_SILENCE)
            rig.wait_ms(1)
            moments += [at] * len(drain(rig.phone.socket))
        assert {at % 20 for at in moments} == {0}


def test_legs_whose_callers_send_all_at_once_do_not_crowd_one_tick() -> None:
    with ExitStack() as stack:
        engine = NativeEngine(48)
        engine.start_manual(0)
        stack.callback(engine.close)
        phones = []
        for _ in range(48):
            own = stack.enter_context(bound_socket())
            phone = Phone(own.getsockname()[1])
            stack.enter_context(phone.socket)
            leg = NativeLeg(
                own.fileno(),
                wire=native_wire(g711_format(0), 8000),
                ssrc=1,
                sequence=1,
                timestamp=1,
                barge_in=True,
                timeout_samples=80000,
                record=False,
                vad_mode=1,
                start_ms=34,
                stop_ms=400,
                follows=True,
            )
            leg.set_peer(peer_word(phone.socket))
            engine.add(leg)
            phones.append(phone)
        sent = np.zeros(1500, np.int64)
        for at in range(1500):
            if at % 20 == 7:
                for phone in phones:
                    phone.say(ULAW_SILENCE)
            engine.step(at * TICK_NS, at * TICK_NS)
            sent[at] = sum(len(phone.heard()) for phone in phones)
        turn = sent[-20:]
        assert turn.sum() == 48
        assert turn.max() <= 48 // 8 + 8
        assert turn[8:17].sum() > 20
