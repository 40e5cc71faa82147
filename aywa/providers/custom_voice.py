"""A voice of the operator's: `voice-request` out, raw PCM back while it is made."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from aywa.errors import AywaError, ProviderError
from aywa.ports.tts import TTS_SAMPLE_RATE_HZ, SpeechChunk

# A message to the server, and the body of its answer as it comes.
AskVoice = Callable[[dict[str, object]], AbstractAsyncContextManager[AsyncIterator[bytes]]]


class CustomVoice:
    """Implements `ports.tts.Synthesizer` for one call."""

    name = "custom-voice"

    def __init__(self, ask: AskVoice) -> None:
        self._ask = ask

    @asynccontextmanager
    async def synthesize(self, text: str) -> AsyncIterator[AsyncIterator[SpeechChunk]]:
        """See `Synthesizer`. A sample that is cut in two at the end is left out."""
        message: dict[str, object] = {"type": "voice-request", "text": text, "sampleRate": TTS_SAMPLE_RATE_HZ}
        try:
            async with self._ask(message) as pieces:
                yield _chunks(pieces)
        except ProviderError:
            raise
        except AywaError as error:
            raise ProviderError(error.detail, provider=self.name, stage="tts", retryable=True) from error


async def _chunks(pieces: AsyncIterator[bytes]) -> AsyncIterator[SpeechChunk]:
    left, spoke = b"", False
    async for piece in pieces:
        whole = left + piece
        even = len(whole) & ~1
        left = whole[even:]
        if even:
            spoke = True
            yield SpeechChunk(whole[:even])
    if not spoke:
        raise ProviderError("the voice gave no sound", provider=CustomVoice.name, stage="tts", retryable=True)
