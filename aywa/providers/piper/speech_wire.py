"""Piper's HTTP server: JSON out, a WAV back when the phrase is made. Pure.

Checked against `piper.http_server` of the piper1-gpl repository (`POST /synthesize`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from aywa.model.voices.local import PiperVoice
from aywa.providers.speech.pcm import SpeechEdge
from aywa.providers.speech.wav import WavEdge
from aywa.providers.speech.wires import SpeechRequest

PATH = "/synthesize"


class PiperSpeechWire:
    """Implements `HttpWire`."""

    def __init__(self, plan: PiperVoice, provider: str) -> None:
        self.provider = provider
        slower = None if plan.speed == 1.0 else round(1 / plan.speed, 3)
        body: dict[str, object] = {
            "voice": plan.voice_id,
            "speaker_id": plan.speaker_id,
            "length_scale": slower if plan.length_scale is None else plan.length_scale,
            "noise_scale": plan.noise_scale,
            "noise_w_scale": plan.noise_w_scale,
        }
        self._body = {name: value for name, value in body.items() if value is not None}

    def request(self, text: str) -> SpeechRequest:
        """See `HttpWire`."""
        body = json.dumps({**self._body, "text": text}).encode()
        return SpeechRequest(PATH, body, {"Content-Type": "application/json"})

    def edge(self, headers: Mapping[str, str]) -> SpeechEdge:
        """See `HttpWire`. Piper names its WAV text/html, as its web framework does with bytes."""
        return WavEdge(self.provider)
