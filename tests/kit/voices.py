"""Voices against their emulators: what tests of text to speech share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_network

from aywa.emulators.exchange import Emulator
from aywa.emulators.faults import Faults
from aywa.emulators.host import EmulatorHost, open_emulator
from aywa.emulators.tones import speak
from aywa.ports.tts import Synthesizer, WordMark
from aywa.proto.outbound_rules import OutboundRules
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor, open_door

LOOPBACK = OutboundRules(networks=(ip_network("127.0.0.0/8"),))
KEY = "secret-key"


@dataclass(frozen=True, slots=True)
class World:
    """An emulator on loopback, and a door to it."""

    host: EmulatorHost
    door: ProviderDoor
    access: Access


@asynccontextmanager
async def open_world(
    emulator: Emulator, faults: Faults | None = None, key: str = KEY
) -> AsyncIterator[World]:
    """For as long as the block runs."""
    async with open_emulator(emulator, faults) as host, open_door(LOOPBACK) as door:
        yield World(host, door, Access(emulator.name, host.url, key))


@dataclass(frozen=True, slots=True)
class Heard:
    """One phrase, whole."""

    pcm: bytes
    words: tuple[WordMark, ...]
    pieces: int


async def hear(voice: Synthesizer, text: str) -> Heard:
    """Have a phrase spoken to its end."""
    pcm, words, pieces = bytearray(), list[WordMark](), 0
    async with voice.synthesize(text) as speech:
        async for chunk in speech:
            pcm += chunk.pcm
            words += chunk.words
            pieces += 1
    return Heard(bytes(pcm), tuple(words), pieces)


def spoken(text: str) -> bytes:
    """What a phrase must be, to the sample, where the vendor is asked for 8 kHz."""
    return speak(text, 8000).pcm


def marks(text: str) -> tuple[WordMark, ...]:
    """Where its words begin."""
    return tuple(WordMark(word.word, word.start) for word in speak(text, 8000).words)
