"""Words that must not stand in the project: unfinished work, other spellings, paths, index hosts.

The expressions are written so that this file does not hold what it looks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.house.sources import Source

_UNFINISHED = r"\b(TOD[O]|FIXM[E]|XX[X]|HAC[K]|NotImplementedErro[r]|placeholde[r]|lorem ipsu[m])\b"
_SLEEPS = r"time[.]sleep\(|spawn_system_[t]ask"
_SPELLINGS = {"licen[c]e": "license", "cancele[d]": "cancelled", "cancelin[g]": "cancelling"}
# Strings that other people chose: the public contract's end reason, a function of Kamailio's.
_THEIR_SPELLINGS = ("manually-cancele[d]", "t_is_cancele[d]")
_MACHINE = r"/wo[r]k/|/fa[r]m/|[.]libr[a]ry/|/ho[m]e/\w+/|/ro[o]t/[.\w]|/Us[e]rs/\w+|/tmp/d[e]v"
_HOSTS = (
    r"pypi[.]org|pythonhosted[.]org|deb[.]debian[.]org|archive[.]ubuntu[.]com|registry[.]npmjs[.]org"
    r"|anaconda[.]org|--(extra-)?index-[u]rl|--trusted-[h]ost"
)


def unfinished(source: Source) -> Iterator[str]:
    """Marks of work not done."""
    yield from _search(source, _UNFINISHED, "is unfinished work")


def sleeping(source: Source) -> Iterator[str]:
    """A thread put to sleep, a task without an owner."""
    yield from _search(source, _SLEEPS, "is not used here")


def misspelt(source: Source) -> Iterator[str]:
    """The other spelling of the words the house has decided on."""
    for number, line in enumerate(source.lines, 1):
        text = line.lower()
        for theirs in _THEIR_SPELLINGS:
            text = re.sub(theirs, "", text)
        for wrong, right in _SPELLINGS.items():
            if re.search(rf"(?<![a-z]){wrong}", text):
                yield source.at(number, f"write {right!r}")


def machine_bound(source: Source) -> Iterator[str]:
    """Paths of the machine something was written on."""
    yield from _search(source, _MACHINE, "is a path of one machine")


def names_an_index(source: Source) -> Iterator[str]:
    """Package indexes and mirrors: pip and apt bring their own configuration."""
    yield from _search(source, _HOSTS, "names a package index; the machine's configuration does")


def _search(source: Source, pattern: str, what: str) -> Iterator[str]:
    for number, line in enumerate(source.lines, 1):
        if match := re.search(pattern, line):
            yield source.at(number, f"{match[0]!r} {what}")
