"""How much waits at the far side: against a far side that plays on a clock of its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.transports.lead import ROUNDING_MS, SLACK_MS, Lead

PACKET = 20.0


class FarSide:
    """Plays a packet every 20 ms (its clock `ppm` fast), silence where there is none."""

    def __init__(self, ppm: float = 0.0) -> None:
        self.step_s = 0.02 / (1 + ppm / 1e6)
        self.next_s = self.step_s
        self.queue = 0
        self.gaps = 0

    def until(self, now: float) -> None:
        while self.next_s <= now:
            self.next_s += self.step_s
            self.gaps += self.queue == 0
            self.queue -= self.queue > 0


def test_a_second_that_comes_at_once_is_not_heard_late_for_ever() -> None:
    """50 packets of speech at once: the far side holds the limit and no more, and silence takes it down."""
    lead = Lead(0.0, 200.0)
    sent = sum(lead.copies(1.0, PACKET, silent=False) for _ in range(50))
    assert sent == 10
    assert lead.held_ms(1.0) == pytest.approx(200.0)
    assert lead.dropped_ms == pytest.approx(800.0)
    now = 1.0
    for _ in range(50):
        now += 0.02
        assert lead.copies(now, PACKET, silent=False) == 1  # speech is not cut to catch up
    assert lead.held_ms(now) == pytest.approx(200.0)
    for _ in range(50):
        now += 0.02
        lead.copies(now, PACKET, silent=True)
    assert lead.held_ms(now) <= SLACK_MS + PACKET
    assert lead.dropped_ms == pytest.approx(800.0)


def test_silence_fills_the_cushion_and_speech_is_never_doubled() -> None:
    lead = Lead(60.0, 300.0)
    now, counts = 1.0, []
    for number in range(20):
        now += 0.02
        counts.append(lead.copies(now, PACKET, silent=number >= 10))
    assert counts[:10] == [1] * 10
    assert 2 in counts[10:]
    assert lead.held_ms(now) == pytest.approx(60.0)


def test_what_the_far_side_says_counts() -> None:
    lead = Lead(60.0, 300.0)
    lead.correct(5.0, 280.0)
    assert lead.copies(5.0, PACKET, silent=True) == 0
    assert lead.copies(5.0, PACKET, silent=False) == 1
    assert lead.copies(5.0, PACKET, silent=False) == 0
    lead.correct(5.0, 0.0)
    assert lead.copies(5.0, PACKET, silent=False) == 1


@pytest.mark.parametrize("ppm", [-200.0, 0.0, 200.0])
def test_half_an_hour_of_talk_has_no_gap_however_the_clocks_run(ppm: float) -> None:
    """Speech for 4 s, a pause of 1 s; the far side is asked every 5 s. Jitter of up to 15 ms."""
    lead, far = Lead(60.0, 300.0), FarSide(ppm)
    far.queue = 3
    lead.correct(0.0, 60.0)
    highest, skipped_speech = 0, 0
    for number in range(90_000):
        now = 0.02 * number + 0.015 * (number * 7919 % 11) / 10
        far.until(now)
        silent = number % 250 >= 200
        copies = lead.copies(now, PACKET, silent=silent)
        skipped_speech += copies == 0 and not silent
        far.queue += copies
        if number % 250 == 249:
            lead.correct(now, far.queue * PACKET)
        highest = max(highest, far.queue)
    assert far.gaps == 0
    assert skipped_speech == 0
    assert highest <= 6


@given(st.lists(st.tuples(st.integers(0, 100), st.booleans()), max_size=200))
def test_the_limit_holds_whatever_comes(packets: list[tuple[int, bool]]) -> None:
    lead, now = Lead(60.0, 300.0), 0.0
    for wait_ms, silent in packets:
        now += wait_ms / 1000
        assert 0 <= lead.copies(now, PACKET, silent=silent) <= 2
        assert 0 <= lead.held_ms(now) <= 300.0 + ROUNDING_MS
