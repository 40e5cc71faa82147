"""What an assistant's plan says of interruptions, keys and silence, in the terms of turn taking."""

from __future__ import annotations

from dataclasses import replace

from aywa.model.assistant import Assistant
from aywa.model.keypad_plan import KeypadInputPlan
from aywa.model.message_plan import MessagePlan
from aywa.model.stop_speaking import InterruptionMode, StopSpeakingPlan
from aywa.turn.barge_in_settings import BargeInMode, BargeInSettings
from aywa.turn.idle import IdleSettings
from aywa.turn.keypad import KeypadSettings
from aywa.turn.settings import TurnSettings

_MODES = {
    InterruptionMode.OFF: BargeInMode.OFF,
    InterruptionMode.WORDS: BargeInMode.WORDS,
    InterruptionMode.VOICE: BargeInMode.VOICE,
    InterruptionMode.REVERSIBLE: BargeInMode.REVERSIBLE,
}


def fold_floor(assistant: Assistant, settings: TurnSettings) -> TurnSettings:
    """The settings with what the assistant says of them; RUNTIME_BARGE_IN=false stays the last word."""
    stop = assistant.stop_speaking_plan
    words = assistant.num_words_to_interrupt_assistant
    if stop is None and words is not None:  # an older way to say it
        stop = StopSpeakingPlan.model_validate(
            {"numWords": words, "backoffSeconds": settings.barge.backoff_s}
        )
    if stop is not None:
        settings = replace(settings, barge=_barge(stop, settings.barge))
    if assistant.keypad_input_plan is not None:
        settings = replace(settings, keypad=_keypad(assistant.keypad_input_plan))
    if assistant.message_plan is not None:
        settings = _idle(assistant.message_plan, settings)
    return settings


def _barge(plan: StopSpeakingPlan, usual: BargeInSettings) -> BargeInSettings:
    acknowledgements, interruptions = plan.acknowledgement_phrases, plan.interruption_phrases
    return replace(
        usual,
        mode=_MODES[plan.settled_mode],
        num_words=max(1, plan.num_words),
        voice_s=plan.voice_seconds,
        backoff_s=plan.backoff_seconds,
        resume_after_s=plan.resume_after_seconds,
        protected=plan.protected_phrases,
        acknowledgements=usual.acknowledgements if acknowledgements is None else acknowledgements,
        interruptions=usual.interruptions if interruptions is None else interruptions,
    )


def _keypad(plan: KeypadInputPlan) -> KeypadSettings:
    return KeypadSettings(plan.enabled, plan.timeout_seconds, plan.delimiters)


def _idle(plan: MessagePlan, settings: TurnSettings) -> TurnSettings:
    usual, phrases = settings.idle, settings.phrases
    messages = usual.messages if plan.idle_messages is None else plan.idle_messages
    farewell = plan.silence_timeout_message or phrases.silence_farewell
    return replace(
        settings,
        silence_prompt_s=plan.idle_timeout_seconds,
        phrases=replace(phrases, silence_farewell=farewell),
        idle=IdleSettings(
            messages=messages,
            max_spoken=plan.idle_message_max_spoken_count,
            reset_on_speech=plan.idle_message_reset_count_on_user_speech_enabled,
        ),
    )
