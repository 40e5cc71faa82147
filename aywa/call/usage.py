"""What a call has used of its providers, as its timeline tells it."""

from __future__ import annotations

from aywa.ports.store import TimelineEntry


class Usage:
    """Counts tokens and characters. A listener of the timeline: it neither blocks nor raises."""

    def __init__(self) -> None:
        self._prompt = self._completion = self._characters = 0
        self._adopted = self._dropped = 0
        self._wasted_prompt = self._wasted_completion = self._wasted_characters = 0

    def observe(self, entry: TimelineEntry) -> None:
        """Take one entry."""
        data = entry.data
        match entry.kind:
            case "llm.done":
                self._prompt += _count(data.get("prompt_tokens"))
                self._completion += _count(data.get("completion_tokens"))
            case "tts.phrase":
                self._characters += len(str(data.get("spoken", data.get("text", ""))))
            case "speculation.adopted":
                self._adopted += 1
            case "speculation.dropped":
                self._dropped += 1
                self._wasted_prompt += _count(data.get("prompt_tokens"))
                self._wasted_completion += _count(data.get("completion_tokens"))
                self._wasted_characters += _count(data.get("characters"))

    def figures(self) -> dict[str, object]:
        """All there was, and how much of it went into answers that were made ahead and dropped."""
        return {
            "llm_prompt_tokens": self._prompt + self._wasted_prompt,
            "llm_completion_tokens": self._completion + self._wasted_completion,
            "tts_characters": self._characters + self._wasted_characters,
            "speculation": {
                "adopted": self._adopted,
                "dropped": self._dropped,
                "prompt_tokens": self._wasted_prompt,
                "completion_tokens": self._wasted_completion,
                "characters": self._wasted_characters,
            },
        }


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0
