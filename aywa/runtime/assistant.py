"""Reads the file that RUNTIME_ASSISTANT names."""

from __future__ import annotations

from pathlib import Path

from aywa.errors import ConfigError, Gap
from aywa.model.assistant import Assistant, parse_assistant

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
