"""Azure's text to speech request."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from aywa.emulators.exchange import EmulatorSocket, Reply, Request
from aywa.emulators.speaking import VoiceRecord, VoiceSettings
from aywa.emulators.speech_answer import say
from aywa.emulators.tones import ulaw

PATH = "/cognitiveservices/v1"
_SPACE = "{http://www.w3.org/2001/10/synthesis}"
_FORMAT = re.compile(r"raw-(\d+)khz-(16bit-mono-pcm|8bit-mono-mulaw)")


class AzureSpeech:
    """Implements `Emulator`. The text is read out of the SSML with an XML parser: what is not well-formed is
    refused.
    """

    name = "azure"

    def __init__(self, settings: VoiceSettings | None = None) -> None:
        self.settings = settings or VoiceSettings()
        self.record = VoiceRecord()
        self.documents: list[str] = []

    async def http(self, request: Request, reply: Reply) -> None:
        """`POST /cognitiveservices/v1`."""
        if request.path != PATH or request.method != "POST":
            return
        if not self.settings.lets_in(request.headers.get("ocp-apim-subscription-key", "")):
            await reply.whole(401, b"")
            return
        if request.headers.get("content-type", "").partition(";")[0] != "application/ssml+xml":
            await reply.whole(415, b"")
            return
        form = _FORMAT.fullmatch(request.headers.get("x-microsoft-outputformat", ""))
        said = _read(request.body)
        if form is None or said is None or "user-agent" not in request.headers:
            await reply.whole(400, b"")
            return
        voice, text = said
        if not self.settings.has(voice):
            await reply.whole(400, b"Unsupported voice")
            return
        self.documents.append(request.body.decode())
        law = form[2].endswith("mulaw")
        await say(
            reply,
            text,
            int(form[1]) * 1000,
            self.settings,
            record=self.record,
            content_type="audio/basic" if law else "audio/pcm",
            encode=ulaw if law else bytes,
        )

    async def socket(self, request: Request, socket: EmulatorSocket) -> None:
        """The websocket of its SDK is not emulated."""
        await socket.reject(404)


def _read(document: bytes) -> tuple[str, str] | None:
    """Voice and text; None for what is not SSML with one voice and nothing but prosody in it."""
    try:
        root = ET.fromstring(document)
    except ET.ParseError:
        return None
    voices = root.findall(f"{_SPACE}voice")
    if root.tag != f"{_SPACE}speak" or len(voices) != 1 or not voices[0].get("name"):
        return None
    if any(element.tag != f"{_SPACE}prosody" for element in list(voices[0].iter())[1:]):
        return None
    return str(voices[0].get("name")), "".join(voices[0].itertext())
