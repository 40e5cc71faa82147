"""The end of `make test`'s output names the linters that failed, and says again what they said."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.kit.phases import Phase

PARTS = [phase.value for phase in Phase]
ROOT = Path(__file__).parents[2]
QUIET = "#!/bin/sh\nexit 0\n"
COMPLAINT = "aywa/errors.py:1:1: F999 something is wrong here"


def run_tests(tmp_path: Path, *, ruff: str = QUIET, python: str = QUIET) -> tuple[int, list[str]]:
    """scripts/test.sh with tools that only pretend: its status and the lines it printed, in order."""
    tools, cache = tmp_path / "venv/bin", tmp_path / "cache"
    tools.mkdir(parents=True)
    for name, script in {"ruff": ruff, "mypy": QUIET, "lint-imports": QUIET, "python": python}.items():
        (tools / name).write_text(script)
        (tools / name).chmod(0o755)
    (cache / "peers-1").mkdir(parents=True)
    (cache / "peers-1/complete").touch()
    done = subprocess.run(
        [ROOT / "scripts/test.sh"],
        env=os.environ | {"AYWA_VENV": str(tmp_path / "venv"), "AYWA_CACHE": str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout.splitlines()


def failing(words: str) -> str:
    """A tool that says so and fails."""
    return f"#!/bin/sh\necho '{words}'\nexit 1\n"


def failing_in(part: str, words: str) -> str:
    """A Python whose pytest fails in one part of the tests."""
    return f"""#!/bin/sh
case "$*" in *"--phase {part} "*) echo '= short test summary info ='; echo '{words}'; exit 1 ;; esac
echo 'passed'
"""


def test_nothing_is_said_again_when_all_is_well(tmp_path: Path) -> None:
    status, lines = run_tests(tmp_path)
    assert status == 0
    assert [line for line in lines if line.startswith("==> pytest")] == [
        f"==> pytest: {part}" for part in PARTS
    ]
    assert lines[-1].startswith("    pytest: alone: ")


def test_linters_are_the_last_that_is_heard_of_also_when_the_tests_pass(tmp_path: Path) -> None:
    status, lines = run_tests(tmp_path, ruff=failing(COMPLAINT), python="#!/bin/sh\necho 4000 passed\n")
    assert status == 1
    assert lines[-7] == "4000 passed"
    assert lines[-5:] == [
        *("==> ruff check failed:", COMPLAINT, "==> ruff format failed:", COMPLAINT),
        "error: the tests passed; linters failed: ruff check,ruff format",
    ]


@pytest.mark.parametrize(
    ("ruff", "last"), [(QUIET, ""), (failing(COMPLAINT), "; linters failed: ruff check,ruff format")]
)
@pytest.mark.parametrize("part", PARTS)
def test_the_last_line_tells_of_tests_that_failed_too(
    tmp_path: Path, ruff: str, last: str, part: str
) -> None:
    status, lines = run_tests(tmp_path, ruff=ruff, python=failing_in(part, "FAILED tests/x.py"))
    assert status == 1
    assert lines[-1] == f"error: tests '{part}' failed, see above (pytest's status 1){last}"
    # What the earlier parts said is far above by then, so it is said again.
    assert lines.count("FAILED tests/x.py") == (1 if part == PARTS[-1] else 2)


def test_every_part_runs_and_is_told_of_when_all_fail(tmp_path: Path) -> None:
    status, lines = run_tests(tmp_path, python=failing("2 failed"))
    assert status == 1
    each = (f"tests '{part}' failed, see above (pytest's status 1)" for part in PARTS)
    assert lines[-1] == f"error: {'; '.join(each)}"
