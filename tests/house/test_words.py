"""Nothing unfinished, one spelling, nothing of the machine it was written on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.house.rules_words import machine_bound, misspelt, names_an_index, sleeping, unfinished
from tests.house.sources import Source, all_files, assert_kept, files

Rule = Callable[[Source], Iterator[str]]


@pytest.mark.parametrize("rule", [unfinished, misspelt, machine_bound, names_an_index])
def test_every_file_keeps_to(rule: Rule) -> None:
    assert_kept(rule, all_files())


def test_nothing_sleeps_or_strays() -> None:
    assert_kept(sleeping, files(".py", ".pyx"))


@pytest.mark.parametrize(
    ("rule", "text", "half", "other"),
    [
        (unfinished, "# {}: later", "TO", "DO"),
        (unfinished, "raise {}", "NotImplemented", "Error"),
        (unfinished, "a {} here", "place", "holder"),
        (misspelt, "the {} file", "licen", "ce"),
        (misspelt, "{}s", "Licen", "ce"),
        (misspelt, "call was {}", "cancel", "ed"),
        (machine_bound, "see {}/main", "/wo", "rk"),
        (machine_bound, "{}/ann/project", "/ho", "me"),
        (names_an_index, "pip install {} x", "--index-", "url"),
        (names_an_index, "https://{}/simple", "pypi.", "org"),
        (sleeping, "{}(1)", "time", ".sleep"),
        (sleeping, "trio.lowlevel.{}(f)", "spawn_system", "_task"),
    ],
)
def test_a_word_is_found(rule: Rule, text: str, half: str, other: str) -> None:
    """In halves, or this file would be found."""
    assert len(list(rule(Source("x.py", text.format(half + other))))) == 1


def test_their_spelling_is_left_to_them() -> None:
    ours = "license, cancelled, cancellation, Cancelled"
    theirs = "manually-" + "cancel" + "ed"
    assert list(misspelt(Source("x.py", f"{theirs}, {ours}"))) == []
