"""Reads the file that RUNTIME_ASSISTANT names, and knows which phrases are fixed by it."""

from __future__ import annotations

from pathlib import Path

from aywa.call.assistant import fold
from aywa.call.disclosing import disclosing
from aywa.call.speaking_plan import fixed_phrases
from aywa.errors import ConfigError, Gap
from aywa.model.assistant import Assistant, parse_assistant
from aywa.turn.chunker import whole_text
from aywa.turn.settings import TurnSettings
from aywa.turn.wording.formatter import wording

VARIABLE = "RUNTIME_ASSISTANT"
_EXAMPLE = "/etc/aywa/assistant.json"
_LARGEST = 1 << 20  # bytes; a plan is a few kilobytes


def load_assistant(path: str) -> Assistant | None:
    """The assistant, None without a path. Blocks; raises `ConfigError` with every fault of the file."""
    if not path:
        return None
    try:
        with Path(path).open("rb") as file:
            text = file.read(_LARGEST + 1)
    except OSError as error:
        rule = f"{path} cannot be read ({error.strerror})"
        raise ConfigError([Gap(VARIABLE, rule, _EXAMPLE)]) from error
    if len(text) > _LARGEST:
        raise ConfigError([Gap(VARIABLE, f"{path} is longer than {_LARGEST} bytes", _EXAMPLE)])
    assistant, gaps = parse_assistant(text, VARIABLE)
    if gaps:
        raise ConfigError(gaps)
    return assistant


def fixed_wordings(assistant: Assistant | None, *, ai_disclosure: bool = False) -> tuple[str, ...]:
    """What is said in the same words in every call, as the synthesizer gets it; () where a plan says so."""
    if assistant is not None and assistant.voice is not None and not assistant.voice.caching_enabled:
        return ()
    settings = disclosing(assistant, fold(assistant, TurnSettings()), on=ai_disclosure)
    speaking = settings.speaking
    message = "" if speaking.first_recorded else speaking.first_message
    first = whole_text(message, speaking.chunks, speaking.language)
    phrases = [*first, *fixed_phrases(settings), *_compliance(assistant)]
    words = wording(speaking.format, speaking.language)
    return tuple(dict.fromkeys(words.speak(phrase).spoken for phrase in phrases))


def _compliance(assistant: Assistant | None) -> tuple[str, ...]:
    """What callers are asked and told before the conversation."""
    plan = None if assistant is None else assistant.compliance_plan
    if plan is None:
        return ()
    asked = plan.recording_consent_plan
    said = [plan.recording_disclosure, *((asked.message, asked.decline_plan.message) if asked else ())]
    return tuple(text for text in said if text)
