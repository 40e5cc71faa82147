"""Foreign servers from the folder that scripts/peers.sh makes: nothing of them is installed."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

_SCRIPT = Path(__file__).parents[2] / "scripts/peers.sh"
_LIMIT_S = 300


@cache
def _made() -> tuple[Path | None, str]:
    """The folder, or why there is none; waits while another process makes it."""
    try:
        done = subprocess.run([_SCRIPT], capture_output=True, text=True, check=False, timeout=_LIMIT_S)
    except subprocess.TimeoutExpired:
        return None, f"was not done after {_LIMIT_S} s"
    lines = done.stdout.split()
    if done.returncode != 0 or not lines:
        return None, (done.stderr.strip().splitlines() or ["said nothing"])[-1]
    return Path(lines[-1]), ""


def require_peers() -> Path:
    """The folder with Asterisk and Kamailio. Skips with the reason printed; in CI that is a failure."""
    root, why = _made()
    if root is not None:
        return root
    reason = f"scripts/peers.sh could not fetch Asterisk and Kamailio: {why}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def library_folder(root: Path) -> Path:
    """Where this machine's kind of libraries lie in it."""
    return next((root / "usr/lib").glob("*-linux-gnu"))


def foreign(root: Path, program: str, *libraries: str) -> list[str]:
    """The beginning of a command: `program`, a path below `root`, run by the C library it was built with.

    `libraries`: folders below the library folder that it loads from, too.
    """
    folder = library_folder(root)
    loader = next(folder.glob("ld-linux*.so*"))
    paths = [str(folder), *(str(folder / name) for name in libraries)]
    return [str(loader), "--library-path", ":".join(paths), str(root / program)]
