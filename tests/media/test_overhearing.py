"""What listeners hear of a leg is what its recording holds, from the moment they begin to listen."""

from __future__ import annotations

from aywa._native import g711
from tests.kit.engine_rig import FRAME, Rig, voiced

SPEECH = g711.encode_ulaw(voiced(40 * FRAME))
ANSWER = voiced(60 * FRAME, pitch_hz=210.0)


def read(rig: Rig) -> bytes:
    """All that is there to be overheard."""
    return b"".join(iter(rig.leg.read_overheard, b""))


def converse(rig: Rig, frames: int) -> bytes:
    """Both sides speak; what was overheard of it."""
    heard = b""
    for number in range(frames):
        at = number * FRAME % len(SPEECH)
        rig.leg.write(ANSWER[2 * at : 2 * (at + FRAME)], rig.leg.epoch)
        rig.phone.say(SPEECH[at : at + FRAME])
        rig.step()
        heard += read(rig)
    return heard


def test_it_is_the_recording_from_there_on() -> None:
    with Rig(record=True, barge_in=False) as rig:
        before = rig.leg.memory
        assert converse(rig, 20) == b""
        rig.leg.overhear()
        assert rig.leg.memory - before >= 128 * 1024
        heard = converse(rig, 60)
        recorded = b"".join(iter(rig.leg.read_recording, b""))
        assert len(heard) == 60 * 4 * FRAME - 4 * FRAME  # the first frame settles where it begins
        place = recorded.rfind(heard[4 * 4000 :])  # behind what had already come when somebody listened
        assert place > 0
        assert any(heard[4 * 8000 :])


def test_nobody_needs_to_record() -> None:
    with Rig(record=False, barge_in=False) as rig:
        rig.leg.overhear()
        heard = converse(rig, 60)
        left, right = heard[0::4] + heard[1::4], heard[2::4] + heard[3::4]
        assert any(left)
        assert any(right)
        assert rig.leg.read_recording() == b""


def test_who_comes_later_hears_from_now_on() -> None:
    with Rig(record=False, barge_in=False) as rig:
        rig.leg.overhear()
        converse(rig, 10)
        for _ in range(300):  # nobody reads for six seconds
            rig.step()
        rig.leg.overhear()
        assert len(read(rig)) == 0
        assert len(converse(rig, 30)) == 30 * 4 * FRAME


def test_a_muted_caller_is_not_overheard() -> None:
    with Rig(record=False, barge_in=False) as rig:
        rig.leg.overhear()
        rig.leg.mute(True)
        heard = converse(rig, 60)
        assert not any(heard[0::4] + heard[1::4])


def test_a_leg_that_is_over_says_nothing_and_gives_its_memory_back() -> None:
    with Rig(record=False, barge_in=False) as rig:
        rig.leg.overhear()
        converse(rig, 30)
        assert rig.remove()
        rig.leg.release()
        assert rig.leg.read_overheard() == b""
        rig.leg.overhear()
        assert rig.leg.read_overheard() == b""
        assert rig.leg.memory < 8192
