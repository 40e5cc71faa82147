"""WAV as it comes in: the header tells the rate, the rest is audio. Pure."""

from __future__ import annotations

import struct

from aywa.errors import ProviderError, ProviderFault
from aywa.providers.speech.pcm import AudioFormat, Encoding, PcmEdge

MAX_HEADER = 65_536
_PCM, _ULAW, _EXTENSIBLE = 1, 7, 0xFFFE


class WavEdge:
    """Implements `SpeechEdge` for RIFF WAVE: mono, 16-bit PCM or mu-law, 8 to 48 kHz.

    A streamed WAV has sizes of 0 or 2^32-1 where nobody knew better: its audio goes on to the end. Chunks
    behind the audio are left out. Raises ProviderError for anything else.
    """

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._head = bytearray()
        self._form: AudioFormat | None = None
        self._edge: PcmEdge | None = None
        self._left = 0  # bytes of audio still to come

    def add(self, data: bytes) -> bytes:
        """See `SpeechEdge`."""
        if self._edge is None:
            self._head += data
            self._read_head()
            if self._edge is None:
                return b""
            data, self._head = bytes(self._head), bytearray()
        audio = data[: self._left]
        self._left -= len(audio)
        return self._edge.add(audio)

    def finish(self) -> bytes:
        """See `SpeechEdge`."""
        if self._edge is None:
            raise self._error("The voice's WAV has no audio")
        return self._edge.finish()

    def _read_head(self) -> None:
        """Take chunks off the front until the audio begins."""
        head = self._head
        if len(head) < 12:
            return
        if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
            raise self._error("The voice does not speak WAV")
        at = 12
        while len(head) >= at + 8:
            name, size = bytes(head[at : at + 4]), struct.unpack_from("<I", head, at + 4)[0]
            if name == b"data":
                if self._form is None:
                    raise self._error("The voice's WAV does not say its format")
                self._edge = PcmEdge(self._form)
                self._left = size if 0 < size < 0xFFFFFFFE else 1 << 62
                del head[: at + 8]
                return
            if size > MAX_HEADER:
                raise self._error("The voice's WAV has a chunk that is too long")
            if len(head) < at + 8 + size:
                return
            if name == b"fmt ":
                self._form = self._format(bytes(head[at + 8 : at + 8 + size]))
            at += 8 + size + (size & 1)
        if at > MAX_HEADER:
            raise self._error("The voice's WAV has no audio")

    def _format(self, chunk: bytes) -> AudioFormat:
        if len(chunk) < 16:
            raise self._error("The voice's WAV has a broken format")
        tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
        if tag == _EXTENSIBLE and len(chunk) >= 26:
            (tag,) = struct.unpack_from("<H", chunk, 24)
        kinds = {(_PCM, 16): Encoding.S16LE, (_ULAW, 8): Encoding.ULAW}
        if channels != 1 or not 8000 <= rate <= 48_000 or (tag, bits) not in kinds:
            raise self._error(f"The voice's WAV: {channels} channels, {bits} bits, {rate} Hz")
        return AudioFormat(kinds[tag, bits], rate)

    def _error(self, detail: str) -> ProviderError:
        return ProviderError(detail, provider=self._provider, stage="tts", fault=ProviderFault.PROTOCOL)
