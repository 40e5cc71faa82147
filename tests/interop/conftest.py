"""Asterisk, once for all tests that want it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kit.asterisk import Asterisk, open_asterisk
from tests.kit.peers import require_peers
from tests.kit.timed_calls import TimedCalls


@pytest.fixture(scope="session")
def asterisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    """One for the session: it holds no state of a test but what the test names after itself."""
    with open_asterisk(require_peers(), tmp_path_factory.mktemp("asterisk")) as running:
        yield running


@pytest.fixture(scope="session")
def timed_calls(asterisk: Asterisk) -> Iterator[TimedCalls]:
    """Calls that last 50 s: whoever asks for them early need not wait for them later."""
    calls = TimedCalls(asterisk)
    yield calls
    calls.stop()
