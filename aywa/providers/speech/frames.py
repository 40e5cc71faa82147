"""Reading frames that may hold anything. Pure."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence

from aywa.providers.speech.faults import malformed

_LONGEST = 1e9


def read_object(frame: str | bytes, provider: str) -> dict[str, object]:
    """A frame that is a JSON object. Raises ProviderError."""
    try:
        said = json.loads(frame)
    except (ValueError, RecursionError) as error:
        raise malformed(provider) from error
    if not isinstance(said, dict):
        raise malformed(provider)
    return said


def read_audio(text: object, provider: str) -> bytes:
    """Bytes in base64. Raises ProviderError."""
    if not isinstance(text, str):
        raise malformed(provider)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise malformed(provider) from error


def read_words(words: object, times: object, provider: str) -> tuple[Sequence[str], Sequence[float]]:
    """Texts and numbers that belong together; empty where either is absent. Raises ProviderError."""
    if words is None or times is None:
        return (), ()
    if not isinstance(words, list) or not isinstance(times, list):
        raise malformed(provider)
    if not all(isinstance(one, str) for one in words):
        raise malformed(provider)
    if not all(isinstance(one, int | float) and -_LONGEST < one < _LONGEST for one in times):
        raise malformed(provider)
    return words, times
