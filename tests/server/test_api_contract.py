"""The API against its own OpenAPI document, on a real PostgreSQL, judged by schemathesis."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.live

ROOT = Path(__file__).parents[2]
_TEST_CASES = re.compile(r"^ *(\d+) generated, (\d+) passed", re.MULTILINE)


@pytest.mark.parametrize(("phase", "seconds", "least"), [("coverage", 30, 300), ("stateful", 15, 50)])
def test_schemathesis_finds_nothing(phase: str, seconds: int, least: int) -> None:
    """What schemas allow and forbid, and sequences by the ids of answers; fuzzing is left to `make bench`."""
    command = [sys.executable, "-m", "bench.api_contract", f"--phases={phase}", f"--seconds={seconds}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    print(done.stdout, done.stderr)
    assert done.returncode == 0
    made, passed = map(int, _TEST_CASES.findall(done.stdout)[0])
    assert passed == made >= least
