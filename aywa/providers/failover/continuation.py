"""An answer that broke off and is gone on with by another model: what it is asked, and how its text joins.

Pure. Models that are told to go on begin anew all the same now and then: what they repeat is left out.
"""

from __future__ import annotations

from dataclasses import replace

from aywa.ports.llm import ChatRequest, Message, Role

GO_ON = (
    "The connection broke off while you were speaking. The caller has heard your last message as it stands."
    " Go on from its last word. Do not repeat any of it, do not apologise, do not mention this."
)
_SENTENCE_ENDS = ".!?…。！？"
_NO_SPACE_BEFORE = ".,;:!?)…'’"


def continued(request: ChatRequest, said: str) -> ChatRequest:
    """The same request, for an answer whose beginning was said."""
    if not said.strip():
        return request
    behind = (Message(Role.ASSISTANT, said.strip()), Message(Role.SYSTEM, GO_ON))
    return replace(request, messages=(*request.messages, *behind))


class Joint:
    """Takes the text that goes on behind `said`, and leaves out what says the same words again.

    A repetition begins where `said` or one of its sentences does, and goes on to the end of `said`. Words are
    compared without case and marks. Text is held back only while it may be one.
    """

    def __init__(self, said: str) -> None:
        self._said = said
        self._repeatable = _beginnings(said)
        self._held = ""
        self._open = bool(self._repeatable)
        self._begun = not said.strip()

    def feed(self, text: str) -> str:
        """What of the text so far is to be said."""
        if not self._open:
            return self._begin(text)
        self._held += text
        words = self._held.split()
        if not words:
            return ""
        whole = words if self._held[-1].isspace() else words[:-1]
        heard = [_plain(word) for word in whole]
        longest = max((len(each) for each in self._repeatable if heard[: len(each)] == each), default=0)
        if any(len(each) > longest and _may_become(each, heard, words) for each in self._repeatable):
            return ""
        return self._release(longest)

    def flush(self) -> str:
        """The text is over: what was held back and is no repetition."""
        if not self._open:
            return ""
        heard = [_plain(word) for word in self._held.split()]
        longest = max((len(each) for each in self._repeatable if heard[: len(each)] == each), default=0)
        return self._release(longest)

    def _release(self, repeated: int) -> str:
        held, self._held, self._open = self._held, "", False
        for _ in range(repeated):
            held = held.lstrip()
            held = held[len(held.split(maxsplit=1)[0]) :]
        return self._begin(held)

    def _begin(self, text: str) -> str:
        """The first of it stands apart from what was said."""
        if self._begun or not text:
            return text
        if not text.strip():
            return ""
        self._begun = True
        if self._said[-1].isspace():
            return text.lstrip()
        return text if text[0].isspace() or text[0] in _NO_SPACE_BEFORE else f" {text}"


def _beginnings(said: str) -> list[list[str]]:
    """The words from each place where a repetition may begin, to the end; one word alone proves nothing."""
    words = said.split()
    starts = [0, *(index + 1 for index, word in enumerate(words) if word[-1:] in _SENTENCE_ENDS)]
    found = [[_plain(word) for word in words[start:]] for start in starts]
    return [each for each in found if len(each) > 1]


def _may_become(expected: list[str], heard: list[str], words: list[str]) -> bool:
    """Whether what was heard so far, whose last word may not be whole, goes on to be this."""
    if expected[: len(heard)] != heard:
        return False
    rest = words[len(heard) :]
    return not rest or (len(expected) > len(heard) and expected[len(heard)].startswith(_plain(rest[0])))


def _plain(word: str) -> str:
    return "".join(character for character in word.casefold() if character.isalnum())
