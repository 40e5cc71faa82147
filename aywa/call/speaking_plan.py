"""What an assistant's plan makes of how it speaks: first and last words, phrases, and their wording."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from aywa.model.assistant import Assistant, FirstMessageMode
from aywa.model.tool_messages import Condition as ConditionPlan
from aywa.model.tool_messages import DelayedMessage, StartMessage, ToolPlanMessage
from aywa.model.voice_plan import ChunkPlan, ExactReplacement, FormatPlan, RegexReplacement
from aywa.turn.settings import Phrases, TurnSettings
from aywa.turn.speaking_settings import (
    FILLERS,
    ChunkSettings,
    FillerSettings,
    FormatSettings,
    Formatter,
    Replacement,
    SpeakingSettings,
)
from aywa.turn.tool_messages import Comparison, Condition, MessageKind, ToolMessage

SEEDS = 1 << 16
UNKNOWN_WORDS = "(a recorded message)"


def speaking_plan(assistant: Assistant, settings: TurnSettings) -> TurnSettings:
    """The settings with what the assistant says and how."""
    if (goodbye := assistant.end_call_message) != "":
        phrases = replace(settings.phrases, silence_farewell=goodbye, duration_farewell=goodbye)
        settings = replace(settings, phrases=phrases)
    return _first_message(assistant, replace(settings, speaking=_speaking(assistant)))


def fixed_phrases(settings: TurnSettings) -> tuple[str, ...]:
    """What an assistant says in the same words in every call, besides its first message."""
    speaking, usual = settings.speaking, settings.phrases
    planned = [message for _, messages in speaking.tool_messages for message in messages]
    said = [message.text for message in planned if not message.to_model]
    said += [
        speaking.disclosure,
        speaking.end_message,
        *speaking.fillers.phrases,
        *(settings.idle.messages or ()),
    ]
    said += [getattr(usual, name) for name in Phrases.__slots__]
    return tuple(dict.fromkeys(text for text in said if text))


def seeded(settings: TurnSettings, rng: Random) -> TurnSettings:
    """The same for one call: its variants begin somewhere else than those of the call before."""
    return replace(settings, speaking=replace(settings.speaking, seed=rng.randrange(SEEDS)))


def with_colleague(settings: TurnSettings) -> TurnSettings:
    """For a conversation with somebody else than the caller: no greeting of the assistant's, no goodbye."""
    speaking = replace(
        settings.speaking,
        first_message="",
        first_recorded=False,
        disclosure="",
        end_message="",
        end_phrases=(),
    )
    return replace(settings, greet=True, speaking=speaking)


def _first_message(assistant: Assistant, settings: TurnSettings) -> TurnSettings:
    mode, text = assistant.first_message_mode, assistant.first_message
    if mode is None and not text:
        return settings
    greets = mode is FirstMessageMode.MODEL or (mode is not FirstMessageMode.USER and bool(text))
    recorded = bool(assistant.first_message_url) and mode is not FirstMessageMode.MODEL
    first = "" if mode is FirstMessageMode.MODEL else text
    if recorded:
        first = recorded_words(assistant)
    return replace(
        settings,
        greet=greets,
        barge=replace(settings.barge, first_message=assistant.first_message_interruptions_enabled),
        speaking=replace(settings.speaking, first_message=first, first_recorded=recorded),
    )


def recorded_words(assistant: Assistant) -> str:
    """What stands for a recorded first message in transcript and context."""
    return assistant.first_message_transcript or UNKNOWN_WORDS


def _speaking(assistant: Assistant) -> SpeakingSettings:
    voice = assistant.voice
    language = "en" if voice is None else voice.language
    plan = None if voice is None else voice.chunk_plan
    return SpeakingSettings(
        language=language,
        chunks=ChunkSettings() if plan is None else _chunks(plan),
        format=FormatSettings() if plan is None else _format(plan),
        fillers=FillerSettings(phrases=FILLERS.get(language.partition("-")[0].lower(), ())),
        end_message=assistant.end_call_message,
        end_phrases=assistant.end_call_phrases,
        tool_messages=tuple(
            (tool.name, tuple(_message(message) for message in tool.messages))
            for tool in assistant.tool_messages
        ),
    )


def _message(message: ToolPlanMessage) -> ToolMessage:
    kind, conditions = MessageKind(message.type), tuple(_condition(each) for each in message.conditions)
    if isinstance(message, StartMessage):
        return ToolMessage(kind, message.content, conditions=conditions)
    if isinstance(message, DelayedMessage):
        return ToolMessage(kind, message.content, message.timing_milliseconds / 1000, conditions)
    return ToolMessage(
        kind,
        message.content,
        conditions=conditions,
        to_model=message.role == "system",
        ends_call=message.end_call_after_spoken_enabled,
    )


def _condition(condition: ConditionPlan) -> Condition:
    return Condition(condition.param, Comparison(condition.operator), condition.value)


def _chunks(plan: ChunkPlan) -> ChunkSettings:
    boundaries = plan.punctuation_boundaries
    return ChunkSettings(
        enabled=plan.enabled,
        min_chars=plan.min_characters,
        boundaries=None if boundaries is None else frozenset(boundaries),
    )


def _format(plan: ChunkPlan) -> FormatSettings:
    """Text that is not cut is not worded either."""
    words: FormatPlan = plan.format_plan
    names = words.formatters_enabled
    return FormatSettings(
        enabled=plan.enabled and words.enabled,
        digits_cutoff=words.number_to_digits_cutoff,
        replacements=tuple(_replacement(entry) for entry in words.replacements),
        formatters=None if names is None else frozenset(Formatter(name) for name in names),
    )


def _replacement(entry: ExactReplacement | RegexReplacement) -> Replacement:
    if isinstance(entry, ExactReplacement):
        return Replacement(entry.key, entry.value)
    return Replacement(
        entry.regex,
        entry.value,
        regex=True,
        ignore_case=entry.on("ignore-case"),
        whole_word=entry.on("whole-word"),
        multi_line=entry.on("multi-line"),
    )
