"""Puts into README.md what comes from elsewhere: the real output of `make run ONCE=1`, the Asterisk files.

`python scripts/readme_output.py OUTPUT` takes the output from a file (- is standard input); without an
argument only the Asterisk files are refreshed. `--check` says whether those are up to date.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INCLUDED = ("docs/asterisk/pjsip.conf", "docs/asterisk/extensions.conf")
_OUTPUT = ("<!-- output of make run ONCE=1: scripts/readme_output.py -->", "<!-- end of the output -->")
_KEY = re.compile(r"(Bearer |key )[0-9A-Za-z_-]{16,}")


def replaced(page: str, begin: str, end: str, body: str) -> str:
    """The page with what stands between two marks replaced. Raises ValueError when one is missing."""
    head, found, rest = page.partition(begin)
    _, last, tail = rest.partition(end)
    if not found or not last:
        raise ValueError(f"README.md has lost one of its marks: {begin} and {end}")
    return f"{head}{begin}\n{body}\n{end}{tail}"


def fenced(text: str, language: str = "") -> str:
    """A code block."""
    return f"```{language}\n{text.strip()}\n```"


def with_files(page: str) -> str:
    """The page with the included files as they are; a file that is not there is left out."""
    for name in INCLUDED:
        path = ROOT / name
        if path.exists():
            body = fenced(path.read_text(encoding="utf-8"), "ini")
            page = replaced(page, f"<!-- {name} -->", f"<!-- end of {name} -->", body)
    return page


def with_output(page: str, output: str) -> str:
    """The page with a run's output: no lines of the set-up's progress, no key, no folder of one machine."""
    lines = [line.rstrip() for line in output.splitlines() if not re.match(r"    \s*\d+ s  ", line)]
    text = _KEY.sub(r"\1…", "\n".join(lines)).replace(f"{ROOT}/", "")
    return replaced(page, *_OUTPUT, fenced("$ make run ONCE=1\n" + text))


def main() -> int:
    """Refresh, or check; 1 when `--check` finds a stale page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", nargs="?", help="a file with the output of make run ONCE=1, or -")
    parser.add_argument("--check", action="store_true", help="write nothing")
    chosen = parser.parse_args()
    path = ROOT / "README.md"
    page = path.read_text(encoding="utf-8")
    fresh = with_files(page)
    if chosen.output:
        text = sys.stdin.read() if chosen.output == "-" else Path(chosen.output).read_text(encoding="utf-8")
        fresh = with_output(fresh, text)
    if fresh == page:
        return 0
    if not chosen.check:
        path.write_text(fresh, encoding="utf-8")
    sys.stdout.write(f"README.md {'is stale: run make docs' if chosen.check else 'refreshed'}\n")
    return 1 if chosen.check else 0


if __name__ == "__main__":
    sys.exit(main())
