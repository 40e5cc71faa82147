"""That an AI speaks: into the first thing that is said, and into the record once it was heard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from aywa.call.timeline import Timeline
from aywa.model.assistant import Assistant
from aywa.turn.disclosure import ai_sentence, disclosed, says_ai
from aywa.turn.events import EndTurn, Trigger
from aywa.turn.heard import SAMPLES_PER_MS
from aywa.turn.settings import TurnSettings
from aywa.turn.words import heard_words


def disclosing(assistant: Assistant | None, settings: TurnSettings, *, on: bool) -> TurnSettings:
    """The settings with the sentence, if callers are to be told; in the first message where there is one."""
    plan = None if assistant is None else assistant.compliance_plan
    ours = None if plan is None else plan.ai_disclosure
    asked = ours is not None and "ai_disclosure" in (set() if plan is None else plan.model_fields_set)
    if (ours is not None and asked and not ours.enabled) or not (on or asked):
        return settings
    speaking = settings.speaking
    language = _language(assistant, settings)
    sentence = (ours.message if ours is not None else None) or ai_sentence(language)
    speaking = replace(speaking, disclosure=sentence)
    if speaking.first_message and not speaking.first_recorded:
        speaking = replace(speaking, first_message=disclosed(speaking.first_message, sentence, language))
    settings = replace(settings, speaking=speaking)
    if ours is not None and not ours.interruptions_enabled:
        barge = replace(settings.barge, protected=(*settings.barge.protected, sentence))
        settings = replace(settings, barge=barge)
    return settings


def _language(assistant: Assistant | None, settings: TurnSettings) -> str:
    voice = None if assistant is None else assistant.voice
    if voice is not None and "language" in voice.model_fields_set:
        return voice.language
    return settings.endpointing.language or settings.speaking.language


class Disclosing:
    """One call's."""

    def __init__(
        self, settings: TurnSettings, timeline: Timeline, told: Callable[[dict[str, object]], None]
    ) -> None:
        """`told` gets what the record says, once."""
        speaking = settings.speaking
        self._sentence = speaking.disclosure
        self._language = settings.endpointing.language or speaking.language
        self._timeline = timeline
        self._told: Callable[[dict[str, object]], None] | None = told if self._sentence else None
        scripted = bool(speaking.first_message) and not speaking.first_recorded
        self.heard = False  # by the caller, from whomever
        self._due = bool(self._sentence) and not (scripted and settings.greet)
        if speaking.first_recorded and says_ai(speaking.first_message, self._language):
            self._due = False

    def forget(self) -> None:
        """The record is closed."""
        self._told = None

    @property
    def due(self) -> str:
        """What is yet to be said; "" when it was, or is in the first message."""
        return self._sentence if self._due else ""

    def take(self, trigger: Trigger) -> str:
        """What stands before the first answer of the model's; once."""
        if not self._due or trigger not in (Trigger.GREETING, Trigger.USER):
            return ""
        self._due = False
        return self._sentence

    def said(self, text: str) -> None:
        """This is said first, by whom else ever; it may have told it."""
        self._due = self._due and not self._tells(text)

    def turn_over(self, turn: EndTurn) -> None:
        """What was heard of a turn of the assistant's."""
        if self._told is None or not self._tells(turn.heard):
            return
        told, self._told, self._due, self.heard = self._told, None, False, True
        by = "sentence" if _in(self._sentence, turn.heard) else "message"
        offset_ms = (turn.start_sample or 0) // SAMPLES_PER_MS
        self._timeline.add("disclosure.ai", offset_ms=offset_ms, by=by)
        told({"offsetMs": offset_ms, "by": by, "text": self._sentence if by == "sentence" else turn.heard})

    def _tells(self, text: str) -> bool:
        return _in(self._sentence, text) or says_ai(text, self._language)


def _in(sentence: str, text: str) -> bool:
    words, part = heard_words(text), heard_words(sentence)
    return bool(part) and any(words[at : at + len(part)] == part for at in range(len(words) - len(part) + 1))
