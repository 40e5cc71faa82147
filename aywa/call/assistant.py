"""What an assistant's plan makes of the thresholds of turn taking: one step a field."""

from __future__ import annotations

from dataclasses import replace

from aywa.call.floor_plan import fold_floor
from aywa.call.speaking_plan import speaking_plan
from aywa.call.start_plan import start_plan
from aywa.model.assistant import Assistant
from aywa.turn.settings import TurnSettings


def fold(assistant: Assistant | None, settings: TurnSettings) -> TurnSettings:
    """The settings with what the assistant says otherwise."""
    if assistant is None:
        return settings
    if assistant.max_duration_seconds is not None:
        settings = replace(settings, max_duration_s=assistant.max_duration_seconds)
    if (silence_s := assistant.silence_timeout_seconds) is not None:
        prompt_s = min(settings.silence_prompt_s, silence_s / 2)
        settings = replace(settings, silence_timeout_s=silence_s, silence_prompt_s=prompt_s)
    settings = speaking_plan(assistant, settings)
    settings = start_plan(assistant.start_speaking_plan, settings)
    return fold_floor(assistant, settings)  # after what is said: an idle plan has a farewell of its own
