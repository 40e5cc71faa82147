"""Counting: an independent count of what was let through must never pass a limit."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.dialling.usage import DAY_S, DayUsage, DialTime, LimitReached, Usage
from aywa.settings import DialLimits


def at(now: float, *, begins: float = 0.0) -> DialTime:
    """A time on a clock that began at `begins` seconds of the first day."""
    return DialTime(now, DAY_S + begins + now)


def reached(usage: Usage, limits: DialLimits, time: DialTime) -> tuple[str, int]:
    """Which limit refuses a call, and for how long."""
    with pytest.raises(LimitReached) as refused:
        usage.take("key:a", limits, time)
    return refused.value.limit, refused.value.retry_after_s


def test_calls_at_a_time() -> None:
    usage, limits = Usage(), DialLimits(concurrent=2, per_second=100)
    first = usage.take("key:a", limits, at(0))
    usage.take("key:a", limits, at(0))
    assert reached(usage, limits, at(1))[0] == "concurrent"
    usage.take("key:b", limits, at(1))  # another key has its own
    usage.over(first, at(2))
    usage.over(first, at(2))
    usage.take("key:a", limits, at(3))
    assert reached(usage, limits, at(4))[0] == "concurrent"
    assert usage.live() == {"key:a": 2, "key:b": 1}


def test_calls_a_second_are_those_of_any_second() -> None:
    usage, limits = Usage(), DialLimits(per_second=2)
    usage.take("key:a", limits, at(0.5))
    usage.take("key:a", limits, at(1.25))
    assert reached(usage, limits, at(1.25)) == ("per_second", 1)
    usage.take("key:a", limits, at(1.5))
    assert reached(usage, limits, at(2.0)) == ("per_second", 1)


def test_calls_a_day_begin_again_at_midnight() -> None:
    usage, limits = Usage(), DialLimits(per_day=2, per_second=100)
    for _ in range(2):
        usage.over(usage.take("key:a", limits, at(0, begins=DAY_S - 100)), at(0, begins=DAY_S - 100))
    assert reached(usage, limits, at(10, begins=DAY_S - 100)) == ("per_day", 90)
    usage.take("key:a", limits, at(100, begins=DAY_S - 100))


def test_a_wall_clock_that_goes_back_brings_no_new_day() -> None:
    usage, limits = Usage(), DialLimits(per_day=1, per_second=100)
    usage.take("key:a", limits, DialTime(0, 5 * DAY_S))
    assert reached(usage, limits, DialTime(10, 4 * DAY_S))[0] == "per_day"


def test_minutes_run_from_the_answer_and_count_while_they_run() -> None:
    usage, limits = Usage(), DialLimits(minutes_per_day=1, per_second=100)
    rings = usage.take("key:a", limits, at(0))
    talks = usage.take("key:a", limits, at(0))
    usage.answered(talks, at(10))
    assert not usage.exhausted(talks, at(69))
    usage.take("key:a", limits, at(69))
    assert usage.exhausted(rings, at(70))
    assert reached(usage, limits, at(70))[0] == "minutes_per_day"
    usage.over(talks, at(75))
    assert reached(usage, limits, at(1000))[0] == "minutes_per_day"
    usage.over(rings, at(1000))  # never answered: no minutes
    assert [day.seconds for day in usage.days(at(1000))] == [65]


def test_a_day_is_taken_up_where_it_was_left() -> None:
    limits = DialLimits(per_day=5, minutes_per_day=2, per_second=100)
    usage = Usage()
    usage.restore([DayUsage("key:a", 1, 5, 0), DayUsage("key:b", 1, 1, 120), DayUsage("key:c", 0, 5, 900)])
    assert reached(usage, limits, at(10))[0] == "per_day"
    with pytest.raises(LimitReached):
        usage.take("key:b", limits, at(10))
    usage.take("key:c", limits, at(10))  # yesterday's
    assert DayUsage("key:c", 1, 1, 0) in usage.days(at(10))


def test_no_configuration_is_no_leave() -> None:
    limits = DialLimits(concurrent=0, per_second=0, per_day=0, minutes_per_day=0)
    assert reached(Usage(), limits, at(0))[0] == "concurrent"


@dataclass
class Call:
    """One that was let through, counted by the test."""

    began: float
    answered: float | None = None
    over: float | None = None
    ticket: object = field(default=None, repr=False)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["take", "take", "take", "answer", "over"]),
            st.floats(0, 40, allow_nan=False),
            st.integers(0, 9),
        ),
        max_size=60,
    ),
    st.integers(0, 3),
    st.integers(0, 3),
    st.integers(0, 12),
)
def test_nothing_passes_a_limit(
    steps: list[tuple[str, float, int]], concurrent: int, per_second: int, per_day: int
) -> None:
    limits = DialLimits(concurrent, per_second, per_day, minutes_per_day=3)
    usage, calls, now = Usage(), [], 0.0
    for what, pause, which in steps:
        now += pause
        time = at(now)
        if what == "take":
            try:
                ticket = usage.take("key:a", limits, time)
            except LimitReached:
                continue
            talked = sum((c.over or now) - c.answered for c in calls if c.answered is not None)
            calls.append(Call(now, ticket=ticket))
            assert sum(c.over is None for c in calls) <= concurrent
            assert sum(c.began > now - 1.0 for c in calls) <= per_second
            assert len(calls) <= per_day
            assert talked < 180
        elif calls:
            call = calls[which % len(calls)]
            if what == "answer" and call.over is None and call.answered is None:
                usage.answered(call.ticket, time)
                call.answered = now
            elif what == "over" and call.over is None:
                usage.over(call.ticket, time)
                call.over = now
