"""Every streaming recogniser's adapter with the emulator of its vendor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aywa.emulators.deepgram_listen import DeepgramListenEmulator
from aywa.emulators.hearing import Script
from aywa.model.transcribers.deepgram import DeepgramTranscriber
from aywa.providers.deepgram.transcriber import transcriber as deepgram
from aywa.providers.web.access import Access
from tests.kit.stt_world import PipeDoor

WORDS = ["I would like a table for two", "at eight o'clock please", "no, make that nine"]


@dataclass(frozen=True)
class Kind:
    """One adapter with its emulator."""

    emulator: Callable[..., Any]
    factory: Callable[[Any, Access, Any], Any]
    plan: Any
    keys: bool = True


KINDS = {
    "deepgram": Kind(DeepgramListenEmulator, deepgram, DeepgramTranscriber(provider="deepgram")),
}


def access(key: str = "k", url: str = "http://127.0.0.1:1") -> Access:
    """An account at the emulator."""
    return Access("emulated", url, key)


def emulated(name: str, *words: str) -> Any:
    """The emulator of a kind, hearing these words."""
    kind = KINDS[name]
    script = Script(words or WORDS)
    return kind.emulator(script, {"k"}) if kind.keys else kind.emulator(script)


def world(name: str, *words: str, key: str = "k") -> tuple[Any, Any, PipeDoor]:
    """An emulator, the adapter, and the door between them."""
    emulator = emulated(name, *words)
    door = PipeDoor(emulator)
    kind = KINDS[name]
    return emulator, kind.factory(door, access(key), kind.plan), door
