"""The demonstration of `make run ONCE=1`, as a user starts it."""

import os
import sys
from pathlib import Path

import pytest
import trio

from tests.kit.interop import require
from tests.kit.recordings import recording_path
from tests.kit.runtime_process import runtime_settings

pytestmark = [pytest.mark.live, pytest.mark.paired]


async def test_a_recorded_human_books_a_room_and_interrupts_once(tmp_path: Path) -> None:
    require("sox")
    recording_path("digits/day-5")
    with trio.fail_after(120):
        done = await trio.run_process(
            [sys.executable, "-m", "aywa_server.demo", "--once", "--data-dir", str(tmp_path / "var")],
            env={**os.environ, **runtime_settings(tmp_path / "var")},
            capture_stdout=True,
            capture_stderr=True,
            check=False,
        )
    said = done.stdout.decode()
    print(said)
    assert done.returncode == 0, done.stderr.decode()
    assert "'day': 'Friday'" in said
    assert "'nights': 3" in said
    assert "[interrupted]" in said
    assert "yielded in" in said
