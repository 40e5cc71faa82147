"""Session timers of 90 s with an Asterisk that requires them: each side's refresh comes, after 45 s.

Twenty minutes of this are in tests/ua/test_session_features.py; here what Asterisk makes of it.
"""

from __future__ import annotations

import pytest

from aywa.proto.sip.session_timer import State
from tests.kit.timed_calls import INTERVAL_S, TimedCalls

pytestmark = [pytest.mark.interop, pytest.mark.live, pytest.mark.paired]


def test_each_side_refreshes_a_call(timed_calls: TimedCalls) -> None:
    """They have been up since the first test with Asterisk began."""
    calls = timed_calls.outcome()
    print(*calls, sep="\n")
    assert [call.role for call in calls] == [State.REFRESHER, State.REFRESHEE]
    for call in calls:
        assert call.up
        assert call.interval_s == INTERVAL_S
        assert call.moved_s > INTERVAL_S / 2 - 1
