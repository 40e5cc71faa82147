"""What an interop test needs from the machine, said once."""

import os
import shutil

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
