"""Buckets and bans on explicit time: what a source may send, and what an attacker cannot buy himself."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.ua.bans import BAN_S, FAILURES, REMEMBERED, Bans
from aywa.ua.rates import BAN_AFTER, BANS, BUCKETS, BURST_S, RateLimits, SourceRates, Verdict, source_of

LIMITS = RateLimits(trunk_per_s=100.0, stranger_per_s=10.0, ban_s=300.0)
EVIL = "198.51.100.66"


def passed(rates: SourceRates, host: str, count: int, now: float, *, trusted: bool = False) -> int:
    """How many of `count` messages at `now` get in."""
    return sum(rates.admit(host, now, trusted=trusted) is Verdict.PASSED for _ in range(count))


def banish(rates: SourceRates, host: str, now: float) -> None:
    verdicts = [rates.admit(host, now, trusted=False) for _ in range(20 + BAN_AFTER)]
    assert verdicts[-1] is Verdict.BANNING


@pytest.mark.parametrize(("trusted", "rate"), [(False, 10), (True, 100)])
def test_a_burst_and_then_the_rate(trusted: bool, rate: int) -> None:
    rates = SourceRates(RateLimits(100.0, 10.0, ban_s=0))
    assert passed(rates, EVIL, 1000, 0.0, trusted=trusted) == rate * BURST_S
    for second in range(1, 20):
        assert passed(rates, EVIL, 1000, float(second), trusted=trusted) == rate


def test_sources_do_not_share() -> None:
    rates = SourceRates(LIMITS)
    assert passed(rates, EVIL, 50, 0.0) == 20
    assert passed(rates, "198.51.100.67", 50, 0.0) == 20
    assert passed(rates, EVIL, 50, 0.0, trusted=True) == 50


def test_who_goes_on_is_banned_and_the_ban_ends() -> None:
    rates = SourceRates(LIMITS)
    banish(rates, EVIL, 0.0)
    assert rates.banned(EVIL, 1.0)
    assert rates.admit(EVIL, 299.9, trusted=False) is Verdict.BANNED
    assert rates.admit(EVIL, 300.0, trusted=False) is Verdict.PASSED
    assert not rates.banned(EVIL, 300.0)


def test_a_pause_forgives() -> None:
    rates = SourceRates(LIMITS)
    for minute in range(20):
        assert passed(rates, EVIL, 20 + BAN_AFTER - 1, 60.0 * minute) == 20
    assert not rates.banned(EVIL, 1200.0)


def test_a_trunk_is_never_banned() -> None:
    rates = SourceRates(LIMITS)
    assert passed(rates, "192.0.2.1", 100_000, 0.0, trusted=True) == 200
    assert rates.admit("192.0.2.1", 1.0, trusted=True) is Verdict.PASSED
    # Nor does a ban from before it became one hold.
    banish(rates, EVIL, 2.0)
    assert rates.admit(EVIL, 2.0, trusted=True) is Verdict.PASSED


def test_forged_sources_flush_no_ban_and_fill_no_memory() -> None:
    rates = SourceRates(LIMITS)
    banish(rates, EVIL, 0.0)
    rng = Random(1)
    for number in range(3 * BUCKETS):
        rates.admit(f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(256)}", 1.0, trusted=False)
        rates.admit(f"172.16.{number >> 8 & 255}.{number & 255}", 1.0, trusted=True)
    for number in range(BANS + 50):  # each of them banned, as far as there is room
        host = f"10.1.{number >> 8}.{number & 255}"
        verdicts = [rates.admit(host, 2.0, trusted=False) for _ in range(20 + BAN_AFTER)]
        assert verdicts[-1] in (Verdict.BANNING, Verdict.LIMITED)
    assert len(rates) <= 2 * BUCKETS + BANS
    assert rates.admit(EVIL, 3.0, trusted=False) is Verdict.BANNED
    # Without room for a ban a source is still held to its rate.
    late = "203.0.113.5"
    assert passed(rates, late, 1000, 4.0) == 20
    assert rates.admit(late, 4.0, trusted=False) is Verdict.LIMITED
    # And when bans have ended, there is room again.
    banish(rates, "203.0.113.6", 303.0)


def test_one_subscriber_of_ipv6_is_one_source() -> None:
    rates = SourceRates(LIMITS)
    hosts = [f"2001:db8:1:2::{number:x}" for number in range(1, 200)]
    assert sum(rates.admit(host, 0.0, trusted=False) is Verdict.PASSED for host in hosts) == 20
    assert rates.admit("2001:db8:1:3::1", 0.0, trusted=False) is Verdict.PASSED
    assert source_of("fe80::1%eth0") == source_of("fe80::2")
    assert source_of("::ffff:192.0.2.1") != source_of("::ffff:192.0.2.2")


@given(st.lists(st.floats(0.0, 5.0), max_size=300), st.booleans())
def test_never_more_than_burst_and_rate(pauses: list[float], trusted: bool) -> None:
    rates = SourceRates(LIMITS)
    rate = LIMITS.trunk_per_s if trusted else LIMITS.stranger_per_s
    now, through = 0.0, 0
    for pause in pauses:
        now += pause
        through += rates.admit(EVIL, now, trusted=trusted) is Verdict.PASSED
    assert through <= rate * (BURST_S + now) + 1


def test_many_addresses_do_not_flush_a_ban_for_guessing() -> None:
    bans = Bans()
    for _ in range(FAILURES):
        bans.failed(EVIL, 0.0)
    for number in range(2 * REMEMBERED):
        for _ in range(FAILURES):
            bans.failed(f"10.0.{number >> 8}.{number & 255}", 1.0)
    assert bans.banned(EVIL, 2.0)
    assert not bans.banned(EVIL, BAN_S)
    assert bans.failed("192.0.2.200", 2.0) is False  # no room, no crash
    assert [bans.failed("192.0.2.201", BAN_S + 5.0) for _ in range(FAILURES)][-1] is True  # room again
