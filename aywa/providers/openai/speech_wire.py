"""OpenAI's speech request, and that of servers which speak as it does. Pure.

Checked against the `openai` package 3.54 (audio.speech).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from aywa.model.voices.openai import OpenAICompatibleVoice, OpenAIVoice
from aywa.providers.speech.faults import refuse_text
from aywa.providers.speech.pcm import AudioFormat, PcmEdge, SpeechEdge
from aywa.providers.speech.wav import WavEdge
from aywa.providers.speech.wires import SpeechRequest

PCM_HZ = 24_000
MAX_CHARACTERS = 4096


class OpenAISpeechWire:
    """Implements `HttpWire`."""

    def __init__(
        self, plan: OpenAIVoice | OpenAICompatibleVoice, key: str, provider: str, base_url: str
    ) -> None:
        """`base_url`: many servers name theirs with `/v1` at its end, and many without."""
        self.provider = provider
        self._path = "/audio/speech" if urlsplit(base_url).path.endswith("/v1") else "/v1/audio/speech"
        self._headers = {"Content-Type": "application/json"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        self._wav = isinstance(plan, OpenAICompatibleVoice) and plan.response_format == "wav"
        self._rate = plan.sample_rate if isinstance(plan, OpenAICompatibleVoice) else PCM_HZ
        self._body: dict[str, object] = {
            "model": plan.model,
            "voice": plan.voice_id,
            "response_format": "wav" if self._wav else "pcm",
        }
        if plan.speed != 1.0:
            self._body["speed"] = plan.speed
        if plan.instructions:
            self._body["instructions"] = plan.instructions

    def request(self, text: str) -> SpeechRequest:
        """See `HttpWire`."""
        return SpeechRequest(self._path, json.dumps({**self._body, "input": text}).encode(), self._headers)

    def edge(self, headers: Mapping[str, str]) -> SpeechEdge:
        """Servers that know no raw PCM answer with WAV all the same, and say so."""
        refuse_text(headers, self.provider)
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if self._wav or kind in ("audio/wav", "audio/x-wav", "audio/wave"):
            return WavEdge(self.provider)
        return PcmEdge(AudioFormat(rate_hz=self._rate))
