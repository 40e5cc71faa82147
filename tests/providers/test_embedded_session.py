"""Which audio of the caller a recogniser process gets."""

from __future__ import annotations

from itertools import count

import pytest

from aywa.providers.embedded_session import EmbeddedSession
from tests.kit.recogniser import FakeProcess

FRAME = 320  # samples of 20 ms at 16 kHz


def frame(value: int) -> bytes:
    return value.to_bytes(2, "little") * FRAME


def opened() -> tuple[FakeProcess, EmbeddedSession]:
    process = FakeProcess()
    session = EmbeddedSession([process], count(1))  # type: ignore[list-item]
    session.expect(("hello",))
    return process, session


@pytest.mark.parametrize("gap", [0, 160, 2800, 8000, 800_000])
async def test_an_utterance_begins_250_ms_before_its_onset_whatever_is_missing(gap: int) -> None:
    process, session = opened()
    for at in range(1, 11):
        session.feed_nowait(frame(1), at * 160)
    for at in range(11, 41):
        session.feed_nowait(frame(at), gap + at * 160)
    session.speech_started(gap + 30 * 160)  # its first frame is the 31st
    lead = 4000 - 12 * FRAME
    expected = frame(18)[-2 * lead :] + b"".join(frame(at) for at in range(19, 41))
    assert process.heard == {1: expected}


async def test_a_gap_within_an_utterance_is_silence_of_its_length() -> None:
    process, session = opened()
    session.feed_nowait(frame(1), 160)
    session.speech_started(0)
    session.feed_nowait(frame(2), 160 + 5 * 160)
    assert process.heard[1] == frame(1) + frame(0) * 4 + frame(2)


async def test_a_long_gap_within_an_utterance_is_a_second_of_silence() -> None:
    process, session = opened()
    session.feed_nowait(frame(1), 160)
    session.speech_started(0)
    session.feed_nowait(frame(2), 80_000)
    assert process.heard[1] == frame(1) + bytes(32_000) + frame(2)


async def test_a_session_opened_in_mid_call_hears_the_beginning_too() -> None:
    process, session = opened()
    for at in range(1, 31):
        session.feed_nowait(frame(at), 800_000 + at * 160)
    session.speech_started(800_000 + 20 * 160)
    assert process.heard[1].endswith(b"".join(frame(at) for at in range(21, 31)))


async def test_positions_that_step_back_count_from_the_newest() -> None:
    process, session = opened()
    for at in range(1, 31):
        session.feed_nowait(frame(at), 80_000 + at * 160)
    for at in range(31, 61):
        session.feed_nowait(frame(at), at * 160)
    session.speech_started(50 * 160)
    assert process.heard[1].endswith(frame(50) + b"".join(frame(at) for at in range(51, 61)))
