"""What holds for every test: order, counts per area, and no silent skips where everything is installed."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

_ROOT = Path(__file__).parent
_OUTCOMES = ("passed", "failed", "error", "skipped")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--no-skips`: `make test` has installed every peer, so a skipped test is a hole in it."""
    parser.addoption("--no-skips", action="store_true", help="a skipped test fails the run")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Pure tests first: what they find is cheaper to read than the same fault in a live call."""
    items.sort(key=lambda item: any(item.get_closest_marker(name) for name in ("live", "interop")))


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
    if config.getoption("--no-skips") and _holes(terminalreporter):
        terminalreporter.write_line("skipped tests fail this run (--no-skips)", red=True)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn skips into failure where they are not allowed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    forbidden = session.config.getoption("--no-skips") and reporter is not None and _holes(reporter)
    if forbidden and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


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
