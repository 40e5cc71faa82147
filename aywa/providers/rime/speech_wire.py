"""Rime's speech request: mu-law at 8 kHz back, as telephones speak. Pure.

Checked against Rime's reference of `POST /v1/rime-tts` and its list of formats (audio/PCMU).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from aywa.model.voices.rime import RimeVoice
from aywa.providers.speech.faults import refuse_text
from aywa.providers.speech.pcm import AudioFormat, Encoding, PcmEdge, SpeechEdge
from aywa.providers.speech.wires import SpeechRequest

PATH = "/v1/rime-tts"
ACCEPT = "audio/PCMU"  # the raw PCM it also has would be in network order (RFC 3551), where anybody says so


class RimeSpeechWire:
    """Implements `HttpWire`."""

    def __init__(self, plan: RimeVoice, key: str, provider: str) -> None:
        self.provider = provider
        self._headers = {
            "Authorization": f"Bearer {key}",
            "Accept": ACCEPT,
            "Content-Type": "application/json",
        }
        self._body = _body(plan)

    def request(self, text: str) -> SpeechRequest:
        """See `HttpWire`."""
        return SpeechRequest(PATH, json.dumps({**self._body, "text": text}).encode(), self._headers)

    def edge(self, headers: Mapping[str, str]) -> SpeechEdge:
        """See `HttpWire`."""
        refuse_text(headers, self.provider)
        return PcmEdge(AudioFormat(Encoding.ULAW))


def _body(plan: RimeVoice) -> dict[str, object]:
    body: dict[str, object] = {"speaker": plan.voice_id, "modelId": plan.model, "samplingRate": 8000}
    if plan.rime_language is not None:
        body["lang"] = plan.rime_language
    if plan.speed != 1.0:  # both of its names are of length: above 1 is slower
        body["speedAlpha" if plan.is_mist else "timeScaleFactor"] = round(1 / plan.speed, 3)
    mist = {
        "reduceLatency": plan.reduce_latency,
        "pauseBetweenBrackets": plan.pause_between_brackets,
        "phonemizeBetweenBrackets": plan.phonemize_between_brackets,
    }
    if plan.is_mist:
        body |= {name: value for name, value in mist.items() if value is not None}
    return body
