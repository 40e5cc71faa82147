"""What an assistant's plan makes of the thresholds of turn taking: one step a field."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from aywa.call.floor_plan import fold_floor
from aywa.call.start_plan import start_plan
from aywa.model.assistant import Assistant, FirstMessageMode
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

SEEDS = 1 << 16


def fold(assistant: Assistant | None, settings: TurnSettings) -> TurnSettings:
    """The settings with what the assistant says otherwise."""
    if assistant is None:
        return settings
    if assistant.max_duration_seconds is not None:
        settings = replace(settings, max_duration_s=assistant.max_duration_seconds)
    if (silence_s := assistant.silence_timeout_seconds) is not None:
        prompt_s = min(settings.silence_prompt_s, silence_s / 2)
        settings = replace(settings, silence_timeout_s=silence_s, silence_prompt_s=prompt_s)
    if (goodbye := assistant.end_call_message) != "":
        phrases = replace(settings.phrases, silence_farewell=goodbye, duration_farewell=goodbye)
        settings = replace(settings, phrases=phrases)
    settings = fold_floor(assistant, start_plan(assistant.start_speaking_plan, settings))
    settings = replace(settings, speaking=_speaking(assistant))
    return _first_message(assistant, settings)


def fixed_phrases(settings: TurnSettings) -> tuple[str, ...]:
    """What an assistant says in the same words in every call, besides its first message."""
    speaking, usual = settings.speaking, settings.phrases
    said = [speaking.end_message, *speaking.fillers.phrases]
    said += [getattr(usual, name) for name in Phrases.__slots__]
    return tuple(dict.fromkeys(text for text in said if text))


def seeded(settings: TurnSettings, rng: Random) -> TurnSettings:
    """The same for one call: its variants begin somewhere else than those of the call before."""
    return replace(settings, speaking=replace(settings.speaking, seed=rng.randrange(SEEDS)))


def with_colleague(settings: TurnSettings) -> TurnSettings:
    """For a conversation with somebody else than the caller: no greeting of the assistant's, no goodbye."""
    speaking = replace(settings.speaking, first_message="", end_message="", end_phrases=())
    return replace(settings, greet=True, speaking=speaking)


def _first_message(assistant: Assistant, settings: TurnSettings) -> TurnSettings:
    mode, text = assistant.first_message_mode, assistant.first_message
    if mode is None and not text:
        return settings
    greets = mode is FirstMessageMode.MODEL or (mode is not FirstMessageMode.USER and bool(text))
    first = "" if mode is FirstMessageMode.MODEL else text
    return replace(
        settings,
        greet=greets,
        barge=replace(settings.barge, first_message=assistant.first_message_interruptions_enabled),
        speaking=replace(settings.speaking, first_message=first),
    )


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
    )


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
