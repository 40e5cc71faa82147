"""Every test is in exactly one of the two parts of a run, and a test that ran twice or never fails it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.sources import ROOT
from tests.kit.phases import Ledger, Phase, phase_of
from tests.kit.workers import own_part

_TESTS = """
import pytest

def test_pure(): pass
@pytest.mark.parametrize("number", [1, 2])
def test_pure_too(number): pass
@pytest.mark.alone
def test_of_the_clock(): pass
"""
_LIVE = """
import pytest
pytestmark = pytest.mark.live

def test_heard(): pass
@pytest.mark.beside
def test_written(): pass
"""


@pytest.mark.parametrize(
    ("markers", "phase"),
    [
        ((), Phase.BESIDE),
        (("parametrize",), Phase.BESIDE),
        (("live",), Phase.ALONE),
        (("interop", "live"), Phase.ALONE),
        (("alone",), Phase.ALONE),
        (("live", "beside"), Phase.BESIDE),
        (("interop", "beside"), Phase.BESIDE),
    ],
)
def test_the_markers_say_which_part(markers: tuple[str, ...], phase: Phase) -> None:
    assert phase_of(markers) is phase


@pytest.mark.parametrize("markers", [("alone", "beside", "live"), ("beside",), ("alone", "live")])
def test_a_contradiction_or_a_needless_word_is_an_error(markers: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="is marked"):
        phase_of(markers)


def test_the_ledger_names_what_ran_twice_never_or_from_nowhere(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.note_found([("a", Phase.BESIDE), ("b", Phase.BESIDE), ("c", Phase.ALONE), ("d", Phase.ALONE)])
    ledger.note_ran(Phase.BESIDE, ["a", "b"])
    ledger.note_ran(Phase.ALONE, ["b", "d", "e"])
    assert ledger.faults() == ["b ran 2 times", "c never ran", "e ran and was not found at first"]
    ledger.note_ran(Phase.ALONE, ["c", "d"])
    assert ledger.faults() == []
    assert ledger.summary() == "4 tests: 2 beside one another, 2 alone"


def _part(folder: Path, phase: Phase, *more: str) -> tuple[int, list[str]]:
    """One part of the tests in `folder` as scripts/test.sh runs it: pytest's status, and its words."""
    command = [sys.executable, "-m", "pytest", "-q", "-W", "ignore", "-p", "tests.conftest", "-c", os.devnull]
    command += ["--rootdir", str(folder), "-p", "no:cacheprovider", "--phase", phase.value]
    command += ["--ledger", str(folder / "ledger"), *more]
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        command,
        cwd=folder,
        env=outside | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    return done.returncode, (done.stdout + done.stderr).splitlines()


def test_both_parts_together_are_the_whole(tmp_path: Path) -> None:
    (tmp_path / "test_pure.py").write_text(_TESTS)
    (tmp_path / "test_live.py").write_text(_LIVE)
    status, said = _part(tmp_path, Phase.BESIDE, "-n", "2", "--dist", "worksteal")
    assert (status, said[-1].partition(" in ")[0]) == (0, "4 passed"), said
    files = (tmp_path / "ledger/alone-files").read_text().split()
    assert sorted(files) == ["test_live.py", "test_pure.py"]
    status, said = _part(tmp_path, Phase.ALONE, *files)
    assert (status, said[-1].partition(" in ")[0]) == (0, "2 passed, 4 deselected"), said
    assert "6 tests: 4 beside one another, 2 alone" in said
    status, said = _part(tmp_path, Phase.ALONE, "test_live.py")
    assert status == 1
    assert "test_pure.py::test_of_the_clock never ran" in said


def test_two_workers_share_no_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.delenv("PYTEST_XDIST_WORKER_COUNT", raising=False)
    assert own_part(20_000, 28_000) == (20_000, 28_000)
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", "3")
    parts = []
    for worker in ("gw0", "gw1", "gw2"):
        monkeypatch.setenv("PYTEST_XDIST_WORKER", worker)
        parts.append(own_part(10_000, 20_000))
    assert parts == [(10_000, 13_332), (13_332, 16_664), (16_664, 19_996)]
