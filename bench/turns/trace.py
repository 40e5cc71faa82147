"""What the runtime wrote about each call: its own timeline, and the moments of the emulated services."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.turns.recordings import words_of


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log. `kind`: of the timeline, or of an emulator (a leading `*`)."""

    at: float
    kind: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """One request to the model and its text."""

    number: int
    asked: float
    user: str
    text: str


class Trace:
    """One call's entries in order."""

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries
        self.answers = [
            Answer(int(each.data["n"]), float(each.data["asked"]), each.data["user"], each.data["text"])
            for each in self.of("*llm.request")
        ]
        self.spoken = [str(each.data["text"]) for each in self.of("*tts.request")]

    def of(self, kind: str, begin: float = 0.0, end: float = 1e18) -> list[Entry]:
        """Entries of a kind in a time."""
        return [each for each in self.entries if each.kind == kind and begin <= each.at <= end]

    def answer_of(self, phrase: str) -> Answer | None:
        """The answer a phrase is from; None: it was not the model's."""
        wanted = words_of(phrase)
        for answer in reversed(self.answers):
            words = words_of(answer.text)
            if any(words[at : at + len(wanted)] == wanted for at in range(len(words))):
                return answer
        return None

    def between(self, begin: float, end: float) -> Iterator[Entry]:
        """What happened in a time, packet statistics left out."""
        return (each for each in self.entries if begin <= each.at <= end and each.kind != "media.stats")


def read_traces(path: Path) -> dict[str, Trace]:
    """Traces by dialogue."""
    entries: dict[str, list[Entry]] = defaultdict(list)
    with path.open(encoding="utf-8") as file:
        for line in file:
            told = json.loads(line)
            if told["k"] == "timeline":
                entries[told["d"]].append(Entry(told["t"], told["event"], told["data"]))
            else:
                rest = {name: value for name, value in told.items() if name not in ("t", "d", "k")}
                entries[told["d"]].append(Entry(told["t"], "*" + told["k"], rest))
    return {name: Trace(sorted(each, key=lambda entry: entry.at)) for name, each in entries.items()}
