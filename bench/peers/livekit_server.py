"""Calls on LiveKit Agents, in its own virtual environment: `python -m bench.peers.livekit_server CALLS`.

One AgentSession a call with an audio input and an audio output of our own on raw RTP, all in one process with
one Silero model; a mock STT that hears and says nothing, no LLM, and for a TTS recorded speech given to `say`
when the caller has stopped. No room, no WebRTC, no Opus. Speech of the caller interrupts.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

from livekit import rtc
from livekit.agents import Agent, AgentSession, stt
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, APIConnectOptions, NotGivenOr
from livekit.agents.utils import AudioBuffer
from livekit.agents.voice import io
from livekit.agents.voice.events import UserStateChangedEvent
from livekit.plugins import silero

from bench.peers.rtp_endpoint import (
    FRAME_BYTES,
    FRAME_S,
    RATE_HZ,
    SILENCE,
    RtpEndpoint,
    serve,
    tts_speech,
)

_UTTERANCE_S = 5.0  # longer than the caller lets it speak
_TTS_PIECE = 10 * FRAME_BYTES  # what a TTS service sends at a time: 200 ms


class RtpInput(io.AudioInput):
    """Packets as frames of 20 ms."""

    def __init__(self, endpoint: RtpEndpoint) -> None:
        super().__init__(label="rtp")
        self._frames: asyncio.Queue[rtc.AudioFrame] = asyncio.Queue()
        endpoint.heard = self._take

    def _take(self, pcm: bytes) -> None:
        self._frames.put_nowait(rtc.AudioFrame(pcm, RATE_HZ, 1, FRAME_BYTES // 2))

    async def __anext__(self) -> rtc.AudioFrame:
        return await self._frames.get()


class RtpOutput(io.AudioOutput):
    """Captured audio as packets on a grid of 20 ms, silence where there is none."""

    def __init__(self, endpoint: RtpEndpoint) -> None:
        super().__init__(
            label="rtp", capabilities=io.AudioOutputCapabilities(pause=False), sample_rate=RATE_HZ
        )
        self._endpoint = endpoint
        self._waiting = bytearray()
        self._sent_s = 0.0
        self._ended = True

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        """Take audio, however much it is."""
        await super().capture_frame(frame)
        self._ended = False
        self._waiting += bytes(frame.data)

    def flush(self) -> None:
        """The sentence is complete."""
        super().flush()
        self._ended = True

    def clear_buffer(self) -> None:
        """Stop at once."""
        if self._sent_s or self._waiting:
            self._waiting.clear()
            self._finish(interrupted=True)

    async def play(self) -> None:
        """Send for as long as the call lasts."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due += FRAME_S
            await asyncio.sleep(due - loop.time())
            self._send()

    def _send(self) -> None:
        if not self._waiting:
            self._endpoint.send(SILENCE)
            return
        piece = bytes(self._waiting[:FRAME_BYTES])
        del self._waiting[:FRAME_BYTES]
        self._endpoint.send(piece.ljust(FRAME_BYTES, b"\0"))
        if not self._sent_s:
            self.on_playback_started(created_at=0.0)
        self._sent_s += FRAME_S
        if not self._waiting and self._ended:
            self._finish(interrupted=False)

    def _finish(self, *, interrupted: bool) -> None:
        played, self._sent_s = self._sent_s, 0.0
        self.on_playback_finished(playback_position=played, interrupted=interrupted)


class StreamingStt(stt.STT):
    """A recogniser that only streams: `open_stream` makes the stream of a call."""

    def __init__(
        self, open_stream: Callable[[stt.STT, APIConnectOptions], stt.RecognizeStream], *, interim: bool
    ) -> None:
        super().__init__(capabilities=stt.STTCapabilities(streaming=True, interim_results=interim))
        self._open_stream = open_stream

    async def _recognize_impl(
        self, buffer: AudioBuffer, *, language: NotGivenOr[str] = NOT_GIVEN, conn_options: APIConnectOptions
    ) -> stt.SpeechEvent:
        raise RuntimeError("this recogniser streams")

    def stream(
        self,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> stt.RecognizeStream:
        """One call's stream."""
        return self._open_stream(self, conn_options)


class MockStream(stt.RecognizeStream):
    """Takes the audio as it comes and recognises nothing."""

    def __init__(self, recogniser: stt.STT, conn_options: APIConnectOptions) -> None:
        super().__init__(stt=recogniser, conn_options=conn_options)

    async def _run(self) -> None:
        async for _ in self._input_ch:
            pass


async def _sentence(speech: bytes) -> AsyncIterator[rtc.AudioFrame]:
    for at in range(0, len(speech), _TTS_PIECE):
        piece = speech[at : at + _TTS_PIECE]
        yield rtc.AudioFrame(piece, RATE_HZ, 1, len(piece) // 2)


async def _start_call(
    endpoint: RtpEndpoint, vad: silero.VAD, speech: bytes, playing: set[asyncio.Task[None]]
) -> None:
    session: AgentSession[None] = AgentSession(
        stt=StreamingStt(MockStream, interim=False),
        vad=vad,
        turn_handling={
            "turn_detection": "vad",
            "endpointing": {"min_delay": 0.0, "max_delay": 0.1},
            "interruption": {
                "mode": "vad",
                "min_duration": 0.05,
                "min_words": 0,
                "resume_false_interruption": False,
                "false_interruption_timeout": None,
            },
        },
        aec_warmup_duration=None,
        user_away_timeout=None,
    )
    output = RtpOutput(endpoint)
    session.input.audio = RtpInput(endpoint)
    session.output.audio = output

    def answer(event: UserStateChangedEvent) -> None:
        if event.old_state == "speaking" and event.new_state == "listening":
            session.say("An answer.", audio=_sentence(speech), add_to_chat_ctx=False)

    session.on("user_state_changed", answer)
    await session.start(Agent(instructions=""), record=False)
    await endpoint.open()
    playing.add(asyncio.create_task(output.play()))


async def _serve_calls(endpoints: list[RtpEndpoint]) -> None:
    speech = tts_speech(_UTTERANCE_S)
    vad = silero.VAD.load(sample_rate=RATE_HZ, min_speech_duration=0.05, min_silence_duration=0.5)
    playing = _PLAYING
    for endpoint in endpoints:
        await _start_call(endpoint, vad, speech, playing)


_PLAYING: set[asyncio.Task[None]] = set()

if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    serve(("livekit-agents", "livekit-plugins-silero", "onnxruntime"), _serve_calls)
