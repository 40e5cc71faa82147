"""The three parts of a run: tests beside one another, tests in pairs, and tests alone on the machine.

A test that listens to real audio, places real calls or is judged by the clock would hear a process that
takes its core. It is marked `live` or `interop`, or `alone` where it is neither, and runs alone, unless

- it mostly waits for the time of a call to pass, on less than half a core: then it is marked `paired`, and
  one other such test runs with it;
- no load can mislead it, as it asserts what was said, written or refused, not how soon or how it was heard:
  then it is marked `beside`. The tests of the folders in `SILENT`, whose `live` means a database or an HTTP
  server, and all that are neither `live` nor `interop`, need no marker for that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import Enum
from pathlib import Path


class Phase(Enum):
    """Which part of the run a test is in, in their order."""

    BESIDE = "beside"
    PAIRED = "paired"
    ALONE = "alone"


FIRST, LAST = Phase.BESIDE, Phase.ALONE
SILENT = {"analysis", "bridge", "outbox", "providers", "server", "store"}
_REAL = {"live", "interop"}


def phase_of(markers: Iterable[str], folder: str = "") -> Phase:
    """The one phase of a test with these markers in this folder of tests/.

    Raises `ValueError` where they contradict each other, or say what goes without saying.
    """
    named = set(markers)
    usual = LAST if named & _REAL and folder not in SILENT else FIRST
    asked = [phase for phase in Phase if phase.value in named]
    if len(asked) > 1:
        raise ValueError(f"is marked {asked[0].value} and {asked[1].value}")
    if asked == [usual]:
        raise ValueError(f"is marked {usual.value}, and would be so without")
    return asked[0] if asked else usual


class Ledger:
    """A folder in which the parts of a run note what they found and what they ran."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def note_found(self, found: Iterable[tuple[str, Phase]]) -> None:
        """Every test there is, and the files of each phase: no others need be read again in it."""
        pairs = list(found)
        self._write("found", [test for test, _ in pairs])
        for phase in Phase:
            files = dict.fromkeys(test.partition("::")[0] for test, each in pairs if each is phase)
            self._write(f"files-{phase.value}", files)

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
        ran = (f"{len(self._read(f'ran-{phase.value}'))} {phase.value}" for phase in Phase)
        return f"{len(self._read('found'))} tests: {', '.join(ran)}"

    def _write(self, name: str, lines: Iterable[str]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def _read(self, name: str) -> list[str]:
        path = self._folder / name
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []
