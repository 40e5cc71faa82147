"""LiveKit Agents on the dialogues: Silero, mock services as nodes of its agent, raw RTP without a room.

Variants: `vad` (Silero ends a turn, any voice interrupts, false interruptions are resumed), `words` (two
words interrupt).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

from livekit import rtc
from livekit.agents import Agent, AgentSession, llm, stt, tts
from livekit.agents.types import APIConnectOptions
from livekit.agents.voice import io
from livekit.plugins import silero

from bench.peers.livekit_server import MockStream, RtpInput, RtpOutput, StreamingStt
from bench.peers.rtp_endpoint import RATE_HZ, SILENCE, RtpEndpoint
from bench.turns.peers.services import Call, serve

_MIN_WORDS = 2


class PausingOutput(RtpOutput):
    """An output that can stop and go on, which resuming needs."""

    def __init__(self, endpoint: RtpEndpoint) -> None:
        super().__init__(endpoint)
        self._capabilities = io.AudioOutputCapabilities(pause=True)
        self._paused = False

    def pause(self) -> None:
        """Send silence."""
        super().pause()
        self._paused = True

    def resume(self) -> None:
        """Go on where it stopped."""
        super().resume()
        self._paused = False

    def clear_buffer(self) -> None:
        """Stop for good."""
        self._paused = False
        super().clear_buffer()

    def _send(self) -> None:
        if self._paused:
            self._endpoint.send(SILENCE)
        else:
            super()._send()


class RecogniserStream(MockStream):
    """Events as the caller tells them; the audio ends here."""

    def __init__(self, call: Call, recogniser: stt.STT, conn_options: APIConnectOptions) -> None:
        super().__init__(recogniser, conn_options)
        call.told = self._told

    def _told(self, kind: str, text: str) -> None:
        types = stt.SpeechEventType
        event_type = types.FINAL_TRANSCRIPT if kind == "final" else types.INTERIM_TRANSCRIPT
        data = stt.SpeechData(language="", text=text, confidence=0.9)
        self._event_ch.send_nowait(stt.SpeechEvent(type=event_type, alternatives=[data]))


class NoModel(llm.LLM):
    """Stands where a model must be; the agent's own node answers."""

    def chat(self, **_: Any) -> llm.LLMStream:
        """Never asked."""
        raise RuntimeError("the agent's node answers")


class NoVoice(tts.TTS):
    """Stands where a voice must be; the agent's own node speaks."""

    def __init__(self) -> None:
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=False), sample_rate=RATE_HZ, num_channels=1
        )

    def synthesize(self, text: str, **_: Any) -> tts.ChunkedStream:
        """Never asked."""
        raise RuntimeError("the agent's node speaks")


class Speaker(Agent):
    """The mock model and the mock voice."""

    def __init__(self, call: Call) -> None:
        super().__init__(instructions="")
        self._call = call

    async def on_enter(self) -> None:
        """Greet."""
        self.session.generate_reply()

    async def llm_node(
        self, chat_ctx: llm.ChatContext, tools: Any, model_settings: Any
    ) -> AsyncIterator[str]:
        """One answer."""
        users = [item.text_content or "" for item in chat_ctx.items if getattr(item, "role", "") == "user"]
        yield await self._call.think(" / ".join(users[-3:]))

    async def tts_node(self, text: AsyncIterable[str], model_settings: Any) -> AsyncIterator[rtc.AudioFrame]:
        """Each text whole."""
        said = "".join([piece async for piece in text])
        if said.strip():
            async for piece in self._call.speak(said):
                yield rtc.AudioFrame(piece, RATE_HZ, 1, len(piece) // 2)


class LiveKit:
    """A session a call; one Silero for all."""

    def __init__(self, variant: str) -> None:
        self._words = _MIN_WORDS if variant == "words" else 0
        self._vad = silero.VAD.load(sample_rate=RATE_HZ)

    async def start(self, call: Call) -> Callable[[], Awaitable[None]]:
        """Begin a call."""
        session: AgentSession[None] = AgentSession(
            stt=StreamingStt(partial(RecogniserStream, call), interim=True),
            vad=self._vad,
            llm=NoModel(),
            tts=NoVoice(),
            turn_handling={
                "turn_detection": "vad",
                "interruption": {
                    "mode": "vad",
                    "min_words": self._words,
                    "resume_false_interruption": True,
                },
            },
            aec_warmup_duration=None,
            user_away_timeout=None,
        )
        output = PausingOutput(call.endpoint)
        session.input.audio = RtpInput(call.endpoint)
        session.output.audio = output
        await call.endpoint.open()
        playing = asyncio.create_task(output.play())
        await session.start(Speaker(call), record=False)

        async def end() -> None:
            playing.cancel()
            await session.aclose()

        return end


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    serve(LiveKit)
