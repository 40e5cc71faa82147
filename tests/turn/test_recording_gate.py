"""What of a recording is kept: held to a list of booleans, one a frame."""

from __future__ import annotations

from array import array

from hypothesis import given
from hypothesis import strategies as st

from aywa.turn.recording_gate import Pause, RecordingGate, RecordingState

STEPS = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.sampled_from(["consent", "no", "pause", "card", "resume", "uncard", "stop"]),
    ),
    max_size=8,
)


def keeps(gate: RecordingGate, sample: int) -> bool:
    """The same, slowly."""
    if sample < gate.start or (gate.end is not None and sample >= gate.end):
        return False
    return not any(
        pause.start <= sample and (pause.end is None or sample < pause.end) for pause in gate.pauses
    )


@given(STEPS, st.booleans(), st.sampled_from([1, 2]), st.integers(1, 50))
def test_frames_are_kept_or_silent(steps: list[tuple[int, str]], waits: bool, scale: int, block: int) -> None:
    gate, at = RecordingGate(wanted=True, waits=waits), 0
    for wait, step in steps:
        at += wait
        match step:
            case "consent":
                gate.consent(at)
            case "no":
                gate.no_consent()
            case "pause" | "card":
                gate.pause(Pause.CARD if step == "card" else Pause.OPERATOR, at)
            case "resume" | "uncard":
                gate.resume(Pause.CARD if step == "uncard" else Pause.OPERATOR, at)
            case _:
                gate.stop(at)
    total = (at + 20) * scale
    out = array("h")
    for first in range(0, total, block):
        frames = b"\1\1" * 2 * min(block, total - first)
        kept = gate.kept(frames, first, scale)
        out.frombytes(kept)
        assert len(kept) == len(frames) or gate.end is not None
    for frame in range(len(out) // 2):
        assert bool(out[2 * frame]) == bool(out[2 * frame + 1]) == keeps(gate, frame // scale)
    if gate.end is not None:
        assert len(out) // 2 == min(total, gate.end * scale)


def test_two_who_pause_both_have_to_resume() -> None:
    gate = RecordingGate(wanted=True)
    assert gate.pause(Pause.OPERATOR, 100)
    assert gate.pause(Pause.CARD, 150)
    assert not gate.pause(Pause.CARD, 160)
    assert gate.resume(Pause.OPERATOR, 200)
    assert gate.state is RecordingState.PAUSED
    assert gate.resume(Pause.CARD, 300)
    assert gate.state is RecordingState.ON
    assert [(pause.start, pause.end) for pause in gate.pauses] == [(100, 300)]


def test_nothing_is_recorded_that_nobody_wants_or_that_is_refused() -> None:
    assert not RecordingGate(wanted=False).goes_on
    gate = RecordingGate(wanted=True, waits=True)
    assert gate.no_consent()
    assert not gate.begun
    assert not gate.consent(5)
    assert not gate.stop(6)
