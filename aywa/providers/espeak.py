"""espeak-ng through ctypes: one phrase in, pieces of PCM and word positions out, synchronously.

The library has one engine per process and is not re-entrant: the caller must let one thread in at a time.
A call releases the GIL; only the callback, once per 60 ms of speech, takes it.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass

from aywa.errors import ConfigError, Gap, ProviderError

_SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: the callback runs inside espeak_Synth
_BUFFER_MS = 20  # asked for; 1.52 delivers 60 ms, which takes it 0.1 ms
_NO_EXIT = 0x8000  # espeakINITIALIZE_DONT_EXIT: missing data is an error code, not the end of the process
_UTF8 = 1
_POSITION_CHARACTER = 1
_RATE_PARAMETER, _WORDS_PER_MINUTE = 1, 165  # under espeak's 175: the telephone band costs intelligibility
_EVENT_END, _EVENT_WORD = 0, 1

Piece = Callable[[bytes, "list[Word]"], bool]


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the text (`start`, `length` in characters) and the sample (engine's rate) where it begins."""

    start: int
    length: int
    sample: int


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_Event))


class EspeakEngine:
    """The engine. Raises `ConfigError` when the extra is missing, `ProviderError` when it does not start."""

    def __init__(self, voice: str = "en-us", speed: float = 1.0) -> None:
        """`speed`: times the usual one, 0.5 to 2."""
        if importlib.util.find_spec("espeakng_loader") is None:
            rule = "embedded speech is not installed: pip install 'aywa[embedded]'"
            raise ConfigError([Gap("RUNTIME_TTS", rule)])
        loader = importlib.import_module("espeakng_loader")
        self._library = ctypes.CDLL(loader.get_library_path())
        data = loader.get_data_path().encode()
        self.rate_hz: int = self._library.espeak_Initialize(_SYNCHRONOUS, _BUFFER_MS, data, _NO_EXIT)
        if self.rate_hz <= 0 or self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ProviderError(f"espeak-ng has no voice {voice}.", provider="embedded", stage="tts")
        self._library.espeak_SetParameter(_RATE_PARAMETER, round(_WORDS_PER_MINUTE * speed), 0)
        self._piece: Piece | None = None
        self._callback = _CALLBACK(self._take)  # kept: the library holds the bare pointer
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, piece: Piece) -> None:
        """Call `piece(pcm, words)` for each piece of S16LE at `rate_hz`; it returns False to stop at once."""
        data = text.replace("\0", " ").encode()
        self._piece = piece
        try:
            status = self._library.espeak_Synth(
                data, ctypes.c_size_t(len(data) + 1), 0, _POSITION_CHARACTER, 0, _UTF8, None, None
            )
        finally:
            self._piece = None
        if status != 0:
            raise ProviderError("espeak-ng failed.", provider="embedded", stage="tts", retryable=True)

    def close(self) -> None:
        """Let the voice data go."""
        self._library.espeak_Terminate()

    def _take(self, samples: int | None, count: int, events: ctypes._Pointer[_Event]) -> int:
        """The library's callback: 0 to go on, 1 to stop."""
        if self._piece is None:
            return 1
        words = []
        index = 0
        while events[index].type != _EVENT_END:
            event = events[index]
            if event.type == _EVENT_WORD:
                words.append(Word(event.text_position - 1, event.length, event.sample))
            index += 1
        pcm = ctypes.string_at(samples, count * 2) if samples and count > 0 else b""
        return 0 if self._piece(pcm, words) else 1
