"""What an interop test needs from the machine, said once."""

import os
import shutil
import subprocess
from functools import cache

import pytest


def require(*programs: str) -> None:
    """Skip with the reason printed when a foreign program is missing; in CI that is a failure."""
    missing = [program for program in programs if shutil.which(program) is None]
    if not missing:
        return
    reason = f"{', '.join(missing)} not installed; 'make test' installs it"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def require_root(what: str) -> None:
    """Skip with the reason printed when the test needs root; in CI that is a failure."""
    if os.geteuid() == 0:
        return
    reason = f"{what} needs root"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def paced(command: list[str]) -> list[str]:
    """The command of a foreign telephone or PBX, which gives its audio the time of the clock.

    With a real-time priority below our engine's, where this user may give one: what is judged is what we and
    it say to one another, not how a loaded machine shares its cores.
    """
    return [*_REALTIME, *command] if _may_be_realtime() else command


_REALTIME = ("chrt", "--rr", "1")


@cache
def _may_be_realtime() -> bool:
    if shutil.which(_REALTIME[0]) is None:
        return False
    return subprocess.run([*_REALTIME, "true"], capture_output=True, check=False).returncode == 0
