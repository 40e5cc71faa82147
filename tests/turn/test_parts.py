"""Gate, limits and latency."""

from __future__ import annotations

from aywa.turn.barge_in import TRANSITIONS, Gate, GateState
from aywa.turn.latency import LatencyClock
from aywa.turn.limits import Limit, Limits
from aywa.turn.settings import TurnSettings


def test_the_gate_follows_the_engine() -> None:
    gate = Gate()
    assert not gate.closed(0)
    assert gate.closed(1)
    assert not gate.closed(1)
    assert gate.closed(2)
    assert gate.state is GateState.CLOSED
    assert gate.open() == 2
    assert gate.state is GateState.OPEN
    assert (GateState.CLOSED, gate.cause, GateState.OPEN) in TRANSITIONS


def test_silence_counts_only_in_the_callers_turn() -> None:
    limits = Limits(TurnSettings(silence_prompt_s=10, silence_timeout_s=30, max_duration_s=1000))
    limits.start(0.0)
    limits.count(True, 0.0)
    limits.count(False, 6.0)
    assert limits.deadline == 1000.0
    limits.count(True, 50.0)
    assert limits.deadline == 54.0
    assert limits.reached(53.9) is None
    assert limits.reached(54.0) is Limit.PROMPT
    assert limits.reached(54.0) is None
    limits.caller_heard(55.0)
    assert limits.deadline == 65.0
    assert limits.reached(65.0) is Limit.PROMPT
    assert limits.reached(75.0) is Limit.PROMPT
    assert limits.reached(85.0) is Limit.SILENCE
    assert limits.deadline == 1000.0
    assert limits.reached(1000.0) is Limit.MAX_DURATION
    assert limits.deadline is None


def test_latency_is_split() -> None:
    clock = LatencyClock()
    clock.speech_stopped(8000, 11_600, now=10.0)  # sure of it 450 ms later
    clock.final(10.2)
    clock.taken(3, 10.3)
    clock.final(10.35)  # a late one changes nothing
    clock.first_token(3, 10.7)
    clock.first_token(3, 10.9)
    clock.first_phrase(3, 10.74)
    clock.first_phrase(3, 10.76)
    clock.first_audio(3, 10.8)
    split = clock.first_audible(3, 8000 + 8 * 1300)
    assert split is not None
    assert (split.total_ms, split.vad_ms, split.stt_ms, split.endpointing_ms) == (1300, 450, 200, 100)
    assert (split.llm_ms, split.phrase_ms, split.tts_ms, split.playout_ms) == (400, 40, 60, 50)
    assert clock.first_audible(3, 99_999) is None


def test_an_answer_to_nothing_has_no_latency() -> None:
    clock = LatencyClock()
    clock.taken(1, 1.0)
    assert clock.first_audible(1, 8000) is None
    clock.speech_stopped(8000, 8000, now=2.0)
    clock.taken(2, 2.5)
    assert clock.first_audible(1, 9000) is None, "another turn's sample"


def test_a_cough_does_not_change_what_an_answer_is_measured_from() -> None:
    """Neither its samples nor a second transcript; and nothing is measured from the cough."""
    clock = LatencyClock()
    clock.speech_stopped(8000, 11_200, 1.4)
    clock.final(1.5)
    clock.taken(2, 1.6)
    clock.first_token(2, 1.7)
    clock.speech_stopped(16_000, 19_200, 2.4)
    clock.nothing_said()
    clock.first_audio(2, 2.5)
    split = clock.first_audible(2, 24_000)
    assert split is not None
    assert (split.speech_end_sample, split.stt_ms, split.total_ms) == (8000, 100, 2000)
    clock.taken(3, 4.0)
    assert clock.first_audible(3, 40_000) is None


def test_words_before_the_first_sample_are_what_the_next_answer_is_measured_from() -> None:
    clock = LatencyClock()
    clock.speech_stopped(8000, 11_200, 1.4)
    clock.taken(2, 1.6)
    clock.speech_stopped(16_000, 19_200, 2.4)
    clock.final(2.5)
    clock.taken(3, 2.6)
    assert clock.first_audible(2, 20_000) is None
    split = clock.first_audible(3, 24_000)
    assert split is not None
    assert (split.speech_end_sample, split.stt_ms, split.endpointing_ms) == (16_000, 100, 100)
