"""What holds for every test: order, the parts of a run, counts per area, and no silent skips."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from tests.kit.phases import FIRST, LAST, Ledger, Phase, phase_of
from tests.kit.workers import worker

_ROOT = Path(__file__).parent
_OUTCOMES = ("passed", "failed", "error", "skipped")
_SHOWN = 20  # tests that did not run once, by name


def pytest_addoption(parser: pytest.Parser) -> None:
    """`make test` has installed every peer, and runs the tests in three parts (tests/kit/phases.py)."""
    parser.addoption("--no-skips", action="store_true", help="a skipped test fails the run")
    parser.addoption("--phase", choices=[phase.value for phase in Phase], help="only this part of the tests")
    parser.addoption("--ledger", help="a folder: whatever ran twice or never fails the last part")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Pure tests first: what they find is cheaper to read than the same fault in a live call."""
    found = [(item, _phase(item)) for item in items]
    found.sort(key=lambda pair: (list(Phase).index(pair[1]), _is_real(pair[0])))
    wanted, kept = config.getoption("--phase"), _ledger(config)
    if kept is not None and kept[1] is FIRST and worker()[0] == 0:
        kept[0].note_found((item.nodeid, phase) for item, phase in found)
    left = [item for item, phase in found if wanted not in (None, phase.value)]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item, phase in found if wanted in (None, phase.value)]


def _phase(item: pytest.Item) -> Phase:
    try:
        return phase_of((marker.name for marker in item.iter_markers()), _area(item.path))
    except ValueError as wrong:
        raise pytest.UsageError(f"{item.nodeid} {wrong}") from None


def _is_real(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(name) for name in ("live", "interop"))


_ran: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Every test is reported once when it begins, also by the process that hands them to the workers."""
    if report.when == "setup":
        _ran.append(report.nodeid)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the counts of each area of tests/, and what tests recorded as `shown`: figures to be seen."""
    counts: dict[str, Counter[str]] = {}
    for outcome in _OUTCOMES:
        for report in terminalreporter.stats.get(outcome, []):
            area = _area(config.rootpath / report.nodeid.partition("::")[0])
            counts.setdefault(area, Counter())[outcome] += 1
    terminalreporter.section("tests by area")
    for area in sorted(counts):
        figures = ", ".join(
            f"{counts[area][outcome]} {outcome}" for outcome in _OUTCOMES if counts[area][outcome]
        )
        terminalreporter.write_line(f"{area:<14} {figures}")
    for report in terminalreporter.stats.get("passed", []):
        for name, shown in report.user_properties:
            if name == "shown":
                terminalreporter.write_line(f"{report.nodeid.rpartition('/')[2]}: {shown}")
    if (kept := _ledger(config)) is not None and kept[1] is LAST:
        terminalreporter.write_line(kept[0].summary())
        for fault in kept[0].faults()[:_SHOWN]:
            terminalreporter.write_line(fault, red=True)
    if config.getoption("--no-skips") and _holes(terminalreporter):
        terminalreporter.write_line("skipped tests fail this run (--no-skips)", red=True)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn skips into failure where they are not allowed, and a test that did not run exactly once."""
    config = session.config
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return  # a worker
    failed = bool(config.getoption("--no-skips") and _holes(reporter))
    if (kept := _ledger(config)) is not None:
        ledger, phase = kept
        ledger.note_ran(phase, _ran)
        failed |= phase is LAST and bool(ledger.faults())
    if failed and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _ledger(config: pytest.Config) -> tuple[Ledger, Phase] | None:
    phase, folder = config.getoption("--phase"), config.getoption("--ledger")
    return None if phase is None or folder is None else (Ledger(Path(folder)), Phase(phase))


def _holes(reporter: pytest.TerminalReporter) -> list[str]:
    """The skipped tests, but for those that say that they need root where we are not."""
    reports = reporter.stats.get("skipped", [])
    return [
        report.nodeid
        for report in reports
        if os.geteuid() == 0 or not str(report.longrepr).endswith("needs root')")
    ]


def _area(path: Path) -> str:
    try:
        parts = path.resolve().relative_to(_ROOT).parts
    except ValueError:
        return str(path)
    return parts[0] if len(parts) > 1 else "tests"
