"""What answers made ahead may cost in one call: nothing is begun that could go beyond it."""

from __future__ import annotations

from dataclasses import dataclass

from aywa.turn.speculation_settings import SpeculationSettings

_BYTES_PER_TOKEN = 4  # of UTF-8: English comes to 4.2 with common tokenizers, Cyrillic to about as many


def estimated_tokens(*texts: str) -> int:
    """How many tokens these texts are, at a guess; 0 for none."""
    size = sum(len(text.encode()) for text in texts)
    return -(-size // _BYTES_PER_TOKEN)


@dataclass(frozen=True, slots=True)
class SpeculationCost:
    """What one answer made ahead has cost so far; `estimated`: the provider has not said how many tokens."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    characters: int = 0
    estimated: bool = False

    @property
    def tokens(self) -> int:
        """Of the prompt and of the answer."""
        return self.prompt_tokens + self.completion_tokens


class SpeculationBudget:
    """Follows what was made and dropped. What is used is the answer's own cost and not counted."""

    def __init__(self, settings: SpeculationSettings) -> None:
        self.tokens = 0  # dropped so far
        self.characters = 0
        self._settings = settings
        self._factor = 1.0  # of the provider's count over the estimate, when it was more

    def admits(self, prompt_tokens: int) -> bool:
        """Whether an answer to a prompt of so many estimated tokens may be made ahead."""
        highest = round(prompt_tokens * self._factor) + self._settings.completion_tokens
        return self.tokens + highest <= self._settings.budget_tokens

    def admits_phrase(self, characters: int) -> bool:
        """Whether a first phrase of this length may be synthesized ahead."""
        settings = self._settings
        return characters <= min(settings.phrase_characters, settings.budget_characters - self.characters)

    def counted(self, estimated: int, prompt_tokens: int) -> None:
        """The provider has counted a prompt for which we had estimated so much."""
        if estimated > 0 and prompt_tokens > 0:
            self._factor = max(1.0, prompt_tokens / estimated)

    def dropped(self, cost: SpeculationCost) -> None:
        """This was for nothing."""
        self.tokens += cost.tokens
        self.characters += cost.characters
