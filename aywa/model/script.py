"""The script of a scenario: what the scripted model asks, understands and says. Pure data and matching.

A real language model reads a scenario's prompt instead; both drive the same tools.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import product

_WORDS = re.compile(r"[a-z0-9']+")


class Intent(Enum):
    """What a caller can mean at any point of the conversation, beside answering."""

    GOODBYE = "hang up"
    CANCEL = "take it back, start over"
    THANKS = "thank you"
    HELLO = "are you there"
    HELP = "what can I say"
    NO = "no, nothing else"
    HUMAN = "a person, please"


DEFAULT_INTENTS: Mapping[Intent, tuple[str, ...]] = {
    Intent.GOODBYE: ("goodbye",),  # "bye" alone is too close to "five" on the telephone
    Intent.CANCEL: ("cancelled", "cancel", "start over"),
    Intent.THANKS: ("thank you", "thanks"),
    Intent.HELLO: ("hello",),
    Intent.HELP: ("help",),
    Intent.NO: ("no", "no thank you"),
}


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing the conversation has to settle.

    `values` maps every phrase a caller may use to the value it means (synonyms share a value); `prompt` asks,
    `help` asks again and says what can be said.
    """

    name: str
    prompt: str
    help: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Heard:
    """What one utterance meant: `answers` are (slot name, value) in the order spoken."""

    answers: tuple[tuple[str, object], ...] = ()
    intents: tuple[Intent, ...] = ()

    @property
    def nothing(self) -> bool:
        """True when no word of it was known."""
        return not self.answers and not self.intents


@dataclass(frozen=True, slots=True)
class Script:
    """A whole conversation. Texts are templates: `{name}` is a slot's value or a field of a tool's result."""

    greeting: str
    slots: tuple[Slot, ...]
    tool: str  # called with every slot as an argument once all are filled
    settled: str  # spoken with the tool's result
    refused: str  # spoken when the tool answers {"error": …}; the slots are then asked again
    undo_tool: str = ""  # called with `undo_argument` from the tool's result when the caller takes it back
    undo_argument: str = ""
    echo: str = "{value}."  # spoken when a slot was filled and another is still open
    undone: str = "All right, I have cancelled that."
    anything_else: str = "You are welcome. Is there anything else I can do for you?"
    connecting: str = "One moment, I am connecting you to a colleague."
    nobody: str = "I am sorry, there is nobody I could connect you to."
    closing: str = "Thank you for calling. Goodbye!"
    give_up: str = (
        "I am sorry, I still cannot understand you. Please call again, and we will be glad to help. Goodbye!"
    )
    together: tuple[
        str, ...
    ] = ()  # how several slots are said in one breath, for example "{day} for {nights}"
    intents: Mapping[Intent, tuple[str, ...]] = field(default_factory=lambda: DEFAULT_INTENTS)
    pronunciations: Mapping[str, str] = field(
        default_factory=dict
    )  # word -> ARPAbet, where the dictionary lacks it
    patience: int = 3  # utterances in a row that mean nothing before the conversation is given up

    def understand(self, text: str, asked: str | None = None) -> Heard:
        """Read an utterance; `asked` is the slot last asked for: it wins where a phrase fits several."""
        return _understand(self, words_of(text), asked)

    def slot(self, name: str) -> Slot:
        """The slot of this name; KeyError when there is none."""
        for slot in self.slots:
            if slot.name == name:
                return slot
        raise KeyError(name)

    def phrases_for(self, asked: str | None, filled: Sequence[str] = ()) -> tuple[str, ...]:
        """What a caller may say when `asked` is open and `filled` are settled (they may be corrected).

        With nothing left to ask only the intents remain: a short list is what makes a small recogniser sure,
        and "cancelled" is the way to change a settled matter.
        """
        found: dict[str, None] = {}
        if asked is not None:
            found.update(dict.fromkeys(self.slot(asked).values))
            found.update(dict.fromkeys(self._said_together(asked, filled)))
        for name in filled:
            if name != asked and asked is not None:
                found.update(dict.fromkeys(self.slot(name).values))
        for phrases in self.intents.values():
            found.update(dict.fromkeys(phrases))
        return tuple(phrase for phrase in found if phrase.replace(" ", "").isalpha())

    def vocabulary(self) -> tuple[str, ...]:
        """Every phrase the script can ever expect, each once."""
        names = [slot.name for slot in self.slots]
        found: dict[str, None] = {}
        for index, name in enumerate(names):
            found.update(dict.fromkeys(self.phrases_for(name, names[:index])))
        return tuple(found)

    def _said_together(self, asked: str, filled: Sequence[str]) -> Iterator[str]:
        open_names = {slot.name for slot in self.slots} - set(filled)
        for template in self.together:
            names = re.findall(r"{(\w+)}", template)
            if asked in names and set(names) <= open_names:
                for spoken in product(*(spoken_values(self.slot(name)) for name in names)):
                    yield template.format(**dict(zip(names, spoken, strict=True)))


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text in lower case, without punctuation."""
    return tuple(_WORDS.findall(text.lower()))


def spoken_values(slot: Slot) -> tuple[str, ...]:
    """The first spoken phrase of each value of a slot."""
    first: dict[str, str] = {}
    for phrase, value in slot.values.items():
        if phrase.replace(" ", "").isalpha():
            first.setdefault(str(value), phrase)
    return tuple(first.values())


def _understand(script: Script, words: tuple[str, ...], asked: str | None) -> Heard:
    """The longest known phrase at each word, left to right; words between are skipped."""
    answers: list[tuple[str, object]] = []
    intents: list[Intent] = []
    at = 0
    while at < len(words):
        for end in range(len(words), at, -1):
            phrase = " ".join(words[at:end])
            if (answer := _answer(script, phrase, asked, answers)) is not None:
                answers.append(answer)
                break
            if (intent := _intent(script, phrase)) is not None:
                intents.append(intent)
                break
        else:
            end = at + 1
        at = end
    return Heard(tuple(answers), tuple(intents))


def _answer(
    script: Script, phrase: str, asked: str | None, had: list[tuple[str, object]]
) -> tuple[str, object] | None:
    """The slot and value that a phrase means: the slot asked for, else one not filled in this utterance.

    A phrase that is an intent too ("no") is an answer only to the question that asks for it.
    """
    fits = [slot for slot in script.slots if phrase in slot.values]
    if _intent(script, phrase) is not None:
        fits = [slot for slot in fits if slot.name == asked]
    if not fits:
        return None
    taken = {name for name, _ in had}
    best = min(fits, key=lambda slot: (slot.name in taken, slot.name != asked))
    return best.name, best.values[phrase]


def _intent(script: Script, phrase: str) -> Intent | None:
    for intent, phrases in script.intents.items():
        if phrase in phrases:
            return intent
    return None
