"""A phrase as the body of an answer: what all voices over HTTP share."""

from __future__ import annotations

import struct
from collections.abc import Callable

from aywa.emulators.exchange import Reply
from aywa.emulators.speaking import VoiceRecord, VoiceSettings, paced, wait_for
from aywa.emulators.tones import speak


async def say(
    reply: Reply,
    text: str,
    rate_hz: int,
    settings: VoiceSettings,
    *,
    record: VoiceRecord,
    content_type: str,
    encode: Callable[[bytes], bytes] = bytes,
) -> None:
    """Speak a text, in pieces, as fast as was set."""
    record.texts.append(text)
    if not await reply.begin(200, {"Content-Type": content_type, "Transfer-Encoding": "chunked"}):
        return
    for frame in await paced(speak(text, rate_hz), rate_hz, settings):
        await wait_for(frame, rate_hz, settings)
        await reply.send(encode(frame.pcm))
    await reply.end()


def wav(pcm: bytes, rate_hz: int, *, streamed: bool = False) -> bytes:
    """S16LE mono as a WAV; `streamed`: with the sizes of one whose end nobody knew."""
    size = 0xFFFFFFFF if streamed else len(pcm)
    whole = 0xFFFFFFFF if streamed else 36 + len(pcm)
    form = struct.pack("<HHIIHH", 1, 1, rate_hz, 2 * rate_hz, 2, 16)
    return b"".join(
        (
            b"RIFF",
            struct.pack("<I", whole),
            b"WAVEfmt ",
            struct.pack("<I", 16),
            form,
            b"data",
            struct.pack("<I", size),
            pcm,
        )
    )
