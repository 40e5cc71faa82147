"""Every test is in exactly one of the parts of a run, and a test that ran twice or never fails it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.sources import ROOT
from tests.kit.phases import SILENT, Ledger, Phase, phase_of
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
@pytest.mark.paired
def test_waited_for(): pass
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
        (("live", "paired"), Phase.PAIRED),
        (("paired",), Phase.PAIRED),
    ],
)
def test_the_markers_say_which_part(markers: tuple[str, ...], phase: Phase) -> None:
    assert phase_of(markers) is phase


def test_a_folder_where_nothing_is_heard_needs_no_marker() -> None:
    assert {phase_of(("live",), folder) for folder in SILENT} == {Phase.BESIDE}
    assert phase_of(("live", "alone"), "store") is Phase.ALONE


@pytest.mark.parametrize(
    "markers", [("alone", "beside", "live"), ("paired", "beside", "live"), ("beside",), ("alone", "live")]
)
def test_a_contradiction_or_a_needless_word_is_an_error(markers: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="is marked"):
        phase_of(markers)


def test_the_ledger_names_what_ran_twice_never_or_from_nowhere(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.note_found([("a", Phase.BESIDE), ("b", Phase.PAIRED), ("c", Phase.ALONE), ("d", Phase.ALONE)])
    ledger.note_ran(Phase.BESIDE, ["a"])
    ledger.note_ran(Phase.PAIRED, ["b"])
    ledger.note_ran(Phase.ALONE, ["b", "d", "e"])
    assert ledger.faults() == ["b ran 2 times", "c never ran", "e ran and was not found at first"]
    ledger.note_ran(Phase.ALONE, ["c", "d"])
    assert ledger.faults() == []
    assert ledger.summary() == "4 tests: 1 beside, 1 paired, 2 alone"


def _part(folder: Path, phase: Phase, *more: str) -> tuple[int, list[str]]:
    """One part of the tests in `folder` as scripts/test.sh runs it: pytest's status, and its words."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-W",
        "ignore",
        "-p",
        "xdist",
        "-p",
        "tests.conftest",
        "-c",
        os.devnull,
    ]
    command += ["--rootdir", str(folder), "-p", "no:cacheprovider", "--phase", phase.value]
    command += ["--ledger", str(folder / "ledger"), *more]
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    outside["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # what such tests need is one plugin
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


def test_the_parts_together_are_the_whole(tmp_path: Path) -> None:
    (tmp_path / "test_pure.py").write_text(_TESTS)
    (tmp_path / "test_live.py").write_text(_LIVE)
    for phase, ended in zip(Phase, ("4 passed", "1 passed", "2 passed, 5 deselected"), strict=True):
        files = tmp_path / f"ledger/files-{phase.value}"
        workers = () if phase is Phase.ALONE else ("-n", "2", "--dist", "worksteal")
        status, said = _part(
            tmp_path, phase, *workers, *(files.read_text().split() if files.exists() else ())
        )
        assert (status, said[-1].partition(" in ")[0]) == (0, ended), said
    assert "7 tests: 4 beside, 1 paired, 2 alone" in said
    assert (tmp_path / "ledger/files-paired").read_text() == "test_live.py\n"
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
