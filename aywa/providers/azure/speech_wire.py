"""Azure's text to speech request: SSML out, raw PCM back. Pure.

Checked against the reference of the "Text to speech REST API" of Azure's Speech service.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from aywa.model.voices.azure import AzureVoice
from aywa.providers.speech.faults import refuse_text
from aywa.providers.speech.pcm import PcmEdge, SpeechEdge
from aywa.providers.speech.wires import SpeechRequest

PATH = "/cognitiveservices/v1"
OUTPUT = "raw-8khz-16bit-mono-pcm"
# XML 1.0 §2.2: what no document may hold, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def ssml(plan: AzureVoice, text: str) -> str:
    """The document that has a text spoken, letter by letter: nothing in it is markup."""
    said = escape(_NOT_XML.sub(" ", text))
    if plan.speed != 1.0:
        said = f"<prosody rate={quoteattr(f'{plan.speed:g}')}>{said}</prosody>"
    return (
        '<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis"'
        f" xml:lang={quoteattr(plan.locale)}>"
        f"<voice name={quoteattr(_NOT_XML.sub('', plan.voice_id))}>{said}</voice></speak>"
    )


class AzureSpeechWire:
    """Implements `HttpWire`."""

    def __init__(self, plan: AzureVoice, key: str, provider: str) -> None:
        self.provider = provider
        self._plan = plan
        self._headers = {
            "Ocp-Apim-Subscription-Key": key,
            "Content-Type": "application/ssml+xml",
            "X-Microsoft-OutputFormat": OUTPUT,
        }

    def request(self, text: str) -> SpeechRequest:
        """See `HttpWire`."""
        return SpeechRequest(PATH, ssml(self._plan, text).encode(), self._headers)

    def edge(self, headers: Mapping[str, str]) -> SpeechEdge:
        """See `HttpWire`."""
        refuse_text(headers, self.provider)
        return PcmEdge()
