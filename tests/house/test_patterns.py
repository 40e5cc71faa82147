"""No pattern is matched differently by the Python of Debian 12 than by a newer one."""

from __future__ import annotations

import pytest

import aywa
from tests.house.rules_patterns import misjudged, patterns_of


def _text(pattern: str | bytes) -> str:
    return pattern if isinstance(pattern, str) else pattern.decode("latin-1")


def test_every_pattern_is_matched_alike() -> None:
    found = [
        where for where, pattern in patterns_of(aywa) if misjudged(_text(pattern.pattern), pattern.flags)
    ]
    assert found == [], "a possessive repeat around something that backtracks: say it as an atomic group"


@pytest.mark.parametrize("pattern", [r'(?:[^,"]|"[^"]*+")*+', r"(?:a+,)++", r"(?:(?:ab|c))?+"])
def test_a_misjudged_pattern_is_found(pattern: str) -> None:
    assert misjudged(pattern)


@pytest.mark.parametrize("pattern", [r"[a-z]++", r"(?:;[^;?]*+)*+", r"(?>(?:a|b)+)", r"(a|b)*c", r"(?:ab)++"])
def test_a_sound_pattern_is_not(pattern: str) -> None:
    assert not misjudged(pattern)
