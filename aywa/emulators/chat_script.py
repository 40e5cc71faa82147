"""What an emulated language model says: scripted answers, turn by turn, in pieces. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_PIECE = re.compile(r"\s*\S+")
_CUT = 12  # characters of a tool's arguments in one piece


@dataclass(frozen=True, slots=True)
class ScriptedCall:
    """A tool call. `arguments`: an object; or a text, which need not be JSON."""

    name: str
    arguments: Mapping[str, object] | str = field(default_factory=dict)

    @property
    def written(self) -> str:
        """As the model writes it."""
        return self.arguments if isinstance(self.arguments, str) else json.dumps(dict(self.arguments))

    def pieces(self) -> list[str]:
        """The same, cut."""
        text = self.written
        return [text[at : at + _CUT] for at in range(0, len(text), _CUT)]


@dataclass(frozen=True, slots=True)
class ScriptedAnswer:
    """One answer. `thoughts`: what the model thinks first, where the protocol tells it.

    `cut`: it stops because the answer is as long as it may be.
    """

    text: str = ""
    calls: tuple[ScriptedCall, ...] = ()
    thoughts: str = ""
    cut: bool = False

    def pieces(self) -> list[str]:
        """The text word by word."""
        return _PIECE.findall(self.text)

    @property
    def tokens(self) -> int:
        """How many it counts as."""
        return len(self.pieces()) + sum(1 + len(call.pieces()) for call in self.calls)


class ChatScript:
    """Answers for one emulator. When they are used up it repeats what it was told last."""

    def __init__(
        self, answers: Sequence[ScriptedAnswer | str] = (), *, by_conversation: bool = False
    ) -> None:
        """`by_conversation`: a conversation with n answers in it gets the n-th, counted from 0, whoever asks.
        Else they are given in the order of the requests.
        """
        self._answers = [ScriptedAnswer(each) if isinstance(each, str) else each for each in answers]
        self._by_conversation = by_conversation
        self._given = 0

    def add(self, *answers: ScriptedAnswer | str) -> None:
        """For the next requests."""
        self._answers += [ScriptedAnswer(each) if isinstance(each, str) else each for each in answers]

    def answer(self, said: str, answered: int) -> ScriptedAnswer:
        """`said`: the caller's last words; `answered`: how many answers the conversation has."""
        place = answered if self._by_conversation else self._given
        self._given += 1
        if place < len(self._answers):
            return self._answers[place]
        return ScriptedAnswer(f"You said: {said}" if said else "Hello, how can I help you?")


def counted(*texts: str) -> int:
    """Tokens of texts, as these emulators count."""
    return sum(-(-len(text) // 4) for text in texts)
