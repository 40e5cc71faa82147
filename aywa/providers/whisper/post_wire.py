"""One utterance posted to `/v1/audio/transcriptions`, as OpenAI and servers like it take it. Pure.

Source: developers.openai.com (Create transcription): multipart/form-data with `file` and `model`.
"""

from __future__ import annotations

import struct

from aywa.model.transcribers.whisper import WhisperTranscriber
from aywa.ports.stt import Final
from aywa.providers.listening.json_frames import parse_frame, text_in

_RATE = 16_000


def wave(pcm: bytes) -> bytes:
    """A WAV file of 16 kHz S16LE mono."""
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", 36 + len(pcm), b"WAVE", b"fmt ", 16, 1, 1, _RATE, _RATE * 2, 2, 16, b"data", len(pcm)),
    )
    return head + pcm


def multipart(plan: WhisperTranscriber, pcm: bytes, boundary: str, hint: str = "") -> bytes:
    """The body of the request (RFC 7578). `boundary` must be in none of the fields."""
    fields = {"model": plan.model, "response_format": "json"}
    if plan.language is not None:
        fields["language"] = plan.language.split("-")[0].lower()
    prompt = " ".join(filter(None, (plan.prompt or "", hint)))
    if prompt:
        fields["prompt"] = prompt
    if plan.temperature is not None:
        fields["temperature"] = f"{plan.temperature:g}"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    file = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="speech.wav"\r\n'
        "Content-Type: audio/wav\r\n\r\n"
    )
    return b"".join((*parts, file.encode(), wave(pcm), f"\r\n--{boundary}--\r\n".encode()))


def parse_answer(body: bytes, started_at: int, stopped_at: int | None) -> Final:
    """The final of an utterance from the answer, with its positions (8 kHz). Raises ParseError."""
    found = parse_frame(body.decode("utf-8", "replace"))
    language = text_in(found, "language") or None
    return Final(text_in(found, "text").strip(), None, started_at, stopped_at, language=language)
