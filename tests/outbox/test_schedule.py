"""When messages are sent again, and which servers are left alone for a while."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.errors import OutboundFault
from aywa.outbox.schedule import DELAYS_S, JITTER, Verdict, next_delay_s, retry_after_s, verdict
from aywa.proto.circuit import FAILURES, OPEN_S, Circuit, CircuitState

NOW = datetime(2026, 5, 31, 12, 0, tzinfo=UTC)


def test_it_goes_on_for_three_days_and_then_ends() -> None:
    for seed in range(50):
        rng = Random(seed)
        delays = [next_delay_s(tries, rng) for tries in range(1, len(DELAYS_S) + 1)]
        total_h = sum(delay for delay in delays if delay is not None) / 3600
        assert 72 <= total_h <= 72 * (1 + JITTER) * 1.1
        assert next_delay_s(len(DELAYS_S) + 1, rng) is None
    first = {next_delay_s(1, Random(seed)) for seed in range(50)}
    assert len(first) == 50, "not all at the same moment"


@given(st.integers(1, len(DELAYS_S)), st.floats(0, 1e9), st.integers(0, 100))
def test_never_sooner_than_the_server_asked_for(tries: int, asked_s: float, seed: int) -> None:
    delay = next_delay_s(tries, Random(seed), asked_s)
    assert delay is not None
    assert delay >= min(asked_s, 86_400)
    assert DELAYS_S[tries - 1] <= delay <= 86_400 * (1 + JITTER)


@pytest.mark.parametrize(
    ("status", "fault", "meant"),
    [
        *((200, None, Verdict.DELIVERED), (204, None, Verdict.DELIVERED), (299, None, Verdict.DELIVERED)),
        *((302, None, Verdict.AGAIN), (400, None, Verdict.AGAIN), (404, None, Verdict.AGAIN)),
        *((410, None, Verdict.NEVER), (429, None, Verdict.AGAIN), (500, None, Verdict.AGAIN)),
        *((None, OutboundFault.TIMEOUT, Verdict.AGAIN), (None, OutboundFault.UNRESOLVED, Verdict.AGAIN)),
        (None, OutboundFault.REFUSED, Verdict.NEVER),
    ],
)
def test_what_an_answer_means(status: int | None, fault: OutboundFault | None, meant: Verdict) -> None:
    assert verdict(status, fault) is meant


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *(("120", 120.0), (" 7 ", 7.0), ("Sun, 31 May 2026 12:01:30 GMT", 90.0)),
        *(("Sun, 31 May 2026 11:00:00 GMT", 0.0), ("soon", None), ("", None), ("-5", None), ("١", None)),
    ],
)
def test_what_retry_after_says(text: str, seconds: float | None) -> None:
    assert retry_after_s(text, NOW) == seconds


@given(st.text(max_size=40))
def test_any_retry_after_is_seconds_or_nothing(text: str) -> None:
    seconds = retry_after_s(text, NOW)
    assert seconds is None or seconds >= 0


def test_a_server_that_fails_is_left_alone_longer_each_time() -> None:
    circuit, now = Circuit(), 100.0
    assert circuit.idle
    for _ in range(FAILURES - 1):
        circuit.failed(now)
    assert circuit.state(now) is CircuitState.CLOSED
    for wait in (*OPEN_S, OPEN_S[-1]):
        circuit.failed(now)
        assert circuit.state(now + wait - 0.1) is CircuitState.OPEN
        now += wait
        assert circuit.state(now) is CircuitState.TRYING
    circuit.succeeded(now - 1000.0)
    assert circuit.state(now) is CircuitState.TRYING, "that was sent before it failed"
    circuit.succeeded(now)
    assert circuit.state(now) is CircuitState.CLOSED
    assert circuit.idle


def test_a_server_that_asks_for_it_is_left_alone_at_once() -> None:
    circuit = Circuit()
    circuit.failed(0.0, 40.0)
    assert circuit.state(39.9) is CircuitState.OPEN
    assert circuit.state(40.0) is CircuitState.TRYING
    circuit.failed(40.0, 1e9)
    assert circuit.state(40.0 + 3599) is CircuitState.OPEN
    assert circuit.state(40.0 + 3600) is CircuitState.TRYING
