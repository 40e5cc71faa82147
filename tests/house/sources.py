"""The project's own files as the house rules see them."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ("aywa/", "server/", "installer/", "bench/")
_BUILT = {".git", ".venv", "build", "dist", "var", "__pycache__", "node_modules"}


@dataclass(frozen=True)
class Source:
    """One file: its path from the root, and its text."""

    path: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        """The text's lines without their ends."""
        return self.text.splitlines()

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree; only for .py and .pyi."""
        return ast.parse(self.text, self.path)

    def at(self, line: int, what: str) -> str:
        """A finding in the form an editor can jump to."""
        return f"{self.path}:{line}: {what}"


@cache
def all_files() -> tuple[Source, ...]:
    """Every text file of the project that is, or is about to be, under version control."""
    return tuple(source for path in _paths() if (source := _read(path)) is not None)


def files(*suffixes: str, under: tuple[str, ...] = ("",)) -> list[Source]:
    """The files with one of these endings under one of these folders."""
    return [
        source for source in all_files() if source.path.endswith(suffixes) and source.path.startswith(under)
    ]


def assert_kept(rule: Callable[[Source], Iterator[str]], sources: Iterable[Source]) -> None:
    """Fail with every finding on a line of its own."""
    findings = [finding for source in sources for finding in rule(source)]
    if findings:
        pytest.fail("\n".join(findings), pytrace=False)


def _paths() -> list[str]:
    listing = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(listing, capture_output=True, text=True, check=False)
    if found.returncode == 0:
        return sorted(found.stdout.splitlines())
    # An unpacked sdist is no checkout.
    walked = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return sorted(str(path) for path in walked if not _BUILT.intersection(path.parts))


def _read(path: str) -> Source | None:
    try:
        return Source(path, (ROOT / path).read_text(encoding="utf-8"))
    except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
        return None
