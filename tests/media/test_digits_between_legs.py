"""Key presses from one leg of an engine to another, as events over losses and as tones."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from aywa.media.events import DIGITS, Digit, DigitSent
from aywa.media.format import Codec, EventFormat, MediaFormat, PayloadFormat
from aywa.media.wire import native_wire
from tests.kit.formats import g711_format
from tests.kit.two_legs import TwoLegs

G722 = PayloadFormat(Codec.G722, 9)
WIDE = MediaFormat(send=G722, receive=(G722,))
OPUS = PayloadFormat(Codec.OPUS, 96, 48000)
OPUS_EVENTS = EventFormat(97, 48000)


def _sequences(world: TwoLegs, count: int, seed: int) -> tuple[int, list[str]]:
    """Sequences of 4 to 8 presses of 60 to 200 ms each way by turns; how many came right, and the others."""
    rng, right, wrong = Random(seed), 0, []
    for number in range(count):
        sender = number % 2
        presses = [(rng.randrange(16), rng.randrange(60, 200, 10)) for _ in range(rng.randrange(4, 9))]
        world.events[0].clear()
        world.events[1].clear()
        for code, duration_ms in presses:
            assert world.legs[sender].send_digit(code, duration_ms * 8)
        world.wait_ms(sum(max(duration_ms, 180) + 160 for _, duration_ms in presses) + 600)
        heard = [event for event in world.events[1 - sender] if isinstance(event, Digit)]
        assert not [event for event in world.events[sender] if isinstance(event, Digit)]
        sent = [event for event in world.events[sender] if isinstance(event, DigitSent)]
        assert [event.digit for event in sent] == [DIGITS[code] for code, _ in presses]
        if [event.digit for event in heard] == [DIGITS[code] for code, _ in presses]:
            right += 1
        else:
            wrong.append(f"{presses} as {heard}")
    return right, wrong


@pytest.mark.parametrize(
    ("format", "count"),
    [
        (g711_format(0, 101), 200),
        (replace(g711_format(8, 101), ptime_ms=30), 100),
        (MediaFormat(send=OPUS, receive=(OPUS,), events=OPUS_EVENTS, receive_events=(OPUS_EVENTS,)), 50),
    ],
    ids=["PCMU", "PCMA of 30 ms", "Opus"],
)
def test_events_survive_5_percent_loss(format: MediaFormat, count: int) -> None:
    with TwoLegs(format, loss=0.05, seed=3) as world:
        world.wait_ms(200)
        right, wrong = _sequences(world, count, 4)
    assert right == count, wrong


@pytest.mark.parametrize(
    ("format", "count"),
    [(g711_format(0), 200), (g711_format(8), 50), (WIDE, 50)],
    ids=["PCMU", "PCMA", "G.722"],
)
def test_tones_go_from_leg_to_leg(format: MediaFormat, count: int) -> None:
    with TwoLegs(format, loss=0.0, seed=5, tones=True) as world:
        world.wait_ms(200)
        right, wrong = _sequences(world, count, 6)
    assert right == count, wrong


def test_a_press_that_comes_as_event_and_as_tone_is_told_once() -> None:
    """The far end plays the tone into the audio as well; the first event ends the search for tones."""
    both, tones = g711_format(0, 101), g711_format(0)
    with TwoLegs(both, loss=0.0, seed=7, tones=True) as world:
        world.wait_ms(200)
        world.legs[0].send_digit(5, 800)
        world.wait_ms(400)
        world.engine.configure(world.legs[0], native_wire(tones, 8000))
        world.wait_ms(40)
        world.legs[0].send_digit(7, 800)
        world.wait_ms(600)
        assert [event.digit for event in world.events[1] if isinstance(event, Digit)] == ["5"]
        world.legs[1].listen_for_tones(False)
        world.legs[1].listen_for_tones(True)
        world.wait_ms(40)
        world.legs[0].send_digit(8, 800)
        world.wait_ms(600)
        assert [event.digit for event in world.events[1] if isinstance(event, Digit)] == ["5", "8"]
