"""The two parts of a run: tests beside one another, and tests that have the machine to themselves.

A test that listens to real audio, places real calls or is judged by the clock would hear a second process.
It is marked `live` or `interop`, or `alone` where it is neither; `beside` marks those of `live` and `interop`
that no load can mislead: they assert what was said, written or refused, not how soon or how it was heard.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import Enum
from pathlib import Path


class Phase(Enum):
    """Which part of the run a test is in."""

    BESIDE = "beside"
    ALONE = "alone"


_REAL = {"live", "interop"}


def phase_of(markers: Iterable[str]) -> Phase:
    """The one phase of a test with these markers.

    Raises `ValueError` where they contradict each other, or say what goes without saying.
    """
    named = set(markers)
    real = bool(named & _REAL)
    if {"alone", "beside"} <= named:
        raise ValueError("is marked both alone and beside")
    if "beside" in named and not real:
        raise ValueError("is marked beside, which every test is that is neither live nor interop")
    if "alone" in named and real:
        raise ValueError("is marked alone, which every test is that is live or interop")
    return Phase.ALONE if "alone" in named or (real and "beside" not in named) else Phase.BESIDE


class Ledger:
    """A folder in which both parts of a run note what they found and what they ran."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def note_found(self, found: Iterable[tuple[str, Phase]]) -> None:
        """Every test there is, and the files of those that run alone: only these need be read again."""
        pairs = list(found)
        files = dict.fromkeys(test.partition("::")[0] for test, phase in pairs if phase is Phase.ALONE)
        self._write("found", [test for test, _ in pairs])
        self._write("alone-files", files)

    def note_ran(self, phase: Phase, tests: Iterable[str]) -> None:
        """What this part ran, as often as it did."""
        self._write(f"ran-{phase.value}", tests)

    def faults(self) -> list[str]:
        """What ran more than once or never, a line each."""
        found = self._read("found")
        ran = Counter(test for phase in Phase for test in self._read(f"ran-{phase.value}"))
        often = [f"{test} ran {count} times" for test, count in ran.items() if count > 1]
        never = [f"{test} never ran" for test in found if not ran[test]]
        unknown = [f"{test} ran and was not found at first" for test in ran.keys() - set(found)]
        return sorted(often + never + unknown)

    def summary(self) -> str:
        """How many tests there are, and how many ran in each part."""
        counts = {phase: len(self._read(f"ran-{phase.value}")) for phase in Phase}
        parts = f"{counts[Phase.BESIDE]} beside one another, {counts[Phase.ALONE]} alone"
        return f"{len(self._read('found'))} tests: {parts}"

    def _write(self, name: str, lines: Iterable[str]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def _read(self, name: str) -> list[str]:
        path = self._folder / name
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []
