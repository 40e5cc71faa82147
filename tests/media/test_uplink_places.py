"""Where on the timeline the audio stands that Python reads: true over every kind of gap."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest

from aywa._native import g711
from aywa._native.resample import Upsampler
from aywa.providers.embedded_session import EmbeddedSession
from tests.kit.engine_rig import FRAME, Rig, voiced
from tests.kit.recogniser import FakeProcess

QUIET = b"\xff" * FRAME
SPEECH = g711.encode_ulaw(voiced(4000))


def read_all(rig: Rig) -> list[tuple[int, int]]:
    """The pieces that wait: (samples of 8 kHz, timeline sample after the last one)."""
    pieces = []
    while pcm := rig.leg.read_uplink():
        pieces.append((len(pcm) // 4, rig.leg.uplink_end))
    return pieces


def press(rig: Rig, frames: int = 10) -> None:
    """A key held for this many packets, in place of audio."""
    start = rig.phone.timestamp
    for number in range(1, frames + 1):
        rig.phone.timestamp = start
        payload = bytes((5, (number == frames) << 7 | 10)) + (number * FRAME).to_bytes(2, "big")
        rig.phone.send(rig.phone.packet(payload, payload_type=101, advance=0))
        rig.step()
    rig.phone.timestamp = start + frames * FRAME


def pause(rig: Rig, frames: int = 50) -> None:
    """The phone sends nothing (DTX), its clock goes on."""
    rig.phone.timestamp += frames * FRAME
    rig.step(frames)


def lose(rig: Rig, frames: int = 40) -> None:
    """Packets are lost, more of them than are concealed."""
    for _ in range(frames):
        rig.phone.packet(QUIET)
        rig.step()


def test_a_late_first_packet() -> None:
    with Rig() as rig:
        rig.step(30)
        rig.talk(QUIET * 5)
        assert read_all(rig) == [(5 * FRAME, 35 * FRAME)]


@pytest.mark.parametrize(("gap", "frames"), [(press, 10), (pause, 50)])
def test_a_gap_ends_a_piece(gap: Callable[[Rig], None], frames: int) -> None:
    with Rig() as rig:
        rig.talk(QUIET * 5)
        gap(rig)
        rig.talk(QUIET * 3)
        assert read_all(rig) == [(5 * FRAME, 5 * FRAME), (3 * FRAME, (frames + 8) * FRAME)]


def test_pieces_stay_true_when_the_ring_ran_over() -> None:
    with Rig() as rig:
        rig.talk(QUIET * 150)
        assert read_all(rig) == [(51 * FRAME, 51 * FRAME)]
        rig.talk(QUIET * 2)
        assert read_all(rig) == [(2 * FRAME, 152 * FRAME)]


def test_more_gaps_than_are_kept_lose_audio_and_not_places() -> None:
    with Rig() as rig:
        for _ in range(30):
            rig.talk(QUIET)
            pause(rig, 2)
        assert [end for _, end in read_all(rig)] == [(1 + 3 * i) * FRAME for i in range(17)]
        rig.talk(QUIET)
        assert read_all(rig) == [(FRAME, 91 * FRAME)]


@pytest.mark.parametrize("gap", [press, pause, lose, None])
async def test_the_recogniser_hears_the_beginning_of_speech_after(gap: Callable[[Rig], None] | None) -> None:
    process = FakeProcess()
    session = EmbeddedSession([process], count(1))  # type: ignore[list-item]
    session.expect(("hello",))
    with Rig() as rig:
        if gap is None:
            rig.step(60)
        rig.talk(QUIET * 2)
        if gap is not None:
            gap(rig)
        rig.talk(QUIET * 13)
        onset = rig.leg.timeline
        rig.talk(SPEECH[: 8 * FRAME])
        while pcm := rig.leg.read_uplink():
            session.feed_nowait(pcm, rig.leg.uplink_end)
        session.speech_started(onset)
    heard = Upsampler().process(g711.decode_ulaw(SPEECH[: 8 * FRAME]))
    (sent,) = process.heard.values()
    assert len(sent) == 2 * (2 * 8 * FRAME + 4000)  # what was spoken, and 250 ms before it
    assert sent[-len(heard) + 200 :] == heard[200:]  # the filter still rings of the silence at first
